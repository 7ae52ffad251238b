/* SPDX-License-Identifier: ISC */
/*
 * conf_value - converts a value between its text and its field.
 *
 * Each type has a row: what reads and what writes one value, or one item of a
 * list.  The lists of conf.h differ only in the type of their items.  They are
 * therefore copied to and from one struct of the same shape.
 */
#include "common/duration.h"
#include "config/conf_domain.h"
#include "config/conf_endpoint.h"
#include "config/conf_option.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define SEPARATORS ", \t"

/* An item is cut to this many bytes in a message. */
#define SHOWN_MAX 60

struct list {
	void *items;
	size_t n;
};

_Static_assert(sizeof(struct list) == sizeof(struct conf_cidrs) &&
		   sizeof(struct list) == sizeof(struct conf_strings) &&
		   sizeof(struct list) == sizeof(struct conf_endpoints),
    "a list of conf.h has another shape");

/* A value, or an item of a list, that is being read. */
struct reading {
	const struct conf_option *option;
	const char *text;
	bool is_item;
	char *why; /* [CONF_WHY_BYTES] */
};

/* Write why; fmt: what is wrong and what fits.  Returns -EINVAL. */
static int __attribute__((format(printf, 2, 3)))
bad(const struct reading *reading, const char *fmt, ...)
{
	va_list ap;
	int len = 0;

	if (reading->is_item)
		len = snprintf(reading->why, CONF_WHY_BYTES,
		    "has '%.*s', which ", SHOWN_MAX, reading->text);
	va_start(ap, fmt);
	vsnprintf(reading->why + len, CONF_WHY_BYTES - (size_t)len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* ---- texts -------------------------------------------------------------- */

static int
set_text(char **field, const char *text)
{
	free(*field);
	*field = strdup(text);
	return *field != NULL ? 0 : -ENOMEM;
}

static void
write_text(const void *field, FILE *out)
{
	const char *text = *(const char *const *)field;

	fputs(text != NULL ? text : "", out);
}

static int
read_path(const struct reading *reading, void *field)
{
	const char *text = reading->text;
	bool may_be_empty = reading->option->default_text[0] == '\0';

	if (text[0] != '/' && (text[0] != '\0' || !may_be_empty))
		return bad(reading,
		    "is no absolute path; write one that starts with '/'");
	if (strlen(text) >= PATH_MAX)
		return bad(reading, "is longer than %d bytes", PATH_MAX - 1);
	return set_text(field, text);
}

static int
read_files(const struct reading *reading, void *field)
{
	const char *second = strchr(reading->text, ':');

	if (reading->text[0] != '/' || (second != NULL && second[1] != '/'))
		return bad(reading,
		    "is neither an absolute path nor two of them joined by "
		    "':'");
	return set_text(field, reading->text);
}

static int
read_domain(const struct reading *reading, void *field)
{
	char domain[CONF_DOMAIN_BYTES];
	const char *wrong = conf_domain_parse(reading->text, true, domain);

	if (wrong != NULL)
		return bad(reading, "is no domain: %s", wrong);
	return set_text(field, domain);
}

static int
read_hostname(const struct reading *reading, void *field)
{
	char name[CONF_DOMAIN_BYTES] = "";
	const char *wrong = NULL;

	if (reading->text[0] != '\0')
		wrong = conf_domain_parse(reading->text, false, name);
	if (wrong != NULL)
		return bad(reading, "is no host name: %s", wrong);
	return set_text(field, name);
}

/* ---- numbers ------------------------------------------------------------ */

static int
read_duration(const struct reading *reading, void *field)
{
	const struct conf_option *option = reading->option;
	char min[DURATION_TEXT_BYTES], max[DURATION_TEXT_BYTES];
	uint32_t value, *seconds = field;
	int error = duration_parse(reading->text, &value);

	duration_format(option->min, min);
	duration_format(option->max, max);
	if (error == -EINVAL)
		return bad(reading,
		    "is no duration; write numbers with the units d h m s, "
		    "like 45s, 15m or 1h30m (%s to %s)",
		    min, max);
	if (error != 0 || value < option->min || value > option->max)
		return bad(reading, "is out of range; %s to %s fits", min, max);
	*seconds = value;
	return 0;
}

static void
write_duration(const void *field, FILE *out)
{
	char text[DURATION_TEXT_BYTES];

	fputs(duration_format(*(const uint32_t *)field, text), out);
}

static int
read_number(const struct reading *reading, void *field)
{
	const struct conf_option *option = reading->option;
	const char *p = reading->text;
	uint64_t value = 0;
	uint32_t *number = field;

	for (; *p >= '0' && *p <= '9'; p++)
		if (value <= UINT32_MAX)
			value = value * 10 + (uint64_t)(*p - '0');
	if (*p != '\0' || p == reading->text)
		return bad(reading,
		    "is no number; a whole number from %u to %u fits",
		    option->min, option->max);
	if (value < option->min || value > option->max)
		return bad(reading, "is out of range; %u to %u fits",
		    option->min, option->max);
	*number = (uint32_t)value;
	return 0;
}

static void
write_number(const void *field, FILE *out)
{
	fprintf(out, "%u", *(const uint32_t *)field);
}

/* ---- words -------------------------------------------------------------- */

static int
read_flag(const struct reading *reading, void *field)
{
	bool *flag = field;

	if (strcmp(reading->text, "yes") != 0 &&
	    strcmp(reading->text, "no") != 0)
		return bad(reading, "is neither 'yes' nor 'no'");
	*flag = reading->text[0] == 'y';
	return 0;
}

static void
write_flag(const void *field, FILE *out)
{
	fputs(*(const bool *)field ? "yes" : "no", out);
}

static int
read_choice(const struct reading *reading, void *field)
{
	const char *const *choices = reading->option->choices;
	unsigned i, *choice = field;
	size_t len;

	for (i = 0; choices[i] != NULL; i++)
		if (strcmp(reading->text, choices[i]) == 0) {
			*choice = i;
			return 0;
		}
	bad(reading, "is unknown; there are");
	for (i = 0; choices[i] != NULL; i++) {
		len = strlen(reading->why);
		snprintf(reading->why + len, CONF_WHY_BYTES - len, "%s '%s'",
		    i == 0                   ? ""
		    : choices[i + 1] != NULL ? ","
					     : " and",
		    choices[i]);
	}
	return -EINVAL;
}

static int
read_auth(const struct reading *reading, void *field)
{
	static const char dovecot[] = "dovecot:";
	struct conf_auth auth = {.kind = CONF_AUTH_NONE};
	char endpoint[CONF_UNIX_PATH_MAX + sizeof("unix:")];
	const char *path = reading->text + sizeof(dovecot) - 1;
	bool is_known = true;

	if (strcmp(reading->text, "pam") == 0) {
		auth.kind = CONF_AUTH_PAM;
	} else if (strncmp(reading->text, dovecot, sizeof(dovecot) - 1) == 0 &&
		   strlen(path) <= CONF_UNIX_PATH_MAX) {
		auth.kind = CONF_AUTH_DOVECOT;
		snprintf(endpoint, sizeof(endpoint), "unix:%s", path);
		is_known = conf_endpoint_parse(endpoint, &auth.dovecot) == 0;
	} else {
		is_known = strcmp(reading->text, "none") == 0;
	}
	if (!is_known)
		return bad(reading,
		    "is unknown; there are 'none', 'pam' and 'dovecot:/PATH' "
		    "(%d bytes of path at most)",
		    CONF_UNIX_PATH_MAX);
	memcpy(field, &auth, sizeof(auth));
	return 0;
}

static void
write_auth(const void *field, FILE *out)
{
	const struct conf_auth *auth = field;
	struct sockaddr_un un;

	switch (auth->kind) {
	case CONF_AUTH_NONE:
		fputs("none", out);
		break;
	case CONF_AUTH_PAM:
		fputs("pam", out);
		break;
	case CONF_AUTH_DOVECOT:
		memcpy(&un, &auth->dovecot.addr, sizeof(un));
		fprintf(out, "dovecot:%s", un.sun_path);
		break;
	}
}

/* ---- addresses ---------------------------------------------------------- */

static int
read_cidr(const struct reading *reading, void *field)
{
	char text[CIDR_TEXT_BYTES];
	struct cidr cidr;

	switch (cidr_parse_loosely(reading->text, &cidr)) {
	case 0:
		memcpy(field, &cidr, sizeof(cidr));
		return 0;
	case 1:
		return bad(reading,
		    "is no network, because bits are set after the prefix; "
		    "write %s",
		    cidr_format(&cidr, text));
	default:
		return bad(reading,
		    "is no network; write 192.0.2.0/24, 2001:db8::/32 or an "
		    "address");
	}
}

static void
write_cidr(const void *field, FILE *out)
{
	char text[CIDR_TEXT_BYTES];

	fputs(cidr_format(field, text), out);
}

static int
read_endpoint(const struct reading *reading, void *field)
{
	if (reading->text[0] == '\0') {
		memset(field, 0, sizeof(struct conf_endpoint));
		return 0;
	}
	if (conf_endpoint_parse(reading->text, field) == 0)
		return 0;
	return bad(reading,
	    "is no endpoint; write ADDRESS:PORT, [IPV6]:PORT (numbers, no "
	    "names) or unix:/PATH (%d bytes at most)",
	    CONF_UNIX_PATH_MAX);
}

static int
read_socket(const struct reading *reading, void *field)
{
	struct conf_endpoint endpoint;

	if (conf_endpoint_parse(reading->text, &endpoint) != 0 ||
	    endpoint.addr.ss_family != AF_UNIX)
		return bad(reading,
		    "is no socket; write unix:/PATH (%d bytes at most)",
		    CONF_UNIX_PATH_MAX);
	memcpy(field, &endpoint, sizeof(endpoint));
	return 0;
}

static void
write_endpoint(const void *field, FILE *out)
{
	conf_endpoint_format(field, out);
}

/* ---- any value ---------------------------------------------------------- */

static const struct type {
	size_t size; /* of the value, or of an item */
	bool is_list;
	bool is_text; /* a char * for free(3) */
	int (*read)(const struct reading *reading, void *field);
	void (*write)(const void *field, FILE *out); /* NULL: a choice */
} types[CONF_TYPES] = {
    [CONF_TYPE_PATH] = {sizeof(char *), false, true, read_path, write_text},
    [CONF_TYPE_DURATION] = {sizeof(uint32_t), false, false, read_duration,
	write_duration},
    [CONF_TYPE_NUMBER] = {sizeof(uint32_t), false, false, read_number,
	write_number},
    [CONF_TYPE_CIDRS] = {sizeof(struct cidr), true, false, read_cidr,
	write_cidr},
    [CONF_TYPE_DOMAINS] = {sizeof(char *), true, true, read_domain, write_text},
    [CONF_TYPE_HOSTNAME] = {sizeof(char *), false, true, read_hostname,
	write_text},
    [CONF_TYPE_ENDPOINT] = {sizeof(struct conf_endpoint), false, false,
	read_endpoint, write_endpoint},
    [CONF_TYPE_SOCKET] = {sizeof(struct conf_endpoint), false, false,
	read_socket, write_endpoint},
    [CONF_TYPE_ENDPOINTS] = {sizeof(struct conf_endpoint), true, false,
	read_endpoint, write_endpoint},
    [CONF_TYPE_FILES] = {sizeof(char *), true, true, read_files, write_text},
    [CONF_TYPE_FLAG] = {sizeof(bool), false, false, read_flag, write_flag},
    [CONF_TYPE_CHOICE] = {sizeof(unsigned), false, false, read_choice, NULL},
    [CONF_TYPE_AUTH] = {sizeof(struct conf_auth), false, false, read_auth,
	write_auth},
};

bool
conf_type_is_list(enum conf_type type)
{
	return types[type].is_list;
}

static int
append_item(const struct reading *reading, struct list *list)
{
	const size_t size = types[reading->option->type].size;
	char *grown, *item;
	int error;

	if (list->n >= reading->option->max) {
		snprintf(reading->why, CONF_WHY_BYTES,
		    "makes the list longer than %u items",
		    reading->option->max);
		return -EINVAL;
	}
	grown = reallocarray(list->items, list->n + 1, size);
	if (grown == NULL)
		return -ENOMEM;
	list->items = grown;
	item = memset(grown + list->n * size, 0, size);
	error = types[reading->option->type].read(reading, item);
	if (error == 0)
		list->n++;
	return error;
}

static int
append_items(struct reading *reading, void *field)
{
	char *copy = strdup(reading->text), *rest = NULL;
	struct list list;
	int error = 0;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(&list, field, sizeof(list));
	for (reading->text = strtok_r(copy, SEPARATORS, &rest);
	     reading->text != NULL && error == 0;
	     reading->text = strtok_r(NULL, SEPARATORS, &rest))
		error = append_item(reading, &list);
	memcpy(field, &list, sizeof(list));
	free(copy);
	return error;
}

int
conf_value_parse(const struct conf_option *option, struct conf *conf,
    const char *text, bool is_continued, char why[CONF_WHY_BYTES])
{
	const struct type *type = &types[option->type];
	struct reading reading = {option, text, type->is_list, why};
	void *field = (char *)conf + option->offset;

	if (!type->is_list)
		return type->read(&reading, field);
	if (!is_continued)
		conf_value_free(option, conf);
	return append_items(&reading, field);
}

static void
write_value(const struct conf_option *option, const void *field, FILE *out)
{
	const struct type *type = &types[option->type];
	struct list list;
	size_t i;

	if (type->write == NULL) {
		fputs(option->choices[*(const unsigned *)field], out);
	} else if (!type->is_list) {
		type->write(field, out);
	} else {
		memcpy(&list, field, sizeof(list));
		for (i = 0; i < list.n; i++) {
			fputs(i > 0 ? ", " : "", out);
			type->write((char *)list.items + i * type->size, out);
		}
	}
}

char *
conf_value_format(const struct conf_option *option, const struct conf *conf)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	write_value(option, (const char *)conf + option->offset, out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

void
conf_value_free(const struct conf_option *option, struct conf *conf)
{
	const struct type *type = &types[option->type];
	void *field = (char *)conf + option->offset;
	struct list list = {.items = field, .n = 1};
	size_t i;

	if (type->is_list)
		memcpy(&list, field, sizeof(list));
	for (i = 0; type->is_text && i < list.n; i++)
		free(((char **)list.items)[i]);
	if (type->is_list)
		free(list.items);
	memset(field, 0, type->is_list ? sizeof(list) : type->size);
}
