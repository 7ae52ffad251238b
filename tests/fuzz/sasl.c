/* SPDX-License-Identifier: ISC */
/*
 * A response of SMTP AUTH: base64 that is accepted is written again unchanged,
 * and the user and password in it can be sent to smtpgate-auth.
 */
#include "smtpgate/password/sasl.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void
encode(const char *bytes, size_t len, char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, j;

	for (i = 0; i < len; i += 3) {
		unsigned bits = 0;

		for (j = i; j < i + 3; j++)
			bits =
			    bits << 8 | (j < len ? (unsigned char)bytes[j] : 0);
		for (j = 0; j < 4; j++)
			*text++ = len - i < j
				      ? '='
				      : alphabet[bits >> (18 - 6 * j) & 63];
	}
	*text = '\0';
}

static void
check_request(struct request *request)
{
	unsigned char record[REQUEST_BYTES];

	if (request_format(request, record) == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[COMMAND_SASL_LINE_BYTES + 1],
	    again[COMMAND_SASL_LINE_BYTES + 1];
	char message[SASL_MESSAGE_MAX_BYTES];
	struct request request = {.session = "0a1b2c3d4e5f"};
	size_t len;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (sasl_decode(text, message, &len) != 0)
		return 0;
	encode(message, len, again);
	if (strcmp(again, text) != 0)
		abort();
	if (sasl_read_plain(message, len, &request) == SASL_OK)
		check_request(&request);
	if (sasl_read_login(message, len, false, &request) == SASL_OK &&
	    sasl_read_login(message, len, true, &request) == SASL_OK)
		check_request(&request);
	return 0;
}
