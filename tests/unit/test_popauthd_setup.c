/* SPDX-License-Identifier: ISC */
#include "common/clock.h"
#include "popauthd/setup.h"
#include "tests/lib/owners.h"
#include "tests/unit/cache_fixture.h"
#include "tests/unit/network_fixture.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static struct conf conf = {
    .table = {.window_s = 60, .ipv6_prefix = 64},
};

static struct nevergrant never;

static bool
denies(const char *text)
{
	const struct addr addr = address(text);

	return cidr_list_contains(never.items, never.n, &addr);
}

static void
setup(void)
{
	network_setup();
	fixture_setup();
}

TestSuite(setup, .init = setup, .fini = fixture_teardown);

Test(setup, a_table_of_all_logins_is_no_fuller_than_when_it_doubles)
{
	struct conf_table table = {.max_logins = 1};

	cr_expect(eq(u64, setup_slots_max(&table), 8192));
	table.max_logins = 1556;
	cr_expect(eq(u64, setup_slots_max(&table), 8192));
	table.max_logins = 1557;
	cr_expect(eq(u64, setup_slots_max(&table), 16384));
	table.max_logins = 1000000;
	cr_expect(eq(u64, setup_slots_max(&table), 1 << 23));
}

Test(setup, never_granted_are_the_listed_networks_the_proxies_and_this_machine)
{
	struct cidr listed, proxy;
	struct shmcache_status status;

	cr_assert(eq(int, cidr_parse("198.51.100.0/24", &listed), 0));
	cr_assert(eq(int, cidr_parse("203.0.113.7", &proxy), 0));
	conf.table.never_grant = (struct conf_cidrs){&listed, 1};
	conf.smtpgate.proxy_from = (struct conf_cidrs){&proxy, 1};
	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	cr_expect(eq(sz, never.n, 4));
	cr_expect(denies("198.51.100.1"));
	cr_expect(denies("203.0.113.7"));
	cr_expect(denies("192.0.2.25"));
	cr_expect(denies("2001:db8::25"));
	cr_expect(eq(int, grant("203.0.113.7", "joe"), SHMCACHE_NEVER));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_expect(eq(u32, status.window_s, 60));
}

/* ip(8) reads the commands that this shell writes: n own addresses, no two of
 * them neighbours. */
static void
add_addresses(unsigned n)
{
	char command[256];

	snprintf(command, sizeof(command),
	    "i=0; while [ $i -lt %u ]; do echo address add "
	    "198.18.$((i / 100)).$((i %% 100 * 2))/32 dev eth0; "
	    "i=$((i + 1)); done | ip -batch -",
	    n);
	cr_assert(eq(int, system(command), 0));
}

static void
expect_own_denied(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char text[32];

		snprintf(
		    text, sizeof(text), "198.18.%u.%u", i / 100, i % 100 * 2);
		cr_expect(
		    eq(int, grant(text, "joe"), SHMCACHE_NEVER), "%s", text);
	}
}

Test(setup, the_site_s_translators_are_in_the_table)
{
	struct cidr whole;

	cr_assert(eq(int, cidr_parse("2001:db8:46::/96", &whole), 0));
	conf.table.whole_addresses = (struct conf_cidrs){&whole, 1};
	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	cr_assert(eq(int, grant("2001:db8:46::198.51.100.10", "joe"), 0));
	cr_expect(eq(int, lookup("2001:db8:46::198.51.100.10", NULL), 0));
	cr_expect(eq(
	    int, lookup("2001:db8:46::203.0.113.66", NULL), SHMCACHE_NO_GRANT));
}

Test(setup, six_hundred_own_addresses_are_never_granted)
{
	add_addresses(600);
	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	expect_own_denied(600);
	cr_expect(denies("192.0.2.25"));
	cr_expect(ne(int, never.widened.prefix_len, 0));
	cr_expect(eq(int, grant("203.0.113.7", "joe"), 0));
	cr_expect(eq(int, grant("198.18.99.1", "joe"), 0));
}

Test(setup, the_own_address_that_no_longer_fits_is_not_granted)
{
	bool changed;

	add_addresses(498);
	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	cr_expect(eq(sz, never.n, SHMCACHE_NEVER_MAX));
	cr_expect(eq(int, never.widened.prefix_len, 0));
	ip("address add 198.18.200.1/32 dev eth0");
	cr_assert(eq(int, setup_refresh(cache, &conf, &never, &changed), 0));
	cr_expect(changed);
	cr_expect(eq(int, grant("198.18.200.1", "joe"), SHMCACHE_NEVER));
	expect_own_denied(498);
}

Test(setup, all_listed_networks_leave_room_for_own_addresses)
{
	static struct cidr listed[CONF_NEVER_MAX];

	add_addresses(600);
	for (size_t i = 0; i < CONF_NEVER_MAX; i++)
		cr_assert(
		    eq(int, cidr_parse("198.51.100.0/24", &listed[i]), 0));
	conf.table.never_grant = (struct conf_cidrs){listed, CONF_NEVER_MAX};
	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	expect_own_denied(600);
	cr_expect(denies("198.51.100.7"));
	cr_expect(eq(int, grant("203.0.113.7", "joe"), 0));
}

/* With a limit of no further descriptors, no socket can be opened. */
static void
limit_descriptors(rlim_t n)
{
	const struct rlimit limit = {n, 4096};

	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));
}

Test(setup, own_addresses_that_cannot_be_read_at_first_deny_all)
{
	bool changed;

	limit_descriptors(0);
	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	cr_expect(ne(int, never.own_error, 0));
	cr_expect(eq(int, grant("203.0.113.7", "joe"), SHMCACHE_NEVER));
	cr_expect(eq(int, grant("2001:db8::7", "joe"), SHMCACHE_NEVER));
	limit_descriptors(1024);
	cr_assert(eq(int, setup_refresh(cache, &conf, &never, &changed), 0));
	cr_expect(eq(int, never.own_error, 0));
	cr_expect(eq(int, grant("203.0.113.7", "joe"), 0));
	cr_expect(eq(int, grant("192.0.2.25", "joe"), SHMCACHE_NEVER));
}

Test(setup, own_addresses_that_cannot_be_read_again_stay)
{
	bool changed;

	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	limit_descriptors(0);
	cr_assert(eq(int, setup_refresh(cache, &conf, &never, &changed), 0));
	cr_expect(not(changed));
	cr_expect(ne(int, never.own_error, 0));
	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	limit_descriptors(1024);
	cr_expect(eq(int, grant("192.0.2.25", "joe"), SHMCACHE_NEVER));
	cr_expect(eq(int, grant("203.0.113.7", "joe"), 0));
}

Test(setup, a_refresh_writes_only_what_has_changed)
{
	uint64_t gen;
	bool changed;

	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	gen = cache->header->never_gen;
	cr_assert(eq(int, setup_refresh(cache, &conf, &never, &changed), 0));
	cr_expect(not(changed));
	cr_expect(eq(u64, cache->header->never_gen, gen));
	ip("address add 192.0.2.77/24 dev eth0");
	cr_assert(eq(int, setup_refresh(cache, &conf, &never, &changed), 0));
	cr_expect(changed);
	cr_expect(denies("192.0.2.77"));
	cr_expect(eq(int, grant("192.0.2.77", "joe"), SHMCACHE_NEVER));
}

Test(setup, damaged_parameters_are_repaired)
{
	bool repaired;

	cr_assert(eq(int, setup_configure(cache, &conf, &never), 0));
	cr_assert(eq(int, setup_repair(cache, &conf, &never, &repaired), 0));
	cr_expect(not(repaired));
	cache->header->params ^= (uint64_t)64 << 32;
	cr_assert(eq(int, grant("2001:db8:1::1", "joe"), SHMCACHE_BAD_PARAMS));
	cr_assert(eq(int, setup_repair(cache, &conf, &never, &repaired), 0));
	cr_expect(repaired);
	cr_assert(eq(int, grant("2001:db8:1::1", "joe"), 0));
}

/* ---- the whole set-up, as a user who is not root -------------------------- */

#define USER 65534

static char home[64], table[80];

/* Only popauth and root may own a table. */
static void
be_popauth(void)
{
	char passwd[80];
	FILE *file;

	snprintf(passwd, sizeof(passwd), "%s.passwd", home);
	file = fopen(passwd, "w");
	cr_assert(ne(ptr, file, NULL));
	fprintf(file, "root:x:0:0::/:\npopauth:x:%d:%d::/:\n", USER, USER);
	fclose(file);
	cr_assert(eq(int, unshare(CLONE_NEWNS), 0));
	cr_assert(
	    eq(int, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0));
	cr_assert(
	    eq(int, mount(passwd, "/etc/passwd", NULL, MS_BIND, NULL), 0));
	unlink(passwd);
	cr_assert(eq(int, setresgid(USER, USER, 0), 0));
	cr_assert(eq(int, setresuid(USER, USER, 0), 0));
}

static void
setup_user(void)
{
	if (!owners_can_change())
		cr_skip_test("only root becomes another user");
	network_setup();
	snprintf(
	    home, sizeof(home), "/dev/shm/popauth-setup.%d", (int)getpid());
	snprintf(table, sizeof(table), "%s/grants", home);
	conf.table.path = table;
	cr_assert(eq(int, mkdir(home, 0755), 0));
	cr_assert(eq(int, chown(home, USER, USER), 0));
	be_popauth();
}

static void
teardown_user(void)
{
	unlink(table);
	cr_assert(eq(int, seteuid(0), 0));
	rmdir(home);
}

TestSuite(setup_user, .init = setup_user, .fini = teardown_user);

static int
start_and_stop(void)
{
	struct shmcache *opened;
	int lock_fd;
	const int status = setup_table(&conf, &opened, &never, &lock_fd);

	if (status != 0)
		return status;
	shmcache_close(opened);
	close(lock_fd);
	return 0;
}

static int
grant_there(void)
{
	const struct addr addr = address("198.51.100.7");
	struct shmcache *opened;
	int error = shmcache_open(table, SHMCACHE_WRITE, &opened);

	if (error != 0)
		return error;
	error = shmcache_grant(opened, &addr, "joe");
	shmcache_close(opened);
	return error;
}

static int
look_there(void)
{
	const struct addr addr = address("198.51.100.7");
	struct shmcache *opened;
	struct shmcache_grant got;
	int error = shmcache_open(table, SHMCACHE_PREAD, &opened);

	if (error != 0)
		return error;
	error = shmcache_lookup(opened, &addr, "joe", &got);
	shmcache_close(opened);
	return error;
}

Test(setup_user, a_table_that_cannot_be_opened_now_keeps_its_grants)
{
	cr_assert(eq(int, start_and_stop(), 0));
	cr_assert(eq(int, grant_there(), 0));
	cr_assert(eq(int, chmod(table, 0), 0));
	cr_expect(eq(int, start_and_stop(), EX_CANTCREAT));
	cr_assert(eq(int, chmod(table, 0664), 0));
	cr_expect(eq(int, start_and_stop(), 0));
	cr_expect(eq(int, look_there(), 0));
}

Test(setup_user, a_table_that_does_not_fit_the_address_space_keeps_its_grants)
{
	const struct rlimit less = {(rlim_t)512 << 20, RLIM_INFINITY};
	const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("AddressSanitizer needs more address space itself");
#endif
	cr_assert(eq(int, start_and_stop(), 0));
	cr_assert(eq(int, grant_there(), 0));
	cr_assert(eq(int, setrlimit(RLIMIT_AS, &less), 0));
	cr_expect(eq(int, start_and_stop(), EX_CANTCREAT));
	cr_assert(eq(int, setrlimit(RLIMIT_AS, &any), 0));
	cr_expect(eq(int, look_there(), 0));
}

Test(setup_user, a_table_of_a_clock_that_is_ahead_is_replaced)
{
	struct shmcache *opened;

	cr_assert(eq(int, start_and_stop(), 0));
	cr_assert(eq(int, shmcache_open(table, SHMCACHE_WRITE, &opened), 0));
	opened->header->heartbeat = STAMP_VALID | (clock_boot_s() + 1000);
	shmcache_close(opened);
	cr_assert(eq(int, grant_there(), SHMCACHE_FOREIGN_CLOCK));
	cr_expect(eq(int, start_and_stop(), 0));
	cr_expect(eq(int, grant_there(), 0));
}

Test(setup_user, damaged_parameters_cost_no_grant)
{
	struct shmcache *opened;

	cr_assert(eq(int, start_and_stop(), 0));
	cr_assert(eq(int, grant_there(), 0));
	cr_assert(eq(int, shmcache_open(table, SHMCACHE_WRITE, &opened), 0));
	opened->header->params = 0;
	shmcache_close(opened);
	cr_expect(eq(int, start_and_stop(), 0));
	cr_expect(eq(int, look_there(), 0));
}
