/* SPDX-License-Identifier: ISC */
#include "popauthctl/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

void
failure_report(const char *about, const char *sentence)
{
	fprintf(stderr, "popauthctl: %s: %s\n", about, sentence);
}

int
failure_of_table(const struct call *call, int error)
{
	failure_report(call->place->table, shmcache_strerror(error));
	return failure_exit_status(error);
}

int
failure_of_print(int error, int status)
{
	if (error == 0)
		return status;
	failure_report("standard output", strerror(-error));
	return error == -ENOMEM ? EX_OSERR : EX_IOERR;
}

static int
exit_status_of_library(enum shmcache_error error)
{
	switch (error) {
	case SHMCACHE_OK:
		return EXIT_YES;
	case SHMCACHE_NO_GRANT:
	case SHMCACHE_NEVER:
		return EXIT_NO;
	case SHMCACHE_BAD_USER:
		return EX_USAGE;
	case SHMCACHE_REVOKED:
	case SHMCACHE_BUSY:
		return EX_TEMPFAIL;
	case SHMCACHE_FOREIGN_CLOCK:
	case SHMCACHE_BAD_OWNER:
	case SHMCACHE_BAD_MODE:
	case SHMCACHE_BAD_MAGIC:
	case SHMCACHE_BAD_LAYOUT:
	case SHMCACHE_BAD_SIZE:
	case SHMCACHE_BAD_PARAMS:
	case SHMCACHE_BAD_RULES:
	case SHMCACHE_REMOVED:
	case SHMCACHE_OTHER_BOOT:
		return EX_UNAVAILABLE;
	case SHMCACHE_TOO_MANY:
	case SHMCACHE_LIMIT:
		return EX_CONFIG;
	}
	return EX_SOFTWARE;
}

int
failure_exit_status(int error)
{
	if (error >= 0)
		return exit_status_of_library((enum shmcache_error)error);
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return EX_NOINPUT;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return EX_NOPERM;
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return EX_OSERR;
	case -EBADF:
		return EX_SOFTWARE;
	}
	return EX_UNAVAILABLE;
}
