/* SPDX-License-Identifier: ISC */
#include "decision/domains.h"

#include "decision/textfile.h"

#include <errno.h>
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
	const char *domain; /* in ASCII */
	bool is_unsure;     /* an item could not be compared */
};

bool
domains_error_is_passing(const struct domains *domains, int error)
{
	/* Where libidn2 is not needed, no domain beyond ASCII is listed. */
	return error == -ENOMEM || (error == -ENOSYS && domains->is_incomplete);
}

/* Note that an item beyond ASCII could not be compared. */
static void
doubt(struct question *question)
{
	if (idn_is_wanted_for(question->domain))
		question->is_unsure = true;
}

static int
visit(char *line, size_t number, void *arg)
{
	struct question *question = arg;
	char item[CONF_DOMAIN_BYTES];
	int error = idn_to_ascii(question->domains->idn, line, item);

	(void)number;
	/* smtpgate -t reports a line that is no domain; it is ignored here. */
	if (domains_error_is_passing(question->domains, error))
		doubt(question);
	return error == 0 && is_in(question->domain, item);
}

static bool
is_listed(struct question *question)
{
	const struct conf_strings *listed = question->domains->listed;
	size_t i;

	for (i = 0; i < listed->n; i++) {
		if (is_in(question->domain, listed->items[i]))
			return true;
		if (question->domains->is_incomplete &&
		    !idn_is_ascii(listed->items[i]))
			doubt(question);
	}
	return false;
}

/* Returns as textfile_each(). */
static int
find_in_file(struct question *question)
{
	int file = question->domains->file;

	return file >= 0 ? textfile_each(file, visit, question) : 0;
}

enum domains_answer
domains_contain(const struct domains *domains, const char *domain)
{
	struct question question = {.domains = domains};
	char ascii[CONF_DOMAIN_BYTES];
	int error = 0, found = 0;

	question.domain = domain;
	if (!idn_is_ascii(domain)) {
		error = idn_to_ascii(domains->idn, domain, ascii);
		question.domain = ascii;
	}
	if (error == 0)
		found = is_listed(&question) ? 1 : find_in_file(&question);
	if (found != 0)
		return found > 0 ? DOMAINS_YES : DOMAINS_UNKNOWN;
	if (conf_asks_backend(domains->listed))
		return DOMAINS_ASK_BACKEND;
	return question.is_unsure || domains_error_is_passing(domains, error)
		   ? DOMAINS_UNKNOWN
		   : DOMAINS_NO;
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
name_in_ascii(struct domains *domains, char **item,
    void (*warn)(const char *sentence, void *arg), void *arg)
{
	char ascii[CONF_DOMAIN_BYTES], sentence[CONF_DOMAIN_BYTES + 100];
	char *copy = NULL;
	int error;

	if (idn_is_ascii(*item))
		return;
	error = idn_to_ascii(domains->idn, *item, ascii);
	if (error == 0)
		copy = strdup(ascii);
	if (copy != NULL) {
		free(*item);
		*item = copy;
	} else if (error == -EINVAL) {
		snprintf(sentence, sizeof(sentence),
		    "local_domains has '%s', which is no valid international "
		    "domain; no mail to it is accepted",
		    *item);
		warn(sentence, arg);
	} else {
		domains->is_incomplete = true;
	}
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
		domains->is_incomplete = true;
		snprintf(sentence, sizeof(sentence),
		    "%s; install libidn2: without it an international domain "
		    "is known only in its xn-- form, and any other gets 451",
		    why);
		warn(sentence, arg);
		return;
	}
	for (i = 0; i < listed->n; i++)
		name_in_ascii(domains, &listed->items[i], warn, arg);
}
