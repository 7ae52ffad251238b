/* SPDX-License-Identifier: ISC */
/*
 * The module under the real libpam, without touching the system: a service
 * file in a private directory (pam_start_confdir(3)), a table in a temporary
 * file, and a pam_popauth_log() that keeps the lines (the program is linked
 * -rdynamic).
 *
 * POPAUTH_MODULE names the module that was built.
 */
#ifndef POPAUTH_TESTS_PAM_FIXTURE_H
#define POPAUTH_TESTS_PAM_FIXTURE_H

#include "shmcache/shmcache.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#define CLIENT "203.0.113.9"
#define CLIENT2 "203.0.113.10"
#define CLIENT6 "2001:db8::9"

/* The fixture's files. */
extern char fixture_table[64];

void fixture_setup(void);
void fixture_teardown(void);

/* ---- the log ------------------------------------------------------------- */

/* The lines go to /dev/log, as without this program. */
extern bool log_is_real;

/* Forget the lines so far. */
void log_clear(void);

/* The lines since then are these, and no others: "severity text\n" each. */
bool logged_is(const char *lines);
bool logged_has(const char *text);
void assert_logged(const char *lines);

/* ---- one login ----------------------------------------------------------- */

/*
 * Begin one as user joe under the service file with these lines; "%M" stands
 * for the module with its table.
 * rhost: PAM_RHOST, or NULL to leave it unset.
 */
pam_handle_t *start(const char *lines, const char *rhost);

/* The same under the service file that is there.  For threads too. */
pam_handle_t *start_again(const char *rhost);

/* What authenticating, account, and session make of it, or the first that is
 * not PAM_SUCCESS; and its end. */
int login(pam_handle_t *pamh);

/* A whole session under the one line "session optional %M OPTIONS". */
void session(const char *options, const char *rhost);

/* ---- the table ----------------------------------------------------------- */

bool is_granted(const char *addr_text, const char *user);
size_t count_grants(void);

/* ---- sockets in a network of the process's own --------------------------- */

/* Skips the test where no network namespace can be made. */
void network_setup(void);

struct connection {
	int server; /* the accepted end */
	int client;
};

/* A TCP connection from one address of the network to another, over a socket
 * of the family, so that AF_INET6 makes mapped addresses of IPv4. */
struct connection connect_from(int family, const char *client);

/* Put the accepted end on fd 0 alone. */
void onto_stdin(struct connection *connection);

/* fd 0 is /dev/null. */
void no_stdin(void);

#endif
