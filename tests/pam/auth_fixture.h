/* SPDX-License-Identifier: ISC */
/*
 * smtpgate-auth's server under the real libpam and its own modules, without
 * touching the system: a service file and a socket in a private directory, the
 * server in a process of its own, and what a gate says to it.
 *
 * Real accounts (pam_unix) are tried in tests/system.
 */
#ifndef POPAUTH_TESTS_PAM_AUTH_FIXTURE_H
#define POPAUTH_TESTS_PAM_AUTH_FIXTURE_H

#include "common/clock.h"
#include "config/conf_endpoint.h"
#include "smtpgate-auth/request.h"
#include "smtpgate-auth/server.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AUTH_CLIENT "203.0.113.9"
#define AUTH_SESSION "0a1b2c3d4e5f"
#define AUTH_DELAY_MS 300
#define AUTH_TIMEOUT_MS 1500
/* What a busy machine may add. */
#define AUTH_NOISE_MS 1000
#define AUTH_PATIENCE_MS 10000

extern char auth_dir[];
extern struct conf_endpoint auth_endpoint;

void auth_setup(void);
void auth_teardown(void);

/* ---- files of the directory ---------------------------------------------- */

const char *auth_path(const char *name);
void auth_write(const char *name, mode_t mode, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
const char *auth_read(const char *name);
unsigned auth_n_lines(const char *name);

/* The lines of the service file. */
#define auth_service(...) auth_write("smtpgate", 0644, __VA_ARGS__)

/*
 * A stack that knows one password, asked by a script: other files can make
 * it hang.
 */
void auth_service_of_joe(void);

/* Until the condition, or in vain. */
#define auth_wait_until(condition)                                             \
	do {                                                                   \
		int64_t end_ms = clock_mono_ms() + AUTH_PATIENCE_MS;           \
                                                                               \
		while (!(condition) && clock_mono_ms() < end_ms)               \
			poll(NULL, 0, 10);                                     \
		cr_assert(condition);                                          \
	} while (0)

void auth_assert_logged(const char *text);

/* ---- the server ----------------------------------------------------------- */

/* Its rules, to be changed before it is started. */
extern struct server_rules auth_rules;
extern pid_t auth_server_pid;

void auth_start(void);

/* Returns its exit code. */
int auth_stop(void);

/* Whether the process has ended, and at most waits for its parent. */
bool auth_is_gone(pid_t pid);

/* ---- the gate's side ------------------------------------------------------ */

/* The last answer, and how long it took. */
extern struct answer auth_answer;
extern int64_t auth_spent_ms;

int auth_dial(void);

/* Returns whether there was an answer before the end. */
bool auth_hear(int fd, struct answer *answer_out);
void auth_send_request(
    int fd, const char *client, const char *user, const char *password);

/* Sets the last answer; returns whether there was one. */
bool auth_ask_from(const char *client, const char *user, const char *password);
enum answer_kind auth_ask(const char *user, const char *password);

#endif
