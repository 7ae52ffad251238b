/* SPDX-License-Identifier: ISC */
#include "pam_popauth/options.h"

#include "common/cidr.h"
#include "common/logline.h"
#include "shmcache/shmcache.h"

#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#define LABEL_MAX_BYTES 64

/* ---- lists --------------------------------------------------------------- */

/*
 * Copy the item that *list begins with and move *list behind it, to NULL after
 * the last.  Returns false when it is empty or too long.
 */
static bool
next_item(const char **list, char item[OPTIONS_ITEM_BYTES])
{
	const size_t len = strcspn(*list, ",");
	const char *end = *list + len;

	if (len == 0 || len >= OPTIONS_ITEM_BYTES)
		return false;
	memcpy(item, *list, len);
	item[len] = '\0';
	*list = *end == ',' ? end + 1 : NULL;
	return true;
}

bool
options_any(const char *list, bool (*visit)(const char *item, const void *arg),
    const void *arg)
{
	char item[OPTIONS_ITEM_BYTES];

	while (list != NULL && next_item(&list, item))
		if (visit(item, arg))
			return true;
	return false;
}

static bool
is_list_of(const char *list, bool (*fits)(const char *item))
{
	char item[OPTIONS_ITEM_BYTES];
	unsigned n = 0;

	while (list != NULL)
		if (++n > OPTIONS_ITEMS_MAX || !next_item(&list, item) ||
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
take_table(struct options *options, const char *value)
{
	options->table = value;
	return is_path(value);
}

static bool
take_strict(struct options *options, const char *value)
{
	(void)value;
	options->strict = true;
	return true;
}

static bool
take_debug(struct options *options, const char *value)
{
	(void)value;
	options->debug = true;
	return true;
}

static bool
take_from(struct options *options, const char *value)
{
	char item[OPTIONS_ITEM_BYTES];

	options->sources = 0;
	while (value != NULL) {
		unsigned source = PEER_UNKNOWN + 1;

		if (!next_item(&value, item))
			return false;
		while (source < PEER_SOURCES &&
		       strcmp(item, peer_source_name(source)) != 0)
			source++;
		if (source == PEER_SOURCES)
			return false;
		options->sources |= 1u << source;
	}
	return true;
}

static bool
take_from_exe(struct options *options, const char *value)
{
	options->from_exe = value;
	return is_list_of(value, is_path);
}

static bool
take_exclude(struct options *options, const char *value)
{
	options->exclude = value;
	return is_list_of(value, is_network);
}

static bool
take_users(struct options *options, const char *value)
{
	options->users = value;
	return is_list_of(value, is_name);
}

static bool
take_group(struct options *options, const char *value)
{
	options->group = value;
	return is_name(value);
}

static bool
take_service(struct options *options, const char *value)
{
	if (!is_name(value) || strlen(value) > LABEL_MAX_BYTES)
		return false;
	options->service = value;
	return true;
}

static const struct option {
	const char *name; /* with "=" when a value follows */
	bool (*take)(struct options *options, const char *value);
	const char *why; /* for the log, when it returns false */
} known[] = {
    {"debug", take_debug, ""},
    {"exclude=", take_exclude, "networks separated by commas fit, 64 at most"},
    {"from=", take_from, "rhost, fd0, socket and unix fit"},
    {"from_exe=", take_from_exe, "absolute paths separated by commas fit"},
    {"group=", take_group, "the name of a group fits"},
    {"service=", take_service, "1 to 64 bytes fit"},
    {"strict", take_strict, ""},
    {"table=", take_table, "an absolute path fits"},
    {"users=", take_users, "names separated by commas fit, 64 at most"},
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

/* ---- all of them --------------------------------------------------------- */

/* The option that arg names, its value behind it; NULL when there is none. */
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

static void
log_option(
    pam_handle_t *pamh, const char *event, const char *arg, const char *why)
{
	struct logline line;

	logline_init(&line, event);
	logline_add(&line, "option", arg);
	logline_add_sentence(&line, "reason", why);
	pam_syslog(pamh, LOG_WARNING, "%s", line.text);
}

static void
set_bad(struct options *options, const char *arg, const char *why)
{
	if (options->bad != NULL)
		return;
	options->bad = arg;
	options->bad_why = why;
}

void
options_parse(
    struct options *options, pam_handle_t *pamh, int argc, const char **argv)
{
	unsigned seen = 0;

	*options = (struct options){
	    .table = SHMCACHE_DEFAULT_PATH,
	    .sources = 1u << PEER_RHOST | 1u << PEER_FD0,
	};
	for (int i = 0; i < argc; i++) {
		const char *value;
		const struct option *option = find(argv[i], &value);

		if (option == NULL) {
			log_option(pamh, "option-ignored", argv[i],
			    "there is none of this name; see pam_popauth(8)");
			continue;
		}
		if ((seen & 1u << (option - known)) != 0)
			set_bad(options, argv[i], "it may be given once");
		seen |= 1u << (option - known);
		if (!option->take(options, value))
			set_bad(options, argv[i], option->why);
	}
	if ((options->sources & 1u << PEER_UNIX) != 0 &&
	    options->from_exe == NULL)
		set_bad(options, "from=unix", "it needs from_exe=");
}

void
options_log_bad(const struct options *options, pam_handle_t *pamh)
{
	log_option(pamh, "option-refused", options->bad, options->bad_why);
}

/* ---- who and where ------------------------------------------------------- */

static bool
has_address(const char *item, const void *arg)
{
	struct cidr cidr;

	return cidr_parse(item, &cidr) == 0 && cidr_contains(&cidr, arg);
}

bool
options_exclude(const struct options *options, const struct addr *addr)
{
	return options_any(options->exclude, has_address, addr);
}

static bool
is_same_user(const char *item, const void *arg)
{
	return strcasecmp(item, arg) == 0;
}

bool
options_allow_user(
    const struct options *options, pam_handle_t *pamh, const char *user)
{
	if (options->users != NULL &&
	    !options_any(options->users, is_same_user, user))
		return false;
	return options->group == NULL || pam_modutil_user_in_group_nam_nam(
					     pamh, user, options->group) == 1;
}
