/* SPDX-License-Identifier: ISC */
#include "pam_popauth/arguments.h"

#include "common/cidr.h"
#include "shmcache/shmcache.h"

#include <stddef.h>
#include <string.h>

#define LABEL_MAX_BYTES 64

/* ---- lists --------------------------------------------------------------- */

/*
 * Copy the first item of *list and move *list past it, to NULL after the last.
 * Returns false when the item is empty or too long.
 */
static bool
next_item(const char **list, char item[ARGUMENTS_ITEM_BYTES])
{
	const size_t len = strcspn(*list, ",");
	const char *end = *list + len;

	if (len == 0 || len >= ARGUMENTS_ITEM_BYTES)
		return false;
	memcpy(item, *list, len);
	item[len] = '\0';
	*list = *end == ',' ? end + 1 : NULL;
	return true;
}

bool
arguments_any(const char *list,
    bool (*visit)(const char *item, const void *arg), const void *arg)
{
	char item[ARGUMENTS_ITEM_BYTES];

	while (list != NULL && next_item(&list, item))
		if (visit(item, arg))
			return true;
	return false;
}

static bool
is_list_of(const char *list, bool (*fits)(const char *item))
{
	char item[ARGUMENTS_ITEM_BYTES];
	unsigned n = 0;

	while (list != NULL)
		if (++n > ARGUMENTS_ITEMS_MAX || !next_item(&list, item) ||
		    !fits(item))
			return false;
	return true;
}

static bool
is_path(const char *item)
{
	return item[0] == '/';
}

static bool
is_network(const char *item)
{
	struct cidr cidr;

	return cidr_parse(item, &cidr) == 0;
}

static bool
is_name(const char *item)
{
	return item[0] != '\0';
}

/* ---- one option each ----------------------------------------------------- */

const char *
peer_source_name(enum peer_source source)
{
	switch (source) {
	case PEER_RHOST:
		return "rhost";
	case PEER_ENV:
		return "env";
	case PEER_FD0:
		return "fd0";
	case PEER_SOCKET:
		return "socket";
	case PEER_UNIX:
		return "unix";
	case PEER_UNKNOWN:
	case PEER_SOURCES:
		break;
	}
	return "unknown";
}

static bool
is_same(const char *item, const void *name)
{
	return strcmp(item, name) == 0;
}

static unsigned
sources_of(const char *from)
{
	unsigned source, sources = 0;

	for (source = PEER_UNKNOWN + 1; source < PEER_SOURCES; source++)
		if (arguments_any(from, is_same, peer_source_name(source)))
			sources |= 1u << source;
	return sources;
}

static bool
is_source(const char *item)
{
	return sources_of(item) != 0;
}

static bool
is_label(const char *item)
{
	return is_name(item) && strlen(item) <= LABEL_MAX_BYTES;
}

#define AT(field) offsetof(struct arguments, field)

static const struct option {
	const char *name; /* with "=" when a value follows */
	size_t offset;    /* of its text, or of a flag's bool */
	bool is_list;
	bool (*fits)(const char *item); /* NULL: a flag */
	const char *why;                /* what to do when it does not fit */
} known[] = {
    {"debug", AT(debug), false, NULL, ""},
    {"exclude=", AT(exclude), true, is_network,
	"use networks separated by commas, at most 64"},
    {"from=", AT(from), true, is_source, "use rhost, env, fd0, socket or unix"},
    {"from_exe=", AT(from_exe), true, is_path,
	"use absolute paths separated by commas"},
    {"group=", AT(group), false, is_name, "use the name of a group"},
    {"service=", AT(service), false, is_label, "use 1 to 64 bytes"},
    {"setcred", AT(setcred), false, NULL, ""},
    {"strict", AT(strict), false, NULL, ""},
    {"table=", AT(table), false, is_path, "use an absolute path"},
    {"users=", AT(users), true, is_name,
	"use names separated by commas, at most 64"},
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

/* ---- all of them --------------------------------------------------------- */

/* The option of arg; value_out: its value.  NULL when there is none. */
static const struct option *
find(const char *arg, const char **value_out)
{
	for (size_t i = 0; i < N_KNOWN; i++) {
		const size_t len = strlen(known[i].name);

		if (strncmp(arg, known[i].name, len) != 0)
			continue;
		if (known[i].name[len - 1] != '=' && arg[len] != '\0')
			continue;
		*value_out = arg + len;
		return &known[i];
	}
	return NULL;
}

/* Returns whether the value fits; only then it is set. */
static bool
take(
    struct arguments *arguments, const struct option *option, const char *value)
{
	void *field = (char *)arguments + option->offset;

	if (option->fits == NULL)
		*(bool *)field = true;
	else if (option->is_list ? is_list_of(value, option->fits)
				 : option->fits(value))
		*(const char **)field = value;
	else
		return false;
	return true;
}

static void
set_bad(struct arguments *arguments, const char *arg, const char *why)
{
	if (arguments->bad != NULL)
		return;
	arguments->bad = arg;
	arguments->bad_why = why;
}

void
arguments_parse(struct arguments *arguments, int argc, const char *const *argv,
    void (*on_unknown)(const char *arg, void *context), void *context)
{
	unsigned seen = 0;

	*arguments = (struct arguments){
	    .table = SHMCACHE_DEFAULT_PATH,
	    .sources = 1u << PEER_RHOST | 1u << PEER_FD0,
	};
	for (int i = 0; i < argc; i++) {
		const char *value;
		const struct option *option = find(argv[i], &value);

		if (option == NULL) {
			on_unknown(argv[i], context);
			continue;
		}
		if ((seen & 1u << (option - known)) != 0)
			set_bad(arguments, argv[i],
			    "this option may appear only once");
		seen |= 1u << (option - known);
		if (!take(arguments, option, value))
			set_bad(arguments, argv[i], option->why);
	}
	if (arguments->from != NULL)
		arguments->sources = sources_of(arguments->from);
	if ((arguments->sources & 1u << PEER_UNIX) != 0 &&
	    arguments->from_exe == NULL)
		set_bad(arguments, "from=unix", "from=unix requires from_exe=");
}

static bool
has_address(const char *item, const void *arg)
{
	struct cidr cidr;

	return cidr_parse(item, &cidr) == 0 && cidr_contains(&cidr, arg);
}

bool
arguments_exclude(const struct arguments *arguments, const struct addr *addr)
{
	return arguments_any(arguments->exclude, has_address, addr);
}
