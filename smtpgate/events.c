/* SPDX-License-Identifier: ISC */
/*
 * Each line begins: event client session service
 *
 *   event       severity  further keys, in this order; those in brackets may be
 *                         absent
 *   ----------  --------  ---------------------------------------------------
 *   connect     info      [port] [proxy]
 *   helo        info      name
 *   socket      fatal     msg
 *   tls         info      version cipher; or msg, when the handshake failed
 *   mail        info      user [users] via [age_s] from result code [reply]
 *   rcpt        info      user [users] via [age_s] from to result reason
 *                         [right] code [reply]
 *   message     info      user [users] via [age_s] from recipients size result
 *                         [code] [queue_id] [reply]
 *   disconnect  info      reason commands errors permits denies defers messages
 *                         bytes duration_ms
 *   backend     error     backend stage result [error] [code] [reply]
 *   auth        info      user mechanism tls result [msg]; error when the
 *                         password could not be checked
 *   table       warn      path msg
 *
 *   client      the address, or "unknown" (a pipe, or PROXY without a client)
 *   session     of the connection; smtpgate-auth logs it too (serial.h)
 *   service     smtp, submission, submissions
 *   proxy       the balancer that named the client
 *   user        the user who logged in; "-" if there is none or if it is not
 *               certain; then users=many or users=unknown says why
 *   via         grant, auth, network, local, backend, none: how the gate
 *               permits it
 *   age_s       of a grant: seconds since the login
 *   from, to    <mailbox>, as sent to the backend
 *   result      of mail and rcpt, what the client got: permit (2xx), defer
 *               (4xx), deny (5xx); an accepted MAIL is not logged;
 *               of message: accepted, refused, failed, abandoned;
 *               of backend: enum backend_result
 *   reason      of rcpt: a word of decision/reason.c
 *   right       of rcpt: the word for why the client has none
 *   code        of the reply to the client; of backend: of its own reply
 *   reply       the backend's, which the client got too; its lines are joined,
 *               and cut at the end
 *   size        bytes of the message as passed on, CR LF for a line end
 *
 * A fatal configuration and the like is "configuration msg=..." (main.c).
 */
#include "smtpgate/events.h"

#include "common/clock.h"
#include "common/report.h"
#include "config/conf_endpoint.h"

#include <stdio.h>
#include <string.h>

#define ENDPOINT_TEXT_BYTES (CONF_UNIX_PATH_MAX + sizeof("unix:"))

static void
begin(struct logline *line, const char *event, const struct gate *gate)
{
	const struct client *client = &gate->client;
	ptrdiff_t service = gate->service - gate->conf.services;

	logline_init(line, event);
	logline_add(line, "client", client->text);
	logline_add(line, "session", client->session);
	logline_add(line, "service", conf_service_names[service]);
}

/* user [users] via [age_s] */
static void
add_right(struct logline *line, const struct right *right, enum policy_via via)
{
	const char *user = right_user(right);
	bool is_grant = right->kind == RIGHT_GRANT;

	logline_add(line, "user", user != NULL ? user : "-");
	if (is_grant && right->grant.who == SHMCACHE_WHO_MANY)
		logline_add(line, "users", "many");
	if (is_grant && right->grant.who == SHMCACHE_WHO_UNKNOWN)
		logline_add(line, "users", "unknown");
	logline_add(line, "via", policy_via_name(via));
	if (is_grant)
		logline_add_u64(line, "age_s", right->grant.age_s);
}

static void
add_path(struct logline *line, const char *key, const struct path *path)
{
	char text[PATH_TEXT_BYTES];

	logline_add(line, key, path_format(path, text));
}

/* The lines of a reply as one. */
static void
add_response(struct logline *line, const struct response *response)
{
	char text[RESPONSE_TEXT_BYTES];
	size_t i;

	if (response == NULL || response->len == 0)
		return;
	for (i = 0; i + 1 < response->len; i++)
		text[i] = response->text[i] == '\n' ? ' ' : response->text[i];
	logline_add_bytes(line, "reply", text, i);
}

void
event_connect(const struct gate *gate)
{
	const struct client *client = &gate->client;
	struct logline line;

	begin(&line, "connect", gate);
	if (client->is_known)
		logline_add_u64(&line, "port", client->port);
	if (client->proxy[0] != '\0')
		logline_add(&line, "proxy", client->proxy);
	report_line(REPORT_INFO, &line);
}

void
event_helo(const struct gate *gate, const char *name)
{
	struct logline line;

	begin(&line, "helo", gate);
	logline_add(&line, "name", name);
	report_line(REPORT_INFO, &line);
}

void
event_socket(const struct gate *gate, int error)
{
	struct logline line;

	begin(&line, "socket", gate);
	logline_add_sentence(&line, "msg", strerror(-error));
	report_line(REPORT_FATAL, &line);
}

void
event_tls(
    const struct gate *gate, const struct tls_facts *facts, const char *why)
{
	struct logline line;

	begin(&line, "tls", gate);
	if (facts != NULL) {
		logline_add(&line, "version", facts->version);
		logline_add(&line, "cipher", facts->cipher);
	} else {
		logline_add_sentence(&line, "msg", why);
	}
	report_line(REPORT_INFO, &line);
}

/* mail and rcpt */
static const char *
answer_word(unsigned code)
{
	switch (code / 100) {
	case 2:
		return policy_result_name(POLICY_PERMIT);
	case 5:
		return policy_result_name(POLICY_DENY);
	default:
		return policy_result_name(POLICY_DENY_FOR_NOW);
	}
}

void
event_mail(const struct gate *gate, const struct event_mail *mail)
{
	struct logline line;

	begin(&line, "mail", gate);
	add_right(&line, mail->right, policy_via_right(mail->right));
	add_path(&line, "from", mail->sender);
	logline_add(&line, "result", answer_word(mail->code));
	logline_add_u64(&line, "code", mail->code);
	add_response(&line, mail->response);
	report_line(REPORT_INFO, &line);
}

void
event_rcpt(const struct gate *gate, const struct event_rcpt *rcpt)
{
	const struct policy_verdict *verdict = rcpt->verdict;
	struct logline line;

	begin(&line, "rcpt", gate);
	add_right(&line, &verdict->right, verdict->via);
	add_path(&line, "from", rcpt->sender);
	add_path(&line, "to", rcpt->recipient);
	logline_add(&line, "result", answer_word(rcpt->code));
	logline_add(&line, "reason", reason_word(verdict->reason));
	if (rcpt->code / 100 != 2 && policy_answer(verdict) != verdict->reason)
		logline_add(
		    &line, "right", reason_word(policy_answer(verdict)));
	logline_add_u64(&line, "code", rcpt->code);
	add_response(&line, rcpt->response);
	report_line(REPORT_INFO, &line);
}

const char *
event_message_word(enum event_message_result result)
{
	static const char *const words[EVENT_MESSAGE_COUNT] = {
	    [EVENT_MESSAGE_ACCEPTED] = "accepted",
	    [EVENT_MESSAGE_REFUSED] = "refused",
	    [EVENT_MESSAGE_FAILED] = "failed",
	    [EVENT_MESSAGE_ABANDONED] = "abandoned",
	};

	return words[result];
}

void
event_message(const struct gate *gate, const struct event_message *message)
{
	const struct response *response = message->response;
	enum policy_via via = policy_via_right(message->right);
	char queue_id[RESPONSE_QUEUE_ID_BYTES];
	struct logline line;

	begin(&line, "message", gate);
	add_right(&line, message->right,
	    via != POLICY_VIA_NONE ? via : POLICY_VIA_LOCAL);
	add_path(&line, "from", message->sender);
	logline_add_u64(&line, "recipients", message->n_recipients);
	logline_add_u64(&line, "size", message->size);
	logline_add(&line, "result", event_message_word(message->result));
	if (message->code != 0)
		logline_add_u64(&line, "code", message->code);
	if (response != NULL && response_queue_id(response, queue_id))
		logline_add(&line, "queue_id", queue_id);
	add_response(&line, response);
	report_line(REPORT_INFO, &line);
}

const char *
event_end_word(enum event_end end)
{
	static const char *const words[EVENT_END_COUNT] = {
	    [EVENT_END_QUIT] = "quit",
	    [EVENT_END_EOF] = "eof",
	    [EVENT_END_EOF_IN_MESSAGE] = "eof-in-message",
	    [EVENT_END_TIMEOUT] = "timeout",
	    [EVENT_END_SESSION_TIME] = "session-time",
	    [EVENT_END_EARLY_TALKER] = "early-talker",
	    [EVENT_END_FOREIGN] = "foreign-protocol",
	    [EVENT_END_PIPELINED_DATA] = "pipelined-data",
	    [EVENT_END_CHUNK] = "chunk",
	    [EVENT_END_BARE_LF] = "bare-lf",
	    [EVENT_END_ERRORS] = "errors",
	    [EVENT_END_COMMANDS] = "commands",
	    [EVENT_END_BACKEND] = "backend",
	    [EVENT_END_AUTH] = "auth",
	    [EVENT_END_TLS] = "tls",
	    [EVENT_END_STOP] = "stop",
	    [EVENT_END_TOO_MANY] = "too-many",
	    [EVENT_END_TOO_MANY_OF_CLIENT] = "too-many-of-client",
	    [EVENT_END_PROXY] = "proxy",
	};

	return words[end];
}

void
event_disconnect(const struct gate *gate, enum event_end reason,
    const struct event_totals *totals)
{
	struct logline line;

	begin(&line, "disconnect", gate);
	logline_add(&line, "reason", event_end_word(reason));
	logline_add_u64(&line, "commands", totals->commands);
	logline_add_u64(&line, "errors", totals->errors);
	logline_add_u64(&line, "permits", totals->permits);
	logline_add_u64(&line, "denies", totals->denies);
	logline_add_u64(&line, "defers", totals->defers);
	logline_add_u64(&line, "messages", totals->messages);
	logline_add_u64(&line, "bytes", totals->bytes);
	logline_add_u64(&line, "duration_ms",
	    (uint64_t)(clock_mono_ms() - totals->begin_ms));
	report_line(REPORT_INFO, &line);
}

static const char *
auth_word(enum auth_result result)
{
	switch (result) {
	case AUTH_OK:
		return "ok";
	case AUTH_DENIED:
		return "denied";
	case AUTH_TOO_MANY:
		return "too-many";
	case AUTH_MALFORMED:
	case AUTH_TOO_LONG:
		return "malformed";
	case AUTH_CANCELLED:
		return "cancelled";
	case AUTH_LOST:
		return "lost";
	case AUTH_UNAVAILABLE:
	case AUTH_CHALLENGE:
		break;
	}
	return "unavailable";
}

void
event_auth(const struct gate *gate, const char *mechanism, bool is_tls,
    const struct auth_answer *answer)
{
	struct logline line;

	begin(&line, "auth", gate);
	logline_add(
	    &line, "user", answer->user[0] != '\0' ? answer->user : "-");
	logline_add(&line, "mechanism", mechanism);
	logline_add(&line, "tls", is_tls ? "yes" : "no");
	logline_add(&line, "result", auth_word(answer->result));
	if (answer->why[0] != '\0')
		logline_add_sentence(&line, "msg", answer->why);
	report_line(
	    answer->result == AUTH_UNAVAILABLE ? REPORT_ERROR : REPORT_INFO,
	    &line);
}

void
event_backend(const struct gate *gate, const struct backend *backend,
    const char *stage, enum backend_result result)
{
	char endpoint[ENDPOINT_TEXT_BYTES] = "";
	struct logline line;
	FILE *text = fmemopen(endpoint, sizeof(endpoint), "w");

	if (text != NULL) {
		conf_endpoint_format(backend->endpoint, text);
		fclose(text);
	}
	begin(&line, "backend", gate);
	logline_add(&line, "backend", endpoint);
	logline_add(&line, "stage", stage);
	logline_add(&line, "result", backend_result_name(result));
	if (backend->error != 0)
		logline_add(&line, "error", strerror(backend->error));
	if (backend->response.len > 0)
		logline_add_u64(&line, "code", backend->response.code);
	add_response(&line, &backend->response);
	report_line(REPORT_ERROR, &line);
}

void
event_table(const struct gate *gate, const char *path, int error)
{
	struct logline line;

	begin(&line, "table", gate);
	logline_add(&line, "path", path);
	logline_add_sentence(&line, "msg", shmcache_strerror(error));
	report_line(REPORT_WARN, &line);
}
