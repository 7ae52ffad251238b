/* SPDX-License-Identifier: ISC */
/* command_config: what is in effect, as a file with the same meaning. */
#include "config/conf_option.h"
#include "popauthctl/command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_command_config.XXXXXX";
static struct conf conf;
static struct conf_error error;

static void
load(const char *text)
{
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
	conf_free(&conf);
	cr_assert_eq(conf_load(path, &conf, &error), 0, "%s", error.text);
}

static char *
printed(bool is_json)
{
	struct print print = {.is_json = is_json};
	char *text = NULL;
	size_t len;

	print.out = open_memstream(&text, &len);
	cr_assert_not_null(print.out);
	cr_assert_eq(command_config_print(&print, &conf), 0);
	fclose(print.out);
	return text;
}

/* All values, one line each. */
static char *
values(void)
{
	char *text = NULL;
	size_t i, len;
	FILE *out = open_memstream(&text, &len);

	cr_assert_not_null(out);
	for (i = 0; i < conf_n_options; i++) {
		char *value = conf_value_format(&conf_options[i], &conf);

		fprintf(out, "[%s] %s = %s\n", conf_options[i].section,
		    conf_options[i].name, value);
		free(value);
	}
	fclose(out);
	return text;
}

static void
setup(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void
teardown(void)
{
	conf_free(&conf);
	unlink(path);
}

TestSuite(popauthctl_command_config, .init = setup, .fini = teardown);

Test(popauthctl_command_config, it_is_a_file_with_the_same_meaning)
{
	char *text, *before, *after, *list = NULL;
	size_t len;
	FILE *out = open_memstream(&list, &len);
	int i;

	cr_assert_not_null(out);
	fprintf(out, "[table]\nwindow = 1h30m\nnever_grant =");
	for (i = 0; i < 200; i++)
		fprintf(out, "%s 2001:db8:%x::/48\n", i > 0 ? " " : "", i);
	fprintf(out, "[smtpgate]\nbackend = [::1]:2525\n"
		     "local_domains = example.org .example.net\n");
	fclose(out);
	load(list);
	free(list);
	before = values();
	text = printed(false);
	load(text);
	after = values();
	cr_expect_str_eq(after, before);
	free(text);
	free(before);
	free(after);
}

Test(popauthctl_command_config, a_default_stays_a_default)
{
	char *text;
	size_t i;

	load("");
	text = printed(false);
	cr_expect_not_null(strstr(text, "\n# default\nwindow = 15m\n"));
	cr_expect_not_null(strstr(text, "\nhostname =\n"), "%s", text);
	load(text);
	for (i = 0; i < conf_n_options; i++)
		cr_expect_neq(conf.set_at[i].line_no, 0,
		    "[%s] %s is not printed", conf_options[i].section,
		    conf_options[i].name);
	free(text);
}

Test(popauthctl_command_config, each_option_has_its_file_and_line)
{
	char *text, expected[200];

	load("# first\n[popauthd]\nsweep_every = 2s\n");
	text = printed(false);
	snprintf(expected, sizeof(expected),
	    "\n[popauthd]\n# %s:3\nsweep_every = 2s\n", path);
	cr_expect_not_null(strstr(text, expected), "%s", text);
	free(text);
}

Test(popauthctl_command_config, json_has_value_default_file_and_line)
{
	json_t *json, *option;
	char *text;
	size_t i;

	load("[popauthd]\nsweep_every = 2s\n");
	text = printed(true);
	json = json_loads(text, 0, NULL);
	free(text);
	cr_assert_not_null(json);
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "file")), path);
	cr_expect_eq(json_array_size(json_object_get(json, "files")), 1);
	cr_expect_eq(
	    json_array_size(json_object_get(json, "options")), conf_n_options);
	json_array_foreach(json_object_get(json, "options"), i, option)
	{
		const char *name =
		    json_string_value(json_object_get(option, "option"));

		if (strcmp(name, "sweep_every") == 0) {
			cr_expect_eq(
			    json_integer_value(json_object_get(option, "line")),
			    2);
			cr_expect_str_eq(
			    json_string_value(json_object_get(option, "file")),
			    path);
		}
		if (strcmp(name, "window") == 0) {
			cr_expect(
			    json_is_null(json_object_get(option, "line")));
			cr_expect(
			    json_is_null(json_object_get(option, "file")));
		}
	}
	json_decref(json);
}
