/* SPDX-License-Identifier: ISC */
/*
 * serial - a short name for each session, by which log lines are joined.
 *
 * CONCEPT.  The milliseconds of the wall clock (8 years, then again from 0) and
 * the number of the process, as 12 characters of base 32 (digits and letters
 * without i, l, o, u).  The names of a machine sort by time.  A process never
 * makes a name twice, and no two processes of one number live at one time.
 *
 * CONCURRENCY.  One thread.  After fork(2) each process makes other names.
 */
#ifndef SMTPGATE_WIRE_SERIAL_H
#define SMTPGATE_WIRE_SERIAL_H

#define SERIAL_BYTES 13 /* with the NUL */

void serial_next(char text[SERIAL_BYTES]);

#endif
