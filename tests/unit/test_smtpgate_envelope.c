/* SPDX-License-Identifier: ISC */
/* envelope: what stands behind MAIL and RCPT, read and written anew. */
#include "smtpgate/syntax/envelope.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct ehlo all = {.has_auth = true,
    .has_size = true,
    .has_8bitmime = true,
    .has_dsn = true,
    .has_smtputf8 = true};
static struct envelope_mail mail;
static struct envelope_rcpt rcpt;

static enum envelope_error
parse_mail(const char *argument)
{
	return envelope_parse_mail(argument, &all, &mail);
}

static enum envelope_error
parse_rcpt(const char *argument)
{
	return envelope_parse_rcpt(argument, &all, true, &rcpt);
}

Test(smtpgate_envelope, mail_is_read_with_its_parameters)
{
	cr_assert_eq(parse_mail("from:<Joe@E.com> size=1000 Body=8bitMIME"),
	    ENVELOPE_OK);
	cr_expect_str_eq(mail.sender.domain, "e.com");
	cr_expect_str_eq(mail.size, "1000");
	cr_expect_eq(mail.body, ENVELOPE_BODY_8BITMIME);
	cr_assert_eq(parse_mail("FROM:<>"), ENVELOPE_OK);
	cr_expect(mail.sender.is_null);
	cr_expect_str_eq(mail.size, "");
	cr_expect_eq(mail.body, ENVELOPE_BODY_NONE);
	cr_assert_eq(parse_mail("FROM:<> BODY=7BIT"), ENVELOPE_OK);
	cr_expect_eq(mail.body, ENVELOPE_BODY_7BIT);
}

Test(smtpgate_envelope, more_spaces_are_accepted)
{
	cr_expect_eq(
	    parse_mail("FROM:  <a@b>  SIZE=1   BODY=7bit"), ENVELOPE_OK);
	cr_expect_str_eq(mail.sender.local, "a");
	cr_expect_str_eq(mail.size, "1");
	cr_expect_eq(mail.body, ENVELOPE_BODY_7BIT);
}

Test(smtpgate_envelope, a_mailbox_without_brackets_is_accepted)
{
	char line[ENVELOPE_MAIL_BYTES];

	cr_assert_eq(parse_mail("FROM: a.@b SIZE=1"), ENVELOPE_OK);
	cr_expect_str_eq(envelope_format_mail(&mail, &all, line),
	    "MAIL FROM:<\"a.\"@b> SIZE=1");
}

Test(smtpgate_envelope, mail_of_wrong_syntax_is_refused)
{
	static const char *const bad[] = {"", "FROM", "FROM:", "FROM:\t<a@b>",
	    "FROM :<a@b>", "TO:<a@b>", "FROM:a@b>", "FROM:<a>",
	    "FROM:<postmaster>", "FROM:<a@b>SIZE=1", "FROM:<a@b>\tSIZE=1",
	    "FROM:<a@b> =1", "FROM:<a@b> SIZE=", "FROM:<a@b> -X=1",
	    "FROM:<a@b> S\xc3\xa9=1", "FROM:<a@b>,<c@d>"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(
		    parse_mail(bad[i]), ENVELOPE_BAD_SYNTAX, "%s", bad[i]);
}

Test(smtpgate_envelope, wrong_values_and_repeated_parameters_are_refused)
{
	static const char *const bad[] = {"SIZE", "SIZE=x", "SIZE=-1",
	    "SIZE=1x", "SIZE=1=1", "SIZE=123456789012345678901",
	    "SIZE=1 SIZE=2", "BODY", "BODY=BINARYMIME", "BODY=7BIT BODY=7BIT",
	    "RET", "RET=ALL", "RET=FULL RET=FULL", "ENVID", "ENVID=a+0Db",
	    "ENVID=a+0d", "ENVID=a+2", "ENVID=+", "ENVID=a ENVID=a",
	    "ENVID=\xc3\xa9", "SMTPUTF8=1", "SMTPUTF8 SMTPUTF8"};
	char line[80];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "FROM:<a@b> %s", bad[i]);
		cr_expect_eq(
		    parse_mail(line), ENVELOPE_BAD_PARAMETER, "%s", bad[i]);
	}
}

Test(smtpgate_envelope, a_parameter_is_known_only_if_it_was_offered)
{
	static const struct ehlo nothing = {0};
	const char *size = "FROM:<a@b> SIZE=1", *body = "FROM:<a@b> BODY=7BIT";

	cr_expect_eq(envelope_parse_mail(size, &nothing, &mail),
	    ENVELOPE_UNKNOWN_PARAMETER);
	cr_expect_eq(envelope_parse_mail(body, &nothing, &mail),
	    ENVELOPE_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    envelope_parse_mail(size, NULL, &mail), ENVELOPE_UNKNOWN_PARAMETER);
	cr_expect_eq(envelope_parse_mail("FROM:<a@b> AUTH=<>", &nothing, &mail),
	    ENVELOPE_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    envelope_parse_mail("FROM:<a@b> SMTPUTF8", &nothing, &mail),
	    ENVELOPE_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    envelope_parse_mail("FROM:<a@b> RET=FULL", &nothing, &mail),
	    ENVELOPE_UNKNOWN_PARAMETER);
	cr_expect_eq(envelope_parse_rcpt(
			 "TO:<a@b> NOTIFY=NEVER", &nothing, false, &rcpt),
	    ENVELOPE_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    parse_mail("FROM:<a@b> SIZES=1"), ENVELOPE_UNKNOWN_PARAMETER);
}

Test(smtpgate_envelope, rcpt_takes_one_path)
{
	cr_assert_eq(parse_rcpt("TO:<joe@e.com>"), ENVELOPE_OK);
	cr_expect_str_eq(rcpt.recipient.local, "joe");
	cr_expect_eq(rcpt.notify, 0);
	cr_expect_eq(parse_rcpt("to: <Postmaster>"), ENVELOPE_OK);
	cr_expect_eq(parse_rcpt("TO:<a@b>,<c@d>"), ENVELOPE_BAD_SYNTAX);
	cr_expect_eq(parse_rcpt("TO:<a@b> <c@d>"), ENVELOPE_BAD_SYNTAX);
	cr_expect_eq(parse_rcpt("TO:<>"), ENVELOPE_BAD_SYNTAX);
	cr_expect_eq(parse_rcpt("FROM:<a@b>"), ENVELOPE_BAD_SYNTAX);
	cr_expect_eq(parse_rcpt("TO:<a@b> X=1"), ENVELOPE_UNKNOWN_PARAMETER);
}

Test(smtpgate_envelope, dsn_parameters_are_read_and_written)
{
	char line[ENVELOPE_RCPT_BYTES];

	cr_assert_eq(parse_rcpt("TO:<a@b> notify=delay,Success "
				"ORCPT=rfc822;x+2Bs@e.com"),
	    ENVELOPE_OK);
	cr_expect_str_eq(envelope_format_rcpt(&rcpt, &all, line),
	    "RCPT TO:<a@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2Bs@e.com");
	cr_assert_eq(parse_rcpt("TO:<a@b> NOTIFY=NEVER"), ENVELOPE_OK);
	cr_expect_str_eq(envelope_format_rcpt(&rcpt, &all, line),
	    "RCPT TO:<a@b> NOTIFY=NEVER");
}

Test(smtpgate_envelope, dsn_parameters_are_written_as_rfc_3461_has_them)
{
	char line[ENVELOPE_RCPT_BYTES], mail_line[ENVELOPE_MAIL_BYTES];
	char longest[ENVELOPE_ORCPT_BYTES + 32];

	cr_assert_eq(parse_rcpt("TO:<a@b> NOTIFY=delay,DELAY "
				"ORCPT=rfc822;prvs=1=x+2bs@e.com"),
	    ENVELOPE_OK);
	cr_expect_str_eq(envelope_format_rcpt(&rcpt, &all, line),
	    "RCPT TO:<a@b> NOTIFY=DELAY ORCPT=rfc822;prvs+3D1+3Dx+2Bs@e.com");
	cr_assert_eq(parse_mail("FROM:<a@b> ENVID=x=+3dy"), ENVELOPE_OK);
	cr_expect_str_eq(envelope_format_mail(&mail, &all, mail_line),
	    "MAIL FROM:<a@b> ENVID=x+3D+3Dy");
	/* the limit is that of the encoded form */
	snprintf(longest, sizeof(longest), "TO:<a@b> ORCPT=rfc822;%0490d=", 0);
	cr_expect_eq(parse_rcpt(longest), ENVELOPE_OK);
	snprintf(longest, sizeof(longest), "TO:<a@b> ORCPT=rfc822;%0491d=", 0);
	cr_expect_eq(parse_rcpt(longest), ENVELOPE_BAD_PARAMETER);
}

Test(smtpgate_envelope, wrong_dsn_parameters_are_refused)
{
	static const char *const bad[] = {"NOTIFY", "NOTIFY=", "NOTIFY=X",
	    "NOTIFY=NEVER,DELAY", "NOTIFY=DELAY,", "NOTIFY=,DELAY",
	    "NOTIFY=NEVER NOTIFY=NEVER", "ORCPT", "ORCPT=rfc822",
	    "ORCPT=rfc822;", "ORCPT=;a@b", "ORCPT=r c;a", "ORCPT=rfc822;a+0A",
	    "ORCPT=rfc822;a+00", "ORCPT=rfc822;a+0", "ORCPT=rfc822;j\xc3\xb6@b",
	    "ORCPT=rfc822;a ORCPT=rfc822;a"};
	char line[80];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "TO:<a@b> %s", bad[i]);
		cr_expect_neq(parse_rcpt(line), ENVELOPE_OK, "%s", bad[i]);
	}
}

Test(smtpgate_envelope, what_a_backend_does_not_know_is_left_out)
{
	static const struct ehlo nothing = {0};
	char line[ENVELOPE_MAIL_BYTES], rcpt_line[ENVELOPE_RCPT_BYTES];

	cr_assert_eq(parse_mail("FROM:<a@b> BODY=8BITMIME SMTPUTF8 ENVID=x+2B "
				"RET=hdrs SIZE=5"),
	    ENVELOPE_OK);
	cr_expect_str_eq(envelope_format_mail(&mail, &all, line),
	    "MAIL FROM:<a@b> SIZE=5 BODY=8BITMIME RET=HDRS ENVID=x+2B "
	    "SMTPUTF8");
	cr_assert_eq(
	    parse_mail("FROM:<a@b> BODY=7BIT ENVID=x SIZE=5"), ENVELOPE_OK);
	cr_expect_str_eq(
	    envelope_format_mail(&mail, &nothing, line), "MAIL FROM:<a@b>");
	cr_assert_eq(parse_rcpt("TO:<a@b> NOTIFY=NEVER"), ENVELOPE_OK);
	cr_expect_str_eq(
	    envelope_format_rcpt(&rcpt, &nothing, rcpt_line), "RCPT TO:<a@b>");
}

Test(smtpgate_envelope, the_longest_lines_fit)
{
	char argument[2000], line[ENVELOPE_RCPT_BYTES], *p = argument;

	p += sprintf(p, "TO:<%0255d@", 0);
	for (int i = 0; i < 4; i++)
		p += sprintf(p, "%s%063d", i > 0 ? "." : "", 0);
	sprintf(p, "> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;%0493d", 0);
	cr_assert_eq(parse_rcpt(argument), ENVELOPE_OK);
	envelope_format_rcpt(&rcpt, &all, line);
	cr_expect_str_eq(line + strlen("RCPT "), argument);
}

Test(smtpgate_envelope, an_address_beyond_ascii_needs_smtputf8)
{
	cr_expect_eq(parse_mail("FROM:<j\xc3\xb6@b> SMTPUTF8"), ENVELOPE_OK);
	cr_expect_str_eq(mail.sender.local, "j\xc3\xb6");
	cr_expect_eq(parse_mail("FROM:<j\xc3\xb6@b>"), ENVELOPE_NOT_ASCII);
	cr_expect_eq(parse_rcpt("TO:<a@\xc3\xb6.org>"), ENVELOPE_OK);
	cr_expect_eq(
	    envelope_parse_rcpt("TO:<a@\xc3\xb6.org>", &all, false, &rcpt),
	    ENVELOPE_NOT_ASCII);
	cr_expect_eq(
	    parse_rcpt("TO:<a@b> ORCPT=utf-8;j\xc3\xb6@b"), ENVELOPE_OK);
}

Test(smtpgate_envelope, a_size_is_compared_as_a_number)
{
	static const struct {
		const char *size, *max;
		bool is_too_large;
	} cases[] = {{"100", "99", true}, {"99", "100", false},
	    {"100", "100", false}, {"000100", "99", true},
	    {"99999999999999999999", "18446744073709551615", true},
	    {"", "10", false}, {"11", "0", false}, {"11", "", false},
	    {"11", "0010", true}};
	struct ehlo ehlo = all;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(mail.size, cases[i].size);
		strcpy(ehlo.size_max, cases[i].max);
		cr_expect_eq(envelope_is_too_large(&mail, &ehlo),
		    cases[i].is_too_large, "%s %s", cases[i].size,
		    cases[i].max);
	}
}

Test(smtpgate_envelope, auth_is_checked_and_left_out)
{
	char line[ENVELOPE_MAIL_BYTES];

	cr_assert_eq(parse_mail("FROM:<a@b> AUTH=<>"), ENVELOPE_OK);
	cr_assert_eq(
	    parse_mail("FROM:<a@b> auth=e+3Dmc2@example.com"), ENVELOPE_OK);
	cr_expect_str_eq(
	    envelope_format_mail(&mail, &all, line), "MAIL FROM:<a@b>");
	cr_expect_eq(
	    parse_mail("FROM:<a@b> AUTH=<> AUTH=<>"), ENVELOPE_BAD_PARAMETER);
	cr_expect_eq(parse_mail("FROM:<a@b> AUTH"), ENVELOPE_BAD_PARAMETER);
	cr_expect_eq(
	    parse_mail("FROM:<a@b> AUTH=x+0Ay"), ENVELOPE_BAD_PARAMETER);
	cr_expect_eq(parse_mail("FROM:<a@b> AUTH=x+3"), ENVELOPE_BAD_PARAMETER);
}
