/* SPDX-License-Identifier: ISC */
/*
 * Two sessions of one process in one millisecond, or after the clock was set
 * back: the later one takes the next millisecond that was not used.
 */
#include "smtpgate/wire/serial.h"

#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define PID_BITS 22 /* of the kernel's largest pid_max */
#define DIGIT_BITS 5

void
serial_next(char text[SERIAL_BYTES])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	static uint64_t last_ms;
	struct timespec now = {0};
	uint64_t now_ms, serial;
	int i;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	last_ms = now_ms > last_ms ? now_ms : last_ms + 1;
	serial = last_ms << PID_BITS |
		 ((uint64_t)getpid() & ((UINT64_C(1) << PID_BITS) - 1));
	for (i = SERIAL_BYTES - 2; i >= 0; i--) {
		text[i] = digits[serial & ((1 << DIGIT_BITS) - 1)];
		serial >>= DIGIT_BITS;
	}
	text[SERIAL_BYTES - 1] = '\0';
}
