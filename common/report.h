/* SPDX-License-Identifier: ISC */
/*
 * report - send a program's log lines.
 *
 * CONCEPT.  Programs report, libraries return.  Five severities have fixed
 * meanings: info (an event), warn (the administrator should look), error (one
 * request failed), fatal (the environment is wrong, the program ends), bug (the
 * program is wrong).  The PAM module does not use this file: inside another
 * program it may not touch fd 2.
 *
 * LIFETIME.  report_init() first.  Lines before it go to fd 2.
 *
 * ERRORS.  None.  A line that cannot be sent at once is lost, because no reader
 * of a log may stop a program.  Lost lines are counted, for each sink; the next
 * line that is sent has lost=N at its end, N being how many are missing.
 *
 * CONCURRENCY.  report*() is safe in threads, not in signal handlers.  Each
 * process counts its lost lines, or those of its children as well
 * (report_share()).
 */
#ifndef POPAUTH_REPORT_H
#define POPAUTH_REPORT_H

#include "common/logline.h"

enum report_severity {
	REPORT_INFO = 0,
	REPORT_WARN,
	REPORT_ERROR,
	REPORT_FATAL,
	REPORT_BUG,
	REPORT_SEVERITIES,
};

enum report_sink {
	REPORT_TO_STDERR = 0, /* "ident: warn: text" */
	REPORT_TO_SYSLOG,     /* facility LOG_MAIL, ident[pid] */
	REPORT_TO_BOTH,       /* syslog alone if fd 2 is systemd's journal */
};

/* ident: the program's name; must outlive all reports. */
void report_init(const char *ident, enum report_sink sink);

/* Before fork(2): the lines that children lose are counted together with this
 * process's own, because a child may end before the log is read again. */
void report_share(void);

/* Before a chroot(2): find the log daemon through the working directory, which
 * is and stays the real root. */
void report_from_root(void);

/* For tests: the log daemon is at this path. */
void report_to(const char *path);

/* Send one finished line. */
void report_line(enum report_severity severity, const struct logline *line);

/*
 * Send a line that is not an event of ours: as it is, to the log daemon only.
 * priority: as of syslog(3); without a facility: LOG_MAIL.
 */
void report_foreign(int priority, const char *text);

/*
 * Send one event with a sentence: event msg="...", for events without keys of
 * their own.  The sentence says what happened and what to do.
 */
void report(enum report_severity severity, const char *event, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
