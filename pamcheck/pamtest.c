/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamtest.h"

#include "pamcheck/pamfile.h"
#include "pamcheck/pamscratch.h"
#include "pamcheck/pamservice.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the modules log ----------------------------------------------- */

static FILE *log_file;

/*
 * The program exports these three (see the Makefile), so that the modules call
 * them instead of libpam's.  The third is our own module's (pam_popauth/log.c).
 */
void pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), visibility("default")));
void pam_vsyslog(const pam_handle_t *pamh, int priority, const char *fmt,
    va_list ap) __attribute__((format(printf, 3, 0), visibility("default")));
bool pam_popauth_log(const pam_handle_t *pamh, int priority, const char *line)
    __attribute__((visibility("default")));

void
pam_vsyslog(const pam_handle_t *pamh, int priority, const char *fmt, va_list ap)
{
	(void)pamh;
	(void)priority;
	if (log_file == NULL)
		return;
	vfprintf(log_file, fmt, ap);
	fputc('\n', log_file);
}

void
pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pam_vsyslog(pamh, priority, fmt, ap);
	va_end(ap);
}

bool
pam_popauth_log(const pam_handle_t *pamh, int priority, const char *line)
{
	pam_syslog(pamh, priority, "%s", line);
	return true;
}

/* ---- the conversation --------------------------------------------------- */

static char *
answer_to(const struct pam_message *message, const struct pamtest_login *login)
{
	switch (message->msg_style) {
	case PAM_PROMPT_ECHO_OFF:
		return strdup(login->password);
	case PAM_PROMPT_ECHO_ON:
		return strdup(login->user);
	default:
		if (log_file != NULL)
			fprintf(log_file, "%s\n", message->msg);
		return NULL;
	}
}

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **responses, void *arg)
{
	struct pam_response *answers;
	int i;

	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	answers = calloc((size_t)n, sizeof(*answers));
	if (answers == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < n; i++)
		answers[i].resp = answer_to(messages[i], arg);
	*responses = answers;
	return PAM_SUCCESS;
}

/* ---- the stack ---------------------------------------------------------- */

/* What our lines wait for. */
struct wants {
	bool session;
	bool setcred;
};

static struct wants
read_wants(const struct pamtest_login *login)
{
	struct wants wants = {.session = false};
	struct pamfile file;
	size_t i;

	if (pamfile_read(login->root, login->service, &file) != 0)
		return wants;
	for (i = 0; i < file.n; i++) {
		if (!pamfile_is_ours(&file.lines[i]))
			continue;
		wants.session |= file.lines[i].type == PAMFILE_SESSION;
		wants.setcred |= pamoptions_flags(&file.lines[i]).has_setcred;
	}
	pamfile_free(&file);
	return wants;
}

static int
run_hooks(pam_handle_t *pamh, const struct pamtest_login *login,
    struct pamtest_result *result)
{
	const struct wants wants = read_wants(login);
	char text[ADDR_TEXT_BYTES];
	int status;

	status = pam_set_item(pamh, PAM_RHOST, addr_format(login->addr, text));
	if (status != PAM_SUCCESS)
		return status;
	status = result->auth = pam_authenticate(pamh, 0);
	if (status == PAM_SUCCESS)
		status = result->account = pam_acct_mgmt(pamh, 0);
	if (status == PAM_SUCCESS && wants.setcred)
		pam_setcred(pamh, PAM_ESTABLISH_CRED);
	if (status == PAM_SUCCESS && wants.session) {
		status = result->session = pam_open_session(pamh, 0);
		if (status == PAM_SUCCESS)
			pam_close_session(pamh, 0);
	}
	return status;
}

static int
run_stack(const struct pamtest_login *login, const struct pamscratch *scratch,
    struct pamtest_result *result)
{
	struct pam_conv conv = {
	    .conv = converse,
	    .appdata_ptr = (void *)(uintptr_t)login,
	};
	pam_handle_t *pamh = NULL;
	int status;

	status = pam_start_confdir(
	    login->service, login->user, &conv, scratch->confdir, &pamh);
	if (status == PAM_SUCCESS)
		status = run_hooks(pamh, login, result);
	else
		result->auth = status;
	if (pamh != NULL)
		pam_end(pamh, status);
	return status;
}

/* ---- its result --------------------------------------------------------- */

static uint64_t
n_recorded(const struct shmcache_status *status)
{
	return status->grants + status->refreshes;
}

static int
run_on_copy(const struct pamtest_login *login, const struct pamscratch *scratch,
    struct pamtest_result *result)
{
	struct shmcache_status before, after;
	struct shmcache *copy;
	int status, error;

	error = shmcache_open(scratch->table, SHMCACHE_READ, &copy);
	if (error != 0)
		return error;
	error = shmcache_status(copy, &before);
	if (error == 0) {
		status = run_stack(login, scratch, result);
		error = shmcache_status(copy, &after);
		result->is_recorded =
		    error == 0 && n_recorded(&after) > n_recorded(&before);
		result->would_grant =
		    result->is_recorded && status == PAM_SUCCESS;
		result->reason = result->would_grant     ? PAMTEST_WOULD_GRANT
				 : status != PAM_SUCCESS ? PAMTEST_REFUSED
				 : after.refused > before.refused
				     ? PAMTEST_NEVER
				     : PAMTEST_NOT_CALLED;
		result->window_s = before.window_s;
	}
	shmcache_close(copy);
	return error;
}

int
pamtest_run(const struct pamtest_login *login, struct shmcache *cache,
    struct pamtest_result *result_out)
{
	struct pamtest_result result = {
	    .auth = PAMTEST_NOT_RUN,
	    .account = PAMTEST_NOT_RUN,
	    .session = PAMTEST_NOT_RUN,
	};
	struct pamscratch scratch;
	size_t len;
	int error;

	error = pamscratch_make(login->root, login->service, cache, &scratch);
	if (error != 0)
		return error;
	log_file = open_memstream(&result.log, &len);
	error = run_on_copy(login, &scratch, &result);
	if (log_file == NULL || fclose(log_file) != 0)
		error = -ENOMEM;
	log_file = NULL;
	pamscratch_remove(&scratch);
	if (error == 0 && result.reason == PAMTEST_NOT_CALLED &&
	    strstr(result.log, "no-grant") != NULL)
		result.reason = PAMTEST_LOGGED;
	if (error == 0)
		*result_out = result;
	else
		free(result.log);
	return error;
}
