/* SPDX-License-Identifier: ISC */
/* conf_dropin: the files of conf.d, beside a popauth.conf. */
#include "config/conf.h"
#include "config/conf_option.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/popauth-dropin.XXXXXX";
static char path[64];
static struct conf conf;
static struct conf_error error;

static void
put(const char *name, const char *text)
{
	char file_path[128];
	FILE *file;

	snprintf(file_path, sizeof(file_path), "%s/%s", top, name);
	file = fopen(file_path, "we");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static void
make_directory(const char *name)
{
	char directory[128];

	snprintf(directory, sizeof(directory), "%s/%s", top, name);
	cr_assert_eq(mkdir(directory, 0755), 0);
}

static void
make_top(void)
{
	cr_assert_not_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/popauth.conf", top);
	put("popauth.conf", "[table]\nwindow = 10m\nmax_logins = 100\n");
	make_directory("conf.d");
}

static void
remove_top(void)
{
	char command[100];

	conf_free(&conf);
	snprintf(command, sizeof(command), "rm -r %s", top);
	cr_assert_eq(system(command), 0);
}

static void
expect_good(void)
{
	conf_free(&conf);
	cr_assert_eq(conf_load(path, &conf, &error), 0, "%s", error.text);
}

/* Loading fails with "TOP/text". */
static void
expect_mistake(int expected, const char *text)
{
	char where[256];

	conf_free(&conf);
	cr_assert_eq(conf_load(path, &conf, &error), expected, "%s", text);
	snprintf(where, sizeof(where), "%s/%s", top, text);
	cr_expect_not_null(strstr(error.text, where), "expected '%s' in: %s",
	    where, error.text);
}

TestSuite(config_conf_dropin, .init = make_top, .fini = remove_top);

Test(config_conf_dropin, a_missing_directory_is_no_mistake)
{
	char directory[80];

	snprintf(directory, sizeof(directory), "%s/conf.d", top);
	cr_assert_eq(rmdir(directory), 0);
	expect_good();
	cr_expect_eq(conf.table.window_s, 600);
	cr_expect_eq(conf.files.n, 1);
}

Test(config_conf_dropin, a_later_file_replaces_single_options)
{
	put("conf.d/b.conf", "[table]\nwindow = 30m\n");
	put("conf.d/a.conf", "[table]\nwindow = 20m\nipv6_prefix = 56\n");
	expect_good();
	cr_expect_eq(conf.table.window_s, 1800);
	cr_expect_eq(conf.table.ipv6_prefix, 56);
	cr_expect_eq(conf.table.max_logins, 100);
}

Test(config_conf_dropin, the_order_of_names_is_that_of_their_bytes)
{
	put("conf.d/10-b.conf", "[table]\nwindow = 1m\n");
	put("conf.d/9-a.conf", "[table]\nwindow = 2m\n");
	put("conf.d/Z.conf", "[table]\nwindow = 3m\n");
	put("conf.d/a.conf", "[table]\nwindow = 4m\n");
	expect_good();
	cr_expect_eq(conf.table.window_s, 240);
	cr_assert_eq(conf.files.n, 5);
	cr_expect_not_null(strstr(conf.files.items[1], "/10-b.conf"));
	cr_expect_not_null(strstr(conf.files.items[2], "/9-a.conf"));
	cr_expect_not_null(strstr(conf.files.items[3], "/Z.conf"));
}

Test(config_conf_dropin, a_later_list_replaces_the_whole_list)
{
	put("popauth.conf",
	    "[smtpgate]\nlocal_domains = one.example, two.example\n"
	    "relay_networks = 192.0.2.0/24\n");
	put("conf.d/a.conf",
	    "[smtpgate]\nlocal_domains = three.example\n  four.example\n"
	    "relay_networks =\n");
	expect_good();
	cr_assert_eq(conf.smtpgate.local_domains.n, 2);
	cr_expect_str_eq(conf.smtpgate.local_domains.items[0], "three.example");
	cr_expect_eq(conf.smtpgate.relay_networks.n, 0);
}

Test(config_conf_dropin, only_names_that_end_in_conf_count)
{
	static const char *const others[] = {"a", "a.conf~", ".a.conf",
	    ".a.conf.swp", "#a.conf#", "a.conf.dpkg-old", "a.conf.dpkg-dist",
	    "a.conf.bak", "a.CONF", "aconf", "README", ".conf"};
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(name, sizeof(name), "conf.d/%s", others[i]);
		put(name, "nonsense\n");
	}
	expect_good();
	cr_expect_eq(conf.files.n, 1);
}

Test(config_conf_dropin, a_mistake_has_its_own_file_and_line)
{
	put("conf.d/a.conf", "[table]\n");
	put("conf.d/b.conf", "# mine\n[table]\nwindow = 1y\n");
	expect_mistake(-EINVAL, "conf.d/b.conf:3: [table] window = '1y' ");
}

Test(config_conf_dropin, an_option_given_twice_in_one_file_is_a_mistake)
{
	put("conf.d/a.conf", "[table]\nwindow = 1h\nwindow = 2h\n");
	expect_mistake(-EINVAL,
	    "conf.d/a.conf:3: [table] window is given twice; the first is in "
	    "line 2");
}

Test(config_conf_dropin, each_file_begins_without_a_section)
{
	put("conf.d/a.conf", "window = 1h\n");
	expect_mistake(-EINVAL, "conf.d/a.conf:1: option 'window' is before");
}

Test(config_conf_dropin, an_indented_first_line_continues_nothing)
{
	put("popauth.conf", "[smtpgate]\nlocal_domains = one.example\n");
	put("conf.d/a.conf", "  two.example\n");
	expect_mistake(-EINVAL, "conf.d/a.conf:1: neither");
}

Test(config_conf_dropin, a_broken_rule_names_the_file_of_its_option)
{
	put("popauth.conf", "[smtpgate-auth]\ntimeout = 5s\n");
	put("conf.d/a.conf", "[smtpgate-auth]\n\ntimeout = 6s\n");
	put("conf.d/b.conf", "[smtpgate-auth]\ndelay = 7s\n");
	expect_mistake(-EINVAL, "conf.d/a.conf:3: [smtpgate-auth] timeout");
}

Test(config_conf_dropin, a_rule_may_be_kept_by_two_files_together)
{
	put("popauth.conf", "[smtpgate]\nbackend_relay = 127.0.0.1:26\n");
	expect_mistake(-EINVAL, "popauth.conf:2: [smtpgate] backend_relay");
	put("conf.d/a.conf", "[smtpgate]\nbackend = 127.0.0.1:25\n");
	expect_good();
}

Test(config_conf_dropin, a_file_that_is_none_is_a_mistake)
{
	make_directory("conf.d/a.conf");
	expect_mistake(-EISDIR, "conf.d/a.conf: Is a directory");
}

Test(config_conf_dropin, a_link_to_nothing_is_a_mistake)
{
	char link[100];

	snprintf(link, sizeof(link), "%s/conf.d/a.conf", top);
	cr_assert_eq(symlink("/nonexistent", link), 0);
	expect_mistake(-EINVAL, "conf.d/a.conf: No such file");
}

Test(config_conf_dropin, a_directory_that_is_none_is_a_mistake)
{
	char directory[80];

	snprintf(directory, sizeof(directory), "%s/conf.d", top);
	cr_assert_eq(rmdir(directory), 0);
	put("conf.d", "");
	expect_mistake(-ENOTDIR, "conf.d: Not a directory");
	cr_assert_eq(unlink(directory), 0);
	cr_assert_eq(symlink("/nonexistent", directory), 0);
	expect_mistake(-EINVAL, "conf.d: No such file");
}

Test(config_conf_dropin, without_permission_nothing_is_configured)
{
	char directory[80];

	snprintf(directory, sizeof(directory), "%s/conf.d", top);
	if (geteuid() == 0) {
		cr_assert_eq(chmod(top, 0755), 0);
		cr_assert_eq(setegid(65534), 0);
		cr_assert_eq(chown(directory, 65534, 65534), 0);
		cr_assert_eq(seteuid(65534), 0);
	}
	cr_assert_eq(chmod(directory, 0), 0);
	expect_mistake(-EACCES, "conf.d: Permission denied");
	cr_assert_eq(chmod(directory, 0700), 0);
	put("conf.d/a.conf", "[table]\n");
	strncat(
	    directory, "/a.conf", sizeof(directory) - strlen(directory) - 1);
	cr_assert_eq(chmod(directory, 0), 0);
	expect_mistake(-EACCES, "conf.d/a.conf: Permission denied");
	if (geteuid() != getuid())
		cr_assert_eq(seteuid(0), 0);
}

Test(config_conf_dropin, without_the_file_itself_conf_d_counts_for_nothing)
{
	put("conf.d/a.conf", "[table]\n");
	cr_assert_eq(unlink(path), 0);
	expect_mistake(-ENOENT, "popauth.conf: No such file");
}

Test(config_conf_dropin, a_path_without_directory_has_conf_d_beside_it)
{
	put("conf.d/a.conf", "[table]\nwindow = 20m\n");
	cr_assert_eq(chdir(top), 0);
	cr_assert_eq(
	    conf_load("popauth.conf", &conf, &error), 0, "%s", error.text);
	cr_expect_eq(conf.table.window_s, 1200);
	cr_expect_str_eq(conf.files.items[1], "conf.d/a.conf");
	cr_assert_eq(chdir("/"), 0);
}

static int
count_of_each_file(const struct conf_item *item, void *arg)
{
	unsigned *n = arg;

	if (item->file == NULL)
		n[0]++;
	else if (strcmp(item->file, path) == 0)
		n[1]++;
	else
		n[2]++;
	cr_expect_eq(item->file == NULL, item->line_no == 0);
	return 0;
}

Test(config_conf_dropin, each_option_has_the_file_that_set_it)
{
	unsigned n[3] = {0};

	put("conf.d/a.conf", "[table]\nwindow = 10m\nipv6_prefix = 64\n");
	expect_good();
	cr_assert_eq(conf_each(&conf, count_of_each_file, n), 0);
	cr_expect_eq(n[1], 1);
	cr_expect_eq(n[2], 2);
	cr_expect_eq(n[0], conf_n_options - 3);
}
