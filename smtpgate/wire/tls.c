/* SPDX-License-Identifier: ISC */
/*
 * tls - loads the library that speaks TLS.
 */
#include "smtpgate/wire/tls.h"

#include <dlfcn.h>
#include <stdio.h>

#define STRING(text) #text
#define STRING_OF(macro) STRING(macro)

#define LIBRARY_PATH POPAUTH_LIBDIR "/smtpgate-tls.so"

const struct tls_library *
tls_load(char why[TLS_WHY_BYTES])
{
	const struct tls_library *library;
	/* Never closed: OpenSSL cannot be unloaded. */
	void *handle = dlopen(LIBRARY_PATH, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL) {
		snprintf(why, TLS_WHY_BYTES, "cannot load TLS: %s", dlerror());
		return NULL;
	}
	library = dlsym(handle, STRING_OF(TLS_LIBRARY_SYMBOL));
	if (library == NULL || library->version != TLS_LIBRARY_VERSION) {
		snprintf(why, TLS_WHY_BYTES,
		    LIBRARY_PATH " does not have the version of smtpgate; "
				 "reinstall both");
		return NULL;
	}
	return library;
}
