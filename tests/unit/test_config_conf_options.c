/* SPDX-License-Identifier: ISC */
/*
 * conf_options: the table, and the reference and the shipped file held against
 * it.  Run from the root of the source tree.
 */
#include "config/conf_option.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REFERENCE "config/reference.conf"
#define SHIPPED "config/popauth.conf"

/* Copy a file, its options given by removing their '#'. */
static void
uncomment(const char *from, const char *to)
{
	char line[300];
	FILE *in = fopen(from, "re");
	FILE *out = fopen(to, "we");

	cr_assert_not_null(in, "no %s; run this from the source tree", from);
	cr_assert_not_null(out);
	while (fgets(line, sizeof(line), in) != NULL) {
		if (line[0] == '#' && islower((unsigned char)line[1]))
			fputs(line + 1, out);
		else
			fputs(line, out);
	}
	fclose(in);
	fclose(out);
}

/* Whether the file has the option, in its section. */
static bool
file_has(const char *path, const struct conf_option *option)
{
	char line[300], heading[60], given[100];
	bool in_section = false, found = false;
	FILE *file = fopen(path, "re");

	cr_assert_not_null(file);
	snprintf(heading, sizeof(heading), "[%s]", option->section);
	snprintf(given, sizeof(given), "%s =", option->name);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '[')
			in_section =
			    strncmp(line, heading, strlen(heading)) == 0;
		if (in_section && strncmp(line, given, strlen(given)) == 0)
			found = true;
	}
	fclose(file);
	return found;
}

Test(config_conf_options, the_reference_says_exactly_the_defaults)
{
	char path[] = "/tmp/test_config_options.XXXXXX";
	struct conf reference, defaults;
	struct conf_error error;
	size_t i;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
	uncomment(REFERENCE, path);
	cr_assert_eq(conf_load(path, &reference, &error), 0, "%s", error.text);
	cr_assert_eq(conf_defaults(&defaults), 0);

	for (i = 0; i < conf_n_options; i++) {
		char *is = conf_value_format(&conf_options[i], &reference);
		char *should = conf_value_format(&conf_options[i], &defaults);

		cr_expect_str_eq(is, should, "[%s] %s is %s, default %s",
		    conf_options[i].section, conf_options[i].name, is, should);
		cr_expect(file_has(path, &conf_options[i]),
		    "[%s] %s is not in %s", conf_options[i].section,
		    conf_options[i].name, REFERENCE);
		free(is);
		free(should);
	}
	conf_free(&reference);
	conf_free(&defaults);
	unlink(path);
}

Test(config_conf_options, the_shipped_file_as_it_is_changes_nothing)
{
	struct conf shipped;
	struct conf_error error;
	size_t i;

	cr_assert_eq(conf_load(SHIPPED, &shipped, &error), 0, "%s", error.text);
	for (i = 0; i < conf_n_options; i++)
		cr_expect_eq(shipped.set_at[i].line_no, 0, "[%s] %s is set",
		    conf_options[i].section, conf_options[i].name);
	conf_free(&shipped);
}

Test(config_conf_options, each_example_in_the_shipped_file_may_be_uncommented)
{
	char path[] = "/tmp/test_config_options.XXXXXX";
	struct conf conf;
	struct conf_error error;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
	uncomment(SHIPPED, path);
	cr_expect_eq(conf_load(path, &conf, &error), 0, "%s", error.text);
	cr_expect(conf.smtpgate.backend_relay.is_set);
	conf_free(&conf);
	unlink(path);
}

/* "# Example: VALUE" is about the option in the line below. */
Test(config_conf_options, each_example_in_the_reference_is_a_good_value)
{
	char line[300], example[300] = "", section[60] = "",
			why[CONF_WHY_BYTES];
	const struct conf_option *option;
	struct conf conf;
	unsigned n = 0;
	FILE *file = fopen(REFERENCE, "re");

	cr_assert_not_null(file);
	cr_assert_eq(conf_defaults(&conf), 0);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		sscanf(line, "[%59[^]]]", section);
		if (strncmp(line, "# Example: ", 11) == 0) {
			strcpy(example, line + 11);
		} else if (example[0] != '\0') {
			line[strcspn(line, " ")] = '\0';
			option = conf_option_find(section, line + 1);
			cr_assert_not_null(option, "[%s] %s", section, line);
			cr_expect_eq(conf_value_parse(
					 option, &conf, example, false, why),
			    0, "%s %s %s", line, example, why);
			example[0] = '\0';
			n++;
		}
	}
	fclose(file);
	conf_free(&conf);
	cr_expect_gt(n, 5);
}

Test(config_conf_options, names_are_unique_and_sections_together)
{
	size_t i, j;

	for (i = 1; i < conf_n_options; i++) {
		bool is_new = strcmp(conf_options[i].section,
				  conf_options[i - 1].section) != 0;

		for (j = 0; j < i; j++) {
			bool same = strcmp(conf_options[i].section,
					conf_options[j].section) == 0;

			cr_expect_not(is_new && same, "[%s] is split",
			    conf_options[i].section);
			cr_expect_not(same && strcmp(conf_options[i].name,
						  conf_options[j].name) == 0,
			    "%s", conf_options[i].name);
		}
	}
}

Test(config_conf_options, a_typing_mistake_finds_its_option)
{
	cr_expect_str_eq(conf_option_nearest("table", "windows"), "window");
	cr_expect_str_eq(conf_option_nearest("table", "Window"), "window");
	cr_expect_str_eq(
	    conf_option_nearest("table", "never-grant"), "never_grant");
	cr_expect_str_eq(conf_option_nearest("smtpgate", "comand_timout"),
	    "command_timeout");
	cr_expect_str_eq(
	    conf_option_nearest("smtpgate", "localdomains"), "local_domains");
	cr_expect_null(conf_option_nearest("smtpgate", "colour"));
	cr_expect_null(conf_option_nearest("table", "backend"));
}

Test(config_conf_options, a_typing_mistake_finds_its_section)
{
	cr_expect_str_eq(conf_option_nearest(NULL, "smtp-gate"), "smtpgate");
	cr_expect_str_eq(conf_option_nearest(NULL, "popauth"), "popauthd");
	cr_expect_null(conf_option_nearest(NULL, "dovecot"));
}

Test(config_conf_options, no_length_of_a_name_is_too_much)
{
	char name[500];

	memset(name, 'w', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_null(conf_option_nearest("table", name));
	cr_expect_null(conf_option_nearest(NULL, name));
}

Test(config_conf_options, each_choice_has_a_text)
{
	size_t i, j;

	for (i = 0; i < conf_n_options; i++) {
		const struct conf_option *option = &conf_options[i];

		if (option->type != CONF_TYPE_CHOICE)
			continue;
		cr_assert_gt(option->max, 0);
		for (j = 0; j <= option->max; j++)
			cr_expect_not_null(option->choices[j], "[%s] %s: %zu",
			    option->section, option->name, j);
		cr_expect_null(option->choices[option->max + 1]);
	}
	for (i = 0; i < CONF_SERVICES; i++)
		cr_expect_not_null(conf_service_names[i]);
}

/* The size of the option's field, and its alignment. */
static size_t
size_of(enum conf_type type, size_t *align_out)
{
	*align_out = _Alignof(void *);
	switch (type) {
	case CONF_TYPE_PATH:
	case CONF_TYPE_HOSTNAME:
		return sizeof(char *);
	case CONF_TYPE_CIDRS:
	case CONF_TYPE_DOMAINS:
	case CONF_TYPE_ENDPOINTS:
	case CONF_TYPE_FILES:
		return sizeof(struct conf_strings);
	case CONF_TYPE_ENDPOINT:
	case CONF_TYPE_SOCKET:
		return sizeof(struct conf_endpoint);
	case CONF_TYPE_AUTH:
		return sizeof(struct conf_auth);
	case CONF_TYPE_DURATION:
	case CONF_TYPE_NUMBER:
	case CONF_TYPE_CHOICE:
		*align_out = _Alignof(uint32_t);
		return sizeof(uint32_t);
	case CONF_TYPE_FLAG:
		*align_out = _Alignof(bool);
		return sizeof(bool);
	case CONF_TYPES:
		break;
	}
	return 0;
}

/* The option whose field is the first one at this offset or later, or NULL. */
static const struct conf_option *
option_from(size_t offset)
{
	const struct conf_option *first = NULL;
	size_t i;

	for (i = 0; i < conf_n_options; i++)
		if (conf_options[i].offset >= offset &&
		    (first == NULL || conf_options[i].offset < first->offset))
			first = &conf_options[i];
	return first;
}

/* Between two fields there is no more room than alignment needs. */
Test(config_conf_options, each_field_has_an_option)
{
	const struct conf_option *option;
	size_t end = 0, size, align;

	while ((option = option_from(end)) != NULL) {
		size = size_of(option->type, &align);
		cr_expect_lt(option->offset - end, align,
		    "a field before [%s] %s has no option", option->section,
		    option->name);
		end = option->offset + size;
	}
	cr_expect_lt(offsetof(struct conf, set_at) - end, _Alignof(void *));
}

Test(config_conf_options, each_service_is_found_by_its_name)
{
	cr_expect_eq(conf_service_find("smtp"), CONF_SERVICE_SMTP);
	cr_expect_eq(conf_service_find("submission"), CONF_SERVICE_SUBMISSION);
	cr_expect_eq(
	    conf_service_find("submissions"), CONF_SERVICE_SUBMISSIONS);
}

Test(config_conf_options, any_other_name_is_no_service)
{
	cr_expect_eq(conf_service_find(""), -1);
	cr_expect_eq(conf_service_find("smtps"), -1);
}
