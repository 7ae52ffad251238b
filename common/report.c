/* SPDX-License-Identifier: ISC */
/*
 * report - where a program's log lines go.
 *
 * Neither the log daemon nor the reader of fd 2 can stop the program.  fd 2 is
 * shared with other programs, so it does not become non-blocking.  A socket
 * there gets MSG_DONTWAIT.  A pipe or a terminal is opened anew by its name in
 * /proc, as a descriptor of our own that is non-blocking.  Where that fails,
 * poll(2) determines whether there is room.
 */
#include "common/report.h"

#include "common/logsocket.h"
#include "common/word.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Where systemd connects fd 2 of a service. */
#define JOURNAL_SOCKET "/run/systemd/journal/stdout"

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

/* Lines that were not sent since the last one that was. */
struct lost {
	uint64_t to_syslog;
	uint64_t to_stderr;
};

static const char *report_ident;
static enum report_sink report_sink = REPORT_TO_STDERR;

/* Of the two sinks. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lost own_lost;
static struct lost *lost = &own_lost;
static struct logsocket log_daemon = LOGSOCKET_CLOSED(_PATH_LOG);
static int own_fd = -1; /* fd 2, opened anew */

/* ---- lines that were not sent -------------------------------------------- */

/* Take all: this process reports them, or gives them back. */
static uint64_t
take_lost(uint64_t *n_lost)
{
	uint64_t n = word_load(n_lost);

	while (n != 0 && !word_cas(n_lost, n, 0))
		n = word_load(n_lost);
	return n;
}

void
report_share(void)
{
	struct lost *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return;
	*shared = *lost;
	lost = shared;
}

/* ---- fd 2 ---------------------------------------------------------------- */

static void
open_stderr(void)
{
	struct stat st;

	if (own_fd < 0 && fstat(STDERR_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
		own_fd = open("/proc/self/fd/2",
		    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void
close_stderr(void)
{
	if (own_fd >= 0)
		close(own_fd);
	own_fd = -1;
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

/* Returns whether the line was written. */
static bool
write_at_once(struct iovec *pieces, size_t n)
{
	const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = n};
	int fd = own_fd >= 0 ? own_fd : STDERR_FILENO;
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	if (own_fd < 0) {
		if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return true;
		if (errno != ENOTSOCK)
			return false;
		if (poll(&room, 1, 0) != 1)
			return false;
	}
	return write_without_sigpipe(fd, pieces, (int)n) >= 0;
}

static void
send_to_stderr(enum report_severity severity, const struct logline *line)
{
	const char *name = severities[severity].name;
	const char *ident =
	    report_ident != NULL ? report_ident : program_invocation_short_name;
	const uint64_t n_lost = take_lost(&lost->to_stderr);
	char end[32] = "\n";
	struct iovec pieces[] = {
	    piece(ident, strlen(ident)),
	    piece(": ", 2),
	    piece(name, strlen(name)),
	    piece(": ", 2),
	    piece(line->text, line->len),
	    piece(end, 0),
	};
	const size_t n = sizeof(pieces) / sizeof(pieces[0]);

	if (n_lost != 0)
		snprintf(end, sizeof(end), " lost=%llu\n",
		    (unsigned long long)n_lost);
	pieces[n - 1].iov_len = strlen(end);
	if (!write_at_once(pieces, n))
		word_add(&lost->to_stderr, n_lost + 1);
}

/* ---- the log daemon ------------------------------------------------------ */

static void
send_to_syslog(int priority, const char *text)
{
	const struct logsocket_line line = {
	    .priority = priority,
	    .ident = report_ident,
	    .text = text,
	    .n_lost = take_lost(&lost->to_syslog),
	};

	if (logsocket_send(&log_daemon, &line) != 0)
		word_add(&lost->to_syslog, line.n_lost + 1);
}

void
report_foreign(int priority, const char *text)
{
	if (report_sink == REPORT_TO_STDERR)
		return;
	if ((priority & LOG_FACMASK) == 0)
		priority |= LOG_MAIL;
	pthread_mutex_lock(&lock);
	send_to_syslog(priority, text);
	pthread_mutex_unlock(&lock);
}

void
report_from_root(void)
{
	/* For the life of the process; an array would be a page of its own. */
	const char *found = realpath(log_daemon.path, NULL);

	if (found != NULL)
		log_daemon.path = found;
	log_daemon.path += strspn(log_daemon.path, "/");
}

void
report_to(const char *path)
{
	logsocket_close(&log_daemon);
	log_daemon.path = path;
}

/* ---- both ---------------------------------------------------------------- */

/* What fd 2 of a service says is in the journal, as what syslog gets is. */
static bool
is_stderr_journal(void)
{
	struct sockaddr_un peer = {.sun_family = AF_UNSPEC};
	socklen_t len = sizeof(peer);

	return getpeername(STDERR_FILENO, (struct sockaddr *)&peer, &len) ==
		   0 &&
	       peer.sun_family == AF_UNIX &&
	       strncmp(peer.sun_path, JOURNAL_SOCKET, sizeof(peer.sun_path)) ==
		   0;
}

void
report_init(const char *ident, enum report_sink sink)
{
	int saved_errno = errno;

	if (sink == REPORT_TO_BOTH && is_stderr_journal())
		sink = REPORT_TO_SYSLOG;
	report_ident = ident;
	report_sink = sink;
	if (sink == REPORT_TO_SYSLOG)
		close_stderr();
	else
		open_stderr();
	/* Connected now, because a later chroot has no /dev/log. */
	if (sink != REPORT_TO_STDERR)
		(void)logsocket_open(&log_daemon);
	errno = saved_errno;
}

void
report_line(enum report_severity severity, const struct logline *line)
{
	int saved_errno = errno;

	pthread_mutex_lock(&lock);
	if (report_sink != REPORT_TO_SYSLOG)
		send_to_stderr(severity, line);
	if (report_sink != REPORT_TO_STDERR)
		send_to_syslog(
		    LOG_MAIL | severities[severity].priority, line->text);
	pthread_mutex_unlock(&lock);
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
