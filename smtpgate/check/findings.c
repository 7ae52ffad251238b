/* SPDX-License-Identifier: ISC */
/*
 * The JSON is written here and not by jansson: each gate that serves a client
 * would load that library too, and the gate's start is most of its cost.
 */
#include "smtpgate/check/findings.h"

#include "common/ascii.h"
#include "smtpgate/syntax/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* ---- the list ----------------------------------------------------------- */

static bool
is_equal(const struct finding *a, const struct finding *b)
{
	return strcmp(a->file, b->file) == 0 && a->line_no == b->line_no &&
	       strcmp(a->option, b->option) == 0 &&
	       strcmp(a->what, b->what) == 0;
}

static void
add(struct findings *findings, const struct finding *finding)
{
	struct finding *grown;
	size_t i;

	for (i = 0; i < findings->n; i++)
		if (is_equal(&findings->items[i], finding))
			return;
	grown = reallocarray(findings->items, findings->n + 1, sizeof(*grown));
	if (grown == NULL) {
		fputs("smtpgate: out of memory\n", stderr);
		exit(EX_OSERR);
	}
	findings->items = grown;
	grown[findings->n++] = *finding;
	findings->n_mistakes += finding->level == FINDING_MISTAKE;
}

static int
find_place(const struct conf_item *item, void *arg)
{
	struct finding *finding = arg;
	char option[sizeof(finding->option)];

	snprintf(option, sizeof(option), "[%s] %s", item->section, item->name);
	if (strcmp(option, finding->option) != 0)
		return 0;
	finding->line_no = item->line_no;
	if (item->file != NULL)
		snprintf(
		    finding->file, sizeof(finding->file), "%s", item->file);
	return 1;
}

/* Move what follows the last "; " to the cure. */
static void
cut_cure(struct finding *finding)
{
	char *last = NULL, *next = finding->what;

	while ((next = strstr(next, "; ")) != NULL)
		last = next++;
	if (last == NULL)
		return;
	snprintf(finding->cure, sizeof(finding->cure), "%s", last + 2);
	*last = '\0';
}

static void
set_cure(struct finding *finding, const char *cure)
{
	if (cure == NULL)
		cut_cure(finding);
	else
		snprintf(finding->cure, sizeof(finding->cure), "%s", cure);
}

void
findings_add(struct findings *findings, enum finding_level level,
    const char *section, const char *option, const char *cure, const char *fmt,
    ...)
{
	struct finding finding = {.level = level};
	va_list ap;

	snprintf(finding.file, sizeof(finding.file), "%s", findings->config);
	snprintf(
	    finding.option, sizeof(finding.option), "[%s] %s", section, option);
	va_start(ap, fmt);
	vsnprintf(finding.what, sizeof(finding.what), fmt, ap);
	va_end(ap);
	set_cure(&finding, cure);
	if (findings->conf != NULL)
		(void)conf_each(findings->conf, find_place, &finding);
	add(findings, &finding);
}

void
findings_add_file(struct findings *findings, enum finding_level level,
    const char *file, size_t line_no, const char *cure, const char *fmt, ...)
{
	struct finding finding = {.level = level, .line_no = line_no};
	va_list ap;

	snprintf(finding.file, sizeof(finding.file), "%s", file);
	va_start(ap, fmt);
	vsnprintf(finding.what, sizeof(finding.what), fmt, ap);
	va_end(ap);
	set_cure(&finding, cure);
	add(findings, &finding);
}

/* Move "FILE:LINE: " or "FILE: " from the beginning of what to its fields. */
static void
cut_place(struct finding *finding)
{
	char *end = strstr(finding->what, ": "), *colon = end;
	size_t len;

	if (finding->what[0] != '/' || end == NULL)
		return;
	while (colon > finding->what && ascii_is_digit(colon[-1]))
		colon--;
	if (colon < end && colon[-1] == ':')
		finding->line_no = strtoul(colon--, NULL, 10);
	else
		colon = end;
	len = (size_t)(colon - finding->what);
	if (len >= sizeof(finding->file))
		len = sizeof(finding->file) - 1;
	memcpy(finding->file, finding->what, len);
	memmove(finding->what, end + 2, strlen(end + 2) + 1);
}

void
findings_add_message(
    struct findings *findings, enum finding_level level, const char *message)
{
	struct finding finding = {.level = level};

	snprintf(finding.what, sizeof(finding.what), "%s", message);
	cut_place(&finding);
	cut_cure(&finding);
	add(findings, &finding);
}

int
findings_status(const struct findings *findings)
{
	if (findings->n_mistakes > 0)
		return EX_CONFIG;
	return findings->n > 0 ? 1 : EX_OK;
}

void
findings_free(struct findings *findings)
{
	free(findings->items);
	findings->items = NULL;
	findings->n = findings->n_mistakes = 0;
}

/* ---- text --------------------------------------------------------------- */

void
findings_print(const struct findings *findings, FILE *out)
{
	const struct finding *finding;

	for (finding = findings->items; finding < findings->items + findings->n;
	     finding++) {
		fprintf(out, "smtpgate: %s",
		    finding->level == FINDING_WARNING ? "warning: " : "");
		if (finding->file[0] != '\0')
			fputs(finding->file, out);
		if (finding->line_no != 0)
			fprintf(out, ":%zu", finding->line_no);
		fprintf(out, "%s%s%s%s%s%s\n",
		    finding->file[0] != '\0' ? ": " : "", finding->option,
		    finding->option[0] != '\0' ? ": " : "", finding->what,
		    finding->cure[0] != '\0' ? "; " : "", finding->cure);
	}
}

/* ---- JSON --------------------------------------------------------------- */

/* A text that is not UTF-8 is written as if it were Latin-1. */
static void
print_string(const char *text, FILE *out)
{
	bool is_utf8 = utf8_is_valid(text);
	const unsigned char *p;

	putc('"', out);
	for (p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f || (*p >= 0x80 && !is_utf8))
			fprintf(out, "\\u%04x", *p);
		else
			putc(*p, out);
	}
	putc('"', out);
}

static void
print_member(const char *name, const char *value, FILE *out)
{
	fprintf(out, ", \"%s\": ", name);
	if (value[0] != '\0')
		print_string(value, out);
	else
		fputs("null", out);
}

static void
print_finding(const struct finding *finding, FILE *out)
{
	fprintf(out, "{\"level\": \"%s\"",
	    finding->level == FINDING_WARNING ? "warning" : "mistake");
	print_member("file", finding->file, out);
	if (finding->line_no != 0)
		fprintf(out, ", \"line\": %zu", finding->line_no);
	else
		fputs(", \"line\": null", out);
	print_member("option", finding->option, out);
	print_member("what", finding->what, out);
	print_member("cure", finding->cure, out);
	putc('}', out);
}

void
findings_print_json(
    const struct findings *findings, unsigned services, FILE *out)
{
	static const char *const results[] = {"fine", "works in part"};
	int status = findings_status(findings);
	const char *separator = "";
	size_t i;

	fputs("{\"config\": ", out);
	print_string(findings->config, out);
	print_member("result",
	    status == EX_CONFIG ? "does not work" : results[status], out);
	fputs(", \"services\": [", out);
	for (i = 0; i < CONF_SERVICES; i++) {
		if ((services & 1U << i) == 0)
			continue;
		fprintf(out, "%s\"%s\"", separator, conf_service_names[i]);
		separator = ", ";
	}
	fputs("], \"findings\": [", out);
	for (i = 0; i < findings->n; i++) {
		fputs(i > 0 ? ",\n  " : "\n  ", out);
		print_finding(&findings->items[i], out);
	}
	fputs("]}\n", out);
}
