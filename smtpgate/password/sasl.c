/* SPDX-License-Identifier: ISC */
#include "smtpgate/password/sasl.h"

#include <errno.h>
#include <string.h>

/* The value of a base64 character, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Decode four characters; the last n_pads are '='. */
static int
decode_group(const char *group, unsigned n_pads, char out[3])
{
	unsigned i, bits = 0;

	for (i = 0; i < 4; i++) {
		int value = i < 4 - n_pads ? value_of(group[i]) : 0;

		if (value < 0)
			return -EINVAL;
		bits = bits << 6 | (unsigned)value;
	}
	/* Unused bits must be 0, so that a message has one encoding only. */
	if ((bits & ((1U << 8 * n_pads) - 1)) != 0)
		return -EINVAL;
	for (i = 0; i < 3 - n_pads; i++)
		out[i] = (char)(bits >> (16 - 8 * i) & 0xff);
	return 0;
}

int
sasl_decode(
    const char *text, char message_out[SASL_MESSAGE_MAX_BYTES], size_t *len_out)
{
	size_t text_len = strlen(text), i, len = 0;
	unsigned n_pads;

	if (text_len % 4 != 0 || text_len > COMMAND_SASL_LINE_BYTES)
		return -EINVAL;
	for (i = 0; i < text_len; i += 4) {
		n_pads = 0;
		if (i + 4 == text_len && text[i + 3] == '=')
			n_pads = text[i + 2] == '=' ? 2 : 1;
		if (decode_group(text + i, n_pads, message_out + len) != 0)
			return -EINVAL;
		len += 3 - n_pads;
	}
	*len_out = len;
	return 0;
}

/* Copy bytes without NUL to a string of at most max bytes. */
static enum sasl_result
take(const char *bytes, size_t len, char *text, size_t max)
{
	if (len == 0 || len > max)
		return SASL_REFUSED;
	memcpy(text, bytes, len);
	text[len] = '\0';
	return SASL_OK;
}

static enum sasl_result
take_user(const char *bytes, size_t len, struct request *request)
{
	enum sasl_result result =
	    take(bytes, len, request->user, REQUEST_USER_MAX_BYTES);

	if (result == SASL_OK && !request_user_is_clean(request->user))
		return SASL_REFUSED;
	return result;
}

enum sasl_result
sasl_read_plain(const char *message, size_t len, struct request *request_out)
{
	const char *end = message + len, *user, *password;
	enum sasl_result result;

	user = memchr(message, '\0', len);
	if (user == NULL)
		return SASL_MALFORMED;
	user++;
	password = memchr(user, '\0', (size_t)(end - user));
	if (password == NULL)
		return SASL_MALFORMED;
	password++;
	if (memchr(password, '\0', (size_t)(end - password)) != NULL)
		return SASL_MALFORMED;
	/* The message has a NUL after each of the two. */
	if (message[0] != '\0' && strcmp(message, user) != 0)
		return SASL_REFUSED;
	result = take_user(user, (size_t)(password - user) - 1, request_out);
	if (result == SASL_OK)
		result = take(password, (size_t)(end - password),
		    request_out->password, REQUEST_PASSWORD_MAX_BYTES);
	return result;
}

enum sasl_result
sasl_read_login(const char *message, size_t len, bool is_password,
    struct request *request_out)
{
	if (memchr(message, '\0', len) != NULL)
		return SASL_MALFORMED;
	return is_password ? take(message, len, request_out->password,
				 REQUEST_PASSWORD_MAX_BYTES)
			   : take_user(message, len, request_out);
}
