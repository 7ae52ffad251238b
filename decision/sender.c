/* SPDX-License-Identifier: ISC */
/*
 * The search goes from the sender to its users.  For an address alone the
 * table can name the user only while there is exactly one; but "has this user
 * a grant at this address?" is one look-up.
 */
#include "decision/sender.h"

#include "common/ascii.h"
#include "decision/textfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SEPARATORS ", \t"

/* A line of the file may be longer than an address. */
#define ADDRESS_BYTES (TEXTFILE_LINE_MAX_BYTES + CONF_DOMAIN_BYTES)

struct question {
	const struct site *site;
	const struct addr *client;
	struct right *right;
	const char *login;           /* of a login; NULL for a grant */
	char address[ADDRESS_BYTES]; /* its domain in ASCII, if possible */
	int error;                   /* of the table, or of a domain */
};

/* Whether the right is this user's; a grant then becomes that user's. */
static bool
is_of(struct question *question, const char *user)
{
	struct right users;

	if (question->login != NULL)
		return strcasecmp(question->login, user) == 0;
	right_ask_user(question->site, question->client, user, &users);
	if (users.kind == RIGHT_GRANT)
		*question->right = users;
	else if (users.kind == RIGHT_UNKNOWN &&
		 users.error != SHMCACHE_BAD_USER)
		question->error = users.error;
	return users.kind == RIGHT_GRANT;
}

int
sender_parse_line(char *line, char **address_out, char **users_out)
{
	size_t len = strcspn(line, SEPARATORS);

	if (line[len] == '\0' || strchr(line, '@') == NULL ||
	    strchr(line, '@') > line + len)
		return -EINVAL;
	line[len] = '\0';
	*address_out = line;
	*users_out = line + len + 1;
	return 0;
}

/* The address with its domain in ASCII, where that has such a name. */
static const char *
in_ascii(
    struct question *question, const char *address, char out[ADDRESS_BYTES])
{
	const struct domains *domains = &question->site->domains;
	const char *at = strrchr(address, '@');
	char ascii[CONF_DOMAIN_BYTES];
	int error;

	if (at == NULL || idn_is_ascii(at))
		return address;
	error = idn_to_ascii(domains->idn, at + 1, ascii);
	if (domains_error_is_passing(domains, error))
		question->error = error;
	if (error != 0)
		return address;
	snprintf(out, ADDRESS_BYTES, "%.*s%s", (int)(at + 1 - address), address,
	    ascii);
	return out;
}

/* Whether the line has the sender, or "@" and its domain, and the user. */
static int
visit(char *line, size_t number, void *arg)
{
	struct question *question = arg;
	const char *address = question->address;
	char *item, *users, *user, *rest = NULL, copy[ADDRESS_BYTES];
	const char *listed;

	(void)number;
	if (sender_parse_line(line, &item, &users) != 0)
		return 0;
	listed = in_ascii(question, item, copy);
	if (strcasecmp(listed,
		listed[0] == '@' ? strrchr(address, '@') : address) != 0)
		return 0;
	for (user = strtok_r(users, SEPARATORS, &rest); user != NULL;
	     user = strtok_r(NULL, SEPARATORS, &rest))
		if (is_of(question, user))
			return 1;
	return 0;
}

/* The sender is user@local_domain: the user may be the local part, also in
 * lower case, or the whole address. */
static bool
is_own_name(struct question *question, const struct path *sender)
{
	enum domains_answer answer =
	    domains_contain(&question->site->domains, sender->domain);
	char lower[PATH_LOCAL_BYTES];
	size_t i;

	if (answer == DOMAINS_UNKNOWN)
		question->error = -ENODATA;
	if (answer != DOMAINS_YES)
		return false;
	for (i = 0; sender->local[i] != '\0'; i++)
		lower[i] = ascii_lower(sender->local[i]);
	lower[i] = '\0';
	return is_of(question, lower) || is_of(question, sender->local) ||
	       is_of(question, question->address);
}

static void
take_away(struct right *right)
{
	memset(right, 0, sizeof(*right));
	right->is_sender_foreign = true;
}

static void
bind_to_owner(const struct site *site, const struct addr *client,
    const struct path *sender, struct right *right)
{
	struct question question = {
	    .site = site, .client = client, .right = right};
	char address[PATH_LOCAL_BYTES + PATH_DOMAIN_BYTES];
	char copy[ADDRESS_BYTES];
	int found;

	if (right->kind != RIGHT_GRANT)
		question.login = right_user(right);
	snprintf(
	    address, sizeof(address), "%s@%s", sender->local, sender->domain);
	snprintf(question.address, sizeof(question.address), "%s",
	    in_ascii(&question, address, copy));
	if (is_own_name(&question, sender))
		return;
	found = site->sender_map >= 0
		    ? textfile_each(site->sender_map, visit, &question)
		    : 0;
	if (found > 0)
		return;
	take_away(right);
	if (found < 0 || question.error != 0) {
		right->kind = RIGHT_UNKNOWN;
		right->error = found < 0 ? found : question.error;
	}
}

void
sender_bind(const struct site *site, const struct addr *client,
    const struct path *sender, struct right *right)
{
	bool is_login = right->kind != RIGHT_GRANT && right_user(right) != NULL;

	if (!site->conf->bind_sender ||
	    (right->kind != RIGHT_GRANT && !is_login))
		return;
	if (sender->is_null && is_login)
		right->is_for_one = true;
	else if (sender->is_null || path_local_is_dangerous(sender))
		take_away(right);
	else
		bind_to_owner(site, client, sender, right);
}
