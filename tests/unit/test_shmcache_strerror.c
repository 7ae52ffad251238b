/* SPDX-License-Identifier: ISC */
#include "shmcache/shmcache.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(strerror, every_error_has_a_sentence)
{
	for (int error = SHMCACHE_OK; error <= SHMCACHE_LIMIT; error++)
		cr_assert_str_neq(shmcache_strerror(error), "unknown error");
	cr_assert_str_eq(
	    shmcache_strerror(SHMCACHE_LIMIT + 1), "unknown error");
}

Test(strerror, an_errno_says_what_to_do_or_what_the_system_says)
{
	cr_assert_str_eq(
	    shmcache_strerror(-ENOENT), "there is no table; start popauthd");
	cr_assert_str_eq(shmcache_strerror(-EBADF), strerror(EBADF));
}
