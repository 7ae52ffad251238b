/* SPDX-License-Identifier: ISC */
/* files: the mark changes with the files. */
#include "smtpgate/listener/files.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/popauth-files.XXXXXX";
static char table[64], domains[64], map[64], pair[140], key[64];
static char *pairs[] = {pair};
static struct conf conf;

static void
set_time(const char *path, long seconds)
{
	const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};

	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
	set_time(path, 1000);
}

static void
set_up(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(table, sizeof(table), "%s/table", dir);
	snprintf(domains, sizeof(domains), "%s/domains", dir);
	snprintf(map, sizeof(map), "%s/map", dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	snprintf(pair, sizeof(pair), "%s/cert:%s", dir, key);
	make(table);
	make(domains);
	make(map);
	make(key);
	conf.table.path = table;
	conf.smtpgate.local_domains_file = domains;
	conf.smtpgate.sender_map = map;
	conf.smtpgate.tls_certificates.items = pairs;
	conf.smtpgate.tls_certificates.n = 1;
}

static void
tear_down(void)
{
	unlink(table);
	unlink(domains);
	unlink(map);
	unlink(key);
	rmdir(dir);
}

TestSuite(smtpgate_files, .init = set_up, .fini = tear_down);

Test(smtpgate_files, the_mark_of_files_that_stay_is_the_same)
{
	cr_expect_eq(files_mark(&conf), files_mark(&conf));
}

Test(smtpgate_files, a_list_or_a_key_that_was_written_changes_it)
{
	const char *const paths[] = {domains, map, key};
	uint64_t before;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		before = files_mark(&conf);
		set_time(paths[i], 2000);
		cr_expect_neq(files_mark(&conf), before, "%s", paths[i]);
	}
}

Test(smtpgate_files, a_table_that_was_written_does_not_change_it)
{
	uint64_t before = files_mark(&conf);

	set_time(table, 2000);
	cr_expect_eq(files_mark(&conf), before);
}

Test(smtpgate_files, a_table_that_was_replaced_changes_it)
{
	char other[80];
	uint64_t before = files_mark(&conf);

	snprintf(other, sizeof(other), "%s.new", table);
	make(other);
	cr_assert_eq(rename(other, table), 0);
	cr_expect_neq(files_mark(&conf), before);
}

Test(smtpgate_files, a_file_that_is_gone_changes_it)
{
	uint64_t before = files_mark(&conf);

	cr_assert_eq(unlink(key), 0);
	cr_expect_neq(files_mark(&conf), before);
}
