/* SPDX-License-Identifier: ISC */
/*
 * DELAY.  "Denied" and "unavailable" are sent at the next multiple of the delay
 * after the connection was made.  Most stacks answer within the first delay;
 * for a slow stack, timing reveals only how many delays it took.  "Busy" and
 * "too many failures" are sent at once.
 *
 * One client gets at most a quarter of all children.  So a client that knows a
 * name for which the stack hangs blocks only itself.
 *
 * Log lines, keys in this order; those in brackets may be absent:
 *
 *   auth         info or, when unavailable, error
 *                client session user tls result [as] [stage] [msg] duration_ms
 *   bad-request  warn  msg
 *
 *   session      the gate's lines of the same session have it too
 *   result       ok, denied, unavailable, too-many, busy
 *   as           the user's name as the stack has it, when that differs
 *   stage        service, auth, account, user; limit: the counters of failures
 */
#include "smtpgate-auth/attend.h"

#include "common/clock.h"
#include "common/report.h"
#include "common/wait.h"
#include "common/word.h"
#include "smtpgate-auth/stack.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* The gate has its request ready when it connects. */
#define REQUEST_PATIENCE_MS 5000

/* The part of the timeout that is left for sending a late answer. */
#define ANSWER_RESERVE_MS 500

void
attend_answer(int fd, const struct answer *answer)
{
	unsigned char record[ANSWER_BYTES];
	size_t len = answer_format(answer, record);

	/* A gate whose client has left does not wait for the answer. */
	if (send(fd, record, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static void
log_bad_request(const char *why)
{
	report(REPORT_WARN, "bad-request",
	    "%s; only a gate of the same version may connect", why);
}

/* Returns whether there is a request. */
static bool
receive(int fd, struct request *request_out)
{
	/* One byte more than allowed, to notice a record that is too long. */
	unsigned char record[REQUEST_BYTES + 1];
	int64_t deadline_ms = clock_mono_ms() + REQUEST_PATIENCE_MS;
	ssize_t len;
	int error = -EBADMSG;

	do
		len = wait_fd(fd, POLLIN, deadline_ms) == 0
			  ? recv(fd, record, sizeof(record), MSG_DONTWAIT)
			  : -1;
	while (len < 0 && (errno == EINTR || errno == EAGAIN) &&
	       clock_mono_ms() < deadline_ms);
	/* A gate may end before it asks: a client left, or it was smtpgate -t. */
	if (len < 0 && errno != ECONNRESET)
		log_bad_request("no request came");
	if (len > 0) {
		error = request_parse(record, (size_t)len, request_out);
		explicit_bzero(record, sizeof(record));
		if (error != 0)
			log_bad_request("a request is malformed");
	}
	return error == 0;
}

/* ---- who else is served ------------------------------------------------- */

/* Only the owner changes the word, so the CAS cannot fail. */
static void
set_word(uint64_t *word, uint64_t value)
{
	(void)word_cas(word, word_load(word), value);
}

/* Whether the client has too many children, this one included. */
static bool
is_crowded(const struct attend_places *places, uint64_t client, uint32_t max)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < places->n; i++)
		n += word_load(&places->all[i].client) == client;
	return n > (max >= 4 ? max / 4 : 1);
}

/* ---- the attempt -------------------------------------------------------- */

static const char *
result_name(enum answer_kind kind)
{
	switch (kind) {
	case ANSWER_OK:
		return "ok";
	case ANSWER_DENIED:
		return "denied";
	case ANSWER_TOO_MANY:
		return "too-many";
	case ANSWER_BUSY:
		return "busy";
	case ANSWER_READY:
	case ANSWER_UNAVAILABLE:
		break;
	}
	return "unavailable";
}

static void
log_verdict(const struct request *request, const struct stack_verdict *verdict,
    int64_t begin_ms)
{
	const struct answer *answer = &verdict->answer;
	char client[ADDR_TEXT_BYTES];
	struct logline line;

	logline_init(&line, "auth");
	logline_add(&line, "client",
	    request->is_client_known ? addr_format(&request->client, client)
				     : "unknown");
	logline_add(&line, "session", request->session);
	logline_add(&line, "user", request->user);
	logline_add(&line, "tls", request->is_tls ? "yes" : "no");
	logline_add(&line, "result", result_name(answer->kind));
	if (answer->kind == ANSWER_OK &&
	    strcmp(answer->user, request->user) != 0)
		logline_add(&line, "as", answer->user);
	logline_add(&line, "stage", verdict->stage);
	if (verdict->why[0] != '\0')
		logline_add_sentence(&line, "msg", verdict->why);
	logline_add_u64(
	    &line, "duration_ms", (uint64_t)(clock_mono_ms() - begin_ms));
	report_line(
	    answer->kind == ANSWER_UNAVAILABLE ? REPORT_ERROR : REPORT_INFO,
	    &line);
}

/* Ask the stack, unless a limit is reached. */
static void
decide(const struct request *request, const struct attend_rules *rules,
    struct failures *failures, const struct attend_places *places,
    struct stack_verdict *verdict_out)
{
	struct attend_place *own = &places->all[places->own];
	struct failures_attempt attempt;

	memset(verdict_out, 0, sizeof(*verdict_out));
	failures_name(failures, &request->client, request->user, clock_boot_s(),
	    &attempt);
	set_word(&own->client, attempt.client);
	if (is_crowded(places, attempt.client, rules->max_requests)) {
		verdict_out->answer.kind = ANSWER_BUSY;
		return;
	}
	if (!failures_begin(failures, &rules->limits, &attempt)) {
		verdict_out->answer.kind = ANSWER_TOO_MANY;
		verdict_out->stage = "limit";
		return;
	}
	own->attempt = attempt;
	set_word(&own->state, ATTEND_ASKING);
	stack_ask(rules->confdir, request, verdict_out);
	if (verdict_out->answer.kind == ANSWER_OK)
		failures_succeed(failures, &attempt);
	else if (verdict_out->answer.kind == ANSWER_UNAVAILABLE)
		failures_take_back(failures, &attempt);
	set_word(&own->state, ATTEND_SETTLED);
}

static void
hold_back(int64_t begin_ms, const struct attend_rules *rules)
{
	int64_t spent_ms = clock_mono_ms() - begin_ms;
	int64_t last_ms = rules->timeout_ms - ANSWER_RESERVE_MS;
	int64_t due_ms;

	if (rules->delay_ms == 0)
		return;
	due_ms = (spent_ms / rules->delay_ms + 1) * rules->delay_ms;
	if (due_ms > last_ms)
		due_ms = last_ms;
	(void)wait_until(NULL, 0, begin_ms + due_ms);
}

void
attend(int fd, int64_t begin_ms, const struct attend_rules *rules,
    struct failures *failures, const struct attend_places *places)
{
	const struct answer ready = {.kind = ANSWER_READY};
	struct stack_verdict verdict;
	struct request request;

	attend_answer(fd, &ready);
	if (!receive(fd, &request))
		return;
	decide(&request, rules, failures, places, &verdict);
	explicit_bzero(request.password, sizeof(request.password));
	log_verdict(&request, &verdict, begin_ms);
	if (verdict.answer.kind == ANSWER_DENIED ||
	    verdict.answer.kind == ANSWER_UNAVAILABLE)
		hold_back(begin_ms, rules);
	/* The client's next request must not count this one. */
	set_word(&places->all[places->own].client, 0);
	attend_answer(fd, &verdict.answer);
}

bool
attend_is_asking(const struct attend_place *place)
{
	return word_load(&place->state) == ATTEND_ASKING;
}

void
attend_clear(struct attend_place *place, struct failures *failures)
{
	if (attend_is_asking(place))
		failures_take_back(failures, &place->attempt);
	set_word(&place->state, ATTEND_NEW);
	set_word(&place->client, 0);
}
