/* SPDX-License-Identifier: ISC */
/*
 * The text is a valid configuration file, with a comment above each option that
 * says from which file and line its value came.  A default is written as the table of options
 * has it.  So a default that the program finds out, such as the host name,
 * remains a default.
 */
#include "popauthctl/command.h"

#include <errno.h>
#include <string.h>

/* A longer list continues on the next line. */
#define LIST_LINE_BYTES 60

struct walk {
	FILE *out;
	const char *section; /* of the previous option */
	json_t *list;
};

/* "a, b, c", on several lines if necessary. */
static void
print_items(FILE *out, const char *value)
{
	size_t len = 0, item;

	while (*value != '\0') {
		item = strcspn(value, " ");
		if (len > 0 && len + item > LIST_LINE_BYTES) {
			fputs("\n   ", out);
			len = 0;
		}
		fprintf(out, " %.*s", (int)item, value);
		len += item + 1;
		value += item;
		value += strspn(value, " ");
	}
}

static int
print_item(const struct conf_item *item, void *arg)
{
	struct walk *walk = arg;
	const char *value =
	    item->line_no != 0 ? item->value : item->default_text;

	if (walk->section == NULL || strcmp(walk->section, item->section) != 0)
		fprintf(walk->out, "\n[%s]\n", item->section);
	walk->section = item->section;
	if (item->line_no != 0)
		fprintf(walk->out, "# %s:%u\n", item->file, item->line_no);
	else if (strcmp(item->value, value) != 0)
		fprintf(walk->out, "# default, here %s\n", item->value);
	else
		fprintf(walk->out, "# default\n");
	fprintf(walk->out, "%s =", item->name);
	if (item->is_list)
		print_items(walk->out, value);
	else if (value[0] != '\0')
		fprintf(walk->out, " %s", value);
	fputc('\n', walk->out);
	return 0;
}

static int
add_item(const struct conf_item *item, void *arg)
{
	struct walk *walk = arg;
	json_t *json = json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "section",
	    item->section, "option", item->name, "value",
	    print_json_text(item->value), "default", item->default_text, "file",
	    print_json_text(item->file), "line",
	    item->line_no != 0 ? json_integer((json_int_t)item->line_no)
			       : json_null());

	return json_array_append_new(walk->list, json) == 0 ? 0 : -ENOMEM;
}

static json_t *
list_of(const struct conf_strings *files)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < files->n; i++)
		json_array_append_new(list, print_json_text(files->items[i]));
	return list;
}

static int
print_json(const struct print *print, const struct conf *conf)
{
	struct walk walk = {.list = json_array()};
	int error =
	    walk.list != NULL ? conf_each(conf, add_item, &walk) : -ENOMEM;

	if (error != 0) {
		json_decref(walk.list);
		return error;
	}
	return print_finish_json(
	    print, json_pack("{s:o, s:o, s:o}", "file",
		       print_json_text(
			   conf->files.n > 0 ? conf->files.items[0] : NULL),
		       "files", list_of(&conf->files), "options", walk.list));
}

int
command_config_print(const struct print *print, const struct conf *conf)
{
	struct walk walk = {.out = print->out};
	size_t i;
	int error;

	if (print->is_json)
		return print_json(print, conf);
	fprintf(print->out, "# Configuration in effect, %s\n",
	    conf->files.n > 0 ? "of these files:" : "without a file.");
	for (i = 0; i < conf->files.n; i++)
		fprintf(print->out, "#   %s\n", conf->files.items[i]);
	error = conf_each(conf, print_item, &walk);
	return error == 0 ? print_finish_text(print) : error;
}

int
command_config(const struct call *call)
{
	return failure_of_print(
	    command_config_print(&call->print, &call->place->conf), EXIT_YES);
}
