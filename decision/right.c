/* SPDX-License-Identifier: ISC */
/*
 * right - whether the client may relay, and why.
 *
 * A login in this session comes first, for it names the user for certain.
 *
 * The re-check asks for the grant that MAIL was accepted under.  The address
 * alone is asked first, for it is one look-up and nearly always enough: the
 * same single user as before.  When the address now names another user, or
 * none for certain, the grant of the user of before is asked for: if that one
 * has ended, the right has, whoever else logged in from there meanwhile.
 */
#include "decision/right.h"

#include <string.h>

/* A longer name stands in the table as a hash, which cannot be asked for. */
#define USER_VERBATIM_MAX_BYTES 31

static void
right_cannot_tell(struct right *right, int error)
{
	right->kind = RIGHT_UNKNOWN;
	right->error = error;
}

static void
right_look_up(const struct gate *gate, const char *user, struct right *right)
{
	int error = shmcache_lookup(
	    gate->table, &gate->client.addr, user, &right->grant);

	if (error == SHMCACHE_OK)
		right->kind = RIGHT_GRANT;
	else if (error == SHMCACHE_NO_GRANT)
		right->kind = RIGHT_NONE;
	else
		right_cannot_tell(right, error);
}

void
right_ask(const struct gate *gate, const char *login, struct right *right_out)
{
	const struct conf_cidrs *networks = &gate->conf.smtpgate.relay_networks;

	memset(right_out, 0, sizeof(*right_out));
	if (login[0] != '\0') {
		right_out->kind = RIGHT_AUTH;
		right_out->login = login;
		return;
	}
	if (!gate->client.is_known)
		return;
	if (cidr_list_contains(
		networks->items, networks->n, &gate->client.addr))
		right_out->kind = RIGHT_NETWORK;
	else if (gate->table == NULL)
		right_cannot_tell(right_out, gate->table_error);
	else
		right_look_up(gate, NULL, right_out);
}

void
right_recheck(const struct gate *gate, struct right *right)
{
	struct right now = {.kind = RIGHT_NONE};
	const char *user = right_user(right);

	if (right->kind != RIGHT_GRANT)
		return;
	right_look_up(gate, NULL, &now);
	if (now.kind == RIGHT_GRANT && user != NULL &&
	    strlen(user) <= USER_VERBATIM_MAX_BYTES &&
	    (right_user(&now) == NULL || strcmp(right_user(&now), user) != 0)) {
		right_look_up(gate, user, &now);
		/* Asked by name, the answer is about that name. */
		now.grant.who = SHMCACHE_WHO_ONE;
		memcpy(
		    now.grant.user, right->grant.user, sizeof(now.grant.user));
	}
	*right = now;
}

bool
right_kind_may_relay(enum right_kind kind)
{
	switch (kind) {
	case RIGHT_NETWORK:
	case RIGHT_GRANT:
	case RIGHT_AUTH:
		return true;
	case RIGHT_NONE:
	case RIGHT_UNKNOWN:
		break;
	}
	return false;
}

bool
right_may_relay(const struct right *right)
{
	return right_kind_may_relay(right->kind);
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
