/* SPDX-License-Identifier: ISC */
/*
 * conf - a configuration as a whole.
 *
 * Defaults are values: the same parser reads them, before the file.
 */
#include "config/conf.h"

#include "config/conf_option.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An empty hostname means the machine's own. */
static int
fill_hostname(struct conf *conf)
{
	char name[HOST_NAME_MAX + 1];

	if (conf->smtpgate.hostname[0] != '\0')
		return 0;
	if (gethostname(name, sizeof(name)) != 0 || name[0] == '\0')
		snprintf(name, sizeof(name), "localhost");
	name[sizeof(name) - 1] = '\0';
	free(conf->smtpgate.hostname);
	conf->smtpgate.hostname = strdup(name);
	return conf->smtpgate.hostname != NULL ? 0 : -ENOMEM;
}

static int
set_defaults(struct conf *conf)
{
	char why[CONF_WHY_BYTES];
	size_t i;
	int error;

	for (i = 0; i < conf_n_options; i++) {
		error = conf_value_parse(&conf_options[i], conf,
		    conf_options[i].default_text, false, why);
		if (error != 0)
			return error;
	}
	return 0;
}

static int
read_all(const char *path, struct conf *conf, struct conf_mistakes *mistakes)
{
	int error = conf_file_read(path, conf, mistakes);

	if (error == 0)
		error = conf_dropin_read(path, conf, mistakes);
	if (error == 0 && mistakes->error == 0)
		error = conf_rules_check(conf, mistakes);
	return error;
}

/* path: NULL: defaults only. */
static int
load(const char *path, struct conf *conf_out, struct conf_mistakes *mistakes)
{
	int error;

	memset(conf_out, 0, sizeof(*conf_out));
	error = set_defaults(conf_out);
	if (error == 0 && path != NULL)
		error = read_all(path, conf_out, mistakes);
	if (error == 0)
		error = fill_hostname(conf_out);
	if (error != 0)
		conf_free(conf_out);
	return error;
}

int
conf_load(const char *path, struct conf *conf_out, struct conf_error *error_out)
{
	struct conf_mistakes mistakes = {.last_out = error_out};
	int error;

	error_out->text[0] = '\0';
	error = load(path, conf_out, &mistakes);
	if (error != 0 && error_out->text[0] == '\0')
		snprintf(error_out->text, sizeof(error_out->text), "%s: %s",
		    path, strerror(-error));
	return error;
}

int
conf_load_anyway(const char *path, struct conf *conf_out,
    void (*mistake)(const char *sentence, void *arg), void *arg)
{
	struct conf_error last;
	struct conf_mistakes mistakes = {
	    .report = mistake, .arg = arg, .last_out = &last};
	int error = load(path, conf_out, &mistakes);

	if (error != 0)
		mistake(strerror(-error), arg);
	return error != 0 ? error : mistakes.error;
}

int
conf_defaults(struct conf *conf_out)
{
	return load(NULL, conf_out, NULL);
}

void
conf_free(struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf_n_options; i++)
		conf_value_free(&conf_options[i], conf);
	memset(conf->set_at, 0, sizeof(conf->set_at));
	for (i = 0; i < conf->files.n; i++)
		free(conf->files.items[i]);
	free(conf->files.items);
	conf->files = (struct conf_strings){.n = 0};
}

int
conf_each(const struct conf *conf,
    int (*visit)(const struct conf_item *item, void *arg), void *arg)
{
	size_t i;
	int result = 0;

	for (i = 0; i < conf_n_options && result == 0; i++) {
		const struct conf_place *place = &conf->set_at[i];
		char *value = conf_value_format(&conf_options[i], conf);
		struct conf_item item = {
		    .section = conf_options[i].section,
		    .name = conf_options[i].name,
		    .value = value,
		    .default_text = conf_options[i].default_text,
		    .file = place->line_no != 0
				? conf->files.items[place->file_no]
				: NULL,
		    .line_no = place->line_no,
		    .is_list = conf_type_is_list(conf_options[i].type),
		};

		if (value == NULL)
			return -ENOMEM;
		result = visit(&item, arg);
		free(value);
	}
	return result;
}

void
conf_client_rules(
    const struct conf_table *table, struct client_rules *rules_out)
{
	rules_out->ipv6_prefix = table->ipv6_prefix;
	rules_out->n_whole = (unsigned)table->whole_addresses.n;
	for (unsigned i = 0; i < rules_out->n_whole; i++)
		rules_out->whole[i] = table->whole_addresses.items[i];
}
