/* SPDX-License-Identifier: ISC */
/*
 * While smtpgate-auth is busy the gate repeats the request for some seconds:
 * a mail program would show its user an error for a delay that is short.
 */
#include "smtpgate/password/auth_pam.h"

#include "common/clock.h"
#include "common/wait.h"
#include "smtpgate/wire/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUSY_PATIENCE_MS 10000
#define BUSY_PAUSE_MS 250

/* How much later than the timeout of the PAM stack an answer may come. */
#define ANSWER_RESERVE_MS 5000

_Static_assert(sizeof(((struct request *)0)->session) == SERIAL_BYTES,
    "the record has room for the name of a session");

/* Returns 0, or a negative errno; -ECONNRESET at the end of input. */
static int
hear(int fd, int64_t deadline_ms, struct answer *answer_out)
{
	unsigned char record[ANSWER_BYTES + 1];
	ssize_t len;
	int error;

	do {
		error = wait_fd(fd, POLLIN, deadline_ms);
		if (error != 0)
			return error;
		len = recv(fd, record, sizeof(record), MSG_DONTWAIT);
	} while (len < 0 && (errno == EINTR || errno == EAGAIN));
	if (len < 0)
		return -errno;
	if (len == 0)
		return -ECONNRESET;
	return answer_parse(record, (size_t)len, answer_out);
}

static int
say(int fd, const struct request *request)
{
	unsigned char record[REQUEST_BYTES];
	size_t len = request_format(request, record);
	int error;

	if (len == 0)
		return -EINVAL;
	do
		error = send(fd, record, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
			    ? -errno
			    : 0;
	while (error == -EINTR);
	explicit_bzero(record, len);
	return error;
}

/* Ask on one connection. */
static int
ask_once(const struct gate *gate, const struct request *request,
    struct answer *answer_out)
{
	const struct conf_auth_server *conf = &gate->conf.auth_server;
	int64_t deadline_ms = clock_mono_ms() +
			      (int64_t)conf->timeout_s * 1000 +
			      ANSWER_RESERVE_MS;
	int fd = dial(&conf->socket, SOCK_SEQPACKET, deadline_ms);
	int error;

	if (fd < 0)
		return fd;
	error = hear(fd, deadline_ms, answer_out);
	if (error == 0 && answer_out->kind == ANSWER_READY) {
		error = say(fd, request);
		if (error == 0)
			error = hear(fd, deadline_ms, answer_out);
	}
	close(fd);
	return error;
}

static const char *
why_not(int error)
{
	switch (-error) {
	case ECONNREFUSED:
	case ENOENT:
		return "smtpgate-auth is not running; start it";
	case EACCES:
		return "the gate may not open the socket of smtpgate-auth; "
		       "it is for group smtpgate";
	case ECONNRESET:
	case EPIPE:
	case ETIMEDOUT:
		return "smtpgate-auth did not answer; see its log";
	case EBADMSG:
		return "smtpgate-auth has another version";
	default:
		return strerror(-error);
	}
}

static void
take(const struct answer *answer, struct auth_answer *answer_out)
{
	switch (answer->kind) {
	case ANSWER_OK:
		answer_out->result = AUTH_OK;
		snprintf(answer_out->user, sizeof(answer_out->user), "%s",
		    answer->user);
		break;
	case ANSWER_DENIED:
		answer_out->result = AUTH_DENIED;
		break;
	case ANSWER_TOO_MANY:
		answer_out->result = AUTH_TOO_MANY;
		break;
	case ANSWER_BUSY:
		snprintf(answer_out->why, sizeof(answer_out->why),
		    "smtpgate-auth has too many requests; see max_requests");
		break;
	case ANSWER_READY:
	case ANSWER_UNAVAILABLE:
		snprintf(answer_out->why, sizeof(answer_out->why),
		    "the PAM stack cannot check the password; see the log of "
		    "smtpgate-auth");
		break;
	}
}

void
auth_pam_ask(const struct gate *gate, bool is_tls, struct request *request,
    struct auth_answer *answer_out)
{
	int64_t busy_until_ms = clock_mono_ms() + BUSY_PATIENCE_MS;
	struct answer answer = {.kind = ANSWER_BUSY};
	int error;

	memset(answer_out, 0, sizeof(*answer_out));
	request->is_client_known = gate->client.is_known;
	request->client = gate->client.addr;
	memcpy(
	    request->session, gate->client.session, sizeof(request->session));
	request->is_tls = is_tls;
	for (;;) {
		error = ask_once(gate, request, &answer);
		if (error != 0 || answer.kind != ANSWER_BUSY ||
		    clock_mono_ms() >= busy_until_ms)
			break;
		poll(NULL, 0, BUSY_PAUSE_MS);
	}
	if (error == 0)
		take(&answer, answer_out);
	else
		snprintf(answer_out->why, sizeof(answer_out->why), "%s",
		    why_not(error));
}
