/* SPDX-License-Identifier: ISC */
#include "popauthctl/command.h"

#include "common/cidr.h"
#include "common/duration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A login writes its user, then its address: the clock may tick between. */
#define LOGIN_SPREAD_S 1

/* ---- collect ------------------------------------------------------------ */

static int
collect(const struct shmcache_entry *entry, void *arg)
{
	struct command_grants *all = arg;
	struct shmcache_entry *grown;
	size_t room;

	if (all->n == all->room) {
		room = all->room > 0 ? 2 * all->room : 64;
		grown = reallocarray(all->entries, room, sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		all->entries = grown;
		all->room = room;
	}
	all->entries[all->n++] = *entry;
	return 0;
}

static int
compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* By address; users before the address itself, newest first. */
static int
by_address(const void *left, const void *right)
{
	const struct shmcache_entry *a = left, *b = right;
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	if (order == 0)
		order = (int)b->has_user - (int)a->has_user;
	if (order == 0)
		order = compare_numbers(a->age_s, b->age_s);
	return order;
}

static int
by_age(const void *left, const void *right)
{
	const struct shmcache_entry *a = left, *b = right;
	int order = compare_numbers(a->age_s, b->age_s);

	if (order == 0)
		order = memcmp(&a->addr, &b->addr, sizeof(a->addr));
	if (order == 0)
		order = strcmp(a->user, b->user);
	return order;
}

/* Drop the entry of an address whose newest user says the same. */
static size_t
drop_covered(struct shmcache_entry *entries, size_t n)
{
	const struct shmcache_entry *newest = NULL;
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		struct shmcache_entry *entry = &entries[i];

		if (newest != NULL && !addr_equal(&newest->addr, &entry->addr))
			newest = NULL;
		if (entry->has_user && newest == NULL)
			newest = entry;
		if (!entry->has_user && newest != NULL &&
		    newest->age_s <= entry->age_s + LOGIN_SPREAD_S)
			continue;
		entries[kept] = *entry;
		if (newest == entry)
			newest = &entries[kept];
		kept++;
	}
	return kept;
}

/* A grant of an address without a user is stored as user "". */
static void
forget_nameless(struct shmcache_entry *entries, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (entries[i].user[0] == '\0')
			entries[i].has_user = false;
}

int
command_list_collect(struct shmcache *cache, struct command_grants *list_out)
{
	struct command_grants list = {.entries = NULL};
	struct shmcache_status status;
	int error;

	error = shmcache_status(cache, &status);
	if (error == 0)
		error = shmcache_list(cache, collect, &list);
	if (error != 0) {
		free(list.entries);
		return error;
	}
	if (list.n > 0) {
		qsort(list.entries, list.n, sizeof(*list.entries), by_address);
		list.n = drop_covered(list.entries, list.n);
		forget_nameless(list.entries, list.n);
		qsort(list.entries, list.n, sizeof(*list.entries), by_age);
	}
	list.ipv6_prefix = status.ipv6_prefix;
	*list_out = list;
	return 0;
}

void
command_list_free(struct command_grants *list)
{
	free(list->entries);
	*list = (struct command_grants){.entries = NULL};
}

/* ---- print -------------------------------------------------------------- */

/*
 * The network that an entry grants.  The table keeps an IPv6 address whole if
 * it holds an IPv4 address.
 */
static const char *
entry_text(const struct shmcache_entry *entry, unsigned ipv6_prefix,
    char text[CIDR_TEXT_BYTES])
{
	struct cidr cidr = {
	    .net = entry->addr,
	    .prefix_len = (uint8_t)ipv6_prefix,
	};

	addr_mask(&cidr.net, ipv6_prefix);
	if (addr_is_v4(&entry->addr) || ipv6_prefix >= 128 ||
	    !addr_equal(&cidr.net, &entry->addr))
		return addr_format(&entry->addr, text);
	return cidr_format(&cidr, text);
}

static json_t *
list_json(const struct command_grants *list)
{
	char text[CIDR_TEXT_BYTES];
	json_t *grants = json_array();
	size_t i;

	for (i = 0; i < list->n && grants != NULL; i++) {
		const struct shmcache_entry *entry = &list->entries[i];
		json_t *grant = json_pack("{s:s, s:o, s:I, s:I}", "address",
		    entry_text(entry, list->ipv6_prefix, text), "user",
		    print_json_text(entry->has_user ? entry->user : NULL),
		    "age_s", (json_int_t)entry->age_s, "left_s",
		    (json_int_t)entry->left_s);

		/* Takes the reference; fails on NULL too. */
		if (json_array_append_new(grants, grant) != 0) {
			json_decref(grants);
			grants = NULL;
		}
	}
	return grants != NULL ? json_pack("{s:o}", "grants", grants) : NULL;
}

int
command_list_print(const struct print *print, const struct command_grants *list)
{
	char addr[CIDR_TEXT_BYTES], user[PRINT_USER_BYTES];
	char age[DURATION_TEXT_BYTES], left[DURATION_TEXT_BYTES];
	int addr_width = (int)strlen("ADDRESS");
	int user_width = (int)strlen("USER");
	size_t i;

	if (print->is_json)
		return print_finish_json(print, list_json(list));

	for (i = 0; i < list->n; i++) {
		const struct shmcache_entry *entry = &list->entries[i];
		int len =
		    (int)strlen(entry_text(entry, list->ipv6_prefix, addr));

		if (len > addr_width)
			addr_width = len;
		len = (int)strlen(print_user(entry->user, user));
		if (len > user_width)
			user_width = len;
	}
	fprintf(print->out, "%-*s  %-*s  %9s  %9s\n", addr_width, "ADDRESS",
	    user_width, "USER", "AGE", "LEFT");
	for (i = 0; i < list->n; i++) {
		const struct shmcache_entry *entry = &list->entries[i];

		fprintf(print->out, "%-*s  %-*s  %9s  %9s\n", addr_width,
		    entry_text(entry, list->ipv6_prefix, addr), user_width,
		    entry->has_user ? print_user(entry->user, user) : "-",
		    duration_format(entry->age_s, age),
		    duration_format(entry->left_s, left));
	}
	return print_finish_text(print);
}

int
command_list(const struct call *call)
{
	struct command_grants list;
	int error = command_list_collect(call->cache, &list);

	if (error != 0)
		return failure_of_table(call, error);
	error = command_list_print(&call->print, &list);
	command_list_free(&list);
	return failure_of_print(error, EXIT_YES);
}
