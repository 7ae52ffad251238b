/* SPDX-License-Identifier: ISC */
#include "common/clock.h"

#include <time.h>

uint32_t
clock_boot_s(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return 0;
	return (uint32_t)now.tv_sec;
}

int64_t
clock_mono_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
