/* SPDX-License-Identifier: ISC */
#include "smtpgate-auth/request.h"

#include "common/ascii.h"

#include <errno.h>
#include <string.h>

#define VERSION 2

enum flag {
	FLAG_CLIENT_KNOWN = 1 << 0,
	FLAG_TLS = 1 << 1,
	FLAGS = FLAG_CLIENT_KNOWN | FLAG_TLS,
};

enum offset {
	AT_VERSION = 0,
	AT_FLAGS = 1,
	AT_ADDRESS = 2,
	AT_SESSION = 18,
	AT_USER_LEN = AT_SESSION + REQUEST_SESSION_BYTES,
	AT_PASSWORD_LEN = AT_USER_LEN + 2,
	AT_TEXT = REQUEST_HEAD_BYTES,

	AT_ANSWER = 1,
	AT_ANSWER_USER = ANSWER_HEAD_BYTES,
};

bool
request_user_is_clean(const char *user)
{
	size_t i;

	if (user[0] == '\0' || user[0] == '-')
		return false;
	for (i = 0; user[i] != '\0'; i++) {
		unsigned char c = (unsigned char)user[i];

		if (c <= 0x20 || c == 0x7f || c == '/' ||
		    i == REQUEST_USER_MAX_BYTES)
			return false;
	}
	return true;
}

static bool
session_is_clean(const char session[REQUEST_SESSION_BYTES + 1])
{
	size_t i = 0;

	while (i < REQUEST_SESSION_BYTES && ascii_is_alnum(session[i]))
		i++;
	return i == REQUEST_SESSION_BYTES && session[i] == '\0';
}

static void
put_length(unsigned char *at, size_t len)
{
	at[0] = (unsigned char)(len >> 8);
	at[1] = (unsigned char)(len & 0xff);
}

static size_t
get_length(const unsigned char *at)
{
	return (size_t)at[0] << 8 | at[1];
}

size_t
request_format(
    const struct request *request, unsigned char record[REQUEST_BYTES])
{
	size_t user_len = strlen(request->user);
	size_t password_len = strlen(request->password);

	if (!request_user_is_clean(request->user) ||
	    !session_is_clean(request->session) || password_len == 0 ||
	    password_len > REQUEST_PASSWORD_MAX_BYTES)
		return 0;
	record[AT_VERSION] = VERSION;
	record[AT_FLAGS] =
	    (unsigned char)((request->is_client_known ? FLAG_CLIENT_KNOWN : 0) |
			    (request->is_tls ? FLAG_TLS : 0));
	memcpy(record + AT_ADDRESS, request->client.bytes,
	    sizeof(request->client.bytes));
	memcpy(record + AT_SESSION, request->session, REQUEST_SESSION_BYTES);
	put_length(record + AT_USER_LEN, user_len);
	put_length(record + AT_PASSWORD_LEN, password_len);
	memcpy(record + AT_TEXT, request->user, user_len);
	memcpy(record + AT_TEXT + user_len, request->password, password_len);
	return AT_TEXT + user_len + password_len;
}

/* Copy a text of a record, which has no NUL, to a string. */
static void
get_text(const unsigned char *at, size_t len, char *text)
{
	memcpy(text, at, len);
	text[len] = '\0';
}

int
request_parse(
    const unsigned char *record, size_t len, struct request *request_out)
{
	struct request request = {0};
	size_t user_len, password_len;

	if (len < REQUEST_HEAD_BYTES || record[AT_VERSION] != VERSION ||
	    (record[AT_FLAGS] & ~(unsigned)FLAGS) != 0)
		return -EBADMSG;
	user_len = get_length(record + AT_USER_LEN);
	password_len = get_length(record + AT_PASSWORD_LEN);
	if (user_len > REQUEST_USER_MAX_BYTES || password_len == 0 ||
	    password_len > REQUEST_PASSWORD_MAX_BYTES ||
	    len != AT_TEXT + user_len + password_len ||
	    memchr(record + AT_TEXT, '\0', user_len + password_len) != NULL)
		return -EBADMSG;
	get_text(record + AT_SESSION, REQUEST_SESSION_BYTES, request.session);
	get_text(record + AT_TEXT, user_len, request.user);
	if (!request_user_is_clean(request.user) ||
	    !session_is_clean(request.session))
		return -EBADMSG;
	request.is_client_known = (record[AT_FLAGS] & FLAG_CLIENT_KNOWN) != 0;
	request.is_tls = (record[AT_FLAGS] & FLAG_TLS) != 0;
	memcpy(request.client.bytes, record + AT_ADDRESS,
	    sizeof(request.client.bytes));
	*request_out = request;
	/* No local copy of the password: the caller wipes request_out. */
	get_text(
	    record + AT_TEXT + user_len, password_len, request_out->password);
	return 0;
}

size_t
answer_format(const struct answer *answer, unsigned char record[ANSWER_BYTES])
{
	size_t user_len = strnlen(answer->user, REQUEST_USER_MAX_BYTES);

	if (answer->kind != ANSWER_OK)
		user_len = 0;
	record[AT_VERSION] = VERSION;
	record[AT_ANSWER] = (unsigned char)answer->kind;
	memcpy(record + AT_ANSWER_USER, answer->user, user_len);
	return AT_ANSWER_USER + user_len;
}

int
answer_parse(const unsigned char *record, size_t len, struct answer *answer_out)
{
	struct answer answer = {0};
	size_t user_len;

	if (len < ANSWER_HEAD_BYTES || len > ANSWER_BYTES ||
	    record[AT_VERSION] != VERSION ||
	    record[AT_ANSWER] > ANSWER_TOO_MANY)
		return -EBADMSG;
	answer.kind = (enum answer_kind)record[AT_ANSWER];
	user_len = len - ANSWER_HEAD_BYTES;
	if (memchr(record + AT_ANSWER_USER, '\0', user_len) != NULL)
		return -EBADMSG;
	get_text(record + AT_ANSWER_USER, user_len, answer.user);
	if (answer.kind == ANSWER_OK ? !request_user_is_clean(answer.user)
				     : user_len != 0)
		return -EBADMSG;
	*answer_out = answer;
	return 0;
}
