/* SPDX-License-Identifier: ISC */
/*
 * dlopen(3), because few sites have such a domain.  The library and its
 * libunistring cost each process 40 kB and a quarter of a millisecond.
 */
#include "decision/idn.h"

#include <dlfcn.h>
#include <errno.h>
#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LIBRARY "libidn2.so.0"

/* function_out: a pointer to a function; POSIX makes it fit. */
static bool
find(void *handle, const char *name, void *function_out)
{
	void *symbol = dlsym(handle, name);

	memcpy(function_out, &symbol, sizeof(symbol));
	return symbol != NULL;
}

const struct idn *
idn_load(char why[IDN_WHY_BYTES])
{
	static struct idn idn;
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL) {
		snprintf(why, IDN_WHY_BYTES, "%s", dlerror());
		return NULL;
	}
	if (find(handle, "idn2_lookup_u8", &idn.lookup) &&
	    find(handle, "idn2_free", &idn.free))
		return &idn;
	dlclose(handle);
	snprintf(why, IDN_WHY_BYTES, LIBRARY " lacks a function");
	return NULL;
}

bool
idn_is_ascii(const char *text)
{
	while (*text != '\0')
		if ((unsigned char)*text++ > 0x7f)
			return false;
	return true;
}

bool
idn_is_wanted_for(const char *text)
{
	return !idn_is_ascii(text) || strcasestr(text, "xn--") != NULL;
}

int
idn_to_ascii(const struct idn *idn, const char *domain,
    char ascii_out[CONF_DOMAIN_BYTES])
{
	uint8_t *ascii = NULL;
	int error = -EINVAL, result;

	if (idn_is_ascii(domain))
		return conf_domain_parse(domain, true, ascii_out) == NULL
			   ? 0
			   : -EINVAL;
	if (idn == NULL)
		return -ENOSYS;
	result = idn->lookup((const uint8_t *)domain, &ascii,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (result != IDN2_OK)
		return result == IDN2_MALLOC ? -ENOMEM : -EINVAL;
	/* UTS #46 maps other letters to brackets too. */
	if (ascii[0] != '[' && idn_is_ascii((const char *)ascii) &&
	    conf_domain_parse((const char *)ascii, true, ascii_out) == NULL)
		error = 0;
	idn->free(ascii);
	return error;
}
