/* SPDX-License-Identifier: ISC */
/* events: each value of an enum has its word, in the log and in the manual. */
#include "smtpgate/events.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *
contents(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "r");

	cr_assert_not_null(file, "%s", path);
	cr_assert_gt(getdelim(&text, &size, '\0', file), 0);
	fclose(file);
	return text;
}

Test(smtpgate_events, each_end_of_a_session_has_a_word_that_the_manual_names)
{
	char *page = contents("smtpgate/smtpgate.8");
	int i;

	for (i = 0; i < EVENT_END_COUNT; i++) {
		const char *word = event_end_word((enum event_end)i);

		cr_assert_not_null(word, "end %d has no word", i);
		cr_expect_not_null(strstr(page, word), "%s", word);
	}
	free(page);
}

Test(smtpgate_events, each_result_of_a_message_has_a_word_in_the_manual)
{
	char *page = contents("smtpgate/smtpgate.8");
	int i;

	for (i = 0; i < EVENT_MESSAGE_COUNT; i++) {
		const char *word =
		    event_message_word((enum event_message_result)i);

		cr_assert_not_null(word, "result %d has no word", i);
		cr_expect_not_null(strstr(page, word), "%s", word);
	}
	free(page);
}

/* What function writes to standard error, where lines go before
 * report_init(). */
static char *
logged(void (*function)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	static char text[2048];
	size_t n;

	cr_assert_not_null(file);
	cr_assert_geq(dup2(fileno(file), STDERR_FILENO), 0);
	function();
	cr_assert_geq(dup2(saved, STDERR_FILENO), 0);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	close(saved);
	return text;
}

static struct gate gate = {
    .service = &gate.conf.services[CONF_SERVICE_SUBMISSION],
    .client = {.is_known = true,
	.text = "192.0.2.1",
	.session = "0a1b2c3d4e5f"},
};

/* What each line begins with, after the event. */
#define SUBJECT "client=192.0.2.1 session=0a1b2c3d4e5f service=submission "

static void
path(const char *text, struct path *path_out)
{
	const char *rest;

	cr_assert_eq(path_parse(text, path_out, &rest), 0);
}

static void
deny_one(void)
{
	struct path sender, recipient;
	const struct policy_verdict verdict = {
	    .result = POLICY_DENY, .reason = REASON_FOREIGN_DOMAIN};
	const struct event_rcpt rcpt = {.sender = &sender,
	    .recipient = &recipient,
	    .verdict = &verdict,
	    .code = 550};

	path("<joe@example.org>", &sender);
	path("<x@far.example>", &recipient);
	event_rcpt(&gate, &rcpt);
}

Test(smtpgate_events, a_recipients_keys_come_in_the_order_of_the_manual)
{
	cr_expect_not_null(strstr(logged(deny_one),
	    "rcpt " SUBJECT "user=- via=none from=<joe@example.org> "
	    "to=<x@far.example> result=deny reason=foreign-domain right=no-login "
	    "code=550"));
}

static void
relay_one(void)
{
	struct path sender;
	const struct right right = {
	    .kind = RIGHT_GRANT,
	    .grant = {.who = SHMCACHE_WHO_MANY, .age_s = 7},
	};
	const struct event_message message = {
	    .result = EVENT_MESSAGE_FAILED,
	    .right = &right,
	    .sender = &sender,
	    .n_recipients = 2,
	    .size = 99,
	};

	path("<>", &sender);
	event_message(&gate, &message);
}

Test(smtpgate_events, a_message_names_its_grant)
{
	cr_expect_not_null(strstr(logged(relay_one),
	    "message " SUBJECT "user=- users=many via=grant age_s=7 "
	    "from=<> recipients=2 size=99 result=failed"));
}

static void
take_local_one(void)
{
	struct path sender;
	const struct right right = {.kind = RIGHT_NONE};
	const struct event_message message = {
	    .right = &right, .sender = &sender};

	path("<>", &sender);
	event_message(&gate, &message);
}

Test(smtpgate_events, a_message_without_a_right_is_local)
{
	cr_expect_not_null(strstr(logged(take_local_one), "via=local"));
}

static void
miss_the_table(void)
{
	event_table(&gate, "/run/popauth/table", -ENOENT);
}

Test(smtpgate_events, a_table_that_cannot_be_read_is_named)
{
	cr_expect_not_null(strstr(logged(miss_the_table),
	    "table " SUBJECT "path=/run/popauth/table msg="));
}

static void
fail_to_begin(void)
{
	event_socket(&gate, -EIO);
}

Test(smtpgate_events, a_connection_that_cannot_be_used_is_logged)
{
	cr_expect_not_null(strstr(logged(fail_to_begin),
	    "socket " SUBJECT "msg=\"Input/output error\""));
}

static void
name_oddly(void)
{
	event_helo(&gate, "Joe's iPhone");
}

Test(smtpgate_events, a_name_of_another_form_is_logged)
{
	cr_expect_not_null(strstr(
	    logged(name_oddly), "helo " SUBJECT "name=\"Joe's iPhone\""));
}
