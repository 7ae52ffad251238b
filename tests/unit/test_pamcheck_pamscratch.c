/* SPDX-License-Identifier: ISC */
/*
 * pamscratch: a test login runs the service as it is, except for the
 * table.
 */
#include "pamcheck/pamscratch.h"
#include "tests/lib/remove_tree.h"
#include "tests/unit/cache_fixture.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

static char root[] = "/tmp/popauth-pamscratch.XXXXXX";
static struct pamscratch scratch;

/* access(2), which may say of the copy of pop3: there, then gone. */
static bool copy_vanishes;

int
access(const char *path, int mode)
{
	const char *name = strrchr(path, '/');

	if (copy_vanishes && name != NULL && strcmp(name, "/pop3") == 0) {
		copy_vanishes = false;
		return 0;
	}
	return faccessat(AT_FDCWD, path, mode, 0);
}

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/pam.d/%s", root, name);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void
setup(void)
{
	char path[128];

	cr_assert_not_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/etc", root);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/etc/pam.d", root);
	cr_assert_eq(mkdir(path, 0700), 0);
	fixture_create(10, NULL, 0);
	cr_assert_eq(shmcache_open(fixture_path, SHMCACHE_WRITE, &cache), 0);
}

static void
teardown(void)
{
	pamscratch_remove(&scratch);
	shmcache_close(cache);
	unlink(fixture_path);
	remove_tree(root);
}

TestSuite(pamcheck_pamscratch, .init = setup, .fini = teardown);

/* The copy of a file, "@" in place of the private directory. */
static const char *
copy_of(const char *name)
{
	static char text[1000];
	char path[128], *p;
	size_t len, dir_len = strlen(scratch.dir);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scratch.confdir, name);
	file = fopen(path, "re");
	cr_assert_not_null(file, "%s is not there", path);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	while ((p = strstr(text, scratch.dir)) != NULL) {
		*p = '@';
		memmove(p + 1, p + dir_len, strlen(p + dir_len) + 1);
	}
	return text;
}

static void
make(const char *text)
{
	put("pop3", text);
	cr_assert_eq(pamscratch_make(root, "pop3", cache, &scratch), 0);
}

Test(pamcheck_pamscratch, our_lines_write_to_the_copy_of_the_table)
{
	make("auth required pam_unix.so nullok # why\n"
	     "account \\\n optional pam_popauth.so table=/run/x debug\n"
	     "session [success=ok default=ignore] /lib/pam_popauth.so\n");
	cr_expect_str_eq(copy_of("pop3"),
	    "auth required pam_unix.so nullok\n"
	    "account optional pam_popauth.so debug table=@/grants\n"
	    "session [success=ok default=ignore] /lib/pam_popauth.so "
	    "debug table=@/grants\n");
}

Test(pamcheck_pamscratch, includes_lead_to_copies)
{
	put("common-account", "account required pam_unix.so\n"
			      "account optional pam_popauth.so\n");
	make("@include common-account\naccount substack common-account\n"
	     "-session include nowhere\n");
	cr_expect_str_eq(copy_of("pop3"),
	    "@include @/pam.d/common-account\n"
	    "account substack @/pam.d/common-account\n"
	    "-session include @/pam.d/nowhere\n");
	cr_expect_str_eq(copy_of("common-account"),
	    "account required pam_unix.so\n"
	    "account optional pam_popauth.so debug table=@/grants\n");
}

Test(pamcheck_pamscratch, a_file_that_includes_itself_is_copied_once)
{
	make("account include pop3\n");
	cr_expect_str_eq(copy_of("pop3"), "account include @/pam.d/pop3\n");
}

Test(pamcheck_pamscratch, a_service_without_a_file_is_an_error)
{
	cr_expect_eq(
	    pamscratch_make(root, "nowhere", cache, &scratch), -ENOENT);
	cr_expect_str_eq(scratch.dir, "");
}

Test(pamcheck_pamscratch, the_copy_has_the_tables_grants_and_its_own_later)
{
	const struct addr before = address("192.0.2.1");
	const struct addr after = address("192.0.2.2");
	struct shmcache_grant grant;
	struct shmcache *copy;

	cr_assert_eq(shmcache_grant(cache, &before, "joe"), 0);
	make("account required pam_permit.so\n");
	cr_assert_eq(shmcache_open(scratch.table, SHMCACHE_WRITE, &copy), 0);
	cr_expect_eq(shmcache_lookup(copy, &before, "joe", &grant), 0);
	cr_expect_eq(shmcache_grant(copy, &after, "joe"), 0);
	cr_expect_eq(
	    shmcache_lookup(cache, &after, "joe", &grant), SHMCACHE_NO_GRANT);
	shmcache_close(copy);
}

Test(pamcheck_pamscratch, nothing_of_it_is_left)
{
	char dir[sizeof(scratch.dir)];

	make("account required pam_permit.so\n");
	memcpy(dir, scratch.dir, sizeof(dir));
	cr_expect_eq(access(dir, F_OK), 0);
	pamscratch_remove(&scratch);
	cr_expect_neq(access(dir, F_OK), 0);
}

Test(pamcheck_pamscratch, a_copy_that_vanishes_meanwhile_does_no_harm)
{
	copy_vanishes = true;
	make("account required pam_permit.so\n");
	cr_expect_not(copy_vanishes);
}
