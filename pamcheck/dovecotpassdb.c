/* SPDX-License-Identifier: ISC */
/*
 * What the settings of a passdb mean.
 */
#include "pamcheck/dovecotdraft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK " \t\n"

static void
set_text(struct dovecotdraft *draft, char **field, const char *text)
{
	free(*field);
	*field = strdup(text);
	if (*field == NULL)
		draft->error = -ENOMEM;
}

static bool
is_yes(const char *value)
{
	return strcmp(value, "yes") == 0;
}

static bool
begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* ---- meaning ------------------------------------------------------------- */

/* 2.3: args = session=yes cache_key=%u dovecot */
static void
take_args(struct dovecotdraft *draft,
    const struct dovecotdraft_setting *setting, struct dovecot_passdb *passdb,
    bool *has_cache_key)
{
	char *args = strdup(setting->value), *word, *rest = NULL;

	if (args == NULL) {
		draft->error = -ENOMEM;
		return;
	}
	for (word = strtok_r(args, BLANK, &rest); word != NULL;
	     word = strtok_r(NULL, BLANK, &rest)) {
		if (strcmp(word, "session=yes") == 0)
			passdb->opens_session = true;
		else if (begins_with(word, "cache_key="))
			*has_cache_key = true;
		else if (strchr(word, '=') == NULL &&
			 strcmp(word, "-session") != 0)
			set_text(draft, &passdb->service, word);
	}
	free(args);
}

static enum dovecot_result
result_of(const char *value)
{
	if (strcmp(value, "continue") == 0)
		return DOVECOT_CONTINUE;
	if (strcmp(value, "continue-ok") == 0)
		return DOVECOT_CONTINUE_OK;
	if (strcmp(value, "continue-fail") == 0)
		return DOVECOT_CONTINUE_FAIL;
	if (strcmp(value, "return-fail") == 0)
		return DOVECOT_RETURN_FAIL;
	return DOVECOT_RETURN;
}

static enum dovecot_skip
skip_of(const char *value)
{
	if (strcmp(value, "authenticated") == 0)
		return DOVECOT_SKIP_AUTHENTICATED;
	if (strcmp(value, "unauthenticated") == 0)
		return DOVECOT_SKIP_UNAUTHENTICATED;
	return DOVECOT_SKIP_NEVER;
}

/* A field that makes Dovecot refuse a login after PAM accepted it. */
static void
take_fields(const char *text, struct dovecot_passdb *passdb)
{
	static const char *const limits[] = {
	    "allow_nets", "allow_real_nets", "nologin"};
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strstr(text, limits[i]) != NULL)
			passdb->limit = limits[i];
}

/* What only the other version knows. */
static void
check_version(
    struct dovecotdraft *draft, const struct dovecotdraft_passdb *written)
{
	const bool is_2_4 = draft->out->is_2_4;
	const struct dovecotdraft_setting *setting;
	char why[200];
	size_t i;

	if (is_2_4 && written->name[0] == '\0')
		dovecotdraft_refuse(
		    draft, written->at, "in Dovecot 2.4 a passdb has a name");
	for (i = 0; i < written->settings.n; i++) {
		setting = &written->settings.list[i];
		if (is_2_4 ? strcmp(setting->name, "args") != 0
			   : strcmp(setting->name, "service_name") != 0 &&
				 strcmp(setting->name, "use_cache") != 0)
			continue;
		snprintf(why, sizeof(why),
		    "Dovecot 2.%c knows no setting %s in a passdb",
		    is_2_4 ? '4' : '3', setting->name);
		dovecotdraft_refuse(draft, setting->at, why);
	}
}

static void
take_passdb_setting(struct dovecotdraft *draft,
    const struct dovecotdraft_setting *setting, struct dovecot_passdb *passdb,
    bool *has_cache_key, bool *is_uncached)
{
	const char *name = setting->name, *value = setting->value;

	if (begins_with(name, "passdb_"))
		name += 7;
	if (begins_with(name, "pam_"))
		name += 4;
	if (strcmp(name, "driver") == 0)
		set_text(draft, &passdb->driver, value);
	else if (strcmp(name, "args") == 0)
		take_args(draft, setting, passdb, has_cache_key);
	else if (strcmp(name, "session") == 0)
		passdb->opens_session = is_yes(value);
	else if (strcmp(name, "service_name") == 0)
		set_text(draft, &passdb->service, value);
	else if (strcmp(name, "use_cache") == 0)
		*is_uncached = !is_yes(value);
	else if (strcmp(name, "master") == 0)
		passdb->is_for_masters = is_yes(value);
	else if (strcmp(name, "deny") == 0)
		passdb->is_deny = is_yes(value);
	else if (strcmp(name, "skip") == 0)
		passdb->skip = skip_of(value);
	else if (strcmp(name, "result_success") == 0)
		passdb->on_success = result_of(value);
	else if (strcmp(name, "result_failure") == 0)
		passdb->on_failure = result_of(value);
	else if (strcmp(name, "result_internalfail") == 0)
		passdb->on_internal_failure = result_of(value);
	else if (strstr(name, "fields") != NULL)
		take_fields(value, passdb);
	else
		take_fields(name, passdb);
}

/* The flags of a passdb that decide together whether it is cached. */
struct caching {
	bool has_key;         /* 2.3 */
	bool is_switched_off; /* 2.4 */
};

static void
take_settings(struct dovecotdraft *draft,
    const struct dovecotdraft_settings *settings, struct dovecot_passdb *passdb,
    struct caching *caching)
{
	size_t i;

	for (i = 0; i < settings->n; i++)
		take_passdb_setting(draft, &settings->list[i], passdb,
		    &caching->has_key, &caching->is_switched_off);
}

/* What a block "protocol" of 2.4 adds to the passdb of this name. */
static const struct dovecotdraft_passdb *
addition_to(const struct dovecotdraft *draft, const char *name)
{
	size_t i;

	for (i = 0; draft->out->is_2_4 && i < draft->n; i++)
		if (draft->passdbs[i].is_of_protocol &&
		    strcmp(draft->passdbs[i].name, name) == 0)
			return &draft->passdbs[i];
	return NULL;
}

/* Make a passdb of its draft. */
static void
finish_passdb(
    struct dovecotdraft *draft, const struct dovecotdraft_passdb *written)
{
	const struct dovecot *out = draft->out;
	const struct dovecotdraft_passdb *addition =
	    addition_to(draft, written->name);
	struct dovecot_passdb *passdb = &draft->out->passdbs[out->n];
	struct caching caching = {.has_key = false};

	draft->out->n++;
	*passdb = (struct dovecot_passdb){.on_success = DOVECOT_RETURN};
	set_text(draft, &passdb->driver, written->name);
	set_text(draft, &passdb->place, written->at);
	take_settings(draft, &draft->shared, passdb, &caching);
	take_settings(draft, &written->settings, passdb, &caching);
	if (addition != NULL && addition != written)
		take_settings(draft, &addition->settings, passdb, &caching);
	check_version(draft, written);
	if (draft->error != 0 || strcmp(passdb->driver, "pam") != 0)
		return;
	if (passdb->service == NULL)
		set_text(draft, &passdb->service, "dovecot");
	passdb->is_cached =
	    draft->has_cache &&
	    (out->is_2_4 ? !caching.is_switched_off : caching.has_key);
}

static bool
is_addition(
    const struct dovecotdraft *draft, const struct dovecotdraft_passdb *written)
{
	size_t i;

	for (i = 0; draft->out->is_2_4 && i < draft->n; i++)
		if (&draft->passdbs[i] != written &&
		    strcmp(draft->passdbs[i].name, written->name) == 0)
			return written->is_of_protocol;
	return false;
}

/* Those of the protocol come first in 2.3, and last in 2.4. */
static void
finish_passdbs(struct dovecotdraft *draft)
{
	const bool is_2_4 = draft->out->is_2_4;
	unsigned turn;
	size_t i;

	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < draft->n && draft->error == 0; i++)
			if (draft->passdbs[i].is_of_protocol ==
				((turn == 0) != is_2_4) &&
			    !is_addition(draft, &draft->passdbs[i]))
				finish_passdb(draft, &draft->passdbs[i]);
}

static void
finish(struct dovecotdraft *draft)
{
	struct dovecot *out = draft->out;

	if (out->protocols == NULL && !out->is_2_4)
		set_text(draft, &out->protocols, "imap pop3 lmtp");
	if (draft->n == 0)
		return;
	out->passdbs = calloc(draft->n, sizeof(out->passdbs[0]));
	if (out->passdbs == NULL)
		draft->error = -ENOMEM;
	else
		finish_passdbs(draft);
}

static void
free_settings(struct dovecotdraft_settings *settings)
{
	size_t i;

	for (i = 0; i < settings->n; i++) {
		free(settings->list[i].name);
		free(settings->list[i].value);
		free(settings->list[i].at);
	}
	free(settings->list);
}

int
dovecotdraft_finish(struct dovecotdraft *draft)
{
	size_t i;

	if (draft->error == 0)
		finish(draft);
	for (i = 0; i < draft->n; i++) {
		free(draft->passdbs[i].name);
		free(draft->passdbs[i].at);
		free_settings(&draft->passdbs[i].settings);
	}
	free(draft->passdbs);
	free_settings(&draft->shared);
	return draft->error;
}
