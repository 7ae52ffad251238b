/* SPDX-License-Identifier: ISC */
/*
 * A login in this session counts first, because it names the user for certain.
 *
 * The re-check asks for the grant under which MAIL was accepted.  It asks by
 * address first: one look-up, and nearly always the answer is the same single
 * user.  If the address now names another user or several, the re-check asks
 * for the first user's grant: if that grant has ended, the right has ended,
 * whatever other users logged in from there meanwhile.
 */
#include "decision/right.h"

#include <stdio.h>
#include <string.h>

/* The table holds a longer name as a hash, which cannot be asked for. */
#define USER_VERBATIM_MAX_BYTES 31

/* user: NULL: any. */
static void
look_up(const struct site *site, const struct addr *client, const char *user,
    struct right *right)
{
	right->kind = RIGHT_UNKNOWN;
	right->error = site->table_error;
	if (site->table == NULL)
		return;
	right->error =
	    shmcache_lookup(site->table, client, user, &right->grant);
	if (right->error == SHMCACHE_OK)
		right->kind = RIGHT_GRANT;
	else if (right->error == SHMCACHE_NO_GRANT)
		right->kind = RIGHT_NONE;
}

void
right_ask(const struct site *site, const struct addr *client, const char *login,
    struct right *right_out)
{
	const struct conf_cidrs *networks = &site->conf->relay_networks;

	memset(right_out, 0, sizeof(*right_out));
	if (login[0] != '\0') {
		right_out->kind = RIGHT_AUTH;
		right_out->login = login;
		return;
	}
	if (client == NULL)
		return;
	if (cidr_list_contains(networks->items, networks->n, client))
		right_out->kind = RIGHT_NETWORK;
	else
		look_up(site, client, NULL, right_out);
}

void
right_ask_user(const struct site *site, const struct addr *client,
    const char *user, struct right *right_out)
{
	memset(right_out, 0, sizeof(*right_out));
	if (client == NULL)
		return;
	look_up(site, client, user, right_out);
	if (right_out->kind != RIGHT_GRANT)
		return;
	/* The table may hold the name as a hash. */
	snprintf(
	    right_out->grant.user, sizeof(right_out->grant.user), "%s", user);
}

void
right_recheck(
    const struct site *site, const struct addr *client, struct right *right)
{
	struct right now = {.kind = RIGHT_NONE};
	const char *user = right_user(right);

	if (right->kind != RIGHT_GRANT)
		return;
	look_up(site, client, NULL, &now);
	if (now.kind == RIGHT_GRANT && user != NULL &&
	    strlen(user) <= USER_VERBATIM_MAX_BYTES &&
	    (right_user(&now) == NULL || strcmp(right_user(&now), user) != 0))
		right_ask_user(site, client, user, &now);
	*right = now;
}

static enum reason
lack_of(enum shmcache_past_kind kind)
{
	switch (kind) {
	case SHMCACHE_PAST_NEVER:
		return REASON_NEVER_GRANTED;
	case SHMCACHE_PAST_REVOKED:
		return REASON_REVOKED;
	case SHMCACHE_PAST_OVER:
		return REASON_WINDOW_OVER;
	case SHMCACHE_PAST_NOTHING:
		break;
	}
	return REASON_NO_LOGIN;
}

void
right_explain(const struct site *site, const struct addr *client,
    const char *user, struct right *right)
{
	struct shmcache_past past = {.kind = SHMCACHE_PAST_NOTHING};

	if (right->kind != RIGHT_NONE || right->lack != REASON_LOCAL)
		return;
	if (client == NULL) {
		right->lack = REASON_UNKNOWN_CLIENT;
		return;
	}
	/* What cannot be read is not known. */
	if (site->table != NULL)
		(void)shmcache_past(site->table, client, user, &past);
	right->lack = lack_of(past.kind);
	right->ago_s = past.ago_s;
}

enum reason
right_lack(const struct right *right)
{
	if (right->kind == RIGHT_UNKNOWN)
		return right->error == SHMCACHE_FOREIGN_CLOCK
			   ? REASON_FOREIGN_CLOCK
			   : REASON_TABLE;
	if (right->kind == RIGHT_BLOCKED)
		return REASON_BLOCKED;
	return right->lack != REASON_LOCAL ? right->lack : REASON_NO_LOGIN;
}

bool
right_kind_may_relay(enum right_kind kind)
{
	switch (kind) {
	case RIGHT_NETWORK:
	case RIGHT_GRANT:
	case RIGHT_AUTH:
	case RIGHT_PERMIT:
		return true;
	case RIGHT_BLOCKED:
	case RIGHT_NONE:
	case RIGHT_UNKNOWN:
		break;
	}
	return false;
}

const char *
right_user(const struct right *right)
{
	if (right->kind == RIGHT_AUTH)
		return right->login;
	if (right->kind != RIGHT_GRANT || right->grant.who != SHMCACHE_WHO_ONE)
		return NULL;
	return right->grant.user;
}
