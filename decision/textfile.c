/* SPDX-License-Identifier: ISC */
#include "decision/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Large enough that system calls do not count. */
#define PIECE_BYTES 8192

int
textfile_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

/* The line without its comment and the white space around it. */
static char *
trim(char *line)
{
	size_t len;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r");
	len = strlen(line);
	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		len--;
	line[len] = '\0';
	return line;
}

int
textfile_each(
    int fd, int (*visit)(char *line, size_t number, void *arg), void *arg)
{
	char piece[PIECE_BYTES + 1], *p, *end;
	size_t number = 0;
	bool is_empty = true;
	off_t offset = 0;
	ssize_t n;
	int result;

	for (;;) {
		n = pread(fd, piece, PIECE_BYTES, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return is_empty ? -ENODATA : 0;
		/* The last line may lack its end. */
		if (n < PIECE_BYTES && piece[n - 1] != '\n')
			piece[n++] = '\n';
		for (p = piece;
		     (end = memchr(p, '\n', (size_t)(piece + n - p))) != NULL;
		     p = end + 1) {
			number++;
			*end = '\0';
			if (end - p > TEXTFILE_LINE_MAX_BYTES)
				return -E2BIG;
			p = trim(p);
			if (*p == '\0')
				continue;
			is_empty = false;
			result = visit(p, number, arg);
			if (result != 0)
				return result;
		}
		if (p == piece)
			return -E2BIG;
		offset += p - piece;
	}
}
