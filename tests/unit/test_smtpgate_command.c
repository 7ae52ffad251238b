/* SPDX-License-Identifier: ISC */
/* command: verbs. */
#include "smtpgate/syntax/command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char text[256];
static struct command command;

static enum command_verb
verb(const char *line)
{
	snprintf(text, sizeof(text), "%s", line);
	command_parse(text, &command);
	return command.verb;
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
	cr_expect_eq(verb("Auth PLAIN"), COMMAND_AUTH);
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
	    "NOOP\tx", "XCLIENT ADDR=1.2.3.4", "XFORWARD NAME=x", "AUTHX",
	    "STARTTL", "STARTTLSX", "EXPN x", "ETRN x", "HELP", "PROXY TCP4",
	    "DATAX", "MAILFROM:<a@b>", "GET / HTTP/1.1"};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect_eq(verb(lines[i]), COMMAND_UNKNOWN, "%s", lines[i]);
}

Test(smtpgate_command, a_chunk_may_follow_bdat_whatever_stands_between)
{
	static const char *const lines[] = {
	    "BDAT\t5", "BDAT\0015", "BDAT5", "BDAT-1", "bdat: 5"};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_expect_eq(verb(lines[i]), COMMAND_BDAT, "%s", lines[i]);
		cr_expect_str_eq(command.argument, "", "%s", lines[i]);
	}
	cr_expect_eq(verb("BDATA 5"), COMMAND_UNKNOWN);
}

Test(smtpgate_command, white_space_at_the_end_is_nothing)
{
	cr_expect_eq(verb("DATA \t "), COMMAND_DATA);
	cr_expect_str_eq(command.argument, "");
	cr_expect_eq(verb("VRFY joe \t"), COMMAND_VRFY);
	cr_expect_str_eq(command.argument, "joe");
}

Test(smtpgate_command, mail_and_rcpt_have_room_for_their_parameters)
{
	cr_expect_eq(command_max_bytes(COMMAND_UNKNOWN), 512);
	cr_expect_eq(
	    command_max_bytes(COMMAND_MAIL), 512 + 26 + 17 + 116 + 10 + 500);
	cr_expect_eq(command_max_bytes(COMMAND_RCPT), 512 + 540);
}

Test(smtpgate_command, auth_has_room_for_its_initial_response)
{
	cr_expect_eq(command_max_bytes(COMMAND_AUTH), 12288);
}

Test(smtpgate_command, more_spaces_after_the_verb_are_accepted)
{
	cr_expect_eq(verb("MAIL   FROM:<>"), COMMAND_MAIL);
	cr_expect_str_eq(command.argument, "FROM:<>");
	cr_expect_eq(verb("BDAT  5"), COMMAND_BDAT);
	cr_expect_str_eq(command.argument, "5");
}

Test(smtpgate_command, a_name_is_any_text_without_controls)
{
	char name[COMMAND_HELLO_MAX_BYTES + 2];

	cr_expect(command_is_hello("Joe's-iPhone"));
	cr_expect(command_is_hello("[192.0.2.1]:25"));
	cr_expect(command_is_hello("two words"));
	cr_expect(command_is_hello("b\xc3\xbc"
				   "cher.example"));
	cr_expect_not(command_is_hello(""));
	cr_expect_not(command_is_hello("a\tb"));
	cr_expect_not(command_is_hello("a\x1b[2J"));
	cr_expect_not(command_is_hello("a\x7f"));
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_not(command_is_hello(name));
	cr_expect(command_is_hello(name + 1));
}
