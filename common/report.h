/* SPDX-License-Identifier: ISC */
/*
 * report - send a program's log lines.
 *
 * CONCEPT.  Programs report, libraries return.  Five severities have fixed
 * meanings: info (an event), warn (the administrator should look), error (one
 * request failed), fatal (the environment is wrong, the program ends), bug (the
 * program is wrong).  The PAM module does not use this file: inside another
 * program it may touch neither openlog(3) nor fd 2.
 *
 * LIFETIME.  report_init() first, once.  Lines before it go to fd 2.
 *
 * ERRORS.  None: a line that cannot be written is lost, also where fd 2 is a
 * pipe without a reader.
 *
 * CONCURRENCY.  report*() is safe in threads (one syslog(3) or one write(2) a
 * line), not in signal handlers.
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
	REPORT_TO_BOTH,
};

/* ident: the program's name; must outlive all reports. */
void report_init(const char *ident, enum report_sink sink);

/* Send one finished line. */
void report_line(enum report_severity severity, const struct logline *line);

/*
 * Send one event with a sentence: event msg="...", for events without keys of
 * their own.  The sentence says what happened and what to do.
 */
void report(enum report_severity severity, const char *event, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
