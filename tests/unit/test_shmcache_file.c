/* SPDX-License-Identifier: ISC */
#include "tests/unit/cache_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

static void
setup_on_disk(void)
{
	fixture_directory = "/tmp";
	fixture_setup();
}

TestSuite(file, .init = setup_on_disk, .fini = fixture_teardown);

static const enum shmcache_access every_access[] = {
    SHMCACHE_PREAD, SHMCACHE_READ, SHMCACHE_WRITE};

/* All three kinds of handle give the same answer. */
static void
assert_open_gives(int want)
{
	for (size_t i = 0; i < 3; i++) {
		struct shmcache *opened = NULL;
		const int got =
		    shmcache_open(fixture_path, every_access[i], &opened);

		cr_assert(eq(int, got, want), "access %zu", i);
		cr_assert(eq(ptr, opened, NULL));
	}
}

static void
overwrite(const void *bytes, size_t len, off_t offset)
{
	const int fd = open(fixture_path, O_WRONLY);

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(long, pwrite(fd, bytes, len, offset), (long)len));
	close(fd);
}

static void
overwrite_word(size_t offset, uint64_t word)
{
	overwrite(&word, sizeof(word), (off_t)offset);
}

Test(file, what_is_not_there_is_said_so)
{
	unlink(fixture_path);
	assert_open_gives(-ENOENT);
}

Test(file, a_symbolic_link_is_refused)
{
	char target[80];

	snprintf(target, sizeof(target), "%s.real", fixture_path);
	cr_assert(eq(int, rename(fixture_path, target), 0));
	cr_assert(eq(int, symlink(target, fixture_path), 0));
	assert_open_gives(-ELOOP);
	unlink(target);
}

Test(file, a_fifo_does_not_block)
{
	struct shmcache *opened = NULL;

	unlink(fixture_path);
	cr_assert(eq(int, mkfifo(fixture_path, 0600), 0));
	cr_assert(eq(int, shmcache_open(fixture_path, SHMCACHE_PREAD, &opened),
	    SHMCACHE_BAD_MODE));
	cr_assert(eq(int, shmcache_open(fixture_path, SHMCACHE_WRITE, &opened),
	    SHMCACHE_BAD_MODE));
}

Test(file, a_table_that_every_user_may_write_is_refused)
{
	cr_assert(eq(int, chmod(fixture_path, 0666), 0));
	assert_open_gives(SHMCACHE_BAD_MODE);
}

Test(file, a_table_of_another_owner_is_refused)
{
	if (geteuid() != 0)
		cr_skip_test("only root can give a file away");
	cr_assert(eq(int, chown(fixture_path, 65534, 65534), 0));
	assert_open_gives(SHMCACHE_BAD_OWNER);
}

/* A stranger's table in a directory of root's. */
static int
open_in_directory(gid_t group, mode_t mode)
{
	char directory[] = "/tmp/popauth-test.XXXXXX", path[64];
	struct shmcache *opened = NULL;
	int error;

	fixture_create(10, NULL, 0);
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/grants", directory);
	cr_assert(eq(int, rename(fixture_path, path), 0));
	cr_assert(eq(int, chown(path, 65534, 65534), 0));
	cr_assert(eq(int, chown(directory, 0, group), 0));
	cr_assert(eq(int, chmod(directory, mode), 0));
	error = shmcache_open(path, SHMCACHE_PREAD, &opened);
	shmcache_close(opened);
	unlink(path);
	rmdir(directory);
	return error;
}

Test(file, an_owner_is_known_by_the_group_of_a_directory_of_root_alone)
{
	if (geteuid() != 0)
		cr_skip_test("only root can give a file away");
	cr_assert(eq(int, open_in_directory(65534, 0750), 0));
}

Test(file, an_owner_is_not_known_where_others_may_write)
{
	if (geteuid() != 0)
		cr_skip_test("only root can give a file away");
	cr_assert(eq(int, open_in_directory(65534, 0770), SHMCACHE_BAD_OWNER));
	cr_assert(eq(int, open_in_directory(65534, 0757), SHMCACHE_BAD_OWNER));
}

Test(file, an_owner_of_another_number_than_the_group_is_refused)
{
	if (geteuid() != 0)
		cr_skip_test("only root can give a file away");
	cr_assert(eq(int, open_in_directory(65533, 0750), SHMCACHE_BAD_OWNER));
}

Test(file, an_empty_file_is_refused)
{
	cr_assert(eq(int, truncate(fixture_path, 0), 0));
	assert_open_gives(SHMCACHE_BAD_SIZE);
}

Test(file, a_truncated_table_is_refused)
{
	struct stat st;

	cr_assert(eq(int, stat(fixture_path, &st), 0));
	cr_assert(eq(int, truncate(fixture_path, st.st_size - 1), 0));
	assert_open_gives(SHMCACHE_BAD_SIZE);
}

Test(file, a_zeroed_table_is_refused)
{
	static const char zeros[LAYOUT_HEADER_BYTES];

	overwrite(zeros, sizeof(zeros), 0);
	assert_open_gives(SHMCACHE_BAD_MAGIC);
}

Test(file, a_table_of_another_layout_is_refused)
{
	overwrite_word(
	    offsetof(struct layout_header, version), LAYOUT_VERSION + 1);
	assert_open_gives(SHMCACHE_BAD_LAYOUT);
}

Test(file, sizes_that_make_no_sense_are_refused)
{
	overwrite_word(offsetof(struct layout_header, buckets_log2), 63);
	assert_open_gives(SHMCACHE_BAD_SIZE);
	overwrite_word(offsetof(struct layout_header, buckets_log2), 0);
	assert_open_gives(SHMCACHE_BAD_SIZE);
	overwrite_word(offsetof(struct layout_header, buckets_log2), 7);
	overwrite_word(offsetof(struct layout_header, allocated), UINT64_MAX);
	assert_open_gives(SHMCACHE_BAD_SIZE);
}

Test(file, a_table_of_another_boot_is_refused_unless_on_tmpfs)
{
	struct statfs fs;

	cr_assert(eq(int, statfs(fixture_path, &fs), 0));
	if (fs.f_type == TMPFS_MAGIC)
		cr_skip_test("/tmp is a tmpfs here; nothing on it survives");
	overwrite_word(offsetof(struct layout_header, boot_id), 1);
	assert_open_gives(SHMCACHE_OTHER_BOOT);
}

Test(file, a_pread_of_a_table_that_became_short_is_an_error)
{
	struct shmcache *reader = fixture_open(SHMCACHE_PREAD);
	struct shmcache_grant got;

	cr_assert(eq(int, truncate(fixture_path, 4096), 0));
	cr_assert(eq(int, lookup_in(reader, "192.0.2.1", NULL, &got),
	    SHMCACHE_BAD_SIZE));
	shmcache_close(reader);
}

Test(file, levels_beyond_the_file_are_not_followed)
{
	struct shmcache *reader = fixture_open(SHMCACHE_READ);
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	overwrite_word(offsetof(struct layout_header, geometry), UINT64_MAX);
	cr_assert(eq(int, lookup_in(reader, "192.0.2.1", NULL, &got), 0));
	shmcache_close(reader);
}

Test(file, a_creation_replaces_the_table_at_once)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_create(11, NULL, 0);
	struct shmcache *fresh = fixture_open(SHMCACHE_WRITE);
	struct shmcache_grant got;

	cr_assert(eq(u64, cache_n_buckets(fresh) * LAYOUT_SLOTS, 2048));
	cr_assert(eq(
	    int, lookup_in(fresh, "192.0.2.1", NULL, &got), SHMCACHE_NO_GRANT));
	shmcache_close(fresh);
}

Test(file, a_creation_that_fails_leaves_no_file)
{
	const struct shmcache_params params = {
	    .window_s = 900, .ipv6_prefix = 64};
	struct stat st;

	cr_assert(eq(int,
	    shmcache_create("/nonexistent/grants", &params, 10, 0, 0, 0600),
	    -ENOENT));
	cr_assert(eq(int, shmcache_create(fixture_path, &params, 9, 0, 0, 0600),
	    -EINVAL));
	cr_assert(eq(int,
	    shmcache_create(fixture_path, &params, 25, 0, 0, 0600), -EINVAL));
	cr_assert(eq(int, stat(fixture_path, &st), 0));
}

/* A process's resources: descriptors, mappings, bytes of heap. */
struct holdings {
	unsigned n_fds, n_maps;
	size_t heap_bytes;
};

static struct holdings
holdings_now(void)
{
	struct holdings h = {.heap_bytes = mallinfo2().uordblks};
	char line[512];
	FILE *maps;
	DIR *fds;

	maps = fopen("/proc/self/maps", "re");
	cr_assert(ne(ptr, maps, NULL));
	while (fgets(line, sizeof(line), maps) != NULL)
		h.n_maps += strstr(line, fixture_path) != NULL;
	fclose(maps);
	fds = opendir("/proc/self/fd");
	cr_assert(ne(ptr, fds, NULL));
	while (readdir(fds) != NULL)
		h.n_fds++;
	closedir(fds);
	return h;
}

/* A thousand times open, grant, close, by a handle of this kind. */
static void
come_and_go(enum shmcache_access access)
{
	for (unsigned i = 0; i < 1000; i++) {
		const struct addr addr = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		    0xff, 198, 18, (uint8_t)(i >> 8), (uint8_t)i}};
		const bool is_writer =
		    access == SHMCACHE_WRITE || access == SHMCACHE_LOGIN;
		struct shmcache *opened = fixture_open(access);

		cr_assert(eq(int, shmcache_grant(opened, &addr, "joe"),
		    is_writer ? 0 : -EBADF));
		shmcache_close(opened);
	}
}

static struct holdings
holdings_after(enum shmcache_access access)
{
	come_and_go(access);
	return holdings_now();
}

static void
assert_nothing_is_left_behind(void)
{
	static const enum shmcache_access access[] = {
	    SHMCACHE_PREAD, SHMCACHE_READ, SHMCACHE_WRITE, SHMCACHE_LOGIN};

	for (size_t i = 0; i < sizeof(access) / sizeof(access[0]); i++) {
		/* malloc keeps some of the first time for the next */
		(void)holdings_after(access[i]);
		const struct holdings before = holdings_after(access[i]);
		const struct holdings after = holdings_after(access[i]);

		cr_assert(eq(uint, after.n_fds, before.n_fds), "%zu", i);
		cr_assert(eq(uint, after.n_maps, before.n_maps), "%zu", i);
		cr_assert(
		    eq(sz, after.heap_bytes, before.heap_bytes), "%zu", i);
	}
}

Test(file, a_thousand_handles_leave_nothing_open)
{
	assert_nothing_is_left_behind();
}

Test(file, a_thousand_logins_into_a_large_table_leave_nothing_open)
{
	shmcache_close(cache);
	fixture_create(18, NULL, 0); /* 19 MB: mapped by pages */
	cache = fixture_open(SHMCACHE_WRITE);
	assert_nothing_is_left_behind();
}

/* ---- in little address space ------------------------------------------- */

static int
skip(const struct shmcache_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
	return 0;
}

/* Grants, counts, lists and revokes; returns the step that failed, or 0. */
static int
work_briefly(void)
{
	const struct addr client = address("192.0.2.1");
	struct shmcache_status status;
	struct shmcache *brief;
	size_t n_others;

	if (shmcache_open_brief(fixture_path, SHMCACHE_LOGIN, &brief) != 0 ||
	    shmcache_grant(brief, &client, "joe") != 0)
		return 1;
	shmcache_close(brief);
	if (shmcache_open_brief(fixture_path, SHMCACHE_READ, &brief) != 0 ||
	    shmcache_status(brief, &status) != 0 || status.n_live != 2 ||
	    shmcache_list(brief, skip, NULL) != 0)
		return 2;
	shmcache_close(brief);
	if (shmcache_open_brief(fixture_path, SHMCACHE_WRITE, &brief) != 0 ||
	    shmcache_revoke(brief, &client, NULL, &n_others) != 0)
		return 3;
	shmcache_close(brief);
	return 0;
}

/* As Dovecot limits its post-login scripts. */
static int
in_256_megabytes(int (*work)(void))
{
	const struct rlimit limit = {256u << 20, 256u << 20};
	const pid_t child = fork();
	int status = -1;

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		shmcache_close(cache);
		if (setrlimit(RLIMIT_AS, &limit) == -1)
			_exit(9);
		_exit(work());
	}
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(file, a_brief_handle_works_in_256_megabytes)
{
#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("the sanitizer alone takes more");
#endif
	cr_assert(eq(int, in_256_megabytes(work_briefly), 0));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
}

/* The table grows after it was opened: all is done, or none of it is said to
 * be. */
static int
revoke_in_a_grown_table(void)
{
	const struct addr first = address("192.0.2.1");
	struct shmcache *brief, *login;
	size_t n_others;
	int error;

	if (shmcache_open_brief(fixture_path, SHMCACHE_WRITE, &brief) != 0 ||
	    shmcache_open(fixture_path, SHMCACHE_LOGIN, &login) != 0 ||
	    shmcache_grant(login, &first, "joe") != 0)
		return 1;
	shmcache_close(login);
	for (unsigned i = 0; i < 20000; i++) {
		const struct addr addr = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		    0xff, 198, 18, (uint8_t)(i >> 8), (uint8_t)i}};

		if (shmcache_open(fixture_path, SHMCACHE_LOGIN, &login) != 0 ||
		    shmcache_grant(login, &addr, "ann") != 0)
			return 2;
		shmcache_close(login);
	}
	error = shmcache_revoke(brief, &first, NULL, &n_others);
	shmcache_close(brief);
	return error == -ENOMEM ? 0 : error == 0 ? 3 : 4;
}

Test(file, a_brief_handle_says_when_the_table_outgrew_it)
{
#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("the sanitizer alone takes more");
#endif
	cr_assert(eq(int, in_256_megabytes(revoke_in_a_grown_table), 0));
}

Test(file, without_space_a_handle_that_is_not_brief_is_refused)
{
	struct shmcache *opened;
	const struct rlimit limit = {256u << 20, 256u << 20};
	const pid_t child = fork();
	int status = -1;

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("the sanitizer alone takes more");
#endif
	if (child == 0) {
		shmcache_close(cache);
		setrlimit(RLIMIT_AS, &limit);
		_exit(shmcache_open(fixture_path, SHMCACHE_WRITE, &opened) !=
		      -ENOMEM);
	}
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_assert(eq(int, status, 0));
}

/* ---- configure --------------------------------------------------------- */

Test(file, a_configured_network_is_never_granted_and_loses_its_grants)
{
	struct cidr never;
	const struct shmcache_params params = {
	    .window_s = 60, .ipv6_prefix = 64, .never = &never, .n_never = 1};
	struct shmcache_status status;

	cr_assert(eq(int, cidr_parse("192.0.2.0/24", &never), 0));
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("198.51.100.1", "joe"), 0));
	cr_assert(eq(int, shmcache_configure(cache, &params), 0));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("198.51.100.1", NULL), 0));
	fixture_now_s++;
	cr_assert(eq(int, grant("192.0.2.7", "joe"), SHMCACHE_NEVER));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u32, status.window_s, 60));
	cr_assert(eq(sz, status.n_never, 1));
}

Test(file, a_shorter_window_ends_grants_at_once)
{
	const struct shmcache_params params = {
	    .window_s = 60, .ipv6_prefix = 64};

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += 61;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
	cr_assert(eq(int, shmcache_configure(cache, &params), 0));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
}

Test(file, too_many_networks_change_nothing)
{
	struct cidr never[SHMCACHE_NEVER_MAX + 1] = {0};
	const struct shmcache_params params = {.window_s = 60,
	    .ipv6_prefix = 64,
	    .never = never,
	    .n_never = SHMCACHE_NEVER_MAX + 1};
	struct shmcache_status status;

	cr_assert(
	    eq(int, shmcache_configure(cache, &params), SHMCACHE_TOO_MANY));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u32, status.window_s, FIXTURE_WINDOW_S));
}
