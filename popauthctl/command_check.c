/* SPDX-License-Identifier: ISC */
#include "popauthctl/command.h"

#include "common/duration.h"
#include "decision/decision.h"

static const char *
who_word(enum shmcache_who who)
{
	switch (who) {
	case SHMCACHE_WHO_UNKNOWN:
		return "unknown";
	case SHMCACHE_WHO_ONE:
		return "one";
	case SHMCACHE_WHO_MANY:
		return "many";
	}
	return "unknown";
}

static json_t *
no_json(const char *addr, const char *user, const struct right *right)
{
	enum reason lack = right_lack(right);
	bool has_ago = lack == REASON_WINDOW_OVER || lack == REASON_REVOKED;

	return json_pack("{s:s, s:o, s:b, s:s, s:s, s:s, s:o*}", "address",
	    addr, "user", print_json_text(user), "may_relay", 0, "reason",
	    reason_word(lack), "sentence", reason_sentence(lack), "cure",
	    reason_cure(lack), "ago_s",
	    has_ago ? json_integer((json_int_t)right->ago_s) : NULL);
}

static json_t *
check_json(const char *addr, const char *user, const struct right *right)
{
	const struct shmcache_grant *grant = &right->grant;

	if (right->kind == RIGHT_PERMIT)
		return json_pack("{s:s, s:o, s:b, s:s}", "address", addr,
		    "user", print_json_text(user), "may_relay", 1, "via",
		    "permit");
	if (right->kind != RIGHT_GRANT)
		return no_json(addr, user, right);
	return json_pack("{s:s, s:o, s:b, s:s, s:I, s:I, s:s, s:o}", "address",
	    addr, "user", print_json_text(user), "may_relay", 1, "via", "grant",
	    "age_s", (json_int_t)grant->age_s, "left_s",
	    (json_int_t)grant->left_s, "who", who_word(grant->who),
	    "granted_user",
	    print_json_text(
		grant->who == SHMCACHE_WHO_ONE ? grant->user : NULL));
}

/* The reason, and what to do. */
static void
print_no(FILE *out, const struct right *right)
{
	enum reason lack = right_lack(right);
	char ago[DURATION_TEXT_BYTES];

	fprintf(out, ": may not relay; %s", reason_sentence(lack));
	if (lack == REASON_WINDOW_OVER || lack == REASON_REVOKED)
		fprintf(out, " (%s ago)", duration_format(right->ago_s, ago));
	fputc('\n', out);
	if (reason_cure(lack)[0] != '\0')
		fprintf(out, "  %s\n", reason_cure(lack));
}

int
command_check_print_listed(const struct print *print, const struct addr *addr)
{
	char text[ADDR_TEXT_BYTES];

	addr_format(addr, text);
	if (print->is_json)
		return print_finish_json(
		    print, json_pack("{s:s, s:n, s:b, s:s}", "address", text,
			       "user", "may_relay", 1, "via", "network"));
	fprintf(print->out, "%s: may relay; relay_networks lists it\n", text);
	return print_finish_text(print);
}

int
command_check_print(const struct print *print, const struct addr *addr,
    const char *user, const struct right *right)
{
	const struct shmcache_grant *grant = &right->grant;
	char addr_text[ADDR_TEXT_BYTES], text[PRINT_USER_BYTES];
	char age[DURATION_TEXT_BYTES], left[DURATION_TEXT_BYTES];
	FILE *out = print->out;

	addr_format(addr, addr_text);
	if (print->is_json)
		return print_finish_json(
		    print, check_json(addr_text, user, right));

	fputs(addr_text, out);
	if (user != NULL)
		fprintf(out, ", user %s", print_user(user, text));
	if (right->kind == RIGHT_PERMIT) {
		fprintf(out, ": may relay; popauthctl rules has its permit\n");
		return print_finish_text(print);
	}
	if (right->kind != RIGHT_GRANT) {
		print_no(out, right);
		return print_finish_text(print);
	}
	fprintf(out, ": may relay; login %s ago, %s left",
	    duration_format(grant->age_s, age),
	    duration_format(grant->left_s, left));
	if (user == NULL && grant->who == SHMCACHE_WHO_ONE)
		fprintf(out, ", user %s", print_user(grant->user, text));
	else if (user == NULL)
		fprintf(out, ", %s",
		    grant->who == SHMCACHE_WHO_MANY ? "several users"
						    : "user unknown");
	fputc('\n', out);
	return print_finish_text(print);
}

int
command_check(const struct call *call)
{
	const struct options *options = call->options;
	const struct decision_question question = {
	    .client = &options->addr, .user = options->user};
	struct inforce rules = {.is_known = false};
	struct policy_verdict verdict;
	struct site site;

	site_init(&site, &call->place->conf, call->cache, &rules);
	verdict = decision_make(&site, &question);
	inforce_free(&rules);
	if (verdict.right.kind == RIGHT_UNKNOWN)
		return failure_of_table(call, verdict.right.error);
	if (verdict.via == POLICY_VIA_NETWORK)
		return failure_of_print(
		    command_check_print_listed(&call->print, &options->addr),
		    EXIT_YES);
	return failure_of_print(
	    command_check_print(
		&call->print, &options->addr, options->user, &verdict.right),
	    verdict.result == POLICY_PERMIT ? EXIT_YES : EXIT_NO);
}
