/* SPDX-License-Identifier: ISC */
#include "pam_popauth/login.h"

#include "common/logline.h"
#include "pam_popauth/log.h"
#include "pam_popauth/peer.h"
#include "shmcache/shmcache.h"

#include <security/pam_modutil.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

/* The PAM service of smtpgate-auth. */
#define SMTPGATE_SERVICE "smtpgate"

/*
 * The user and outcome of the login so far.  A server that calls both hooks
 * makes one grant and one log line.  After a failure the second hook tries
 * again, and logs nothing when it fails in the same way.
 */
#define DATA_NAME "popauth_login"

enum outcome {
	LOGIN_NEW = 0,
	LOGIN_GRANTED,
	LOGIN_EXEMPT, /* not to be recorded */
	LOGIN_FAILED,
};

struct noted {
	enum outcome outcome;
	char user[];
};

/* One attempt to record. */
struct attempt {
	struct peer peer;
	const char *user;
	int forced_by; /* why living grants had to make room; 0: none had to */
	struct shmcache *cache; /* NULL: not open */
	bool is_table_at_fault;
	const char *reason; /* NULL: granted */
	char why[PEER_WHY_BYTES];
};

/* ---- data of the PAM handle ------------------------------------------ */

static void
forget(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

static enum outcome
outcome_so_far(pam_handle_t *pamh, const char *user)
{
	const void *data = NULL;

	if (pam_get_data(pamh, DATA_NAME, &data) != PAM_SUCCESS || data == NULL)
		return LOGIN_NEW;
	const struct noted *noted = data;

	return strcmp(noted->user, user) == 0 ? noted->outcome : LOGIN_NEW;
}

/* Without memory for it, the second hook records again. */
static void
note(pam_handle_t *pamh, const char *user, enum outcome outcome)
{
	const size_t bytes = strlen(user) + 1;
	struct noted *noted = malloc(sizeof(*noted) + bytes);

	if (noted == NULL)
		return;
	noted->outcome = outcome;
	memcpy(noted->user, user, bytes);
	if (pam_set_data(pamh, DATA_NAME, noted, forget) != PAM_SUCCESS)
		free(noted);
}

void
login_begin(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, DATA_NAME, &data) == PAM_SUCCESS)
		(void)pam_set_data(pamh, DATA_NAME, NULL, forget);
}

static const char *
text_item(pam_handle_t *pamh, int item_type)
{
	const void *item = NULL;

	if (pam_get_item(pamh, item_type, &item) != PAM_SUCCESS)
		return NULL;
	return item;
}

/* ---- one attempt --------------------------------------------------------- */

static int
write_grant(const char *table, struct attempt *attempt)
{
	int error = shmcache_open(table, SHMCACHE_LOGIN, &attempt->cache);

	if (error != 0)
		return error;
	error =
	    shmcache_grant(attempt->cache, &attempt->peer.addr, attempt->user);
	attempt->forced_by = shmcache_forced_by(attempt->cache);
	return error;
}

static enum outcome
ask_table(const struct arguments *arguments, struct attempt *attempt)
{
	const int error = write_grant(arguments->table, attempt);

	if (error == 0)
		return LOGIN_GRANTED;
	attempt->reason = shmcache_strerror(error);
	attempt->is_table_at_fault = error < 0 || error >= SHMCACHE_BAD_OWNER;
	return error == SHMCACHE_NEVER ? LOGIN_EXEMPT : LOGIN_FAILED;
}

static bool
is_smtpgate(pam_handle_t *pamh)
{
	const char *service = text_item(pamh, PAM_SERVICE);

	return service != NULL && strcmp(service, SMTPGATE_SERVICE) == 0;
}

static bool
is_same_user(const char *item, const void *arg)
{
	return strcasecmp(item, arg) == 0;
}

/*
 * Whether users= and group= allow the user to be recorded.  Names of users=
 * compare without case, as in the table.  group= asks the name service, as PAM
 * itself does for each login; on failure: denies.
 */
static bool
allow_user(
    const struct arguments *arguments, pam_handle_t *pamh, const char *user)
{
	if (arguments->users != NULL &&
	    !arguments_any(arguments->users, is_same_user, user))
		return false;
	return arguments->group == NULL ||
	       pam_modutil_user_in_group_nam_nam(
		   pamh, user, arguments->group) == 1;
}

static enum outcome
attempt_to_record(pam_handle_t *pamh, const struct arguments *arguments,
    struct attempt *attempt)
{
	/* A client that logs in for each message (SMTP AUTH) needs no grant,
	 * and others at its address must not get one. */
	if (is_smtpgate(pamh)) {
		attempt->reason = "SMTP AUTH makes no grant; remove the module "
				  "from /etc/pam.d/" SMTPGATE_SERVICE;
		return LOGIN_FAILED;
	}
	if (arguments->bad != NULL) {
		attempt->reason = arguments->bad_why;
		return LOGIN_FAILED;
	}
	if (attempt->user == NULL) {
		attempt->reason = "PAM_USER is unset";
		return LOGIN_FAILED;
	}
	if (!allow_user(arguments, pamh, attempt->user)) {
		attempt->reason = "users= or group= excludes the user";
		return LOGIN_EXEMPT;
	}
	attempt->peer = peer_find(pamh, arguments, attempt->why);
	if (attempt->peer.source == PEER_UNKNOWN) {
		attempt->reason = attempt->why;
		return LOGIN_FAILED;
	}
	if (arguments_exclude(arguments, &attempt->peer.addr)) {
		attempt->reason = "the address is in exclude=";
		return LOGIN_EXEMPT;
	}
	return ask_table(arguments, attempt);
}

static void
log_attempt(pam_handle_t *pamh, const struct arguments *arguments,
    const char *hook, enum outcome outcome, const struct attempt *attempt)
{
	const bool is_known = attempt->peer.source != PEER_UNKNOWN;
	char text[ADDR_TEXT_BYTES];
	struct logline line;

	logline_init(&line, outcome == LOGIN_GRANTED ? "grant" : "no-grant");
	logline_add(&line, "client",
	    is_known ? addr_format(&attempt->peer.addr, text)
		     : text_item(pamh, PAM_RHOST));
	logline_add(&line, "user", attempt->user);
	logline_add(&line, "service",
	    arguments->service != NULL ? arguments->service
				       : text_item(pamh, PAM_SERVICE));
	logline_add(&line, "hook", hook);
	logline_add(&line, "from", peer_source_name(attempt->peer.source));
	if (arguments->bad != NULL)
		logline_add(&line, "option", arguments->bad);
	if (attempt->reason != NULL)
		logline_add_sentence(&line, "reason", attempt->reason);
	if (attempt->forced_by != 0)
		logline_add_sentence(
		    &line, "room", shmcache_strerror(attempt->forced_by));
	if (attempt->is_table_at_fault)
		logline_add(&line, "table", arguments->table);
	log_line(pamh, hook,
	    attempt->forced_by != 0    ? LOG_WARNING
	    : outcome == LOGIN_GRANTED ? LOG_INFO
	    : outcome == LOGIN_EXEMPT  ? LOG_DEBUG
				       : LOG_WARNING,
	    &line, attempt->cache);
}

bool
login_record(
    pam_handle_t *pamh, const struct arguments *arguments, const char *hook)
{
	struct attempt attempt = {.user = text_item(pamh, PAM_USER)};
	const char *user = attempt.user == NULL ? "" : attempt.user;
	const enum outcome before = outcome_so_far(pamh, user);
	enum outcome outcome;

	if (before == LOGIN_GRANTED)
		return true;
	outcome = attempt_to_record(pamh, arguments, &attempt);
	if (outcome != before) {
		/* Webmail and monitoring log in all day. */
		if (outcome != LOGIN_EXEMPT || arguments->debug)
			log_attempt(pamh, arguments, hook, outcome, &attempt);
		note(pamh, user, outcome);
	}
	shmcache_close(attempt.cache);
	return outcome != LOGIN_FAILED;
}
