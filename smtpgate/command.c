/* SPDX-License-Identifier: ISC */
/*
 * command - what a client's line says.
 */
#include "smtpgate/command.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define COMMAND_LINE_BYTES 512
#define MAIL_SIZE_BYTES 26 /* RFC 1870, 4 (4): " SIZE=" and 20 digits */
#define MAIL_BODY_BYTES 17 /* RFC 6152, 2 (5): " BODY=8BITMIME" and some */

/* Sorted, for the reader's eye. */
static const struct {
	const char *name;
	enum command_verb verb;
} verbs[] = {
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

void
command_parse(char *line, struct command *command_out)
{
	size_t i, len = strlen(line), verb_len;

	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		line[--len] = '\0';

	command_out->verb = COMMAND_UNKNOWN;
	command_out->argument = line + len;
	verb_len = strcspn(line, " ");
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strlen(verbs[i].name) != verb_len ||
		    strncasecmp(line, verbs[i].name, verb_len) != 0)
			continue;
		command_out->verb = verbs[i].verb;
		if (len > verb_len)
			command_out->argument = line + verb_len + 1;
		return;
	}
}

size_t
command_max_bytes(enum command_verb verb)
{
	if (verb == COMMAND_MAIL)
		return COMMAND_LINE_BYTES + MAIL_SIZE_BYTES + MAIL_BODY_BYTES;
	return COMMAND_LINE_BYTES;
}

/* ---- parameters --------------------------------------------------------- */

/* One " keyword[=value]" of a line; lengths in bytes. */
struct parameter {
	const char *keyword;
	size_t keyword_len;
	const char *value; /* NULL without "=" */
	size_t value_len;
};

static bool
is_keyword_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-';
}

/*
 * Take one parameter off the line.  Returns the byte behind it, or NULL when
 * its syntax is wrong.  Source: RFC 5321, 4.1.2 (esmtp-param).
 */
static const char *
parameter_next(const char *p, struct parameter *parameter_out)
{
	if (*p++ != ' ')
		return NULL;
	parameter_out->keyword = p;
	while (is_keyword_char(*p))
		p++;
	parameter_out->keyword_len = (size_t)(p - parameter_out->keyword);
	if (parameter_out->keyword_len == 0 || parameter_out->keyword[0] == '-')
		return NULL;
	parameter_out->value = NULL;
	parameter_out->value_len = 0;
	if (*p == '=') {
		parameter_out->value = ++p;
		while (*p > ' ' && *p < 0x7f && *p != '=')
			p++;
		parameter_out->value_len = (size_t)(p - parameter_out->value);
		if (parameter_out->value_len == 0)
			return NULL;
	}
	return *p == ' ' || *p == '\0' ? p : NULL;
}

static bool
parameter_is(const struct parameter *parameter, const char *keyword)
{
	return strlen(keyword) == parameter->keyword_len &&
	       strncasecmp(
		   parameter->keyword, keyword, parameter->keyword_len) == 0;
}

static bool
value_is(const struct parameter *parameter, const char *value)
{
	return parameter->value != NULL &&
	       strlen(value) == parameter->value_len &&
	       strncasecmp(parameter->value, value, parameter->value_len) == 0;
}

static enum command_error
take_size(const struct parameter *parameter, struct command_mail *mail)
{
	size_t i, len = parameter->value_len;

	if (parameter->value == NULL || len >= sizeof(mail->size) ||
	    mail->size[0] != '\0')
		return COMMAND_BAD_PARAMETER;
	for (i = 0; i < len; i++)
		if (parameter->value[i] < '0' || parameter->value[i] > '9')
			return COMMAND_BAD_PARAMETER;
	memcpy(mail->size, parameter->value, len);
	mail->size[len] = '\0';
	return COMMAND_OK;
}

static enum command_error
take_body(const struct parameter *parameter, struct command_mail *mail)
{
	if (mail->body != COMMAND_BODY_NONE)
		return COMMAND_BAD_PARAMETER;
	if (value_is(parameter, "7BIT"))
		mail->body = COMMAND_BODY_7BIT;
	else if (value_is(parameter, "8BITMIME"))
		mail->body = COMMAND_BODY_8BITMIME;
	else
		return COMMAND_BAD_PARAMETER;
	return COMMAND_OK;
}

static enum command_error
take_mail_parameter(const struct parameter *parameter,
    const struct ehlo *offered, struct command_mail *mail)
{
	if (offered != NULL && offered->has_size &&
	    parameter_is(parameter, "SIZE"))
		return take_size(parameter, mail);
	if (offered != NULL && offered->has_8bitmime &&
	    parameter_is(parameter, "BODY"))
		return take_body(parameter, mail);
	return COMMAND_UNKNOWN_PARAMETER;
}

/* ---- MAIL and RCPT ------------------------------------------------------ */

/* "FROM:<path>" or "TO:<path>". */
static int
parse_keyed_path(const char *argument, const char *key, struct path *path_out,
    const char **rest_out)
{
	size_t len = strlen(key);

	if (strncasecmp(argument, key, len) != 0)
		return -1;
	argument += len;
	while (*argument == ' ')
		argument++;
	return path_parse(argument, path_out, rest_out);
}

enum command_error
command_parse_mail(const char *argument, const struct ehlo *offered,
    struct command_mail *mail_out)
{
	struct command_mail mail = {0};
	struct parameter parameter;
	enum command_error error;
	const char *p;

	if (parse_keyed_path(argument, "FROM:", &mail.sender, &p) != 0)
		return COMMAND_BAD_SYNTAX;
	/* Only a recipient may do without a domain. */
	if (!mail.sender.is_null && mail.sender.domain[0] == '\0')
		return COMMAND_BAD_SYNTAX;
	while (*p != '\0') {
		p = parameter_next(p, &parameter);
		if (p == NULL)
			return COMMAND_BAD_SYNTAX;
		error = take_mail_parameter(&parameter, offered, &mail);
		if (error != COMMAND_OK)
			return error;
	}
	*mail_out = mail;
	return COMMAND_OK;
}

enum command_error
command_parse_rcpt(const char *argument, struct path *path_out)
{
	struct parameter parameter;
	struct path path;
	const char *p;

	if (parse_keyed_path(argument, "TO:", &path, &p) != 0 || path.is_null)
		return COMMAND_BAD_SYNTAX;
	if (*p != '\0')
		return parameter_next(p, &parameter) == NULL
			   ? COMMAND_BAD_SYNTAX
			   : COMMAND_UNKNOWN_PARAMETER;
	*path_out = path;
	return COMMAND_OK;
}
