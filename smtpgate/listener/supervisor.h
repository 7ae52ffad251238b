/* SPDX-License-Identifier: ISC */
/*
 * supervisor - keeps a listener's workers, and never reads a client.
 *
 * CONCEPT.  A generation of workers is made from one reading of the
 * configuration, the certificates and the table.  SIGHUP, a certificate that
 * was renewed, a table that was made anew, or a log daemon that was started
 * anew begin another one: workers of the old end as soon as they are idle,
 * sessions go on undisturbed.  SIGTERM ends: nobody is accepted any more, a
 * session is told so at its next command.
 *
 * TRUST.  Started as root it stays root, to bind ports and to read keys; what
 * it is told by workers is one byte, and how many of them are idle.
 *
 * CONCURRENCY.  One thread.
 */
#ifndef SMTPGATE_LISTENER_SUPERVISOR_H
#define SMTPGATE_LISTENER_SUPERVISOR_H

/*
 * Listen and serve until told to end.  notify_init() and report_init() have
 * been called.
 * config: path of the configuration.
 * Returns an exit code of sysexits.h.
 */
int supervisor_run(const char *config);

#endif
