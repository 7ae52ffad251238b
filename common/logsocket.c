/* SPDX-License-Identifier: ISC */
/*
 * Any failure of a send makes one more attempt, after another connect(2).  A
 * daemon that was started anew has another socket at the path, and the socket
 * of a stopped daemon (EAGAIN) may have been replaced too.  A connect(2) that
 * fails leaves a datagram socket connected as it was.
 *
 * A daemon that has a stream socket at the path gets lines that end in NUL, as
 * from syslog(3).  A line that was sent in part ends that connection, since the
 * rest could not follow at once.
 */
#include "common/logsocket.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A program may have changed its name to a sentence: its first word. */
#define IDENT_END " :["
#define IDENT_MAX_BYTES 64

/* ---- the socket ---------------------------------------------------------- */

static int
try_connect(struct logsocket *log, int type)
{
	struct sockaddr_un daemon = {.sun_family = AF_UNIX};
	size_t len = strlen(log->path);

	if (len >= sizeof(daemon.sun_path))
		return -ENAMETOOLONG;
	memcpy(daemon.sun_path, log->path, len);
	if (log->fd >= 0 && log->type != type)
		logsocket_close(log);
	if (log->fd < 0)
		log->fd =
		    socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (log->fd < 0)
		return -errno;
	log->type = type;
	return connect(log->fd, (const struct sockaddr *)&daemon,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
			       1)) == 0
		   ? 0
		   : -errno;
}

int
logsocket_open(struct logsocket *log)
{
	int error;

	/* A stream cannot be connected twice. */
	if (log->type == SOCK_STREAM)
		logsocket_close(log);
	error = try_connect(log, log->type);
	if (error == -EPROTOTYPE)
		error = try_connect(
		    log, log->type == SOCK_DGRAM ? SOCK_STREAM : SOCK_DGRAM);
	return error;
}

void
logsocket_close(struct logsocket *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static int
send_record(struct logsocket *log, const char *record, size_t len)
{
	ssize_t sent;

	if (log->fd < 0)
		return -ENOTCONN;
	if (log->type == SOCK_STREAM)
		len++;
	sent = send(log->fd, record, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent == (ssize_t)len)
		return 0;
	if (sent < 0)
		return -errno;
	logsocket_close(log);
	return -EAGAIN;
}

/* ---- a line -------------------------------------------------------------- */

/* strftime(3) would use the language of the program. */
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Returns the length. */
static size_t
format_record(const struct logsocket_line *line, char record[LOGSOCKET_BYTES])
{
	const time_t now = time(NULL);
	size_t ident_len = strcspn(line->ident, IDENT_END);
	char lost[32] = "";
	struct tm tm = {0};
	int len;

	(void)localtime_r(&now, &tm);
	if (line->n_lost != 0)
		snprintf(lost, sizeof(lost), " lost=%llu",
		    (unsigned long long)line->n_lost);
	if (ident_len > IDENT_MAX_BYTES)
		ident_len = IDENT_MAX_BYTES;
	len = snprintf(record, LOGSOCKET_BYTES,
	    "<%d>%s %2d %02d:%02d:%02d %.*s[%d]: %.*s%s", line->priority,
	    months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)ident_len, line->ident, (int)getpid(),
	    LOGSOCKET_BYTES - IDENT_MAX_BYTES - 80, line->text, lost);
	return len < 0 ? 0 : (size_t)len;
}

int
logsocket_send(struct logsocket *log, const struct logsocket_line *line)
{
	int saved_errno = errno, error;
	char record[LOGSOCKET_BYTES];
	size_t len = format_record(line, record);

	error = send_record(log, record, len);
	if (error != 0 && logsocket_open(log) == 0)
		error = send_record(log, record, len);
	errno = saved_errno;
	return error;
}
