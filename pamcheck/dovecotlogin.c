/* SPDX-License-Identifier: ISC */
#include "pamcheck/dovecotlogin.h"

#include <regex.h>
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
	    "%{protocol}", "%{protocol | lower}", "%{protocol|lower}"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return strlen(names[i]);
	return 0;
}

static bool expand(
    const char *from, size_t len, const char *protocol, FILE *to);

/* Expand into a text for free(3), or NULL. */
static char *
expanded(const char *from, size_t len, const char *protocol)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool is_known;

	if (out == NULL)
		return NULL;
	is_known = expand(from, len, protocol, out);
	if (fclose(out) == 0 && is_known)
		return text;
	free(text);
	return NULL;
}

/* Compare as %{if;LEFT;OPERATOR;RIGHT;...} does. */
static bool
compare(const char *left, const char *operator, const char * right,
    bool *is_known_out)
{
	bool is_equal = false;
	regex_t regex;

	*is_known_out = true;
	if (strcmp(operator, "eq") == 0)
		return strcmp(left, right) == 0;
	if (strcmp(operator, "ne") == 0)
		return strcmp(left, right) != 0;
	*is_known_out = strcmp(operator, "~") == 0 &&
			regcomp(&regex, right, REG_EXTENDED | REG_NOSUB) == 0;
	if (*is_known_out) {
		is_equal = regexec(&regex, left, 0, NULL, 0) == 0;
		regfree(&regex);
	}
	return is_equal;
}

/* The five parts of %{if;LEFT;OPERATOR;RIGHT;THEN;ELSE}. */
enum { LEFT = 0, OPERATOR, RIGHT, THEN, ELSE, PARTS };

/* Expand the condition whose LEFT is at from.  Returns the length, or 0. */
static size_t
expand_if(const char *from, const char *protocol, FILE *to)
{
	char *parts[PARTS] = {NULL};
	const char *p = from;
	bool is_known = true, is_true = false;
	size_t i, len;

	for (i = 0; i < PARTS && is_known; i++) {
		len = strcspn(p, i < ELSE ? ";" : "}");
		is_known = p[len] != '\0';
		if (is_known)
			parts[i] = expanded(p, len, protocol);
		is_known = is_known && parts[i] != NULL;
		p += len + 1;
	}
	if (is_known)
		is_true = compare(
		    parts[LEFT], parts[OPERATOR], parts[RIGHT], &is_known);
	if (is_known)
		fputs(is_true ? parts[THEN] : parts[ELSE], to);
	for (i = 0; i < PARTS; i++)
		free(parts[i]);
	return is_known ? (size_t)(p - from) : 0;
}

/* Write len bytes with their variables.  Returns false at an unknown one. */
static bool
expand(const char *from, size_t len, const char *protocol, FILE *to)
{
	static const char condition[] = "%{if;";
	const char *const end = from + len;
	size_t n;

	while (from < end) {
		n = protocol_variable(from);
		if (n > 0) {
			fputs(protocol, to);
		} else if (strncmp(from, condition, strlen(condition)) == 0) {
			from += strlen(condition);
			n = expand_if(from, protocol, to);
			if (n == 0)
				return false;
		} else if (*from == '%') {
			return false;
		} else {
			fputc(*from, to);
			n = 1;
		}
		from += n;
	}
	return true;
}

char *
dovecotlogin_service(const struct dovecot_passdb *passdb, const char *protocol)
{
	if (strcmp(passdb->service, "*") == 0)
		return strdup(protocol);
	return expanded(passdb->service, strlen(passdb->service), protocol);
}
