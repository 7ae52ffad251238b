/* SPDX-License-Identifier: ISC */
/*
 * A login that is refused in the end grants nothing.
 *
 * A line of the account stack does not learn what the stack returns: a line
 * before it may have refused already ("required"), and a line after it may
 * still do so.  So the account hook only notes the login, in pam_set_data(3).
 * It is recorded by the first of these, each of which shows that the server
 * accepts it:
 *
 *   pam_open_session(3)  the session line
 *   pam_setcred(3)       the auth line, when the server calls it after account
 *   pam_end(3)           with PAM_SUCCESS, by the cleanup function of the data
 *
 *             pam_open_session(3)
 *             pam_setcred(3)
 *             pam_end(3), success
 *      NOTED ---------------------> GRANTED, EXEMPT or FAILED
 *        |
 *        |    pam_end(3), else
 *        |    pam_authenticate(3)
 *        +--------------------------> no grant, no line
 *
 * A process that ends without pam_end(3) drops it too.  In a child that calls
 * pam_end(3) with PAM_DATA_SILENT, the parent's handle still has the login.
 *
 * solid-pop3d and mailutils pass PAM_SUCCESS even when they refuse the login,
 * but call pam_setcred(3) only when they accept it.  Under `setcred` pam_end(3)
 * records nothing.
 *
 * pam_end(3) comes before the server answers the client, in each server that
 * popauth(7) lists, so the grant is there when the client sends its mail.
 *
 * Under `strict` the account hook records at once: pam_end(3) cannot refuse.
 */
#include "pam_popauth/login.h"

#include "common/logline.h"
#include "pam_popauth/log.h"
#include "pam_popauth/peer.h"
#include "rules/inforce.h"
#include "shmcache/shmcache.h"

#include <security/pam_modutil.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>

/* The PAM service of smtpgate-auth. */
#define SMTPGATE_SERVICE "smtpgate"

#define DATA_NAME "popauth_login"
#define BEGUN_NAME "popauth_begun" /* the auth line was called */

enum outcome {
	LOGIN_NOTED = 0, /* to be recorded when the server accepts the login */
	LOGIN_GRANTED,
	LOGIN_EXEMPT, /* not to be recorded */
	LOGIN_FAILED,
};

/*
 * One login.  The texts are copies: libpam frees the arguments of a line when it
 * reads the service file anew.
 */
struct login {
	enum outcome outcome;
	enum outcome said;  /* what is logged; LOGIN_NOTED: nothing yet */
	const char *hook;   /* the line that noted it */
	const char *user;   /* NULL: PAM_USER was unset */
	const char *label;  /* service=, or NULL */
	const char *table;  /* table= */
	const char *option; /* the argument that does not fit, or NULL */
	bool debug;
	bool waits; /* for pam_setcred(3), whatever pam_end(3) says */
	struct peer peer;
	const char *reason; /* NULL: noted or granted */
	char why[PEER_WHY_BYTES];
	char texts[]; /* user, label, table and option */
};

static const char *
text_item(pam_handle_t *pamh, int item_type)
{
	const void *item = NULL;

	if (pam_get_item(pamh, item_type, &item) != PAM_SUCCESS)
		return NULL;
	return item;
}

/* ---- may it be recorded? ------------------------------------------------- */

static bool
is_smtpgate(pam_handle_t *pamh)
{
	const char *service = text_item(pamh, PAM_SERVICE);

	return service != NULL && strcmp(service, SMTPGATE_SERVICE) == 0;
}

static bool
is_begun(pam_handle_t *pamh)
{
	const void *data;

	return pam_get_data(pamh, BEGUN_NAME, &data) == PAM_SUCCESS;
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
judge(
    pam_handle_t *pamh, const struct arguments *arguments, struct login *login)
{
	/* A client that logs in for each message (SMTP AUTH) needs no grant,
	 * and others at its address must not get one. */
	if (is_smtpgate(pamh)) {
		login->reason = "SMTP AUTH makes no grant; remove the module "
				"from /etc/pam.d/" SMTPGATE_SERVICE;
		return LOGIN_FAILED;
	}
	if (arguments->bad != NULL) {
		login->reason = arguments->bad_why;
		return LOGIN_FAILED;
	}
	if (arguments->setcred && !is_begun(pamh)) {
		login->reason = "setcred requires an auth line of the module";
		return LOGIN_FAILED;
	}
	if (login->user == NULL) {
		login->reason = "PAM_USER is unset";
		return LOGIN_FAILED;
	}
	if (!allow_user(arguments, pamh, login->user)) {
		login->reason = "users= or group= excludes the user";
		return LOGIN_EXEMPT;
	}
	login->peer = peer_find(pamh, arguments, login->why);
	if (login->peer.source == PEER_UNKNOWN) {
		login->reason = login->why;
		return LOGIN_FAILED;
	}
	if (arguments_exclude(arguments, &login->peer.addr)) {
		login->reason = "the address is in exclude=";
		return LOGIN_EXEMPT;
	}
	return LOGIN_NOTED;
}

static size_t
text_bytes(const char *text)
{
	return text == NULL ? 0 : strlen(text) + 1;
}

/* Copy a text to *at and move *at past it; NULL stays NULL. */
static const char *
keep(char **at, const char *text)
{
	const char *kept = *at;

	if (text == NULL)
		return NULL;
	*at = stpcpy(*at, text) + 1;
	return kept;
}

/* Returns NULL without memory. */
static struct login *
login_new(
    pam_handle_t *pamh, const struct arguments *arguments, const char *hook)
{
	const char *user = text_item(pamh, PAM_USER);
	struct login *login = malloc(
	    sizeof(*login) + text_bytes(user) + text_bytes(arguments->service) +
	    text_bytes(arguments->table) + text_bytes(arguments->bad));
	char *at;

	if (login == NULL)
		return NULL;
	*login = (struct login){.hook = hook, .debug = arguments->debug};
	at = login->texts;
	login->user = keep(&at, user);
	login->label = keep(&at, arguments->service);
	login->table = keep(&at, arguments->table);
	login->option = keep(&at, arguments->bad);
	login->outcome = judge(pamh, arguments, login);
	login->waits = arguments->setcred && login->outcome == LOGIN_NOTED;
	return login;
}

/* ---- the table and the log ----------------------------------------------- */

struct record {
	struct shmcache *cache; /* NULL: not open */
	int forced_by; /* why living grants had to make room; 0: none had to */
	bool is_table_at_fault;
	bool is_blocked;
	bool is_due; /* a login that is never granted is logged */
};

/* Whether a rule of the administrator refuses the login.  Returns 0, or an error
 * when the rules are not known. */
static int
ask_rules(const struct login *login, struct record *record)
{
	struct inforce inforce = {.is_known = false};
	const int error = inforce_refresh(&inforce, record->cache);

	if (error == 0)
		record->is_blocked =
		    rules_find_block(&inforce.rules, &login->peer.addr,
			login->user, time(NULL)) != NULL;
	inforce_free(&inforce);
	return error;
}

static int
write_grant(const struct login *login, struct record *record)
{
	int error = shmcache_open(login->table, SHMCACHE_LOGIN, &record->cache);

	if (error == 0)
		error = ask_rules(login, record);
	if (error != 0 || record->is_blocked)
		return error;
	error = shmcache_grant(record->cache, &login->peer.addr, login->user);
	record->forced_by = shmcache_forced_by(record->cache);
	return error;
}

static void
ask_table(struct login *login, struct record *record)
{
	const int error = write_grant(login, record);

	const bool is_exempt = record->is_blocked || error == SHMCACHE_NEVER;

	if (error == 0 && !record->is_blocked) {
		login->outcome = LOGIN_GRANTED;
		return;
	}
	login->reason = record->is_blocked
			    ? "a rule blocks the login; popauthctl rules "
			      "shows it"
			    : shmcache_strerror(error);
	record->is_table_at_fault = error < 0 || error >= SHMCACHE_BAD_OWNER;
	login->outcome = is_exempt ? LOGIN_EXEMPT : LOGIN_FAILED;
	record->is_due =
	    is_exempt &&
	    shmcache_refusal_is_due(record->cache, &login->peer.addr);
}

static void
log_login(
    pam_handle_t *pamh, const struct login *login, const struct record *record)
{
	const bool is_known = login->peer.source != PEER_UNKNOWN;
	const enum outcome outcome = login->outcome;
	char text[ADDR_TEXT_BYTES];
	struct logline line;

	logline_init(&line, outcome == LOGIN_GRANTED ? "grant" : "no-grant");
	logline_add(&line, "client",
	    is_known ? addr_format(&login->peer.addr, text)
		     : text_item(pamh, PAM_RHOST));
	logline_add(&line, "user", login->user);
	logline_add(&line, "service",
	    login->label != NULL ? login->label : text_item(pamh, PAM_SERVICE));
	logline_add(&line, "hook", login->hook);
	logline_add(&line, "from", peer_source_name(login->peer.source));
	logline_add(&line, "option", login->option);
	if (login->reason != NULL)
		logline_add_sentence(&line, "reason", login->reason);
	if (record->forced_by != 0)
		logline_add_sentence(
		    &line, "room", shmcache_strerror(record->forced_by));
	if (record->is_table_at_fault)
		logline_add(&line, "table", login->table);
	log_line(pamh, login->hook,
	    record->forced_by != 0     ? LOG_WARNING
	    : outcome == LOGIN_GRANTED ? LOG_INFO
	    : record->is_due           ? LOG_INFO
	    : outcome == LOGIN_EXEMPT  ? LOG_DEBUG
				       : LOG_WARNING,
	    &line, record->cache);
}

/* The server accepts the login: record it if it is noted, and log it. */
static void
accept_login(pam_handle_t *pamh, struct login *login)
{
	struct record record = {.cache = NULL};

	if (login->outcome == LOGIN_NOTED)
		ask_table(login, &record);
	/* Webmail and monitoring log in all day. */
	if (login->outcome != login->said &&
	    (login->outcome != LOGIN_EXEMPT || login->debug || record.is_due))
		log_login(pamh, login, &record);
	login->said = login->outcome;
	shmcache_close(record.cache);
}

/* ---- data of the PAM handle ---------------------------------------------- */

/*
 * The cleanup function of the data, which is NULL after login_begin().  status is
 * that of pam_end(3), or has a flag besides PAM_SUCCESS: when another login
 * replaces this one, and in a child of the server (PAM_DATA_SILENT).
 */
static void
end(pam_handle_t *pamh, void *data, int status)
{
	struct login *login = data;

	if (login != NULL && status == PAM_SUCCESS && !login->waits)
		accept_login(pamh, login);
	free(login);
}

/* The login that is under way on this handle, or NULL. */
static struct login *
login_of(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, DATA_NAME, &data) != PAM_SUCCESS)
		return NULL;
	return (struct login *)(uintptr_t)data;
}

/* The same if it is the user's. */
static struct login *
login_of_user(pam_handle_t *pamh)
{
	struct login *login = login_of(pamh);
	const char *user = text_item(pamh, PAM_USER);

	if (login == NULL || (login->user == NULL) != (user == NULL))
		return NULL;
	return user == NULL || strcmp(login->user, user) == 0 ? login : NULL;
}

void
login_begin(pam_handle_t *pamh)
{
	(void)pam_set_data(pamh, BEGUN_NAME, NULL, NULL);
	if (login_of(pamh) != NULL)
		(void)pam_set_data(pamh, DATA_NAME, NULL, end);
}

bool
login_record(pam_handle_t *pamh, const struct arguments *arguments,
    const char *hook, bool is_accepted)
{
	struct login *before = login_of_user(pamh), *login = before;

	/* After a failure the next line tries again, and is silent when it
	 * fails in the same way. */
	if (before == NULL || before->outcome >= LOGIN_EXEMPT) {
		login = login_new(pamh, arguments, hook);
		if (login == NULL)
			return false;
		if (before != NULL)
			login->said = before->said;
		if (before != NULL && before->outcome == login->outcome) {
			free(login);
			login = before;
		} else if (pam_set_data(pamh, DATA_NAME, login, end) !=
			   PAM_SUCCESS) {
			free(login);
			return false;
		}
	}
	if (is_accepted)
		accept_login(pamh, login);
	return login->outcome != LOGIN_FAILED;
}

void
login_accept(pam_handle_t *pamh)
{
	struct login *login = login_of_user(pamh);

	if (login != NULL)
		accept_login(pamh, login);
}
