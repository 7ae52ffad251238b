/* SPDX-License-Identifier: ISC */
/*
 * sender - whose an envelope sender is (bind_sender).
 *
 * The sender names the user, not the other way round: of a grant's address
 * the table can only say for certain who is there while it is one user, but
 * "this user at this address?" is one look-up.
 */
#include "decision/sender.h"

#include "common/ascii.h"
#include "decision/lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SEPARATORS ", \t"

/* A line of the file may be longer than an address. */
#define ADDRESS_BYTES (LINES_MAX_BYTES + CONF_DOMAIN_BYTES)

struct question {
	const struct gate *gate;
	struct right *right;
	const char *login;           /* of a login; NULL for a grant */
	char address[ADDRESS_BYTES]; /* its domain in ASCII, if it can be */
	int error;                   /* of the table */
};

/* Whether the right is this user's; a grant then becomes his. */
static bool
is_of(struct question *question, const char *user)
{
	struct shmcache_grant *grant = &question->right->grant;
	int error;

	if (question->login != NULL)
		return strcasecmp(question->login, user) == 0;
	error = shmcache_lookup(
	    question->gate->table, &question->gate->client.addr, user, grant);
	if (error == SHMCACHE_OK) {
		/* Asked by name, the answer is about that name. */
		grant->who = SHMCACHE_WHO_ONE;
		snprintf(grant->user, sizeof(grant->user), "%s", user);
		return true;
	}
	if (error != SHMCACHE_NO_GRANT && error != SHMCACHE_BAD_USER)
		question->error = error;
	return false;
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
in_ascii(const struct idn *idn, const char *address, char out[ADDRESS_BYTES])
{
	const char *at = strrchr(address, '@');
	char ascii[CONF_DOMAIN_BYTES];

	if (at == NULL || idn_is_ascii(at) ||
	    idn_to_ascii(idn, at + 1, ascii) != 0)
		return address;
	snprintf(out, ADDRESS_BYTES, "%.*s%s", (int)(at + 1 - address), address,
	    ascii);
	return out;
}

/* Whether the line's address is the sender, or all of its domain. */
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
	listed = in_ascii(question->gate->domains.idn, item, copy);
	if (strcasecmp(listed,
		listed[0] == '@' ? strrchr(address, '@') : address) != 0)
		return 0;
	for (user = strtok_r(users, SEPARATORS, &rest); user != NULL;
	     user = strtok_r(NULL, SEPARATORS, &rest))
		if (is_of(question, user))
			return 1;
	return 0;
}

/* user@local_domain: by that name, in lower case too, or the whole of it. */
static bool
is_own_name(struct question *question, const struct path *sender)
{
	char lower[PATH_LOCAL_BYTES];
	size_t i;

	if (domains_contain(&question->gate->domains, sender->domain) !=
	    DOMAINS_YES)
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
bind_to_owner(
    const struct gate *gate, const struct path *sender, struct right *right)
{
	struct question question = {.gate = gate, .right = right};
	char address[PATH_LOCAL_BYTES + PATH_DOMAIN_BYTES];
	char copy[ADDRESS_BYTES];
	int found;

	if (right->kind != RIGHT_GRANT)
		question.login = right_user(right);
	snprintf(
	    address, sizeof(address), "%s@%s", sender->local, sender->domain);
	snprintf(question.address, sizeof(question.address), "%s",
	    in_ascii(gate->domains.idn, address, copy));
	if (is_own_name(&question, sender))
		return;
	found = gate->sender_map >= 0
		    ? lines_each(gate->sender_map, visit, &question)
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
sender_bind(
    const struct gate *gate, const struct path *sender, struct right *right)
{
	bool is_login = right->kind != RIGHT_GRANT && right_user(right) != NULL;

	if (!gate->conf.smtpgate.bind_sender ||
	    (right->kind != RIGHT_GRANT && !is_login))
		return;
	if (sender->is_null && is_login)
		right->is_for_one = true;
	else if (sender->is_null || path_local_is_dangerous(sender))
		take_away(right);
	else
		bind_to_owner(gate, sender, right);
}
