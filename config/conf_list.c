/* SPDX-License-Identifier: ISC */
/*
 * conf_list - options whose value is a list.
 *
 * The lists of conf.h differ only in the type of their items.  They are
 * therefore copied to and from one struct of the same shape.
 */
#include "config/conf_list.h"

#include "common/cidr.h"
#include "config/conf_domain.h"
#include "config/conf_endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATORS ", \t"

/* A value is cut to this many bytes in a message. */
#define SHOWN_MAX 60

struct list {
	void *items;
	size_t n;
};

_Static_assert(sizeof(struct list) == sizeof(struct conf_cidrs) &&
		   sizeof(struct list) == sizeof(struct conf_strings) &&
		   sizeof(struct list) == sizeof(struct conf_endpoints),
    "a list of conf.h has another shape");

/* The operations on one item; only release may be NULL. */
struct item_type {
	size_t size;
	int (*read)(const char *text, void *item, char why[CONF_WHY_BYTES]);
	void (*write)(const void *item, FILE *out);
	void (*release)(void *item);
};

/* ---- items -------------------------------------------------------------- */

static int
read_cidr(const char *text, void *item, char why[CONF_WHY_BYTES])
{
	if (cidr_parse(text, item) == 0)
		return 0;
	snprintf(why, CONF_WHY_BYTES,
	    "has '%.*s', which is no network; write 192.0.2.0/24, "
	    "2001:db8::/32 or an address, without bits set after the prefix",
	    SHOWN_MAX, text);
	return -EINVAL;
}

static void
write_cidr(const void *item, FILE *out)
{
	char text[CIDR_TEXT_BYTES];

	fputs(cidr_format(item, text), out);
}

static int
read_endpoint(const char *text, void *item, char why[CONF_WHY_BYTES])
{
	if (conf_endpoint_parse(text, item) == 0)
		return 0;
	snprintf(why, CONF_WHY_BYTES,
	    "has '%.*s', which is no endpoint; write ADDRESS:PORT, "
	    "[IPV6]:PORT (numbers, no names) or unix:/PATH",
	    SHOWN_MAX, text);
	return -EINVAL;
}

static void
write_endpoint(const void *item, FILE *out)
{
	conf_endpoint_format(item, out);
}

static int
read_string(const char *text, void *item)
{
	char **string = item;

	*string = strdup(text);
	return *string != NULL ? 0 : -ENOMEM;
}

static int
read_domain(const char *text, void *item, char why[CONF_WHY_BYTES])
{
	char domain[CONF_DOMAIN_BYTES];
	const char *wrong = conf_domain_parse(text, true, domain);

	if (wrong == NULL)
		return read_string(domain, item);
	snprintf(why, CONF_WHY_BYTES, "has '%.*s', which is no domain: %s",
	    SHOWN_MAX, text, wrong);
	return -EINVAL;
}

static int
read_files(const char *text, void *item, char why[CONF_WHY_BYTES])
{
	const char *second = strchr(text, ':');

	if (text[0] == '/' && (second == NULL || second[1] == '/'))
		return read_string(text, item);
	snprintf(why, CONF_WHY_BYTES,
	    "has '%.*s', which is neither an absolute path nor two of them "
	    "joined by ':'",
	    SHOWN_MAX, text);
	return -EINVAL;
}

static void
write_string(const void *item, FILE *out)
{
	const char *const *string = item;

	fputs(*string, out);
}

static void
release_string(void *item)
{
	char **string = item;

	free(*string);
}

static const struct item_type cidr_type = {
    sizeof(struct cidr), read_cidr, write_cidr, NULL};
static const struct item_type domain_type = {
    sizeof(char *), read_domain, write_string, release_string};
static const struct item_type endpoint_type = {
    sizeof(struct conf_endpoint), read_endpoint, write_endpoint, NULL};
static const struct item_type files_type = {
    sizeof(char *), read_files, write_string, release_string};

static const struct item_type no_list = {0, NULL, NULL, NULL};

static const struct item_type *
item_type_of(enum conf_type type)
{
	switch (type) {
	case CONF_TYPE_CIDRS:
		return &cidr_type;
	case CONF_TYPE_DOMAINS:
		return &domain_type;
	case CONF_TYPE_ENDPOINTS:
		return &endpoint_type;
	case CONF_TYPE_FILES:
		return &files_type;
	case CONF_TYPE_PATH:
	case CONF_TYPE_DURATION:
	case CONF_TYPE_NUMBER:
	case CONF_TYPE_HOSTNAME:
	case CONF_TYPE_ENDPOINT:
	case CONF_TYPE_SOCKET:
	case CONF_TYPE_FLAG:
	case CONF_TYPE_CHOICE:
	case CONF_TYPE_AUTH:
		break;
	}
	return &no_list;
}

/* ---- lists -------------------------------------------------------------- */

bool
conf_type_is_list(enum conf_type type)
{
	return item_type_of(type) != &no_list;
}

static int
append(const struct conf_option *option, struct list *list, const char *text,
    char why[CONF_WHY_BYTES])
{
	const struct item_type *type = item_type_of(option->type);
	char *grown;
	int error;

	if (list->n >= option->max) {
		snprintf(why, CONF_WHY_BYTES,
		    "makes the list longer than %u items", option->max);
		return -EINVAL;
	}
	grown = reallocarray(list->items, list->n + 1, type->size);
	if (grown == NULL)
		return -ENOMEM;
	list->items = grown;
	error = type->read(text, grown + list->n * type->size, why);
	if (error == 0)
		list->n++;
	return error;
}

int
conf_list_append(const struct conf_option *option, void *field,
    const char *text, char why[CONF_WHY_BYTES])
{
	char *copy, *item, *rest = NULL;
	struct list list;
	int error = 0;

	copy = strdup(text);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(&list, field, sizeof(list));
	for (item = strtok_r(copy, SEPARATORS, &rest);
	     item != NULL && error == 0;
	     item = strtok_r(NULL, SEPARATORS, &rest))
		error = append(option, &list, item, why);
	memcpy(field, &list, sizeof(list));
	free(copy);
	return error;
}

void
conf_list_format(const struct conf_option *option, const void *field, FILE *out)
{
	const struct item_type *type = item_type_of(option->type);
	struct list list;
	size_t i;

	memcpy(&list, field, sizeof(list));
	for (i = 0; i < list.n; i++) {
		if (i > 0)
			fputs(", ", out);
		type->write((const char *)list.items + i * type->size, out);
	}
}

void
conf_list_free(const struct conf_option *option, void *field)
{
	const struct item_type *type = item_type_of(option->type);
	struct list list;
	size_t i;

	memcpy(&list, field, sizeof(list));
	for (i = 0; type->release != NULL && i < list.n; i++)
		type->release((char *)list.items + i * type->size);
	free(list.items);
	memset(field, 0, sizeof(list));
}
