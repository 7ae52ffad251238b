/* SPDX-License-Identifier: ISC */
/*
 * The greeting of smtpgate-auth is read before the connection is closed: then
 * it is a gate whose client left, and no line in its log.
 */
#include "smtpgate/check/checker.h"

#include "common/clock.h"
#include "common/wait.h"
#include "smtpgate-auth/request.h"
#include "smtpgate/check/rights.h"
#include "smtpgate/password/auth_dovecot.h"
#include "smtpgate/wire/dial.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 5000

/* Where PAM looks for the service; without the file it uses "other". */
static const char *const pam_files[] = {
    "/etc/pam.d/smtpgate", "/usr/lib/pam.d/smtpgate", "/etc/pam.conf"};

static const char *
path_of(const struct conf_endpoint *endpoint, struct sockaddr_un *un)
{
	memcpy(un, &endpoint->addr, sizeof(*un));
	return un->sun_path;
}

static void
find(struct findings *findings, const struct conf_endpoint *socket, int error,
    const char *cure)
{
	char blocker[FINDING_BYTES], command[FINDING_BYTES];
	struct sockaddr_un un;
	const char *path = path_of(socket, &un);

	if (error == -EACCES) {
		rights_explain(path, W_OK, blocker, command);
		findings_add(findings, FINDING_WARNING, "smtpgate", "auth",
		    strstr(blocker, "dovecot") == NULL
			? command
			: "in Dovecot's service auth write: unix_listener "
			  "auth-client { mode = 0660 group = " GATE_USER " }",
		    "%s: %s: user " GATE_USER " may not open %s", path,
		    strerror(EACCES), blocker);
		return;
	}
	findings_add(findings, FINDING_WARNING, "smtpgate", "auth", cure,
	    "%s: %s: no client can log in", path,
	    error == -EBADMSG ? "it has another version" : strerror(-error));
}

/* ---- smtpgate-auth ------------------------------------------------------- */

static int
hear(int fd, int64_t deadline_ms)
{
	unsigned char record[ANSWER_BYTES + 1];
	struct answer answer;
	ssize_t len;
	int error;

	do {
		error = wait_fd(fd, POLLIN, deadline_ms);
		if (error != 0)
			return error;
		len = recv(fd, record, sizeof(record), MSG_DONTWAIT);
	} while (len < 0 && (errno == EINTR || errno == EAGAIN));
	if (len <= 0)
		return len < 0 ? -errno : -ECONNRESET;
	return answer_parse(record, (size_t)len, &answer);
}

static void
probe_pam(const struct gate *gate, struct findings *findings)
{
	const struct conf_endpoint *socket = &gate->conf.auth_server.socket;
	int64_t deadline_ms = clock_mono_ms() + PATIENCE_MS;
	int fd = dial(socket, SOCK_SEQPACKET, deadline_ms);
	int error = fd < 0 ? fd : hear(fd, deadline_ms);
	struct stat st;
	size_t i;

	if (fd >= 0)
		close(fd);
	if (error != 0)
		find(findings, socket, error,
		    error == -EBADMSG ? "restart smtpgate-auth"
				      : "start smtpgate-auth, for example: "
					"systemctl enable --now "
					"smtpgate-auth.socket");
	for (i = 0; i < sizeof(pam_files) / sizeof(pam_files[0]); i++)
		if (stat(pam_files[i], &st) == 0)
			return;
	findings_add_file(findings, FINDING_WARNING, pam_files[0], 0,
	    "install it, or copy the service of your POP server",
	    "there is no such PAM service: smtpgate-auth refuses each "
	    "password");
}

/* ---- Dovecot ------------------------------------------------------------- */

static void
probe_dovecot(const struct gate *gate, struct findings *findings)
{
	const struct conf_endpoint *socket = &gate->conf.smtpgate.auth.dovecot;
	int fd = dial(socket, SOCK_STREAM, clock_mono_ms() + PATIENCE_MS);
	struct auth_dovecot dovecot = {.is_open = false};
	struct auth_answer answer = {.result = AUTH_OK};
	struct sockaddr_un un;

	if (fd < 0) {
		find(findings, socket, fd,
		    "check that Dovecot runs and listens there");
		return;
	}
	close(fd);
	if (auth_dovecot_open(&dovecot, gate, &answer) != AUTH_OK)
		findings_add(findings, FINDING_WARNING, "smtpgate", "auth",
		    "name an auth-client socket of Dovecot", "%s: %s",
		    path_of(socket, &un), answer.why);
	auth_dovecot_close(&dovecot);
}

void
checker_probe(const struct gate *gate, struct findings *findings)
{
	if (gate->conf.smtpgate.auth.kind == CONF_AUTH_PAM)
		probe_pam(gate, findings);
	if (gate->conf.smtpgate.auth.kind == CONF_AUTH_DOVECOT)
		probe_dovecot(gate, findings);
}
