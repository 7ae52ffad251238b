/* SPDX-License-Identifier: ISC */
/* check: a table that is removed or damaged while it is in use. */
#include "shmcache/check.h"
#include "tests/unit/cache_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct shmcache *gate, *tool;

static void
setup(void)
{
	fixture_setup();
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	gate = fixture_open(SHMCACHE_PREAD);
	tool = fixture_open(SHMCACHE_READ);
}

static void
teardown(void)
{
	shmcache_close(gate);
	shmcache_close(tool);
	fixture_teardown();
}

TestSuite(check, .init = setup, .fini = teardown);

/* What the open gate gets for an address that is granted, and for another. */
static void
assert_gate_gets(int want)
{
	struct shmcache_grant got;

	cr_expect(eq(int, lookup_in(gate, "192.0.2.1", NULL, &got), want));
	cr_expect(eq(int, lookup_in(gate, "192.0.2.2", NULL, &got),
	    want == 0 ? SHMCACHE_NO_GRANT : want));
	cr_expect(eq(int, shmcache_check(cache), want));
}

Test(check, a_removed_table_is_no_longer_asked)
{
	assert_gate_gets(0);
	cr_assert(eq(int, unlink(fixture_path), 0));
	assert_gate_gets(SHMCACHE_REMOVED);
}

Test(check, a_replaced_table_is_no_longer_asked)
{
	fixture_create(10, NULL, 0);
	assert_gate_gets(SHMCACHE_REMOVED);
}

Test(check, a_removed_table_that_is_mounted_is_not_opened)
{
	struct shmcache *opened = NULL;
	char other[80];

	if (unshare(CLONE_NEWNS) == -1)
		cr_skip_test("no mount namespace without root");
	cr_assert(
	    eq(int, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0));
	snprintf(other, sizeof(other), "%s.mounted", fixture_path);
	close(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	cr_assert(eq(int, mount(fixture_path, other, NULL, MS_BIND, NULL), 0));
	cr_assert(eq(int, shmcache_open(other, SHMCACHE_LOGIN, &opened), 0));
	shmcache_close(opened);
	cr_assert(eq(int, unlink(fixture_path), 0));
	cr_expect(eq(int, shmcache_open(other, SHMCACHE_LOGIN, &opened),
	    SHMCACHE_REMOVED));
	umount(other);
	unlink(other);
}

Test(check, a_table_that_every_user_may_write_is_no_longer_asked)
{
	cr_assert(eq(int, chmod(fixture_path, 0666), 0));
	assert_gate_gets(SHMCACHE_BAD_MODE);
	cr_assert(eq(int, chmod(fixture_path, 0600), 0));
	assert_gate_gets(0);
}

Test(check, a_table_of_another_owner_is_no_longer_asked)
{
	if (chown(fixture_path, 4242, (gid_t)-1) == -1)
		cr_skip_test("only root changes owners");
	assert_gate_gets(SHMCACHE_BAD_OWNER);
}

Test(check, a_damaged_header_is_no_miss)
{
	struct layout_header *header = cache->header;

	header->magic ^= 1;
	assert_gate_gets(SHMCACHE_BAD_MAGIC);
	header->magic ^= 1;
	header->version++;
	assert_gate_gets(SHMCACHE_BAD_LAYOUT);
	header->version--;
	header->hash_key[1] ^= 1;
	cr_expect(eq(int, shmcache_check(cache), SHMCACHE_BAD_SIZE));
	header->hash_key[1] ^= 1;
	header->buckets_log2++;
	assert_gate_gets(SHMCACHE_BAD_SIZE);
	header->buckets_log2--;
	assert_gate_gets(0);
	memset(header, 0, LAYOUT_HEADER_BYTES);
	assert_gate_gets(SHMCACHE_BAD_MAGIC);
}

/* ---- parameters ---------------------------------------------------------- */

static const struct shmcache_params configured = {
    .window_s = FIXTURE_WINDOW_S,
    .ipv6_prefix = 64,
    .n_slots_max = (uint64_t)1 << 24,
};

Test(check, parameters_out_of_range_deny_to_readers_and_writers)
{
	static const uint64_t damaged[] = {
	    (uint64_t)0 << 32 | 900,
	    (uint64_t)31 << 32 | 900,
	    (uint64_t)129 << 32 | 900,
	    (uint64_t)17 << 40 | (uint64_t)64 << 32 | 900,
	    (uint64_t)64 << 32 | 9,
	    (uint64_t)64 << 32 | (7 * 86400 + 1),
	    (uint64_t)64 << 32 | (900 + (1u << 29)),
	    (uint64_t)64 << 32 | (900 + (1u << 31)),
	};
	struct shmcache_status status;
	struct shmcache_grant got;

	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		cache->header->params = damaged[i];
		assert_gate_gets(SHMCACHE_BAD_PARAMS);
		cr_expect(eq(int, lookup_in(tool, "192.0.2.1", NULL, &got),
		    SHMCACHE_BAD_PARAMS));
		cr_expect(
		    eq(int, grant("2001:db8::1", "joe"), SHMCACHE_BAD_PARAMS));
		cr_expect(eq(
		    int, shmcache_status(cache, &status), SHMCACHE_BAD_PARAMS));
		cr_expect(not(shmcache_is_configured(cache, &configured)));
		cr_assert(eq(int, shmcache_configure(cache, &configured), 0));
		assert_gate_gets(0);
	}
}

Test(check, any_change_of_what_was_configured_is_seen)
{
	struct cidr never;
	struct shmcache_params with_network = configured;

	cr_assert(eq(int, cidr_parse("198.51.100.0/24", &never), 0));
	with_network.never = &never;
	with_network.n_never = 1;
	cr_expect(shmcache_is_configured(cache, &configured));
	cr_expect(not(shmcache_is_configured(cache, &with_network)));
	cr_assert(eq(int, shmcache_configure(cache, &with_network), 0));
	cr_expect(shmcache_is_configured(cache, &with_network));
	cache->header->params ^= 1;
	cr_expect(not(shmcache_is_configured(cache, &with_network)));
	cache->header->params ^= 1;
	cache->header->slots_max ^= 1;
	cr_expect(not(shmcache_is_configured(cache, &with_network)));
	cache->header->slots_max ^= 1;
	cache->header->never[cache->header->never_gen & 1].words[0][1] ^= 1;
	cr_expect(not(shmcache_is_configured(cache, &with_network)));
}

/* ---- errors that pass ---------------------------------------------------- */

Test(check, a_heartbeat_that_is_ahead_is_a_foreign_clock)
{
	cache->header->heartbeat = STAMP_VALID | (fixture_now_s + 1000);
	cr_expect(eq(int, shmcache_check(cache), SHMCACHE_FOREIGN_CLOCK));
}

Test(check, a_boot_that_cannot_be_read_for_want_of_descriptors_is_no_other_boot)
{
	const struct rlimit none = {0, 1024}, some = {1024, 1024};
	uint64_t id[2];

	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &none), 0));
	const int error = check_boot_id(id);

	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &some), 0));
	cr_expect(eq(int, error, -EMFILE));
}
