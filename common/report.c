/* SPDX-License-Identifier: ISC */
/*
 * report - where a program's log lines go.
 *
 * syslog(3) handles a missing /dev/log: it drops the line and tries to connect
 * again at the next one.  LOG_CONS is not used: a gate must not write to the
 * console.
 */
#include "common/report.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	int priority;
} severities[REPORT_SEVERITIES] = {
    [REPORT_INFO] = {"info", LOG_INFO},
    [REPORT_WARN] = {"warn", LOG_WARNING},
    [REPORT_ERROR] = {"error", LOG_ERR},
    [REPORT_FATAL] = {"fatal", LOG_CRIT},
    [REPORT_BUG] = {"bug", LOG_CRIT},
};

static const char *report_ident;
static enum report_sink report_sink = REPORT_TO_STDERR;

void
report_init(const char *ident, enum report_sink sink)
{
	report_ident = ident;
	report_sink = sink;
	/* LOG_NDELAY: connect now, since a later chroot has no /dev/log. */
	if (sink != REPORT_TO_STDERR)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

static struct iovec
piece(const char *text, size_t len)
{
	/* writev(2) only reads, but its type is not const. */
	union {
		const char *in;
		void *out;
	} base = {.in = text};

	return (struct iovec){.iov_base = base.out, .iov_len = len};
}

/*
 * Like writev(2), but without SIGPIPE: the end of the reader must not end the
 * daemon.  The signal is removed and not ignored, because programs that the
 * daemon starts would inherit an ignored signal.
 */
static ssize_t
write_without_sigpipe(int fd, const struct iovec *pieces, int n)
{
	static const struct timespec at_once = {0, 0};
	sigset_t sigpipe, pending, before;
	ssize_t written;

	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	sigemptyset(&pending); /* if the sandbox forbids the question */
	(void)sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
	written = writev(fd, pieces, n);
	if (written < 0 && errno == EPIPE && !sigismember(&pending, SIGPIPE))
		(void)sigtimedwait(&sigpipe, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return written;
}

static void
report_stderr(enum report_severity severity, const struct logline *line)
{
	const char *name = severities[severity].name;
	const char *ident =
	    report_ident != NULL ? report_ident : program_invocation_short_name;
	struct iovec pieces[] = {
	    piece(ident, strlen(ident)),
	    piece(": ", 2),
	    piece(name, strlen(name)),
	    piece(": ", 2),
	    piece(line->text, line->len),
	    piece("\n", 1),
	};

	/* There is no other place to report this failure. */
	if (write_without_sigpipe(STDERR_FILENO, pieces,
		(int)(sizeof(pieces) / sizeof(pieces[0]))) < 0)
		return;
}

void
report_line(enum report_severity severity, const struct logline *line)
{
	int saved_errno = errno;

	if (report_sink != REPORT_TO_SYSLOG)
		report_stderr(severity, line);
	if (report_sink != REPORT_TO_STDERR)
		syslog(severities[severity].priority, "%s", line->text);
	errno = saved_errno;
}

void
report(enum report_severity severity, const char *event, const char *fmt, ...)
{
	struct logline line;
	char sentence[LOGLINE_BYTES];
	int saved_errno = errno;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(sentence, sizeof(sentence), fmt, ap) < 0)
		sentence[0] = '\0';
	va_end(ap);

	logline_init(&line, event);
	logline_add_sentence(&line, "msg", sentence);
	errno = saved_errno;
	report_line(severity, &line);
}
