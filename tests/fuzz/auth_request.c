/* SPDX-License-Identifier: ISC */
/*
 * The records between a gate and smtpgate-auth: one that is accepted is written
 * again byte for byte.
 */
#include "smtpgate-auth/request.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void
check_request(const uint8_t *data, size_t size)
{
	unsigned char record[REQUEST_BYTES];
	struct request request;

	if (request_parse(data, size, &request) != 0)
		return;
	if (request_format(&request, record) != size ||
	    memcmp(record, data, size) != 0)
		abort();
}

static void
check_answer(const uint8_t *data, size_t size)
{
	unsigned char record[ANSWER_BYTES];
	struct answer answer;

	if (answer_parse(data, size, &answer) != 0)
		return;
	if (answer_format(&answer, record) != size ||
	    memcmp(record, data, size) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_request(data, size);
	check_answer(data, size);
	return 0;
}
