/* SPDX-License-Identifier: ISC */
#include "pamcheck/dovecotdraft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
set_text(struct dovecotdraft *draft, char **field, const char *text)
{
	free(*field);
	*field = strdup(text);
	if (*field == NULL)
		draft->error = -ENOMEM;
}

static bool
begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* ---- reading: settings --------------------------------------------------- */

static void
add_setting(struct dovecotdraft *draft, struct dovecotdraft_settings *settings,
    const char *name, const char *value, const char *at)
{
	struct dovecotdraft_setting *grown, *new;

	grown = reallocarray(settings->list, settings->n + 1, sizeof(*grown));
	if (grown == NULL) {
		draft->error = -ENOMEM;
		return;
	}
	settings->list = grown;
	new = &grown[settings->n++];
	*new = (struct dovecotdraft_setting){
	    strdup(name), strdup(value), strdup(at)};
	if (new->name == NULL || new->value == NULL || new->at == NULL)
		draft->error = -ENOMEM;
}

/* protocols = $protocols pop3 */
static void
set_protocols(struct dovecotdraft *draft, const char *value)
{
	char *before = draft->out->protocols, *whole;

	if (strchr(value, '$') == NULL || before == NULL) {
		set_text(draft, &draft->out->protocols, value);
	} else if (asprintf(&whole, "%s %s", before, value) < 0) {
		draft->error = -ENOMEM;
	} else {
		free(before);
		draft->out->protocols = whole;
	}
}

/* protocols { pop3 = yes } */
static void
add_protocol(struct dovecotdraft *draft, const char *name, const char *value)
{
	char text[64];

	if (strcmp(value, "yes") != 0)
		return;
	snprintf(text, sizeof(text), "$protocols %s", name);
	set_protocols(draft, text);
}

static void
take_global(struct dovecotdraft *draft, const char *name, const char *value,
    const char *at)
{
	struct dovecot *out = draft->out;

	if (begins_with(name, "passdb_")) {
		add_setting(draft, &draft->shared, name, value, at);
	} else if (strcmp(name, "auth_cache_size") == 0) {
		draft->has_cache = strtoul(value, NULL, 10) > 0;
		set_text(draft, &out->cache_place, at);
	} else if (strcmp(name, "login_trusted_networks") == 0) {
		free(out->trusting_place);
		out->trusting_place = NULL;
		if (*value != '\0')
			set_text(draft, &out->trusting_place, at);
	} else if (strcmp(name, "protocols") == 0) {
		set_protocols(draft, value);
	} else if (strcmp(name, "dovecot_config_version") == 0) {
		draft->out->is_2_4 = true;
	}
}

static void
take_worker(struct dovecotdraft *draft, const char *name, const char *value,
    const char *at)
{
	struct dovecot *out = draft->out;

	if (strcmp(name, "user") == 0) {
		set_text(draft, &out->worker_user, value);
		set_text(draft, &out->worker_place, at);
	} else if (strcmp(name, "extra_groups") == 0) {
		set_text(draft, &out->worker_groups, value);
	}
}

/* Whose settings a passdb_... block outside of all passdbs has: the shared. */
static struct dovecotdraft_settings *
current_settings(struct dovecotdraft *draft)
{
	unsigned i;

	for (i = draft->depth; i > 0; i--)
		if (draft->blocks[i] == BLOCK_PASSDB)
			return &draft->passdbs[draft->current].settings;
	return &draft->shared;
}

static void
on_set(void *context, const char *name, const char *value, const char *at)
{
	struct dovecotdraft *draft = context;

	draft->out->is_there = true;
	switch (draft->blocks[draft->depth]) {
	case BLOCK_PASSDB:
	case BLOCK_SHARED:
		add_setting(draft, current_settings(draft), name, value, at);
		return;
	case BLOCK_TOP:
	case BLOCK_PROTOCOL:
		take_global(draft, name, value, at);
		return;
	case BLOCK_PROTOCOLS:
		add_protocol(draft, name, value);
		return;
	case BLOCK_WORKER:
		take_worker(draft, name, value, at);
		return;
	case BLOCK_AUTH:
	case BLOCK_OTHER:
		return;
	}
}

/* ---- reading: blocks ----------------------------------------------------- */

/* protocol pop3, protocol !imap, protocol imap pop3 */
static bool
names_protocol(const char *names, const char *protocol)
{
	const bool is_not = names[0] == '!';
	size_t len;

	for (names += is_not; *names != '\0'; names += len) {
		names += strspn(names, " \t|,");
		len = strcspn(names, " \t|,");
		if (len == strlen(protocol) &&
		    strncmp(names, protocol, len) == 0)
			return !is_not;
	}
	return is_not;
}

/* Begin a passdb, or go on with that of the same name. */
static void
begin_passdb(struct dovecotdraft *draft, const char *name, const char *at,
    bool is_of_protocol)
{
	struct dovecotdraft_passdb *grown, *new;
	size_t i;

	for (i = 0; draft->out->is_2_4 && i < draft->n; i++)
		if (strcmp(draft->passdbs[i].name, name) == 0 &&
		    draft->passdbs[i].is_of_protocol == is_of_protocol) {
			draft->current = i;
			return;
		}
	grown = reallocarray(draft->passdbs, draft->n + 1, sizeof(*grown));
	if (grown == NULL) {
		draft->error = -ENOMEM;
		return;
	}
	draft->passdbs = grown;
	draft->current = draft->n;
	new = &grown[draft->n++];
	*new = (struct dovecotdraft_passdb){.name = strdup(name),
	    .at = strdup(at),
	    .is_of_protocol = is_of_protocol};
	if (new->name == NULL || new->at == NULL)
		draft->error = -ENOMEM;
}

/* A listener for another program than Dovecot's own. */
static bool
is_foreign_listener(const char *kind, const char *name)
{
	if (strcmp(kind, "inet_listener") == 0)
		return true;
	return strcmp(kind, "unix_listener") == 0 &&
	       (strchr(name, '/') != NULL ||
		   strcmp(name, "auth-client") == 0) &&
	       strstr(name, "login/") == NULL && strstr(name, "user") == NULL &&
	       strstr(name, "master") == NULL;
}

static enum dovecotdraft_block
block_of(struct dovecotdraft *draft, enum dovecotdraft_block outer,
    const char *kind, const char *name, const char *at)
{
	if (outer == BLOCK_AUTH && is_foreign_listener(kind, name))
		draft->out->serves_smtp = true;
	if (begins_with(kind, "passdb_") ||
	    (outer == BLOCK_PASSDB && strstr(kind, "fields") != NULL))
		return BLOCK_SHARED;
	if (outer != BLOCK_TOP && outer != BLOCK_PROTOCOL)
		return BLOCK_OTHER;
	if (strcmp(kind, "passdb") == 0) {
		begin_passdb(draft, name, at, outer == BLOCK_PROTOCOL);
		return draft->error == 0 ? BLOCK_PASSDB : BLOCK_OTHER;
	}
	if (strcmp(kind, "service") == 0 && strcmp(name, "auth") == 0)
		return BLOCK_AUTH;
	if (strcmp(kind, "service") == 0 && strcmp(name, "auth-worker") == 0)
		return BLOCK_WORKER;
	if (strcmp(kind, "protocols") == 0)
		return BLOCK_PROTOCOLS;
	if (strcmp(kind, "protocol") == 0 &&
	    names_protocol(name, draft->protocol))
		return BLOCK_PROTOCOL;
	return BLOCK_OTHER;
}

static void
on_open(void *context, const char *kind, const char *name, const char *at)
{
	struct dovecotdraft *draft = context;
	const enum dovecotdraft_block outer = draft->blocks[draft->depth];

	draft->out->is_there = true;
	if (draft->depth < DOVECOTDRAFT_DEPTH_MAX)
		draft->depth++;
	draft->blocks[draft->depth] = block_of(draft, outer, kind, name, at);
}

static void
on_close(void *context)
{
	struct dovecotdraft *draft = context;

	if (draft->depth > 0)
		draft->depth--;
}

void
dovecotdraft_refuse(void *context, const char *at, const char *why)
{
	struct dovecotdraft *draft = context;

	if (draft->out->refused == NULL &&
	    asprintf(&draft->out->refused, "%s: %s", at, why) < 0) {
		draft->out->refused = NULL;
		draft->error = -ENOMEM;
	}
}

struct dovecotfile_visitor
dovecotdraft_begin(
    struct dovecotdraft *draft, struct dovecot *out, const char *protocol)
{
	*draft = (struct dovecotdraft){
	    .out = out,
	    .protocol = protocol,
	};
	return (struct dovecotfile_visitor){
	    .open = on_open,
	    .close = on_close,
	    .set = on_set,
	    .refuse = dovecotdraft_refuse,
	    .context = draft,
	};
}
