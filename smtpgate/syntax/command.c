/* SPDX-License-Identifier: ISC */
#include "smtpgate/syntax/command.h"

#include <string.h>
#include <strings.h>

#define COMMAND_LINE_BYTES 512
#define MAIL_SIZE_BYTES 26     /* RFC 1870, 4 (4): " SIZE=" and 20 digits */
#define MAIL_BODY_BYTES 17     /* RFC 6152, 2 (5) */
#define MAIL_DSN_BYTES 116     /* " RET=FULL", " ENVID=" and 100 of xtext */
#define MAIL_SMTPUTF8_BYTES 10 /* RFC 6531, 3.4 */
#define MAIL_AUTH_BYTES 500    /* RFC 4954, 3 (6) */
#define RCPT_DSN_BYTES 540     /* " NOTIFY=" and all three, " ORCPT=", 500 */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Sorted, for the reader's eye. */
static const struct {
	const char *name;
	enum command_verb verb;
} verbs[] = {
    {"AUTH", COMMAND_AUTH},
    {"BDAT", COMMAND_BDAT},
    {"DATA", COMMAND_DATA},
    {"EHLO", COMMAND_EHLO},
    {"HELO", COMMAND_HELO},
    {"MAIL", COMMAND_MAIL},
    {"NOOP", COMMAND_NOOP},
    {"QUIT", COMMAND_QUIT},
    {"RCPT", COMMAND_RCPT},
    {"RSET", COMMAND_RSET},
    {"STARTTLS", COMMAND_STARTTLS},
    {"VRFY", COMMAND_VRFY},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))
_Static_assert(N_VERBS == COMMAND_VERBS - 1, "each verb needs its name");

void
command_parse(char *line, struct command *command_out)
{
	size_t i, len = strlen(line), verb_len;

	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		line[--len] = '\0';

	command_out->verb = COMMAND_UNKNOWN;
	command_out->argument = line + len;
	verb_len = strspn(line, LETTERS);
	for (i = 0; i < N_VERBS; i++) {
		if (strlen(verbs[i].name) != verb_len ||
		    strncasecmp(line, verbs[i].name, verb_len) != 0)
			continue;
		/* A chunk may follow BDAT even if its argument is wrong. */
		if (line[verb_len] != ' ' && line[verb_len] != '\0' &&
		    verbs[i].verb != COMMAND_BDAT)
			return;
		command_out->verb = verbs[i].verb;
		if (line[verb_len] == ' ')
			command_out->argument =
			    line + verb_len + strspn(line + verb_len, " ");
		return;
	}
}

bool
command_is_hello(const char *argument)
{
	size_t len = strlen(argument);
	const char *p;

	for (p = argument; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return len > 0 && len <= COMMAND_HELLO_MAX_BYTES;
}

size_t
command_max_bytes(enum command_verb verb)
{
	if (verb == COMMAND_AUTH)
		return COMMAND_SASL_LINE_BYTES;
	if (verb == COMMAND_MAIL)
		return COMMAND_LINE_BYTES + MAIL_SIZE_BYTES + MAIL_BODY_BYTES +
		       MAIL_DSN_BYTES + MAIL_SMTPUTF8_BYTES + MAIL_AUTH_BYTES;
	if (verb == COMMAND_RCPT)
		return COMMAND_LINE_BYTES + RCPT_DSN_BYTES;
	return COMMAND_LINE_BYTES;
}
