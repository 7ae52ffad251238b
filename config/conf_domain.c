/* SPDX-License-Identifier: ISC */
/*
 * A name whose last label is all digits is refused: no such top-level domain
 * can exist (RFC 3696, 2), and most such names are addresses in the wrong list.
 */
#include "config/conf_domain.h"

#include "common/addr.h"
#include "common/ascii.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX 63

/* Check one label, in lower case, without the dots around it. */
static const char *
check_label(const char *label, size_t len)
{
	size_t i, max = LABEL_MAX;

	if (len == 0)
		return "two dots in a row, or nothing before the first";
	if (label[0] == '-' || label[len - 1] == '-')
		return "a label begins or ends with a hyphen";
	for (i = 0; i < len; i++) {
		/* The limit applies to the ASCII form. */
		if (ascii_is_not(label[i]))
			max = SIZE_MAX;
		else if (!ascii_is_alnum(label[i]) && label[i] != '-')
			return "only letters, digits, hyphens and dots are "
			       "allowed";
	}
	return len > max ? "more than 63 characters between two dots" : NULL;
}

static const char *
check_labels(const char *domain)
{
	const char *label = domain, *wrong;
	size_t len;

	for (;;) {
		len = strcspn(label, ".");
		wrong = check_label(label, len);
		if (wrong != NULL)
			return wrong;
		if (label[len] == '\0')
			break;
		label += len + 1;
	}
	if (strspn(label, "0123456789") == len)
		return "it ends in a number; an address is written [192.0.2.1]";
	return NULL;
}

const char *
conf_domain_parse_literal(const char *text, char literal_out[CONF_DOMAIN_BYTES])
{
	static const char tag[] = "IPv6:";
	char plain[ADDR_TEXT_BYTES];
	struct addr addr;
	bool is_tagged;
	size_t len;

	if (*text++ != '[')
		return NULL;
	is_tagged = strncasecmp(text, tag, strlen(tag)) == 0;
	if (is_tagged)
		text += strlen(tag);
	len = strcspn(text, "]");
	if (text[len] == '\0' || len >= sizeof(plain))
		return NULL;
	memcpy(plain, text, len);
	plain[len] = '\0';
	if (addr_parse(plain, &addr) != 0 ||
	    is_tagged != (strchr(plain, ':') != NULL))
		return NULL;
	snprintf(literal_out, CONF_DOMAIN_BYTES, "[%s%s]",
	    addr_is_v4(&addr) ? "" : tag, addr_format(&addr, plain));
	return text + len + 1;
}

static const char *
check_literal(const char *text, char literal_out[CONF_DOMAIN_BYTES])
{
	const char *end = conf_domain_parse_literal(text, literal_out);

	if (end == NULL || *end != '\0')
		return "an address in brackets is written [192.0.2.1] or "
		       "[IPv6:2001:db8::1]";
	return NULL;
}

const char *
conf_domain_parse(
    const char *text, bool is_listed, char domain_out[CONF_DOMAIN_BYTES])
{
	size_t i, len = strlen(text);
	size_t skip = text[0] == '.' ? 1 : 0;

	if (len == 0)
		return "it is empty";
	if (text[0] == '[' && is_listed)
		return check_literal(text, domain_out);
	if (skip != 0 && !is_listed)
		return "it begins with a dot";
	if (text[len - 1] == '.' && len > skip + 1)
		len--;
	if (len - skip > CONF_DOMAIN_MAX)
		return "it has more than 253 characters";
	for (i = 0; i < len; i++) {
		if (text[i] == 0x7f || (ascii_is_not(text[i]) && !is_listed))
			return "it is not ASCII; write the form that begins "
			       "with xn-- (idn2 prints it)";
		domain_out[i] = ascii_lower(text[i]);
	}
	domain_out[len] = '\0';
	if (strncmp(domain_out, "*.", 2) == 0)
		return "for all sub-domains write '.example.org'";
	return check_labels(domain_out + skip);
}
