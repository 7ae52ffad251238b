/* SPDX-License-Identifier: ISC */
#include "smtpgate/syntax/envelope.h"

#include "common/ascii.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- parameters --------------------------------------------------------- */

/* One " keyword[=value]" of a line; lengths in bytes.  More spaces before it are
 * accepted, as servers do. */
struct parameter {
	const char *keyword;
	size_t keyword_len;
	const char *value; /* NULL without "=" */
	size_t value_len;
};

/*
 * Read one parameter.  Returns the byte after it, or NULL when its syntax is
 * wrong.  Source: RFC 5321, 4.1.2 (esmtp-param).
 */
static const char *
parameter_next(const char *p, struct parameter *parameter_out)
{
	if (*p != ' ')
		return NULL;
	p += strspn(p, " ");
	parameter_out->keyword = p;
	while (ascii_is_alnum(*p) || *p == '-')
		p++;
	parameter_out->keyword_len = (size_t)(p - parameter_out->keyword);
	if (parameter_out->keyword_len == 0 || parameter_out->keyword[0] == '-')
		return NULL;
	parameter_out->value = NULL;
	parameter_out->value_len = 0;
	if (*p == '=') {
		parameter_out->value = ++p;
		/* RFC 5321 excludes "=", which some senders leave in ORCPT. */
		while (ascii_is_not(*p) || (*p > ' ' && *p < 0x7f))
			p++;
		parameter_out->value_len = (size_t)(p - parameter_out->value);
		if (parameter_out->value_len == 0)
			return NULL;
	}
	return *p == ' ' || *p == '\0' ? p : NULL;
}

static bool
text_is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

static bool
parameter_is(const struct parameter *parameter, const char *keyword)
{
	return text_is(parameter->keyword, parameter->keyword_len, keyword);
}

static bool
value_is(const struct parameter *parameter, const char *value)
{
	return parameter->value != NULL &&
	       text_is(parameter->value, parameter->value_len, value);
}

static enum envelope_error
copy_value(const struct parameter *parameter, char *field, size_t size)
{
	if (parameter->value_len >= size || field[0] != '\0')
		return ENVELOPE_BAD_PARAMETER;
	memcpy(field, parameter->value, parameter->value_len);
	field[parameter->value_len] = '\0';
	return ENVELOPE_OK;
}

/* Returns 0 to 15, or -1. */
static int
hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Whether the text is xtext that decodes to printable characters.
 * Source: RFC 3461, 4 (xtext), 4.2 and 4.4 (printable).
 */
static bool
is_printable_xtext(const char *text, size_t len)
{
	size_t i;
	int high, low;

	for (i = 0; i < len; i++) {
		if (text[i] != '+')
			continue;
		if (len - i < 3)
			return false;
		high = hex_digit(text[i + 1]);
		low = hex_digit(text[i + 2]);
		if (high < 0 || low < 0 || high * 16 + low < 0x20 ||
		    high * 16 + low > 0x7e)
			return false;
		i += 2;
	}
	return true;
}

/*
 * Copy xtext that was checked, in the form of RFC 3461, 4: capital hexadecimal
 * digits, and "=" encoded.  field: "" until now.
 */
static enum envelope_error
copy_xtext(const struct parameter *parameter, char *field, size_t size)
{
	const char *p = parameter->value, *end = p + parameter->value_len;
	char piece[sizeof("+3D")];
	size_t len = 0, n;

	if (field[0] != '\0')
		return ENVELOPE_BAD_PARAMETER;
	while (p < end) {
		if (*p == '+')
			snprintf(piece, sizeof(piece), "+%X%X",
			    (unsigned)hex_digit(p[1]),
			    (unsigned)hex_digit(p[2]));
		else
			snprintf(
			    piece, sizeof(piece), *p == '=' ? "+3D" : "%c", *p);
		p += *p == '+' ? 3 : 1;
		n = strlen(piece);
		if (len + n >= size)
			return ENVELOPE_BAD_PARAMETER;
		memcpy(field + len, piece, n);
		len += n;
	}
	field[len] = '\0';
	return ENVELOPE_OK;
}

static bool
is_ascii(const struct parameter *parameter)
{
	size_t i;

	for (i = 0; i < parameter->value_len; i++)
		if (ascii_is_not(parameter->value[i]))
			return false;
	return true;
}

/* ---- of MAIL ------------------------------------------------------------ */

static enum envelope_error
take_size(const struct parameter *parameter, struct envelope_mail *mail)
{
	size_t i;

	if (parameter->value == NULL)
		return ENVELOPE_BAD_PARAMETER;
	for (i = 0; i < parameter->value_len; i++)
		if (!ascii_is_digit(parameter->value[i]))
			return ENVELOPE_BAD_PARAMETER;
	return copy_value(parameter, mail->size, sizeof(mail->size));
}

static enum envelope_error
take_body(const struct parameter *parameter, struct envelope_mail *mail)
{
	if (mail->body != ENVELOPE_BODY_NONE)
		return ENVELOPE_BAD_PARAMETER;
	if (value_is(parameter, "7BIT"))
		mail->body = ENVELOPE_BODY_7BIT;
	else if (value_is(parameter, "8BITMIME"))
		mail->body = ENVELOPE_BODY_8BITMIME;
	else
		return ENVELOPE_BAD_PARAMETER;
	return ENVELOPE_OK;
}

static enum envelope_error
take_ret(const struct parameter *parameter, struct envelope_mail *mail)
{
	if (mail->ret != ENVELOPE_RET_NONE)
		return ENVELOPE_BAD_PARAMETER;
	if (value_is(parameter, "FULL"))
		mail->ret = ENVELOPE_RET_FULL;
	else if (value_is(parameter, "HDRS"))
		mail->ret = ENVELOPE_RET_HDRS;
	else
		return ENVELOPE_BAD_PARAMETER;
	return ENVELOPE_OK;
}

static enum envelope_error
take_envid(const struct parameter *parameter, struct envelope_mail *mail)
{
	if (parameter->value == NULL || !is_ascii(parameter) ||
	    !is_printable_xtext(parameter->value, parameter->value_len))
		return ENVELOPE_BAD_PARAMETER;
	return copy_xtext(parameter, mail->envid, sizeof(mail->envid));
}

static enum envelope_error
take_smtputf8(const struct parameter *parameter, struct envelope_mail *mail)
{
	if (parameter->value != NULL || mail->is_smtputf8)
		return ENVELOPE_BAD_PARAMETER;
	mail->is_smtputf8 = true;
	return ENVELOPE_OK;
}

/* Checked and not passed on: RFC 4954, 5 allows that only for a client that is
 * trusted to name other users, and no client is. */
static enum envelope_error
take_auth(const struct parameter *parameter, struct envelope_mail *mail)
{
	if (parameter->value == NULL || mail->has_auth)
		return ENVELOPE_BAD_PARAMETER;
	if (!value_is(parameter, "<>") &&
	    (!is_ascii(parameter) ||
		!is_printable_xtext(parameter->value, parameter->value_len)))
		return ENVELOPE_BAD_PARAMETER;
	mail->has_auth = true;
	return ENVELOPE_OK;
}

static enum envelope_error
take_mail_parameter(const struct parameter *parameter,
    const struct ehlo *offered, struct envelope_mail *mail)
{
	if (offered->has_size && parameter_is(parameter, "SIZE"))
		return take_size(parameter, mail);
	if (offered->has_8bitmime && parameter_is(parameter, "BODY"))
		return take_body(parameter, mail);
	if (offered->has_dsn && parameter_is(parameter, "RET"))
		return take_ret(parameter, mail);
	if (offered->has_dsn && parameter_is(parameter, "ENVID"))
		return take_envid(parameter, mail);
	if (offered->has_smtputf8 && parameter_is(parameter, "SMTPUTF8"))
		return take_smtputf8(parameter, mail);
	if (offered->has_auth && parameter_is(parameter, "AUTH"))
		return take_auth(parameter, mail);
	return ENVELOPE_UNKNOWN_PARAMETER;
}

/* ---- of RCPT ------------------------------------------------------------ */

static const struct {
	const char *word;
	unsigned bit;
} notify_words[] = {
    {"NEVER", ENVELOPE_NOTIFY_NEVER},
    {"SUCCESS", ENVELOPE_NOTIFY_SUCCESS},
    {"FAILURE", ENVELOPE_NOTIFY_FAILURE},
    {"DELAY", ENVELOPE_NOTIFY_DELAY},
};

#define N_NOTIFY_WORDS (sizeof(notify_words) / sizeof(notify_words[0]))

/* Returns 0 for an unknown word. */
static unsigned
notify_bit(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < N_NOTIFY_WORDS; i++)
		if (text_is(text, len, notify_words[i].word))
			return notify_words[i].bit;
	return 0;
}

static enum envelope_error
take_notify(const struct parameter *parameter, struct envelope_rcpt *rcpt)
{
	const char *p = parameter->value, *end, *comma;
	unsigned bit;

	if (p == NULL || rcpt->notify != 0)
		return ENVELOPE_BAD_PARAMETER;
	end = p + parameter->value_len;
	for (;;) {
		comma = memchr(p, ',', (size_t)(end - p));
		bit =
		    notify_bit(p, (size_t)((comma != NULL ? comma : end) - p));
		if (bit == 0)
			return ENVELOPE_BAD_PARAMETER;
		rcpt->notify |= bit;
		if (comma == NULL)
			break;
		p = comma + 1;
	}
	if ((rcpt->notify & ENVELOPE_NOTIFY_NEVER) != 0 &&
	    rcpt->notify != ENVELOPE_NOTIFY_NEVER)
		return ENVELOPE_BAD_PARAMETER;
	return ENVELOPE_OK;
}

/* "type;xtext"; only the type utf-8 may contain UTF-8 (RFC 6533). */
static enum envelope_error
take_orcpt(const struct parameter *parameter, struct envelope_rcpt *rcpt)
{
	const char *p = parameter->value;
	size_t len = 0, rest;

	if (p == NULL)
		return ENVELOPE_BAD_PARAMETER;
	while (len < parameter->value_len &&
	       (ascii_is_alnum(p[len]) || p[len] == '-'))
		len++;
	if (len == 0 || len == parameter->value_len || p[len] != ';')
		return ENVELOPE_BAD_PARAMETER;
	if (!is_ascii(parameter) && !text_is(p, len, "utf-8"))
		return ENVELOPE_BAD_PARAMETER;
	rest = parameter->value_len - len - 1;
	if (rest == 0 || !is_printable_xtext(p + len + 1, rest))
		return ENVELOPE_BAD_PARAMETER;
	return copy_xtext(parameter, rcpt->orcpt, sizeof(rcpt->orcpt));
}

static enum envelope_error
take_rcpt_parameter(const struct parameter *parameter,
    const struct ehlo *offered, struct envelope_rcpt *rcpt)
{
	if (offered->has_dsn && parameter_is(parameter, "NOTIFY"))
		return take_notify(parameter, rcpt);
	if (offered->has_dsn && parameter_is(parameter, "ORCPT"))
		return take_orcpt(parameter, rcpt);
	return ENVELOPE_UNKNOWN_PARAMETER;
}

/* ---- reading ------------------------------------------------------------ */

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

static bool
line_is_ascii(const char *text)
{
	while (*text != '\0')
		if (ascii_is_not(*text++))
			return false;
	return true;
}

enum envelope_error
envelope_parse_mail(const char *argument, const struct ehlo *offered,
    struct envelope_mail *mail_out)
{
	struct envelope_mail mail = {0};
	struct parameter parameter;
	enum envelope_error error;
	const char *p;

	if (parse_keyed_path(argument, "FROM:", &mail.sender, &p) != 0)
		return ENVELOPE_BAD_SYNTAX;
	/* Only a recipient may have no domain: <postmaster>. */
	if (!mail.sender.is_null && mail.sender.domain[0] == '\0')
		return ENVELOPE_BAD_SYNTAX;
	while (*p != '\0') {
		p = parameter_next(p, &parameter);
		if (p == NULL)
			return ENVELOPE_BAD_SYNTAX;
		if (offered == NULL)
			return ENVELOPE_UNKNOWN_PARAMETER;
		error = take_mail_parameter(&parameter, offered, &mail);
		if (error != ENVELOPE_OK)
			return error;
	}
	if (!mail.is_smtputf8 && !line_is_ascii(argument))
		return ENVELOPE_NOT_ASCII;
	*mail_out = mail;
	return ENVELOPE_OK;
}

enum envelope_error
envelope_parse_rcpt(const char *argument, const struct ehlo *offered,
    bool is_smtputf8, struct envelope_rcpt *rcpt_out)
{
	struct envelope_rcpt rcpt = {0};
	struct parameter parameter;
	enum envelope_error error;
	const char *p;

	if (parse_keyed_path(argument, "TO:", &rcpt.recipient, &p) != 0 ||
	    rcpt.recipient.is_null)
		return ENVELOPE_BAD_SYNTAX;
	while (*p != '\0') {
		p = parameter_next(p, &parameter);
		if (p == NULL)
			return ENVELOPE_BAD_SYNTAX;
		if (offered == NULL)
			return ENVELOPE_UNKNOWN_PARAMETER;
		error = take_rcpt_parameter(&parameter, offered, &rcpt);
		if (error != ENVELOPE_OK)
			return error;
	}
	if (!is_smtputf8 && !line_is_ascii(argument))
		return ENVELOPE_NOT_ASCII;
	*rcpt_out = rcpt;
	return ENVELOPE_OK;
}

bool
envelope_is_too_large(
    const struct envelope_mail *mail, const struct ehlo *offered)
{
	const char *size = mail->size + strspn(mail->size, "0");
	const char *max = offered->size_max + strspn(offered->size_max, "0");
	size_t size_len = strlen(size), max_len = strlen(max);

	/* SIZE 0, or SIZE without a number, is no fixed limit. */
	if (max_len == 0)
		return false;
	if (size_len != max_len)
		return size_len > max_len;
	return strcmp(size, max) > 0;
}

/* ---- writing ------------------------------------------------------------ */

static const char *
body_text(const struct envelope_mail *mail, const struct ehlo *ehlo)
{
	if (!ehlo->has_8bitmime)
		return "";
	switch (mail->body) {
	case ENVELOPE_BODY_NONE:
		break;
	case ENVELOPE_BODY_7BIT:
		return " BODY=7BIT";
	case ENVELOPE_BODY_8BITMIME:
		return " BODY=8BITMIME";
	}
	return "";
}

static const char *
ret_text(const struct envelope_mail *mail, const struct ehlo *ehlo)
{
	if (!ehlo->has_dsn)
		return "";
	switch (mail->ret) {
	case ENVELOPE_RET_NONE:
		break;
	case ENVELOPE_RET_FULL:
		return " RET=FULL";
	case ENVELOPE_RET_HDRS:
		return " RET=HDRS";
	}
	return "";
}

const char *
envelope_format_mail(const struct envelope_mail *mail, const struct ehlo *ehlo,
    char line[ENVELOPE_MAIL_BYTES])
{
	bool has_size = ehlo->has_size && mail->size[0] != '\0';
	bool has_envid = ehlo->has_dsn && mail->envid[0] != '\0';
	char path[PATH_TEXT_BYTES];

	snprintf(line, ENVELOPE_MAIL_BYTES, "MAIL FROM:%s%s%s%s%s%s%s%s",
	    path_format(&mail->sender, path), has_size ? " SIZE=" : "",
	    has_size ? mail->size : "", body_text(mail, ehlo),
	    ret_text(mail, ehlo), has_envid ? " ENVID=" : "",
	    has_envid ? mail->envid : "", mail->is_smtputf8 ? " SMTPUTF8" : "");
	return line;
}

const char *
envelope_format_rcpt(const struct envelope_rcpt *rcpt, const struct ehlo *ehlo,
    char line[ENVELOPE_RCPT_BYTES])
{
	const char *before = " NOTIFY=";
	char path[PATH_TEXT_BYTES];
	size_t i, len;

	len = (size_t)snprintf(line, ENVELOPE_RCPT_BYTES, "RCPT TO:%s",
	    path_format(&rcpt->recipient, path));
	if (!ehlo->has_dsn)
		return line;
	for (i = 0; i < N_NOTIFY_WORDS; i++) {
		if ((rcpt->notify & notify_words[i].bit) == 0)
			continue;
		len += (size_t)snprintf(line + len, ENVELOPE_RCPT_BYTES - len,
		    "%s%s", before, notify_words[i].word);
		before = ",";
	}
	if (rcpt->orcpt[0] != '\0')
		snprintf(line + len, ENVELOPE_RCPT_BYTES - len, " ORCPT=%s",
		    rcpt->orcpt);
	return line;
}
