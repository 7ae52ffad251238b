/* SPDX-License-Identifier: ISC */
/*
 * clock - the two clocks of the project.
 *
 * boot:  CLOCK_BOOTTIME, whole seconds since boot, suspend included.  Stamps
 *        in the table are of this clock: nobody can set it, and a laptop's
 *        sleep ages a grant.
 * mono:  CLOCK_MONOTONIC in milliseconds, for time-outs.
 *
 * CONCURRENCY.  Safe in threads and in signal handlers; no system call where
 * the vDSO serves the clock.
 *
 * ON FAILURE.  Both return 0, "the machine has just started": a reader of the
 * table then finds itself behind the heartbeat, and denies.
 */
#ifndef POPAUTH_CLOCK_H
#define POPAUTH_CLOCK_H

#include <stdint.h>

uint32_t clock_boot_s(void);
int64_t clock_mono_ms(void);

#endif
