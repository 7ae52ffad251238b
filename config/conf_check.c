/* SPDX-License-Identifier: ISC */
#include "config/conf_check.h"

#include "config/conf.h"

#include <sysexits.h>

struct check {
	const char *program;
	FILE *err;
};

static void
report_warning(const char *sentence, void *arg)
{
	const struct check *check = arg;

	fprintf(check->err, "%s: warning: %s\n", check->program, sentence);
}

int
conf_check(const char *program, const char *path, FILE *out, FILE *err)
{
	struct check check = {program, err};
	struct conf_error mistake;
	struct conf conf;

	if (conf_load(path, &conf, &mistake) != 0) {
		fprintf(err, "%s: %s\n", program, mistake.text);
		fprintf(
		    out, "%s: %s does not work: 1 mistake\n", program, path);
		return EX_CONFIG;
	}
	conf_warn(path, &conf, report_warning, &check);
	fprintf(out, "%s: %s is fine\n", program, path);
	conf_free(&conf);
	return EX_OK;
}
