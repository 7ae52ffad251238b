/* SPDX-License-Identifier: ISC */
#include "common/duration.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
	char letter;
	uint32_t seconds;
} units[] = {
    {'d', 86400},
    {'h', 3600},
    {'m', 60},
    {'s', 1},
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

int
duration_parse(const char *text, uint32_t *seconds_out)
{
	const char *p = text;
	size_t next_unit = 0;
	uint64_t total = 0, number;
	int error = 0;

	if (*p == '\0')
		return -EINVAL;
	while (*p != '\0') {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		/* A value above the limit does not grow further, so that many
		 * digits cannot wrap. */
		for (number = 0; *p >= '0' && *p <= '9'; p++)
			if (number <= UINT32_MAX)
				number = number * 10 + (uint64_t)(*p - '0');

		while (next_unit < N_UNITS && units[next_unit].letter != *p)
			next_unit++;
		if (next_unit == N_UNITS)
			return -EINVAL;
		total += number * units[next_unit].seconds;
		if (total > UINT32_MAX)
			error = -ERANGE;
		next_unit++;
		p++;
	}
	if (error == 0)
		*seconds_out = (uint32_t)total;
	return error;
}

const char *
duration_format(uint32_t seconds, char text[DURATION_TEXT_BYTES])
{
	size_t i, len = 0;

	for (i = 0; i < N_UNITS; i++) {
		if (seconds < units[i].seconds)
			continue;
		len += (size_t)snprintf(text + len, DURATION_TEXT_BYTES - len,
		    "%u%c", seconds / units[i].seconds, units[i].letter);
		seconds %= units[i].seconds;
	}
	if (len == 0)
		snprintf(text, DURATION_TEXT_BYTES, "0s");
	return text;
}
