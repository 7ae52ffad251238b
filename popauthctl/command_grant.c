/* SPDX-License-Identifier: ISC */
#include "popauthctl/audit.h"
#include "popauthctl/command.h"
#include "popauthctl/ending.h"

#include "common/cidr.h"

/* "DONE: ADDRESS, user USER" */
static void
print_done(const struct print *print, const char *done, const struct addr *addr,
    const char *user)
{
	char addr_text[ADDR_TEXT_BYTES], text[PRINT_USER_BYTES];

	fprintf(print->out, "%s: %s", done, addr_format(addr, addr_text));
	if (user != NULL)
		fprintf(print->out, ", user %s", print_user(user, text));
}

/* ---- grant -------------------------------------------------------------- */

int
command_grant_print(
    const struct print *print, const struct addr *addr, const char *user)
{
	char text[ADDR_TEXT_BYTES];

	if (print->is_json)
		return print_finish_json(
		    print, json_pack("{s:s, s:o, s:b}", "address",
			       addr_format(addr, text), "user",
			       print_json_text(user), "granted", 1));

	print_done(print, "granted", addr, user);
	fputc('\n', print->out);
	return print_finish_text(print);
}

/* Why the table never grants an address: the kinds of shmcache/never.h. */
static const char *
why_never(const struct addr *addr)
{
	static const struct {
		const char *network, *sentence;
	} kinds[] = {
	    {"127.0.0.0/8", "it is never granted: it is a loopback address"},
	    {"::1/128", "it is never granted: it is a loopback address"},
	    {"169.254.0.0/16", "it is never granted: it is link-local"},
	    {"fe80::/10", "it is never granted: it is link-local"},
	    {"224.0.0.0/4", "it is never granted: it is multicast"},
	    {"ff00::/8", "it is never granted: it is multicast"},
	};
	struct cidr cidr;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (cidr_parse(kinds[i].network, &cidr) == 0 &&
		    cidr_contains(&cidr, addr))
			return kinds[i].sentence;
	return "it is never granted: it is an address of this machine or of "
	       "its gateways, or never_grant or proxy_from lists it";
}

int
command_grant(const struct call *call)
{
	const struct options *options = call->options;
	char text[ADDR_TEXT_BYTES];
	int error = shmcache_grant(call->cache, &options->addr, options->user);

	if (error == SHMCACHE_NEVER) {
		failure_report(addr_format(&options->addr, text),
		    why_never(&options->addr));
		return failure_exit_status(error);
	}
	if (error != 0)
		return failure_of_table(call, error);
	audit("grant", &options->addr, options->user);
	return failure_of_print(
	    command_grant_print(&call->print, &options->addr, options->user),
	    EXIT_YES);
}

/* ---- revoke ------------------------------------------------------------- */

int
command_revoke_print(const struct print *print, const struct addr *addr,
    const char *user, size_t n_others)
{
	char text[ADDR_TEXT_BYTES];

	if (print->is_json)
		return print_finish_json(print,
		    json_pack("{s:s, s:o, s:b, s:I}", "address",
			addr_format(addr, text), "user", print_json_text(user),
			"revoked", 1, "other_users", (json_int_t)n_others));

	print_done(print, "revoked", addr, user);
	if (n_others > 0)
		fprintf(print->out,
		    "; %zu other user%s keep%s the address open", n_others,
		    print_plural(n_others), n_others == 1 ? "s" : "");
	fputc('\n', print->out);
	return print_finish_text(print);
}

int
command_revoke(const struct call *call)
{
	const struct options *options = call->options;
	char text[ADDR_TEXT_BYTES];
	size_t n_others = 0;
	int error = shmcache_revoke(
	    call->cache, &options->addr, options->user, &n_others);

	if (error == SHMCACHE_NO_GRANT) {
		failure_report(addr_format(&options->addr, text),
		    "no such grant; popauthctl list shows all grants");
		return failure_exit_status(error);
	}
	if (error != 0)
		return failure_of_table(call, error);
	audit("revoke", &options->addr, options->user);
	return failure_of_print(command_revoke_print(&call->print,
				    &options->addr, options->user, n_others),
	    EXIT_YES);
}

static int
revoke_many(const struct call *call, const char *user)
{
	const struct print *print = &call->print;
	size_t n = 0;
	int error = end_grants(call->cache, user, NULL, &n);

	if (error != 0)
		return failure_of_table(call, error);
	if (n == 0) {
		failure_report(user != NULL ? user : "revoke --all",
		    "no such grant; popauthctl list shows all grants");
		return EXIT_NO;
	}
	audit_rule("revoke", "user", user != NULL ? user : "-", NULL, "");
	if (print->is_json)
		error = print_finish_json(print,
		    json_pack("{s:o, s:I}", "user", print_json_text(user),
			"revoked", (json_int_t)n));
	else {
		fprintf(
		    print->out, "revoked: %zu grant%s\n", n, print_plural(n));
		error = print_finish_text(print);
	}
	return failure_of_print(error, EXIT_YES);
}

int
command_revoke_user(const struct call *call)
{
	return revoke_many(call, call->options->user);
}

int
command_revoke_all(const struct call *call)
{
	return revoke_many(call, NULL);
}
