/* SPDX-License-Identifier: ISC */
/*
 * domains - whose mail is accepted from anybody.
 */
#include "smtpgate/domains.h"

#include "config/conf_domain.h"
#include "smtpgate/lines.h"
#include "smtpgate/punycode.h"

#include <string.h>

/* A byte of ASCII is four of UTF-8 at most. */
#define UNICODE_BYTES (4 * CONF_DOMAIN_BYTES)

/* item: exact, or with a dot for all below. */
static bool
is_in(const char *domain, const char *item)
{
	size_t len = strlen(domain), item_len = strlen(item);

	if (item[0] != '.')
		return strcmp(domain, item) == 0;
	return len > item_len && strcmp(domain + len - item_len, item) == 0;
}

static bool
is_ascii(const char *text)
{
	while (*text != '\0')
		if ((unsigned char)*text++ > 0x7f)
			return false;
	return true;
}

static bool
matches(const char *domain, const char *item)
{
	char unicode[UNICODE_BYTES];

	if (is_ascii(domain))
		return is_in(domain, item);
	return strstr(item, "xn--") != NULL &&
	       punycode_decode(item, unicode, sizeof(unicode)) == 0 &&
	       is_in(domain, unicode);
}

static int
visit(char *line, size_t number, void *arg)
{
	char item[CONF_DOMAIN_BYTES];
	const char *domain = arg;

	(void)number;
	/* A mistake is told by smtpgate -t; here it is no domain. */
	return conf_domain_parse(line, true, item) == NULL &&
	       matches(domain, item);
}

bool
domains_ask_backend(const struct domains *domains)
{
	return domains->listed->n == 1 &&
	       strcmp(domains->listed->items[0], DOMAINS_BACKEND) == 0;
}

enum domains_answer
domains_contain(const struct domains *domains, const char *domain)
{
	char copy[UNICODE_BYTES];
	size_t i;
	int found;

	for (i = 0; i < domains->listed->n; i++)
		if (matches(domain, domains->listed->items[i]))
			return DOMAINS_YES;
	if (domains->file >= 0 && strlen(domain) < sizeof(copy)) {
		strcpy(copy, domain);
		found = lines_each(domains->file, visit, copy);
		if (found != 0)
			return found > 0 ? DOMAINS_YES : DOMAINS_UNKNOWN;
	}
	return domains_ask_backend(domains) ? DOMAINS_ASK_BACKEND : DOMAINS_NO;
}
