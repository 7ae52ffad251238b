/* SPDX-License-Identifier: ISC */
/*
 * supervisor - keeps a listener's workers, and never reads a client.
 *
 * CONCEPT.  A generation of workers serves with one reading of the
 * configuration, the certificates and the table.  A new generation begins at
 * SIGHUP and when a certificate, a list or the table was replaced.  Workers of
 * the old generation end as soon as they are idle; their sessions go on
 * undisturbed.  At SIGTERM the sockets stop listening, and each session gets 421
 * at its next command; a message in progress is finished.  The same happens when
 * the supervisor is killed.
 *
 * TRUST.  If started as root, the supervisor stays root, to bind ports and to
 * read keys.  All it reads of its workers is single bytes and the number of
 * idle ones.
 *
 * CONCURRENCY.  One thread.
 */
#ifndef SMTPGATE_LISTENER_SUPERVISOR_H
#define SMTPGATE_LISTENER_SUPERVISOR_H

/*
 * Listen and serve until SIGTERM or SIGINT.  notify_init() and report_init() have
 * been called.
 * config: path of the configuration.
 * Returns an exit code of sysexits.h.
 */
int supervisor_run(const char *config);

#endif
