/* SPDX-License-Identifier: ISC */
/* command: verbs and parameters. */
#include "smtpgate/command.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char text[256];
static struct command command;
static const struct ehlo all = {.has_size = true, .has_8bitmime = true};
static struct command_mail mail;

static enum command_verb
verb(const char *line)
{
	snprintf(text, sizeof(text), "%s", line);
	command_parse(text, &command);
	return command.verb;
}

static enum command_error
parse_mail(const char *argument)
{
	return command_parse_mail(argument, &all, &mail);
}

Test(smtpgate_command, verbs_are_told_in_any_case)
{
	cr_expect_eq(verb("EHLO x"), COMMAND_EHLO);
	cr_expect_str_eq(command.argument, "x");
	cr_expect_eq(verb("helo x"), COMMAND_HELO);
	cr_expect_eq(verb("mAiL FROM:<>"), COMMAND_MAIL);
	cr_expect_str_eq(command.argument, "FROM:<>");
	cr_expect_eq(verb("rcpt to:<a@b>"), COMMAND_RCPT);
	cr_expect_eq(verb("DATA"), COMMAND_DATA);
	cr_expect_eq(verb("BDAT 5"), COMMAND_BDAT);
	cr_expect_eq(verb("rset"), COMMAND_RSET);
	cr_expect_eq(verb("StartTLS"), COMMAND_STARTTLS);
	cr_expect_eq(verb("noop"), COMMAND_NOOP);
	cr_expect_eq(verb("Quit"), COMMAND_QUIT);
	cr_expect_eq(verb("vrfy joe"), COMMAND_VRFY);
}

Test(smtpgate_command, whatever_is_not_on_the_list_is_unknown)
{
	static const char *const lines[] = {"", " ", "NOO", "NOOPX", " NOOP",
	    "NOOP\tx", "XCLIENT ADDR=1.2.3.4", "XFORWARD NAME=x", "AUTH PLAIN",
	    "STARTTL", "STARTTLSX", "EXPN x", "ETRN x", "HELP", "PROXY TCP4", "DATAX",
	    "MAILFROM:<a@b>", "GET / HTTP/1.1"};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect_eq(verb(lines[i]), COMMAND_UNKNOWN, "%s", lines[i]);
}

Test(smtpgate_command, white_space_at_the_end_is_nothing)
{
	cr_expect_eq(verb("DATA \t "), COMMAND_DATA);
	cr_expect_str_eq(command.argument, "");
	cr_expect_eq(verb("VRFY joe \t"), COMMAND_VRFY);
	cr_expect_str_eq(command.argument, "joe");
}

Test(smtpgate_command, mail_has_room_for_its_parameters)
{
	cr_expect_eq(command_max_bytes(COMMAND_RCPT), 512);
	cr_expect_eq(command_max_bytes(COMMAND_UNKNOWN), 512);
	cr_expect_eq(command_max_bytes(COMMAND_MAIL), 512 + 26 + 17);
}

Test(smtpgate_command, mail_is_read_with_its_parameters)
{
	cr_assert_eq(
	    parse_mail("from:<Joe@E.com> size=1000 Body=8bitMIME"), COMMAND_OK);
	cr_expect_str_eq(mail.sender.domain, "e.com");
	cr_expect_str_eq(mail.size, "1000");
	cr_expect_eq(mail.body, COMMAND_BODY_8BITMIME);
	cr_assert_eq(parse_mail("FROM:<>"), COMMAND_OK);
	cr_expect(mail.sender.is_null);
	cr_expect_str_eq(mail.size, "");
	cr_expect_eq(mail.body, COMMAND_BODY_NONE);
	cr_assert_eq(parse_mail("FROM:<> BODY=7BIT"), COMMAND_OK);
	cr_expect_eq(mail.body, COMMAND_BODY_7BIT);
}

Test(smtpgate_command, spaces_behind_the_colon_are_let_pass)
{
	cr_expect_eq(parse_mail("FROM:  <a@b>"), COMMAND_OK);
	cr_expect_str_eq(mail.sender.local, "a");
}

Test(smtpgate_command, mail_of_wrong_syntax_is_refused)
{
	static const char *const bad[] = {"", "FROM", "FROM:", "FROM:\t<a@b>",
	    "FROM :<a@b>", "TO:<a@b>", "FROM:a@b", "FROM:<a>",
	    "FROM:<postmaster>", "FROM:<a@b>SIZE=1", "FROM:<a@b>  SIZE=1",
	    "FROM:<a@b> =1", "FROM:<a@b> SIZE=", "FROM:<a@b> -X=1",
	    "FROM:<a@b> SIZE=1=1", "FROM:<a@b> S\xc3\xa9=1",
	    "FROM:<a@b>,<c@d>"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(
		    parse_mail(bad[i]), COMMAND_BAD_SYNTAX, "%s", bad[i]);
}

Test(smtpgate_command, wrong_values_and_repeated_parameters_are_refused)
{
	static const char *const bad[] = {"SIZE", "SIZE=x", "SIZE=-1",
	    "SIZE=1x", "SIZE=123456789012345678901", "SIZE=1 SIZE=2", "BODY",
	    "BODY=BINARYMIME", "BODY=7BIT BODY=7BIT"};
	char line[80];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "FROM:<a@b> %s", bad[i]);
		cr_expect_eq(
		    parse_mail(line), COMMAND_BAD_PARAMETER, "%s", bad[i]);
	}
}

Test(smtpgate_command, a_parameter_is_known_only_if_it_was_offered)
{
	static const struct ehlo nothing = {0};
	const char *size = "FROM:<a@b> SIZE=1", *body = "FROM:<a@b> BODY=7BIT";

	cr_expect_eq(command_parse_mail(size, &nothing, &mail),
	    COMMAND_UNKNOWN_PARAMETER);
	cr_expect_eq(command_parse_mail(body, &nothing, &mail),
	    COMMAND_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    command_parse_mail(size, NULL, &mail), COMMAND_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    parse_mail("FROM:<a@b> AUTH=<>"), COMMAND_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    parse_mail("FROM:<a@b> SMTPUTF8"), COMMAND_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    parse_mail("FROM:<a@b> SIZES=1"), COMMAND_UNKNOWN_PARAMETER);
}

Test(smtpgate_command, rcpt_takes_one_path_and_no_parameter)
{
	struct path path;

	cr_assert_eq(command_parse_rcpt("TO:<joe@e.com>", &path), COMMAND_OK);
	cr_expect_str_eq(path.local, "joe");
	cr_expect_eq(command_parse_rcpt("to:<Postmaster>", &path), COMMAND_OK);
	cr_expect_eq(command_parse_rcpt("TO:<a@b> NOTIFY=NEVER", &path),
	    COMMAND_UNKNOWN_PARAMETER);
	cr_expect_eq(
	    command_parse_rcpt("TO:<a@b>,<c@d>", &path), COMMAND_BAD_SYNTAX);
	cr_expect_eq(
	    command_parse_rcpt("TO:<a@b> <c@d>", &path), COMMAND_BAD_SYNTAX);
	cr_expect_eq(command_parse_rcpt("TO:<>", &path), COMMAND_BAD_SYNTAX);
	cr_expect_eq(
	    command_parse_rcpt("FROM:<a@b>", &path), COMMAND_BAD_SYNTAX);
}
