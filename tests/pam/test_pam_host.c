/* SPDX-License-Identifier: ISC */
/*
 * The module as a guest: in processes that are poor, strange, or not alone,
 * and with tables that are of no use.  The login always goes on.
 */
#include "tests/pam/fixture.h"

#include "common/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(pam_host, .init = fixture_setup, .fini = fixture_teardown);

#define GRANT                                                                  \
	"info grant client=" CLIENT                                            \
	" user=joe service=pop3 hook=session from=rhost\n"
#define GRANT_FORCED                                                           \
	"warning grant client=" CLIENT                                         \
	" user=joe service=pop3 hook=session from=rhost"                       \
	" room=\"the table has as many logins as it may; raise [table] "       \
	"max_logins and reload popauthd\"\n"

/* ---- tables of no use ------------------------------------------------------ */

static void
assert_goes_on(const char *reason)
{
	char want[512];

	session("", CLIENT);
	snprintf(want, sizeof(want),
	    "warning no-grant client=" CLIENT
	    " user=joe service=pop3 hook=session from=rhost reason=\"%s\" "
	    "table=%s\n",
	    reason, fixture_table);
	assert_logged(want);
}

/* Replaces a 64-bit word of the file. */
static void
spoil(off_t at, uint64_t word)
{
	const int fd = open(fixture_table, O_WRONLY);

	cr_assert(eq(long, pwrite(fd, &word, sizeof(word), at), sizeof(word)));
	close(fd);
}

Test(pam_host, without_a_table_the_login_goes_on)
{
	unlink(fixture_table);
	assert_goes_on("there is no table; start popauthd");
}

Test(pam_host, with_a_zeroed_table_the_login_goes_on)
{
	cr_assert(eq(int, truncate(fixture_table, 0), 0));
	cr_assert(eq(int, truncate(fixture_table, 100000), 0));
	assert_goes_on("not a table; remove it and restart popauthd");
}

Test(pam_host, with_an_empty_table_the_login_goes_on)
{
	cr_assert(eq(int, truncate(fixture_table, 0), 0));
	assert_goes_on("the table is damaged; remove it and restart popauthd");
}

Test(pam_host, with_a_truncated_table_the_login_goes_on)
{
	cr_assert(eq(int, truncate(fixture_table, 50000), 0));
	assert_goes_on("the table is damaged; remove it and restart popauthd");
}

Test(pam_host, with_a_table_of_another_version_the_login_goes_on)
{
	spoil(8, UINT64_C(999)); /* layout.h: version */
	assert_goes_on("a table of another version; restart popauthd");
}

Test(pam_host, with_a_link_for_a_table_the_login_goes_on)
{
	unlink(fixture_table);
	cr_assert(eq(int, symlink("/etc/passwd", fixture_table), 0));
	assert_goes_on("the table is a symbolic link; remove it and restart "
		       "popauthd");
}

Test(pam_host, with_a_fifo_for_a_table_the_login_does_not_wait)
{
	unlink(fixture_table);
	cr_assert(eq(int, mkfifo(fixture_table, 0600), 0));
	assert_goes_on("the table is not a regular file, or every user may "
		       "write it; remove it and restart popauthd");
}

Test(pam_host, with_a_table_that_every_user_may_write_the_login_goes_on)
{
	cr_assert(eq(int, chmod(fixture_table, 0666), 0));
	assert_goes_on("the table is not a regular file, or every user may "
		       "write it; remove it and restart popauthd");
}

/* The oldest grants make room, one by one. */
Test(pam_host, with_a_full_table_the_login_is_recorded)
{
	struct shmcache *cache = NULL;
	struct shmcache_status status;
	struct addr addr;
	unsigned n = 0;

	cr_assert(
	    eq(int, shmcache_open(fixture_table, SHMCACHE_WRITE, &cache), 0));
	cr_assert(eq(int, addr_parse("198.51.100.0", &addr), 0));
	do {
		addr.bytes[15] = (uint8_t)n;
		addr.bytes[14] = (uint8_t)(n >> 8);
		cr_assert(eq(int, shmcache_grant(cache, &addr, "mary"), 0));
		cr_assert(eq(int, shmcache_status(cache, &status), 0));
	} while (status.forced == 0 && ++n < 10000);
	shmcache_close(cache);
	cr_assert(gt(u64, status.forced, 0));
	session("", CLIENT);
	/* By chance, its own grant forces another one out or does not. */
	cr_assert(logged_is(GRANT) || logged_is(GRANT_FORCED));
	cr_assert(is_granted(CLIENT, "joe"));
}

/* ---- strange processes ----------------------------------------------------- */

/* As prepare leaves the process, in a child; the lines are asserted there. */
static void
assert_in_child(void (*prepare)(void), const char *lines)
{
	int status = -1;
	const pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		pam_handle_t *pamh = start("session optional %M", CLIENT);
		int result;

		prepare();
		result = pam_open_session(pamh, 0);
		pam_end(pamh, result);
		_exit(result != PAM_SUCCESS ? 1 : logged_is(lines) ? 0 : 2);
	}
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_assert(eq(int, status, 0),
	    "0x100: the login failed; 0x200: it logged something else");
}

static void
in_256_megabytes(void)
{
	const struct rlimit limit = {256u << 20, 256u << 20};

	if (setrlimit(RLIMIT_AS, &limit) == -1)
		_exit(3);
}

Test(pam_host, it_works_in_256_megabytes_of_address_space)
{
#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("the sanitizer alone takes more");
#endif
	assert_in_child(in_256_megabytes, GRANT);
	cr_assert(is_granted(CLIENT, "joe"));
}

static void
without_descriptors_0_to_2(void)
{
	close(0);
	close(1);
	close(2);
}

Test(pam_host, it_works_with_fds_0_to_2_closed)
{
	assert_in_child(without_descriptors_0_to_2, GRANT);
	cr_assert(is_granted(CLIENT, "joe"));
}

static void
ignoring_sigpipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}

Test(pam_host, it_works_with_sigpipe_ignored)
{
	assert_in_child(ignoring_sigpipe, GRANT);
	cr_assert(is_granted(CLIENT, "joe"));
}

static void
with_no_umask(void)
{
	umask(0);
}

static void
with_all_of_umask(void)
{
	umask(0777);
}

Test(pam_host, it_works_with_any_umask_and_leaves_it)
{
	const mode_t mine = umask(0077);

	assert_in_child(with_no_umask, GRANT);
	assert_in_child(with_all_of_umask, GRANT);
	session("", CLIENT);
	cr_assert(eq(uint, umask(mine), 0077));
}

static void
in_a_small_file_limit(void)
{
	const struct rlimit limit = {4096, 4096};

	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		_exit(3);
}

Test(pam_host, it_works_with_files_limited_to_a_page)
{
	assert_in_child(in_a_small_file_limit, GRANT);
	cr_assert(is_granted(CLIENT, "joe"));
}

/* ---- not root -------------------------------------------------------------- */

#define NOBODY 65534
#define WRITERS 54321

static void
become(gid_t group)
{
	if (setgroups(1, &group) == -1 || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(3);
}

static void
as_a_member_of_the_writers(void)
{
	become(WRITERS);
}

static void
as_nobody(void)
{
	become(NOBODY);
}

/* The table as popauthd makes it: its group may write, all may read. */
static void
give_to_writers(void)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "%s", fixture_table);
	*strrchr(dir, '/') = '\0';
	cr_assert(eq(int, chmod(dir, 0755), 0));
	if (chown(fixture_table, 0, WRITERS) == -1)
		cr_skip_test("only the machine's root can make groups");
	cr_assert(eq(int, chmod(fixture_table, 0664), 0));
}

Test(pam_host, it_works_without_root_in_the_group_of_the_table)
{
	give_to_writers();
	assert_in_child(as_a_member_of_the_writers, GRANT);
	cr_assert(is_granted(CLIENT, "joe"));
}

Test(pam_host, with_a_table_that_is_read_only_the_login_goes_on)
{
	char want[512];

	give_to_writers();
	snprintf(want, sizeof(want),
	    "warning no-grant client=" CLIENT
	    " user=joe service=pop3 hook=session from=rhost "
	    "reason=\"no permission; join group popauth to read the table, "
	    "popauth-grant to write it\" table=%s\n",
	    fixture_table);
	assert_in_child(as_nobody, want);
	cr_assert(eq(sz, count_grants(), 0));
}

/* ---- not alone ------------------------------------------------------------- */

#define N_THREADS 4
#define LOGINS_OF_A_THREAD 50

static pthread_barrier_t barrier;

static void *
log_in_again_and_again(void *arg)
{
	const unsigned *number = arg;
	uintptr_t failures = 0;

	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < LOGINS_OF_A_THREAD; i++) {
		char rhost[ADDR_TEXT_BYTES];
		pam_handle_t *pamh;

		snprintf(rhost, sizeof(rhost), "198.51.%u.%u", *number, i);
		pamh = start_again(rhost);
		failures += pam_open_session(pamh, 0) != PAM_SUCCESS;
		pam_end(pamh, PAM_SUCCESS);
	}
	return (void *)failures;
}

Test(pam_host, it_works_in_the_threads_of_a_host)
{
	pthread_t threads[N_THREADS];
	unsigned numbers[N_THREADS];

	/* The service file is written once. */
	pam_end(start("session optional %M", NULL), PAM_SUCCESS);
	pthread_barrier_init(&barrier, NULL, N_THREADS);
	for (unsigned i = 0; i < N_THREADS; i++) {
		numbers[i] = i;
		cr_assert(eq(int,
		    pthread_create(
			&threads[i], NULL, log_in_again_and_again, &numbers[i]),
		    0));
	}
	for (unsigned i = 0; i < N_THREADS; i++) {
		void *failures;

		pthread_join(threads[i], &failures);
		cr_assert(eq(ptr, failures, NULL));
	}
	pthread_barrier_destroy(&barrier);
	cr_assert(eq(sz, count_grants(), N_THREADS * LOGINS_OF_A_THREAD));
}
