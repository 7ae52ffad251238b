/* SPDX-License-Identifier: ISC */
/*
 * duration - times as an administrator writes them: 45s, 15m, 2h, 1d,
 * 1h30m.
 */
#ifndef POPAUTH_DURATION_H
#define POPAUTH_DURATION_H

#include <stdint.h>

/* The longest text of duration_format() with its final NUL. */
#define DURATION_TEXT_BYTES 24

/*
 * Read one or more numbers each followed by its unit (d h m s), the units in
 * falling order and none twice.  A bare number is an error, because the unit of
 * "15" is not obvious.  White space is an error.
 * Returns 0, -EINVAL when the text has another form, -ERANGE when it does not
 * fit 32 bits of seconds (seconds_out is not written).
 */
int duration_parse(const char *text, uint32_t *seconds_out);

/*
 * Write a duration, large units first, without empty ones: 900 -> "15m",
 * 5400 -> "1h30m", 0 -> "0s".  duration_parse() reads it back.
 * Returns text.
 */
const char *duration_format(uint32_t seconds, char text[DURATION_TEXT_BYTES]);

#endif
