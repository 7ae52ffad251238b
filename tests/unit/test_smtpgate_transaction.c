/* SPDX-License-Identifier: ISC */
/* transaction: MAIL and RCPT, and the right to relay. */
#include "smtpgate/session/transaction.h"

#include "tests/unit/session_fixture.h"

/* The session, after EHLO. */
static void
set_up(void)
{
	session_set_up();
	strcpy(session.helo, "client.example");
	session.is_esmtp = true;
	session_enter(&session, SESSION_READY);
}

TestSuite(smtpgate_transaction, .init = set_up, .fini = session_tear_down);

#define SENDER "MAIL FROM:<joe@client.example>"
#define TAKES_MAIL                                                             \
	{                                                                      \
		.hear = SENDER, .say = "250 2.1.0 Ok\r\n"                      \
	}
#define ANNA "RCPT TO:<anna@example.org>"
#define BEN "RCPT TO:<ben@example.org>"
#define FAR "RCPT TO:<far@example.net>"
#define ONE_RCPT(answer)                                                       \
	{                                                                      \
		.hear = ANNA, .say = answer                                    \
	}
#define OK "250 2.1.5 Ok\r\n"

/* A verb, as dispatch calls it. */
static void
mail(void)
{
	transaction_mail(&session, strchr(SENDER, ' ') + 1);
}

static void
rcpt(const char *command)
{
	transaction_rcpt(&session, strchr(command, ' ') + 1);
}

/* In a transaction; what the client got for MAIL is read. */
static void
begin(const struct peer_step *script)
{
	peer_start_one(script);
	mail();
	cr_assert_str_eq(client_got(), "250 2.1.0 Ok\r\n");
	cr_assert_eq(session.state, SESSION_MAIL);
}

static void
end(void)
{
	hop_end(&session.hop);
	peer_finish();
}

static void
permit_client(void)
{
	static struct cidr network;

	cr_assert_eq(cidr_parse("192.0.2.0/24", &network), 0);
	gate.conf.smtpgate.relay_networks.items = &network;
	gate.conf.smtpgate.relay_networks.n = 1;
}

/* ---- MAIL --------------------------------------------------------------- */

Test(smtpgate_transaction, mail_is_accepted_when_the_backend_accepts_it)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, QUITS};

	begin(script);
	cr_expect_str_eq(session.transaction.sender.domain, "client.example");
	end();
}

Test(smtpgate_transaction, mail_that_the_backend_refuses_begins_nothing)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    {.hear = SENDER, .say = "550 5.1.8 No such sender\r\n"}, QUITS};

	peer_start_one(script);
	mail();
	cr_expect_str_eq(client_got(), "550 5.1.8 No such sender\r\n");
	cr_expect_eq(session.state, SESSION_READY);
	end();
}

Test(smtpgate_transaction, mail_with_a_mistake_does_not_reach_the_backend)
{
	transaction_mail(&session, "FROM:joe");
	expect_got("501 5.1.7 ");
	transaction_mail(&session, "FROM:<joe@client.example> X=Y");
	expect_got("555 5.5.4 ");
	transaction_mail(&session, "FROM:<j\xc3\xb6@client.example>");
	expect_got("553 5.6.7 ");
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect_eq(session.hop.backend.state, BACKEND_CLOSED);
}

Test(smtpgate_transaction, mail_above_the_size_limit_is_refused)
{
	session.offered.has_size = true;
	strcpy(session.offered.size_max, "1000");
	transaction_mail(&session, "FROM:<joe@client.example> SIZE=1001");
	expect_got("552 5.3.4 ");
}

Test(smtpgate_transaction, mail_that_needs_what_the_backend_lacks_is_refused)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""), QUITS};

	peer_start_one(script);
	session.offered.has_8bitmime = session.offered.has_smtputf8 = true;
	transaction_mail(&session, "FROM:<joe@client.example> BODY=8BITMIME");
	expect_got("554 5.6.3 ");
	transaction_mail(&session, "FROM:<joe@client.example> SMTPUTF8");
	expect_got("553 5.6.7 ");
	cr_expect_eq(session.state, SESSION_READY);
	end();
}

Test(smtpgate_transaction, a_backend_that_was_lost_meanwhile_is_asked_again)
{
	static const struct peer_step first[] = {GREETS, OFFERS(""),
	    {.hear = SENDER, .say = "421 4.4.2 idle\r\n", .closes = true}, {0}};
	static const struct peer_step second[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, QUITS};
	struct identity identity = {0};

	peer_start(2, (const struct peer_step *const[]){first, second});
	cr_assert_eq(hop_greet(&session.hop, &gate, &identity), BACKEND_DONE);
	mail();
	cr_expect_str_eq(client_got(), "250 2.1.0 Ok\r\n");
	end();
}

Test(smtpgate_transaction, a_backend_that_is_away_at_mail_costs_the_command)
{
	close(peer.fd);
	mail();
	expect_got("451 4.3.0 ");
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect_not(session.dialogue.is_over);
}

Test(smtpgate_transaction, a_backend_without_xclient_is_misconfigured)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""), {0}};

	gate.conf.smtpgate.backend_identity = CONF_IDENTITY_XCLIENT;
	peer_start_one(script);
	mail();
	expect_got("451 4.3.5 ");
	hop_end(&session.hop);
}

/* ---- RCPT: who may relay ------------------------------------------------ */

Test(smtpgate_transaction, mail_to_a_local_domain_is_accepted_from_anyone)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, ONE_RCPT(OK), QUITS};

	begin(script);
	rcpt(ANNA);
	cr_expect_str_eq(client_got(), OK);
	cr_expect_eq(session.state, SESSION_RCPT);
	cr_expect_eq(session.transaction.n_recipients, 1);
	cr_expect_eq(session.totals.permits, 1);
	end();
}

Test(smtpgate_transaction, relaying_is_denied_without_asking_the_backend)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, QUITS};

	gate.client.is_known = false;
	begin(script);
	rcpt(FAR);
	expect_got("550 5.7.1 Relaying denied: client address unknown\r\n");
	cr_expect_eq(session.state, SESSION_MAIL);
	cr_expect_eq(session.transaction.n_refused, 1);
	cr_expect_eq(session.totals.denies, 1);
	end();
}

/* The backend decides about domains. */
static void
ask_backend(void)
{
	static char word[] = CONF_DOMAINS_BACKEND, *items[] = {word};

	gate.conf.smtpgate.local_domains.items = items;
	gate.conf.smtpgate.local_domains.n = 1;
}

Test(smtpgate_transaction, a_backend_that_denies_relaying_is_a_denial_of_ours)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    TAKES_MAIL,
	    {.hear = FAR, .say = "554 5.7.1 <x>: Relay access denied\r\n"},
	    QUITS};

	ask_backend();
	gate.client.is_known = false;
	begin(script);
	rcpt(FAR);
	expect_got("550 5.7.1 Relaying denied: client address unknown\r\n");
	cr_expect_eq(session.totals.denies, 1);
	cr_expect_eq(session.totals.permits, 0);
	end();
}

Test(smtpgate_transaction, it_is_a_denial_for_now_without_a_table)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    TAKES_MAIL,
	    {.hear = FAR, .say = "554 5.7.1 <x>: Relay access denied\r\n"},
	    QUITS};

	ask_backend();
	begin(script);
	rcpt(FAR);
	expect_got("451 4.3.0 Relaying denied for now: ");
	cr_expect_eq(session.totals.defers, 1);
	end();
}

Test(smtpgate_transaction, relaying_is_denied_for_now_without_a_table)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, QUITS};

	begin(script);
	rcpt(FAR);
	expect_got("451 4.3.0 Relaying denied for now: cannot check whether "
		   "192.0.2.1 has checked mail (POP); try again later\r\n");
	end();
}

Test(smtpgate_transaction, a_listed_network_may_relay)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, {.hear = FAR, .say = OK}, QUITS};

	permit_client();
	begin(script);
	rcpt(FAR);
	cr_expect_str_eq(client_got(), OK);
	end();
}

Test(smtpgate_transaction, a_user_who_is_logged_in_may_relay)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, {.hear = FAR, .say = OK}, QUITS};

	strcpy(session.login, "joe");
	begin(script);
	rcpt(FAR);
	cr_expect_str_eq(client_got(), OK);
	end();
}

Test(smtpgate_transaction, a_service_for_users_refuses_local_recipients_too)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, QUITS};

	gate.conf.services[CONF_SERVICE_SMTP].requires_right = true;
	gate.client.is_known = false;
	begin(script);
	rcpt(ANNA);
	expect_got("550 5.7.1 ");
	end();
}

/* ---- RCPT: the backend -------------------------------------------------- */

Test(smtpgate_transaction, a_recipient_that_the_backend_refuses_is_no_error)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    TAKES_MAIL, ONE_RCPT("550 5.1.1 No such user\r\n"), QUITS};

	begin(script);
	rcpt(ANNA);
	cr_expect_str_eq(client_got(), "550 5.1.1 No such user\r\n");
	cr_expect_eq(session.state, SESSION_MAIL);
	cr_expect_eq(session.transaction.n_refused, 1);
	cr_expect_eq(session.dialogue.n_errors, 0);
	cr_expect_eq(session.totals.denies, 1);
	cr_expect_eq(session.totals.permits, 0);
	end();
}

Test(smtpgate_transaction, a_rcpt_with_a_mistake_does_not_reach_the_backend)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, QUITS};

	begin(script);
	transaction_rcpt(&session, "TO:anna");
	expect_got("501 5.1.3 ");
	cr_expect_eq(session.transaction.n_refused, 1);
	end();
}

Test(smtpgate_transaction, recipients_above_the_limit_are_refused)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS(""), TAKES_MAIL, ONE_RCPT(OK), QUITS};

	gate.conf.smtpgate.max_recipients = 1;
	begin(script);
	rcpt(ANNA);
	cr_expect_str_eq(client_got(), OK);
	rcpt(BEN);
	expect_got("452 4.5.3 Too many recipients");
	cr_expect_eq(session.totals.permits, 1);
	cr_expect_eq(session.totals.defers, 1);
	end();
}

Test(smtpgate_transaction, a_backend_that_is_lost_at_rcpt_costs_the_session)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    TAKES_MAIL, {.hear = ANNA, .closes = true}, {0}};

	begin(script);
	rcpt(ANNA);
	expect_got("421 4.3.0 ");
	expect_over(EVENT_END_BACKEND);
	peer_finish();
}

Test(smtpgate_transaction, pipelined_rcpts_are_answered_in_their_order)
{
	static const struct peer_step script[] = {GREETS,
	    OFFERS("250-PIPELINING\r\n"), TAKES_MAIL, {.hear = ANNA},
	    {.hear = BEN, .say = "550 5.1.1 not anna\r\n" OK}, QUITS};

	begin(script);
	client_says(BEN "\r\n");
	cr_assert(stream_try_fill(&session.dialogue.client));
	rcpt(ANNA);
	cr_expect_eq(session.transaction.n_waiting, 1);
	cr_expect_str_eq(client_got(), "");
	rcpt(BEN);
	cr_expect_eq(session.transaction.n_waiting, 2);
	cr_expect(transaction_await(&session));
	cr_expect_str_eq(client_got(), "550 5.1.1 not anna\r\n" OK);
	cr_expect_eq(session.transaction.n_waiting, 0);
	cr_expect_eq(session.transaction.n_recipients, 1);
	cr_expect_eq(session.transaction.n_refused, 1);
	end();
}

Test(smtpgate_transaction, a_denial_waits_for_the_answers_before_it)
{
	static const struct peer_step script[] = {GREETS,
	    OFFERS("250-PIPELINING\r\n"), TAKES_MAIL, ONE_RCPT(OK), QUITS};

	begin(script);
	client_says(FAR "\r\n");
	cr_assert(stream_try_fill(&session.dialogue.client));
	rcpt(ANNA);
	rcpt(FAR);
	expect_got(OK "451 4.3.0 ");
	end();
}

Test(smtpgate_transaction, a_backend_lost_with_rcpts_waiting_ends_the_session)
{
	static const struct peer_step script[] = {GREETS,
	    OFFERS("250-PIPELINING\r\n"), TAKES_MAIL, {.hear = ANNA},
	    {.hear = BEN, .say = OK, .closes = true}, {0}};

	begin(script);
	client_says(BEN "\r\n");
	cr_assert(stream_try_fill(&session.dialogue.client));
	rcpt(ANNA);
	rcpt(BEN);
	cr_expect_not(transaction_await(&session));
	expect_got(OK "421 4.3.0 ");
	expect_over(EVENT_END_BACKEND);
	cr_expect_eq(session.transaction.n_waiting, 0);
	peer_finish();
}
