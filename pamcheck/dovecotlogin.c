/* SPDX-License-Identifier: ISC */
#include "pamcheck/dovecotlogin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a login may be before a passdb; sets of both. */
enum {
	REFUSED = 1, /* so far */
	ACCEPTED = 2,
};

/* ---- the way of a login -------------------------------------------------- */

/* Whether the passdb is for logins at all. */
static bool
is_for_users(const struct dovecot_passdb *passdb)
{
	return !passdb->is_for_masters && !passdb->is_deny;
}

static unsigned
after_result(enum dovecot_result result, unsigned state)
{
	switch (result) {
	case DOVECOT_CONTINUE:
		return state;
	case DOVECOT_CONTINUE_OK:
		return ACCEPTED;
	case DOVECOT_CONTINUE_FAIL:
		return REFUSED;
	case DOVECOT_RETURN:
	case DOVECOT_RETURN_FAIL:
		return 0;
	}
	return 0;
}

/* Which of the states come to the passdb. */
static unsigned
asked(const struct dovecot_passdb *passdb, unsigned states)
{
	if (!is_for_users(passdb))
		return 0;
	switch (passdb->skip) {
	case DOVECOT_SKIP_NEVER:
		return states;
	case DOVECOT_SKIP_AUTHENTICATED:
		return states & REFUSED;
	case DOVECOT_SKIP_UNAUTHENTICATED:
		return states & ACCEPTED;
	}
	return states;
}

/* The states after the passdb.  is_up: no database fails. */
static unsigned
pass(const struct dovecot_passdb *passdb, unsigned states, bool is_up)
{
	const unsigned in = asked(passdb, states);
	unsigned out = states & ~in, state;

	for (state = REFUSED; state <= ACCEPTED; state++)
		if ((in & state) != 0)
			out |=
			    after_result(passdb->on_success, state) |
			    after_result(passdb->on_failure, state) |
			    (is_up ? 0
				   : after_result(
					 passdb->on_internal_failure, state));
	return out;
}

static unsigned
states_at(const struct dovecot *dovecot, size_t i, bool is_up)
{
	unsigned states = REFUSED;
	size_t before;

	for (before = 0; before < i; before++)
		states = pass(&dovecot->passdbs[before], states, is_up);
	return asked(&dovecot->passdbs[i], states);
}

bool
dovecotlogin_is_pam(const struct dovecot_passdb *passdb)
{
	return strcmp(passdb->driver, "pam") == 0 && is_for_users(passdb);
}

bool
dovecotlogin_asks(const struct dovecot *dovecot, size_t i)
{
	return states_at(dovecot, i, true) != 0;
}

static bool
accepts(const struct dovecot *dovecot, size_t i, bool is_up)
{
	const enum dovecot_result result = dovecot->passdbs[i].on_success;

	return (states_at(dovecot, i, is_up) & REFUSED) != 0 &&
	       (result == DOVECOT_RETURN || result == DOVECOT_CONTINUE_OK);
}

bool
dovecotlogin_accepts(const struct dovecot *dovecot, size_t i)
{
	return accepts(dovecot, i, true);
}

bool
dovecotlogin_may_accept(const struct dovecot *dovecot, size_t i)
{
	return accepts(dovecot, i, false);
}

size_t
dovecotlogin_next_pam(const struct dovecot *dovecot, size_t i)
{
	enum dovecot_result result = dovecot->passdbs[i].on_success;

	while (++i < dovecot->n && after_result(result, ACCEPTED) == ACCEPTED) {
		if (asked(&dovecot->passdbs[i], ACCEPTED) == 0)
			continue;
		if (dovecotlogin_is_pam(&dovecot->passdbs[i]))
			return i;
		result = dovecot->passdbs[i].on_success;
	}
	return DOVECOTLOGIN_NONE;
}

/* ---- the service of PAM --------------------------------------------------- */

size_t
dovecotlogin_find(
    const struct dovecot *dovecot, const char *service, const char *protocol)
{
	bool is_it = false;
	char *name;
	size_t i;

	for (i = 0; i < dovecot->n; i++) {
		if (!dovecotlogin_is_pam(&dovecot->passdbs[i]) ||
		    !dovecotlogin_asks(dovecot, i))
			continue;
		name = dovecotlogin_service(&dovecot->passdbs[i], protocol);
		is_it = name != NULL && strcmp(name, service) == 0;
		free(name);
		if (is_it)
			return i;
	}
	return DOVECOTLOGIN_NONE;
}

bool
dovecotlogin_varies(const struct dovecot_passdb *passdb)
{
	return passdb->service != NULL &&
	       (strchr(passdb->service, '%') != NULL ||
		   strcmp(passdb->service, "*") == 0);
}

/* The length of the variable at text if it is the protocol's name, else 0. */
static size_t
protocol_variable(const char *text)
{
	static const char *const names[] = {"%s", "%Ls", "%{service}",
	    "%{protocol}", "%{protocol | lower}", "%{protocol|lower}", "*"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return strlen(names[i]);
	return 0;
}

char *
dovecotlogin_service(const struct dovecot_passdb *passdb, const char *protocol)
{
	const char *p = passdb->service;
	bool is_known = true;
	char *name = NULL;
	size_t len, n;
	FILE *out = open_memstream(&name, &len);

	if (out == NULL)
		return NULL;
	while (*p != '\0') {
		n = protocol_variable(p);
		if (n > 0) {
			fputs(protocol, out);
			p += n;
		} else {
			is_known = is_known && *p != '%';
			fputc(*p++, out);
		}
	}
	if (fclose(out) == 0 && is_known)
		return name;
	free(name);
	return NULL;
}
