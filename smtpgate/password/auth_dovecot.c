/* SPDX-License-Identifier: ISC */
/*
 *   gate                                    Dovecot
 *   VERSION 1 1, CPID number                VERSION 1 2, MECH name flags ...,
 *                                           SPID, CUID, COOKIE, DONE
 *   AUTH id mechanism service=smtp ...      CONT id base64
 *   CONT id base64                          OK id user=name ...
 *                                           FAIL id [user=] [temp] ...
 *
 * Words are separated by tabs, lines end in LF.  MSG_PEEK finds the end of a
 * line first, so that no bytes must be kept until the next line is read.
 *
 * Not offered to clients: "private" mechanisms; ANONYMOUS, because any client
 * could then relay; EXTERNAL and -PLUS, which need facts about TLS that the
 * gate does not pass on.
 */
#include "smtpgate/password/auth_dovecot.h"

#include "common/clock.h"
#include "common/wait.h"
#include "smtpgate/password/sasl.h"
#include "smtpgate/wire/dial.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPEN_PATIENCE_MS 10000
#define ANSWER_RESERVE_MS 5000

/* More lines are not a handshake. */
#define HANDSHAKE_MAX_LINES 100

/* "AUTH", a number, a mechanism, two addresses, and a response. */
#define COMMAND_BYTES (COMMAND_SASL_LINE_BYTES + 512)

#define WORDS_MAX 32

/* Most of Dovecot's lines fit. */
#define PIECE_BYTES 1024

/* A line of Dovecot's, split into words. */
struct reply {
	struct line line;
	char *words[WORDS_MAX];
	size_t n_words;
};

void
auth_dovecot_close(struct auth_dovecot *dovecot)
{
	if (dovecot->is_open)
		close(dovecot->fd);
	memset(dovecot, 0, sizeof(*dovecot));
}

static enum auth_result
fail(struct auth_dovecot *dovecot, int error, struct auth_answer *answer)
{
	auth_dovecot_close(dovecot);
	answer->result = AUTH_UNAVAILABLE;
	snprintf(answer->why, sizeof(answer->why), "Dovecot's auth socket: %s",
	    error == -EBADMSG ? "the gate does not understand its reply"
			      : strerror(-error));
	return AUTH_UNAVAILABLE;
}

/* ---- lines -------------------------------------------------------------- */

/*
 * Read the bytes that are there, up to the end of the line.
 * Returns 0 or a negative errno.
 */
static int
read_piece(int fd, struct line *line)
{
	char piece[PIECE_BYTES];
	ssize_t n = recv(fd, piece, sizeof(piece), MSG_PEEK | MSG_DONTWAIT);
	size_t taken;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	taken = line_feed_lf(line, piece, (size_t)n);
	/* The bytes that were peeked at are still there. */
	n = recv(fd, piece, taken, MSG_DONTWAIT);
	return n == (ssize_t)taken ? 0 : -EIO;
}

static int
read_line(int fd, int64_t deadline_ms, struct line *line)
{
	int error;

	line_init(line);
	while (line->state != LINE_DONE) {
		if ((line->flaws & (LINE_NUL | LINE_TOO_LONG)) != 0)
			return -EBADMSG;
		error = wait_fd(fd, POLLIN, deadline_ms);
		if (error == 0)
			error = read_piece(fd, line);
		if (error != 0)
			return error;
	}
	return (line->flaws & (LINE_NUL | LINE_TOO_LONG)) == 0 ? 0 : -EBADMSG;
}

/* Words after the first WORDS_MAX are ignored: the gate needs none of them. */
static int
hear(int fd, int64_t deadline_ms, struct reply *reply)
{
	char *rest = reply->line.text;
	int error = read_line(fd, deadline_ms, &reply->line);

	if (error != 0)
		return error;
	reply->n_words = 0;
	while (rest != NULL && reply->n_words < WORDS_MAX)
		reply->words[reply->n_words++] = strsep(&rest, "\t");
	return 0;
}

static int
say(int fd, int64_t deadline_ms, const char *bytes, size_t n)
{
	ssize_t sent;
	int error;

	while (n > 0) {
		sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
			continue;
		}
		error = wait_fd(fd, POLLOUT, deadline_ms);
		if (error != 0)
			return error;
	}
	return 0;
}

static bool
has_word(const struct reply *reply, size_t first, const char *word)
{
	size_t i;

	for (i = first; i < reply->n_words; i++)
		if (strcmp(reply->words[i], word) == 0)
			return true;
	return false;
}

/* The value of "name=value", or NULL. */
static const char *
value_of(const struct reply *reply, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 2; i < reply->n_words; i++)
		if (strncmp(reply->words[i], name, len) == 0 &&
		    reply->words[i][len] == '=')
			return reply->words[i] + len + 1;
	return NULL;
}

/* ---- the handshake ------------------------------------------------------ */

/* RFC 4422, 3.1. */
static bool
is_mechanism_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return len > 0 && len <= 20 && name[len] == '\0';
}

static bool
is_passed_on(const struct reply *mech)
{
	const char *name = mech->words[1];
	size_t len = strlen(name);

	if (!is_mechanism_name(name) || has_word(mech, 2, "private") ||
	    strcmp(name, "ANONYMOUS") == 0 || strcmp(name, "EXTERNAL") == 0)
		return false;
	return len < 5 || strcmp(name + len - 5, "-PLUS") != 0;
}

static void
add_mechanism(struct auth_dovecot *dovecot, const struct reply *mech)
{
	size_t len = strlen(dovecot->mechanisms);

	if (mech->n_words < 2 || !is_passed_on(mech) ||
	    len + strlen(mech->words[1]) + 2 > sizeof(dovecot->mechanisms))
		return;
	snprintf(dovecot->mechanisms + len, sizeof(dovecot->mechanisms) - len,
	    "%s%s", len > 0 ? " " : "", mech->words[1]);
}

/* Returns 0 when it is done. */
static int
shake_hands(struct auth_dovecot *dovecot, int64_t deadline_ms)
{
	struct reply reply;
	bool has_version = false;
	char hello[64];
	unsigned n, number;
	int error;

	/* Dovecot wants a number that no other client has.  A process id may
	 * repeat in another namespace, or for a later session of a worker. */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -EIO;
	n = (unsigned)snprintf(hello, sizeof(hello),
	    "VERSION\t1\t1\nCPID\t%u\n", (number & INT_MAX) | 1);
	error = say(dovecot->fd, deadline_ms, hello, n);
	for (n = 0; error == 0 && n < HANDSHAKE_MAX_LINES; n++) {
		error = hear(dovecot->fd, deadline_ms, &reply);
		if (error != 0)
			break;
		if (strcmp(reply.words[0], "VERSION") == 0)
			has_version = reply.n_words > 1 &&
				      strcmp(reply.words[1], "1") == 0;
		else if (strcmp(reply.words[0], "MECH") == 0)
			add_mechanism(dovecot, &reply);
		else if (strcmp(reply.words[0], "DONE") == 0)
			return has_version ? 0 : -EBADMSG;
	}
	return error != 0 ? error : -EBADMSG;
}

enum auth_result
auth_dovecot_open(struct auth_dovecot *dovecot, const struct gate *gate,
    struct auth_answer *answer_out)
{
	int64_t deadline_ms = clock_mono_ms() + OPEN_PATIENCE_MS;
	int error;

	memset(answer_out, 0, sizeof(*answer_out));
	if (dovecot->is_open) {
		answer_out->result = AUTH_OK;
		return AUTH_OK;
	}
	dovecot->fd =
	    dial(&gate->conf.smtpgate.auth.dovecot, SOCK_STREAM, deadline_ms);
	if (dovecot->fd < 0)
		return fail(dovecot, dovecot->fd, answer_out);
	dovecot->is_open = true;
	error = shake_hands(dovecot, deadline_ms);
	if (error != 0)
		return fail(dovecot, error, answer_out);
	answer_out->result = AUTH_OK;
	return AUTH_OK;
}

/* ---- an exchange -------------------------------------------------------- */

static enum auth_result
take_ok(struct auth_dovecot *dovecot, const struct reply *reply,
    struct auth_answer *answer)
{
	const char *user = value_of(reply, "user");

	if (user == NULL || !request_user_is_clean(user))
		return fail(dovecot, -EBADMSG, answer);
	snprintf(answer->user, sizeof(answer->user), "%s", user);
	return answer->result = AUTH_OK;
}

static enum auth_result
take_fail(const struct reply *reply, struct auth_answer *answer)
{
	const char *code = value_of(reply, "code");
	const char *user = value_of(reply, "user");

	if (user != NULL)
		snprintf(answer->user, sizeof(answer->user), "%s", user);
	if (!has_word(reply, 2, "temp") &&
	    (code == NULL || strcmp(code, "temp_fail") != 0))
		return answer->result = AUTH_DENIED;
	snprintf(answer->why, sizeof(answer->why),
	    "Dovecot cannot check the password; see Dovecot's log");
	return answer->result = AUTH_UNAVAILABLE;
}

static enum auth_result
take_challenge(struct auth_dovecot *dovecot, const struct reply *reply,
    struct line *challenge, struct auth_answer *answer)
{
	const char *text = reply->n_words > 2 ? reply->words[2] : "";
	size_t len = strlen(text);

	if (len > COMMAND_SASL_LINE_BYTES - sizeof("334 \r\n") ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789+/=") != len)
		return fail(dovecot, -EBADMSG, answer);
	line_init(challenge);
	memcpy(challenge->text, text, len + 1);
	challenge->len = len;
	return answer->result = AUTH_CHALLENGE;
}

/* Read the answer to this exchange; answers to others are ignored. */
static enum auth_result
take_answer(struct auth_dovecot *dovecot, int64_t deadline_ms,
    struct line *challenge, struct auth_answer *answer)
{
	struct reply reply;
	char id[16];
	int error;

	snprintf(id, sizeof(id), "%u", dovecot->id);
	do
		error = hear(dovecot->fd, deadline_ms, &reply);
	while (error == 0 &&
	       (reply.n_words < 2 || strcmp(reply.words[1], id) != 0));
	if (error != 0)
		return fail(dovecot, error, answer);
	if (strcmp(reply.words[0], "OK") == 0)
		return take_ok(dovecot, &reply, answer);
	if (strcmp(reply.words[0], "FAIL") == 0)
		return take_fail(&reply, answer);
	if (strcmp(reply.words[0], "CONT") == 0)
		return take_challenge(dovecot, &reply, challenge, answer);
	return fail(dovecot, -EBADMSG, answer);
}

/* Send a command that may contain a password, and read its answer. */
static enum auth_result
ask(struct auth_dovecot *dovecot, const struct gate *gate, char *command,
    size_t len, struct line *challenge, struct auth_answer *answer)
{
	int64_t deadline_ms = clock_mono_ms() +
			      (int64_t)gate->conf.auth_server.timeout_s * 1000 +
			      ANSWER_RESERVE_MS;
	int error = say(dovecot->fd, deadline_ms, command, len);

	explicit_bzero(command, len);
	memset(answer, 0, sizeof(*answer));
	if (error != 0)
		return fail(dovecot, error, answer);
	return take_answer(dovecot, deadline_ms, challenge, answer);
}

enum auth_result
auth_dovecot_begin(struct auth_dovecot *dovecot, const struct gate *gate,
    const struct auth_start *start, struct line *challenge_out,
    struct auth_answer *answer_out)
{
	const struct client *client = &gate->client;
	char command[COMMAND_BYTES], where[2 * ADDR_TEXT_BYTES + 16] = "";
	char local[ADDR_TEXT_BYTES];
	int len;

	if (client->is_known)
		snprintf(where, sizeof(where), "\tlip=%s\trip=%s",
		    addr_format(&client->local, local), client->text);
	/* resp= is the last word (and may be empty). */
	len = snprintf(command, sizeof(command),
	    "AUTH\t%u\t%s\tservice=smtp\tnologin%s%s%s%s\n", ++dovecot->id,
	    start->mechanism, start->is_tls ? "\tsecured" : "", where,
	    start->initial != NULL ? "\tresp=" : "",
	    start->initial != NULL ? start->initial : "");
	if (len < 0 || (size_t)len >= sizeof(command))
		return fail(dovecot, -EMSGSIZE, answer_out);
	return ask(
	    dovecot, gate, command, (size_t)len, challenge_out, answer_out);
}

enum auth_result
auth_dovecot_go_on(struct auth_dovecot *dovecot, const struct gate *gate,
    const char *response, struct line *challenge_out,
    struct auth_answer *answer_out)
{
	char command[COMMAND_BYTES];
	int len = snprintf(
	    command, sizeof(command), "CONT\t%u\t%s\n", dovecot->id, response);

	if (len < 0 || (size_t)len >= sizeof(command))
		return fail(dovecot, -EMSGSIZE, answer_out);
	return ask(
	    dovecot, gate, command, (size_t)len, challenge_out, answer_out);
}
