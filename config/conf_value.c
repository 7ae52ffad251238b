/* SPDX-License-Identifier: ISC */
/*
 * conf_value - from a value's text to its field, and back.
 */
#include "common/cidr.h"
#include "common/duration.h"
#include "config/conf_domain.h"
#include "config/conf_endpoint.h"
#include "config/conf_option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_SEPARATORS ", \t"

/* Quoted in a message, a value is cut here. */
#define SHOWN_MAX 60

static const char *const identity_names[] = {
    [CONF_IDENTITY_NONE] = "none",
    [CONF_IDENTITY_XCLIENT] = "xclient",
};

#define N_IDENTITIES (sizeof(identity_names) / sizeof(identity_names[0]))

static void *
field_of(const struct conf_option *option, struct conf *conf)
{
	return (char *)conf + option->offset;
}

static const void *
const_field_of(const struct conf_option *option, const struct conf *conf)
{
	return (const char *)conf + option->offset;
}

bool
conf_type_is_list(enum conf_type type)
{
	return type == CONF_TYPE_CIDRS || type == CONF_TYPE_DOMAINS;
}

/* ---- one value ---------------------------------------------------------- */

static int
parse_path(const char *text, char **field, char why[CONF_WHY_BYTES])
{
	if (text[0] != '/') {
		snprintf(why, CONF_WHY_BYTES,
		    "is no absolute path; write one that starts with '/'");
		return -EINVAL;
	}
	free(*field);
	*field = strdup(text);
	return *field != NULL ? 0 : -ENOMEM;
}

static int
parse_duration(const struct conf_option *option, const char *text,
    uint32_t *field, char why[CONF_WHY_BYTES])
{
	char min[DURATION_TEXT_BYTES], max[DURATION_TEXT_BYTES];
	uint32_t value;
	int error = duration_parse(text, &value);

	duration_format(option->min, min);
	duration_format(option->max, max);
	if (error == -EINVAL) {
		snprintf(why, CONF_WHY_BYTES,
		    "is no duration; write numbers with the units d h m s, "
		    "like 45s, 15m or 1h30m (%s to %s)",
		    min, max);
		return -EINVAL;
	}
	if (error != 0 || value < option->min || value > option->max) {
		snprintf(why, CONF_WHY_BYTES, "is out of range; %s to %s fits",
		    min, max);
		return -EINVAL;
	}
	*field = value;
	return 0;
}

static int
parse_number(const struct conf_option *option, const char *text,
    uint32_t *field, char why[CONF_WHY_BYTES])
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (value <= UINT32_MAX)
			value = value * 10 + (uint64_t)(*p - '0');
	if (*p != '\0' || p == text) {
		snprintf(why, CONF_WHY_BYTES,
		    "is no number; a whole number from %u to %u fits",
		    option->min, option->max);
		return -EINVAL;
	}
	if (value < option->min || value > option->max) {
		snprintf(why, CONF_WHY_BYTES, "is out of range; %u to %u fits",
		    option->min, option->max);
		return -EINVAL;
	}
	*field = (uint32_t)value;
	return 0;
}

static int
parse_hostname(const char *text, char **field, char why[CONF_WHY_BYTES])
{
	char name[CONF_DOMAIN_BYTES] = "";
	const char *wrong;

	if (text[0] != '\0') {
		wrong = conf_domain_parse(text, false, name);
		if (wrong != NULL) {
			snprintf(
			    why, CONF_WHY_BYTES, "is no host name: %s", wrong);
			return -EINVAL;
		}
	}
	free(*field);
	*field = strdup(name);
	return *field != NULL ? 0 : -ENOMEM;
}

static int
parse_identity(
    const char *text, enum conf_identity *field, char why[CONF_WHY_BYTES])
{
	size_t i;

	for (i = 0; i < N_IDENTITIES; i++)
		if (strcmp(text, identity_names[i]) == 0) {
			*field = (enum conf_identity)i;
			return 0;
		}
	snprintf(why, CONF_WHY_BYTES, "is unknown; 'xclient' or 'none' fits");
	return -EINVAL;
}

static int
parse_endpoint(
    const char *text, struct conf_endpoint *field, char why[CONF_WHY_BYTES])
{
	if (text[0] == '\0') {
		memset(field, 0, sizeof(*field));
		return 0;
	}
	if (conf_endpoint_parse(text, field) == 0)
		return 0;
	snprintf(why, CONF_WHY_BYTES,
	    "is no endpoint; write ADDRESS:PORT, [IPV6]:PORT (numbers, no "
	    "names) or unix:/PATH (%d bytes at most)",
	    CONF_UNIX_PATH_MAX);
	return -EINVAL;
}

/* ---- lists -------------------------------------------------------------- */

static int
append_cidr(const char *item, struct conf_cidrs *list, char why[CONF_WHY_BYTES])
{
	struct cidr cidr, *grown;

	if (cidr_parse(item, &cidr) != 0) {
		snprintf(why, CONF_WHY_BYTES,
		    "has '%.*s', which is no network; write 192.0.2.0/24, "
		    "2001:db8::/32 or an address, with no bit set beyond the "
		    "prefix",
		    SHOWN_MAX, item);
		return -EINVAL;
	}
	grown = reallocarray(list->items, list->n + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	list->items = grown;
	list->items[list->n++] = cidr;
	return 0;
}

static int
append_domain(
    const char *item, struct conf_strings *list, char why[CONF_WHY_BYTES])
{
	char domain[CONF_DOMAIN_BYTES];
	const char *wrong;
	char **grown;

	wrong = conf_domain_parse(item, true, domain);
	if (wrong != NULL) {
		snprintf(why, CONF_WHY_BYTES,
		    "has '%.*s', which is no domain: %s", SHOWN_MAX, item,
		    wrong);
		return -EINVAL;
	}
	grown = reallocarray(list->items, list->n + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	list->items = grown;
	list->items[list->n] = strdup(domain);
	if (list->items[list->n] == NULL)
		return -ENOMEM;
	list->n++;
	return 0;
}

static int
parse_list(const struct conf_option *option, struct conf *conf,
    const char *text, bool is_continued, char why[CONF_WHY_BYTES])
{
	char *copy, *item, *rest = NULL;
	void *field = field_of(option, conf);
	bool cidrs = option->type == CONF_TYPE_CIDRS;
	size_t n;
	int error = 0;

	copy = strdup(text);
	if (copy == NULL)
		return -ENOMEM;
	if (!is_continued)
		conf_value_free(option, conf);
	for (item = strtok_r(copy, LIST_SEPARATORS, &rest);
	     item != NULL && error == 0;
	     item = strtok_r(NULL, LIST_SEPARATORS, &rest)) {
		n = cidrs ? ((struct conf_cidrs *)field)->n
			  : ((struct conf_strings *)field)->n;
		if (n >= option->max) {
			snprintf(why, CONF_WHY_BYTES,
			    "makes the list longer than %u items", option->max);
			error = -EINVAL;
		} else if (cidrs)
			error = append_cidr(item, field, why);
		else
			error = append_domain(item, field, why);
	}
	free(copy);
	return error;
}

/* ---- any value ---------------------------------------------------------- */

int
conf_value_parse(const struct conf_option *option, struct conf *conf,
    const char *text, bool is_continued, char why[CONF_WHY_BYTES])
{
	void *field = field_of(option, conf);

	switch (option->type) {
	case CONF_TYPE_PATH:
		return parse_path(text, field, why);
	case CONF_TYPE_DURATION:
		return parse_duration(option, text, field, why);
	case CONF_TYPE_NUMBER:
		return parse_number(option, text, field, why);
	case CONF_TYPE_CIDRS:
	case CONF_TYPE_DOMAINS:
		return parse_list(option, conf, text, is_continued, why);
	case CONF_TYPE_HOSTNAME:
		return parse_hostname(text, field, why);
	case CONF_TYPE_ENDPOINT:
		return parse_endpoint(text, field, why);
	case CONF_TYPE_IDENTITY:
		return parse_identity(text, field, why);
	}
	return -EINVAL;
}

static void
cidrs_format(const struct conf_cidrs *list, FILE *out)
{
	char text[CIDR_TEXT_BYTES];
	size_t i;

	for (i = 0; i < list->n; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "",
		    cidr_format(&list->items[i], text));
}

static void
strings_format(const struct conf_strings *list, FILE *out)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", list->items[i]);
}

char *
conf_value_format(const struct conf_option *option, const struct conf *conf)
{
	const void *field = const_field_of(option, conf);
	char duration[DURATION_TEXT_BYTES];
	const char *const *string;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	switch (option->type) {
	case CONF_TYPE_PATH:
	case CONF_TYPE_HOSTNAME:
		string = field;
		fputs(*string != NULL ? *string : "", out);
		break;
	case CONF_TYPE_DURATION:
		fputs(duration_format(*(const uint32_t *)field, duration), out);
		break;
	case CONF_TYPE_NUMBER:
		fprintf(out, "%u", *(const uint32_t *)field);
		break;
	case CONF_TYPE_CIDRS:
		cidrs_format(field, out);
		break;
	case CONF_TYPE_DOMAINS:
		strings_format(field, out);
		break;
	case CONF_TYPE_ENDPOINT:
		conf_endpoint_format(field, out);
		break;
	case CONF_TYPE_IDENTITY:
		fputs(identity_names[*(const enum conf_identity *)field], out);
		break;
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

void
conf_value_free(const struct conf_option *option, struct conf *conf)
{
	void *field = field_of(option, conf);
	struct conf_strings *strings;
	struct conf_cidrs *cidrs;
	size_t i;

	switch (option->type) {
	case CONF_TYPE_PATH:
	case CONF_TYPE_HOSTNAME:
		free(*(char **)field);
		*(char **)field = NULL;
		break;
	case CONF_TYPE_CIDRS:
		cidrs = field;
		free(cidrs->items);
		*cidrs = (struct conf_cidrs){NULL, 0};
		break;
	case CONF_TYPE_DOMAINS:
		strings = field;
		for (i = 0; i < strings->n; i++)
			free(strings->items[i]);
		free(strings->items);
		*strings = (struct conf_strings){NULL, 0};
		break;
	case CONF_TYPE_DURATION:
	case CONF_TYPE_NUMBER:
		*(uint32_t *)field = 0;
		break;
	case CONF_TYPE_ENDPOINT:
		memset(field, 0, sizeof(struct conf_endpoint));
		break;
	case CONF_TYPE_IDENTITY:
		*(enum conf_identity *)field = CONF_IDENTITY_NONE;
		break;
	}
}
