/* SPDX-License-Identifier: ISC */
/*
 * clock - the two clocks of the project.
 *
 * boot:  CLOCK_BOOTTIME, whole seconds since boot, suspend included.  Stamps
 *        in the table are of this clock: it cannot be set, and a grant ages
 *        while a laptop sleeps.
 * mono:  CLOCK_MONOTONIC in milliseconds, for time-outs.
 *
 * CONCURRENCY.  Safe in threads and in signal handlers; no system call where
 * the vDSO serves the clock.
 *
 * ON FAILURE.  Both return 0, "the machine has just started": for a reader of
 * the table the heartbeat is then in the future, and it denies.
 */
#ifndef POPAUTH_CLOCK_H
#define POPAUTH_CLOCK_H

#include <stdint.h>

uint32_t clock_boot_s(void);
int64_t clock_mono_ms(void);

#endif
