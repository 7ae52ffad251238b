/* SPDX-License-Identifier: ISC */
/*
 * print - popauthctl's output.
 */
#include "popauthctl/print.h"

#include "common/ascii.h"
#include "common/cidr.h"
#include "common/duration.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Every byte may need four. */
#define USER_TEXT_BYTES (4 * 255 + 1)

#define NO_USER "-"

json_t *
print_json_text(const char *text)
{
	json_t *json;
	char *ascii;
	size_t len = 0;

	if (text == NULL)
		return json_null();
	json = json_string(text);
	if (json != NULL)
		return json;
	ascii = malloc(4 * strlen(text) + 1);
	if (ascii == NULL)
		return NULL;
	for (; *text != '\0'; text++)
		if (ascii_is_not(*text))
			len += (size_t)sprintf(
			    ascii + len, "\\x%02x", (unsigned char)*text);
		else
			ascii[len++] = *text;
	json = json_stringn(ascii, len);
	free(ascii);
	return json;
}

/* ---- pieces ------------------------------------------------------------- */

static const char *
user_text(const char *user, char text[USER_TEXT_BYTES])
{
	size_t len = 0;

	text[0] = '\0';
	for (; *user != '\0' && len + 4 < USER_TEXT_BYTES; user++) {
		unsigned char c = (unsigned char)*user;

		/* A space would shift the columns. */
		if (c > 0x20 && c < 0x7f)
			text[len++] = (char)c;
		else
			len += (size_t)snprintf(
			    text + len, USER_TEXT_BYTES - len, "\\x%02x", c);
		text[len] = '\0';
	}
	return text;
}

/*
 * What an entry stands for: of IPv6 the whole network, but for addresses that
 * the table keeps whole because they hold an IPv4 one.
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

/* A duration that no longer fits 32 bits is as good as this. */
static const char *
seconds_text(uint64_t seconds, char text[DURATION_TEXT_BYTES])
{
	return duration_format(
	    seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds, text);
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static json_t *
json_u64(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *
json_addr(const struct addr *addr)
{
	char text[ADDR_TEXT_BYTES];

	return json_string(addr_format(addr, text));
}

int
print_finish_json(const struct print *print, json_t *json)
{
	int error = 0;

	if (json == NULL)
		return -ENOMEM;
	errno = 0;
	if (json_dumpf(json, print->out, JSON_INDENT(2)) != 0 ||
	    fputc('\n', print->out) == EOF || fflush(print->out) != 0)
		error = errno != 0 ? -errno : -EIO;
	json_decref(json);
	return error;
}

int
print_finish_text(const struct print *print)
{
	if (fflush(print->out) != 0)
		return -errno;
	return ferror(print->out) ? -EIO : 0;
}

/* ---- status ------------------------------------------------------------- */

static json_t *
status_json(const char *table, const struct work_status *status)
{
	const struct shmcache_status *t = &status->table;

	return json_pack(
	    "{s:s, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I},"
	    " s:{s:b, s:o, s:I}, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
	    "table", table, "window_s", (json_int_t)t->window_s, "ipv6_prefix",
	    (json_int_t)t->ipv6_prefix, "never_grant_networks",
	    (json_int_t)t->n_never, "slots", "total", (json_int_t)t->n_slots,
	    "live", (json_int_t)t->n_live, "live_addresses",
	    (json_int_t)t->n_live_addrs, "expired", (json_int_t)t->n_expired,
	    "claimed", (json_int_t)t->n_claimed, "reaper", "alive",
	    status->is_reaper_alive, "last_sweep_s",
	    t->has_heartbeat ? json_u64(t->heartbeat_age_s) : json_null(),
	    "sweep_every_s", (json_int_t)status->sweep_every_s, "counters",
	    "grants", (json_int_t)t->grants, "refreshes",
	    (json_int_t)t->refreshes, "evictions", (json_int_t)t->evictions,
	    "forced", (json_int_t)t->forced, "reclaimed",
	    (json_int_t)t->reclaimed, "refused", (json_int_t)t->refused,
	    "ungrown", (json_int_t)t->ungrown);
}

static void
print_reaper(FILE *out, const struct work_status *status)
{
	char age[DURATION_TEXT_BYTES], every[DURATION_TEXT_BYTES];

	seconds_text(status->table.heartbeat_age_s, age);
	duration_format(status->sweep_every_s, every);
	if (!status->table.has_heartbeat)
		fprintf(
		    out, "reaper:        has never swept; start popauthd\n");
	else if (status->is_reaper_alive)
		fprintf(out, "reaper:        alive, swept %s ago (every %s)\n",
		    age, every);
	else
		fprintf(out,
		    "reaper:        silent, swept %s ago (every %s); restart "
		    "popauthd\n",
		    age, every);
}

int
print_status(const struct print *print, const char *table,
    const struct work_status *status)
{
	const struct shmcache_status *t = &status->table;
	const uint64_t n_logins = t->n_live - t->n_live_addrs;
	const uint64_t percent =
	    t->n_slots > 0 ? t->n_live * 100 / t->n_slots : 0;
	char window[DURATION_TEXT_BYTES];
	FILE *out = print->out;

	if (print->is_json)
		return print_finish_json(print, status_json(table, status));

	fprintf(out, "table:         %s\n", table);
	fprintf(
	    out, "window:        %s\n", duration_format(t->window_s, window));
	fprintf(out, "ipv6 prefix:   /%u\n", t->ipv6_prefix);
	fprintf(out, "never granted: %zu network%s, and the built-in ones\n",
	    t->n_never, plural(t->n_never));
	print_reaper(out, status);
	fprintf(out, "may relay now: %llu address%s, %llu login%s\n",
	    (unsigned long long)t->n_live_addrs,
	    t->n_live_addrs == 1 ? "" : "es", (unsigned long long)n_logins,
	    plural(n_logins));
	fprintf(out,
	    "room:          %llu of %llu slots live (%llu%%), %llu expired, "
	    "%llu being written\n",
	    (unsigned long long)t->n_live, (unsigned long long)t->n_slots,
	    (unsigned long long)percent, (unsigned long long)t->n_expired,
	    (unsigned long long)t->n_claimed);
	fprintf(out, "granted:       %llu anew, %llu renewed\n",
	    (unsigned long long)t->grants, (unsigned long long)t->refreshes);
	fprintf(out, "refused:       %llu from never-granted networks\n",
	    (unsigned long long)t->refused);
	fprintf(out,
	    "ended:         %llu evicted, %llu forced out while live\n",
	    (unsigned long long)t->evictions, (unsigned long long)t->forced);
	if (t->ungrown > 0)
		fprintf(out,
		    "not grown:     %llu time%s, for want of room; see "
		    "table-full in popauth(7)\n",
		    (unsigned long long)t->ungrown, plural(t->ungrown));
	fprintf(out, "reclaimed:     %llu after writers that died\n",
	    (unsigned long long)t->reclaimed);
	return print_finish_text(print);
}

/* ---- list --------------------------------------------------------------- */

static json_t *
list_json(const struct work_list *list)
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
print_list(const struct print *print, const struct work_list *list)
{
	char addr[CIDR_TEXT_BYTES], user[USER_TEXT_BYTES];
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
		len = (int)strlen(user_text(entry->user, user));
		if (len > user_width)
			user_width = len;
	}
	fprintf(print->out, "%-*s  %-*s  %9s  %9s\n", addr_width, "ADDRESS",
	    user_width, "USER", "AGE", "LEFT");
	for (i = 0; i < list->n; i++) {
		const struct shmcache_entry *entry = &list->entries[i];

		fprintf(print->out, "%-*s  %-*s  %9s  %9s\n", addr_width,
		    entry_text(entry, list->ipv6_prefix, addr), user_width,
		    entry->has_user ? user_text(entry->user, user) : NO_USER,
		    duration_format(entry->age_s, age),
		    duration_format(entry->left_s, left));
	}
	return print_finish_text(print);
}

/* ---- grant, revoke, check ----------------------------------------------- */

int
print_granted(
    const struct print *print, const struct addr *addr, const char *user)
{
	char addr_text[ADDR_TEXT_BYTES], text[USER_TEXT_BYTES];

	if (print->is_json)
		return print_finish_json(print,
		    json_pack("{s:o, s:o, s:b}", "address", json_addr(addr),
			"user", print_json_text(user), "granted", 1));

	fprintf(print->out, "granted: %s", addr_format(addr, addr_text));
	if (user != NULL)
		fprintf(print->out, ", user %s", user_text(user, text));
	fputc('\n', print->out);
	return print_finish_text(print);
}

int
print_revoked(const struct print *print, const struct addr *addr,
    const char *user, size_t n_others)
{
	char addr_text[ADDR_TEXT_BYTES], text[USER_TEXT_BYTES];

	if (print->is_json)
		return print_finish_json(print,
		    json_pack("{s:o, s:o, s:b, s:I}", "address",
			json_addr(addr), "user", print_json_text(user),
			"revoked", 1, "other_users", (json_int_t)n_others));

	fprintf(print->out, "revoked: %s", addr_format(addr, addr_text));
	if (user != NULL)
		fprintf(print->out, ", user %s", user_text(user, text));
	if (n_others > 0)
		fprintf(print->out,
		    "; %zu other user%s keep%s the address open", n_others,
		    plural(n_others), n_others == 1 ? "s" : "");
	fputc('\n', print->out);
	return print_finish_text(print);
}

static json_t *
check_json(const struct addr *addr, const char *user,
    const struct shmcache_grant *grant)
{
	static const char *const who[] = {
	    [SHMCACHE_WHO_UNKNOWN] = "unknown",
	    [SHMCACHE_WHO_ONE] = "one",
	    [SHMCACHE_WHO_MANY] = "many",
	};

	if (grant == NULL)
		return json_pack("{s:o, s:o, s:b}", "address", json_addr(addr),
		    "user", print_json_text(user), "may_relay", 0);
	return json_pack("{s:o, s:o, s:b, s:s, s:I, s:I, s:s, s:o}", "address",
	    json_addr(addr), "user", print_json_text(user), "may_relay", 1,
	    "via", "grant", "age_s", (json_int_t)grant->age_s, "left_s",
	    (json_int_t)grant->left_s, "who", who[grant->who], "granted_user",
	    print_json_text(
		grant->who == SHMCACHE_WHO_ONE ? grant->user : NULL));
}

int
print_check_listed(const struct print *print, const struct addr *addr)
{
	char text[ADDR_TEXT_BYTES];

	if (print->is_json)
		return print_finish_json(
		    print, json_pack("{s:o, s:n, s:b, s:s}", "address",
			       json_addr(addr), "user", "may_relay", 1, "via",
			       "network"));
	fprintf(print->out,
	    "%s: may relay; relay_networks lists it, login or not\n",
	    addr_format(addr, text));
	return print_finish_text(print);
}

int
print_check(const struct print *print, const struct addr *addr,
    const char *user, const struct shmcache_grant *grant)
{
	char addr_text[ADDR_TEXT_BYTES], text[USER_TEXT_BYTES];
	char age[DURATION_TEXT_BYTES], left[DURATION_TEXT_BYTES];
	FILE *out = print->out;

	if (print->is_json)
		return print_finish_json(print, check_json(addr, user, grant));

	addr_format(addr, addr_text);
	if (user != NULL)
		fprintf(out, "%s, user %s: ", addr_text, user_text(user, text));
	else
		fprintf(out, "%s: ", addr_text);
	if (grant == NULL) {
		fprintf(out, "may not relay; no login within the window\n");
		return print_finish_text(print);
	}
	fprintf(out, "may relay; login %s ago, %s left",
	    duration_format(grant->age_s, age),
	    duration_format(grant->left_s, left));
	if (user == NULL)
		switch (grant->who) {
		case SHMCACHE_WHO_ONE:
			fprintf(out, ", user %s", user_text(grant->user, text));
			break;
		case SHMCACHE_WHO_MANY:
			fprintf(out, ", several users");
			break;
		case SHMCACHE_WHO_UNKNOWN:
			fprintf(out, ", user unknown");
			break;
		}
	fputc('\n', out);
	return print_finish_text(print);
}
