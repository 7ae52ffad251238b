/* SPDX-License-Identifier: ISC */
/*
 * domains - the local domains: mail to them is accepted from any client.
 */
#include "decision/domains.h"

#include "decision/textfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* item: a domain, or ".domain" for all domains below it. */
static bool
is_in(const char *domain, const char *item)
{
	size_t len = strlen(domain), item_len = strlen(item);

	if (item[0] != '.')
		return strcmp(domain, item) == 0;
	return len > item_len && strcmp(domain + len - item_len, item) == 0;
}

struct question {
	const struct domains *domains;
	const char *domain;
};

static int
visit(char *line, size_t number, void *arg)
{
	const struct question *question = arg;
	char item[CONF_DOMAIN_BYTES];

	(void)number;
	/* smtpgate -t reports a line that is no domain; it is ignored here. */
	return idn_to_ascii(question->domains->idn, line, item) == 0 &&
	       is_in(question->domain, item);
}

bool
domains_ask_backend(const struct domains *domains)
{
	return conf_asks_backend(domains->listed);
}

enum domains_answer
domains_contain(const struct domains *domains, const char *domain)
{
	struct question question = {.domains = domains};
	char ascii[CONF_DOMAIN_BYTES];
	size_t i;
	int found = 0;

	question.domain = domain;
	if (!idn_is_ascii(domain)) {
		if (idn_to_ascii(domains->idn, domain, ascii) != 0)
			return domains_ask_backend(domains)
				   ? DOMAINS_ASK_BACKEND
				   : DOMAINS_NO;
		question.domain = ascii;
	}
	for (i = 0; i < domains->listed->n; i++)
		if (is_in(question.domain, domains->listed->items[i]))
			return DOMAINS_YES;
	if (domains->file >= 0)
		found = textfile_each(domains->file, visit, &question);
	if (found != 0)
		return found > 0 ? DOMAINS_YES : DOMAINS_UNKNOWN;
	return domains_ask_backend(domains) ? DOMAINS_ASK_BACKEND : DOMAINS_NO;
}

void
domains_rename(const struct domains *domains, char domain[PATH_DOMAIN_BYTES])
{
	char ascii[CONF_DOMAIN_BYTES];

	if (!idn_is_ascii(domain) &&
	    domains_contain(domains, domain) == DOMAINS_YES &&
	    idn_to_ascii(domains->idn, domain, ascii) == 0)
		strcpy(domain, ascii);
}

/* ---- libidn2 ------------------------------------------------------------ */

static int
is_wanted(char *line, size_t number, void *arg)
{
	(void)number;
	(void)arg;
	return idn_is_wanted_for(line);
}

static bool
is_needed(const struct domains *domains, int other_file)
{
	size_t i;

	for (i = 0; i < domains->listed->n; i++)
		if (idn_is_wanted_for(domains->listed->items[i]))
			return true;
	/* domains_contain() reports a file that cannot be read. */
	return (domains->file >= 0 &&
		   textfile_each(domains->file, is_wanted, NULL) > 0) ||
	       (other_file >= 0 &&
		   textfile_each(other_file, is_wanted, NULL) > 0);
}

/* An item without an ASCII name stays, and equals no domain. */
static void
name_in_ascii(const struct domains *domains, char **item,
    void (*warn)(const char *sentence, void *arg), void *arg)
{
	char ascii[CONF_DOMAIN_BYTES], sentence[CONF_DOMAIN_BYTES + 100];
	char *copy;

	if (idn_is_ascii(*item))
		return;
	if (idn_to_ascii(domains->idn, *item, ascii) != 0 ||
	    (copy = strdup(ascii)) == NULL) {
		snprintf(sentence, sizeof(sentence),
		    "local_domains has '%s', which is no valid international "
		    "domain; no mail to it is accepted",
		    *item);
		warn(sentence, arg);
		return;
	}
	free(*item);
	*item = copy;
}

void
domains_load_idn(struct domains *domains, struct conf_strings *listed,
    int other_file, void (*warn)(const char *sentence, void *arg), void *arg)
{
	char why[IDN_WHY_BYTES], sentence[IDN_WHY_BYTES + 160];
	size_t i;

	if (!is_needed(domains, other_file))
		return;
	domains->idn = idn_load(why);
	if (domains->idn == NULL) {
		snprintf(sentence, sizeof(sentence),
		    "%s; install libidn2: without it international domains "
		    "match only in their xn-- form",
		    why);
		warn(sentence, arg);
		return;
	}
	for (i = 0; i < listed->n; i++)
		name_in_ascii(domains, &listed->items[i], warn, arg);
}
