/* SPDX-License-Identifier: ISC */
#include "config/conf_check.h"

#include "config/conf.h"

#include <sysexits.h>

struct check {
	const char *program;
	FILE *err;
	unsigned n_mistakes;
};

static void
report_mistake(const char *sentence, void *arg)
{
	struct check *check = arg;

	fprintf(check->err, "%s: %s\n", check->program, sentence);
	check->n_mistakes++;
}

static void
report_warning(const char *sentence, void *arg)
{
	const struct check *check = arg;

	fprintf(check->err, "%s: warning: %s\n", check->program, sentence);
}

int
conf_check(const char *program, const char *path, FILE *out, FILE *err)
{
	struct check check = {.program = program, .err = err};
	struct conf conf;

	if (conf_load_anyway(path, &conf, report_mistake, &check) != 0) {
		fprintf(out, "%s: %s does not work: %u mistake%s\n", program,
		    path, check.n_mistakes, check.n_mistakes == 1 ? "" : "s");
		conf_free(&conf);
		return EX_CONFIG;
	}
	conf_warn(path, &conf, report_warning, &check);
	fprintf(out, "%s: %s is fine\n", program, path);
	conf_free(&conf);
	return EX_OK;
}
