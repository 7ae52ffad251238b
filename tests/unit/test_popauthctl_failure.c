/* SPDX-License-Identifier: ISC */
/* failure: sentences and exit statuses. */
#include "popauthctl/command.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <sysexits.h>

Test(popauthctl_failure, every_error_has_its_exit_status)
{
	static const struct {
		int error, status;
	} table_of[] = {
	    {SHMCACHE_OK, 0},
	    {SHMCACHE_NO_GRANT, 1},
	    {SHMCACHE_NEVER, 1},
	    {SHMCACHE_BAD_USER, EX_USAGE},
	    {SHMCACHE_REVOKED, EX_TEMPFAIL},
	    {SHMCACHE_BUSY, EX_TEMPFAIL},
	    {SHMCACHE_FOREIGN_CLOCK, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_OWNER, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_MODE, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_MAGIC, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_LAYOUT, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_SIZE, EX_UNAVAILABLE},
	    {SHMCACHE_OTHER_BOOT, EX_UNAVAILABLE},
	    {SHMCACHE_TOO_MANY, EX_CONFIG},
	    {SHMCACHE_LIMIT, EX_CONFIG},
	    {-ENOENT, EX_NOINPUT},
	    {-ENOTDIR, EX_NOINPUT},
	    {-EACCES, EX_NOPERM},
	    {-EPERM, EX_NOPERM},
	    {-EROFS, EX_NOPERM},
	    {-ENOMEM, EX_OSERR},
	    {-EMFILE, EX_OSERR},
	    {-EBADF, EX_SOFTWARE},
	    {-ELOOP, EX_UNAVAILABLE},
	    {-EIO, EX_UNAVAILABLE},
	};
	size_t i;

	for (i = 0; i < sizeof(table_of) / sizeof(table_of[0]); i++)
		cr_expect_eq(failure_exit_status(table_of[i].error),
		    table_of[i].status, "%d", table_of[i].error);
}

Test(popauthctl_failure, a_failure_is_one_sentence_on_standard_error,
    .init = cr_redirect_stderr)
{
	cr_expect_eq(failure_of_print(0, EXIT_NO), EXIT_NO);
	cr_expect_eq(failure_of_print(-ENOSPC, EXIT_YES), EX_IOERR);
	cr_expect_eq(failure_of_print(-ENOMEM, EXIT_YES), EX_OSERR);
	fflush(stderr);
	cr_expect_stderr_eq_str(
	    "popauthctl: standard output: No space left on device\n"
	    "popauthctl: standard output: Cannot allocate memory\n");
}
