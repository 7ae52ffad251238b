/* SPDX-License-Identifier: ISC */
/*
 * DENIALS.  A denial is about this user and this password: the user is unknown,
 * the password is wrong or must be changed, the account is expired or locked.
 * All get the same reply, so that a client cannot find out which names exist.
 * A stack that asks for more than a password also denies, whatever it returns.
 * Every other error is a fault of this machine: 454, and the mail program tries
 * again instead of asking its user for another password.
 *
 * This file checks that the service file exists.  Without it libpam would use
 * "other", which on Debian lets in every user with a password.
 *
 * libpam's own delay (pam_fail_delay(3)) is switched off: it is random, and
 * only some modules request it.  attend.c has one delay for all.
 */
#include "smtpgate-auth/stack.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The state of the conversation. */
struct talk {
	const char *password;
	bool is_given;   /* the stack has the password */
	bool is_refused; /* a prompt was refused */
};

/* ---- conversation ------------------------------------------------------- */

static int
answer_message(struct talk *talk, const struct pam_message *message,
    struct pam_response *response)
{
	switch (message->msg_style) {
	case PAM_TEXT_INFO:
	case PAM_ERROR_MSG:
		return PAM_SUCCESS;
	case PAM_PROMPT_ECHO_OFF:
		if (talk->is_given)
			break;
		talk->is_given = true;
		response->resp = strdup(talk->password);
		return response->resp != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
	default:
		break;
	}
	talk->is_refused = true;
	return PAM_CONV_ERR;
}

static void
free_responses(struct pam_response *responses, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (responses[i].resp == NULL)
			continue;
		explicit_bzero(responses[i].resp, strlen(responses[i].resp));
		free(responses[i].resp);
	}
	free(responses);
}

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **responses_out, void *arg)
{
	struct pam_response *responses;
	int error = PAM_SUCCESS, i;

	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	responses = calloc((size_t)n, sizeof(*responses));
	if (responses == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < n && error == PAM_SUCCESS; i++)
		error = answer_message(arg, messages[i], &responses[i]);
	if (error != PAM_SUCCESS) {
		free_responses(responses, n);
		return error;
	}
	*responses_out = responses;
	return PAM_SUCCESS;
}

static void
no_delay(int status, unsigned delay_us, void *arg)
{
	(void)status;
	(void)delay_us;
	(void)arg;
}

/* ---- the verdict -------------------------------------------------------- */

static enum answer_kind
kind_of(int status)
{
	switch (status) {
	case PAM_SUCCESS:
		return ANSWER_OK;
	case PAM_ACCT_EXPIRED:
	case PAM_AUTHTOK_EXPIRED:
	case PAM_AUTH_ERR:
	case PAM_CONV_ERR:
	case PAM_CRED_EXPIRED:
	case PAM_CRED_INSUFFICIENT:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_PERM_DENIED:
	case PAM_USER_UNKNOWN:
		return ANSWER_DENIED;
	case PAM_MAXTRIES:
		return ANSWER_TOO_MANY;
	default:
		return ANSWER_UNAVAILABLE;
	}
}

static void
give(struct stack_verdict *verdict, enum answer_kind kind, const char *stage,
    const char *why)
{
	verdict->answer.kind = kind;
	verdict->stage = stage;
	snprintf(verdict->why, sizeof(verdict->why), "%s", why);
}

static int
set_items(pam_handle_t *pamh, const struct request *request)
{
	/* PAM_FAIL_DELAY is the only item that is a function.  ISO C does not
	 * convert one to void *, but POSIX guarantees that it works. */
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = {.function = no_delay};
	char rhost[ADDR_TEXT_BYTES];
	int status = pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);

	if (status == PAM_SUCCESS && request->is_client_known)
		status = pam_set_item(
		    pamh, PAM_RHOST, addr_format(&request->client, rhost));
	return status;
}

/* Take the user's name from the stack, which may have changed it. */
static void
take_user(pam_handle_t *pamh, struct stack_verdict *verdict)
{
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_USER, &item) != PAM_SUCCESS ||
	    item == NULL || !request_user_is_clean(item)) {
		give(verdict, ANSWER_UNAVAILABLE, "user",
		    "the stack changed the user's name to one that is not "
		    "allowed; find the module that changes PAM_USER");
		return;
	}
	verdict->answer.kind = ANSWER_OK;
	snprintf(verdict->answer.user, sizeof(verdict->answer.user), "%s",
	    (const char *)item);
}

static void
ask(pam_handle_t *pamh, const struct request *request, const struct talk *talk,
    struct stack_verdict *verdict)
{
	const int flags = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK;
	int status = set_items(pamh, request);

	verdict->stage = "auth";
	if (status == PAM_SUCCESS)
		status = pam_authenticate(pamh, flags);
	if (status == PAM_SUCCESS) {
		verdict->stage = "account";
		status = pam_acct_mgmt(pamh, flags);
	}
	if (status == PAM_SUCCESS)
		take_user(pamh, verdict);
	else if (talk->is_refused)
		give(verdict, ANSWER_DENIED, verdict->stage,
		    "the stack asks for more than a password, which SMTP AUTH "
		    "cannot give");
	else
		give(verdict, kind_of(status), verdict->stage,
		    pam_strerror(pamh, status));
	(void)pam_end(pamh, status);
}

static bool
has_file(const char *dir)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/" STACK_SERVICE, dir);
	return access(path, F_OK) == 0;
}

static bool
has_service(const char *confdir)
{
	if (confdir != NULL)
		return has_file(confdir);
	return has_file("/etc/pam.d") || has_file("/usr/lib/pam.d");
}

void
stack_ask(const char *confdir, const struct request *request,
    struct stack_verdict *verdict_out)
{
	struct talk talk = {.password = request->password};
	const struct pam_conv conv = {converse, &talk};
	pam_handle_t *pamh = NULL;
	int status;

	memset(verdict_out, 0, sizeof(*verdict_out));
	verdict_out->stage = "service";
	if (!has_service(confdir)) {
		give(verdict_out, ANSWER_UNAVAILABLE, "service",
		    "there is no /etc/pam.d/" STACK_SERVICE
		    "; an example is in smtpgate-auth(8)");
		return;
	}
	status = pam_start_confdir(
	    STACK_SERVICE, request->user, &conv, confdir, &pamh);
	if (status != PAM_SUCCESS) {
		give(verdict_out, ANSWER_UNAVAILABLE, "service",
		    pam_strerror(NULL, status));
		return;
	}
	ask(pamh, request, &talk, verdict_out);
}
