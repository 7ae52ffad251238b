/* SPDX-License-Identifier: ISC */
/*
 * block, unblock, permit, unpermit and rules.
 *
 * A change holds the lock of the file until the table has the new text too.
 * The file comes first: after a crash in between, popauthd copies it.
 */
#include "popauthctl/audit.h"
#include "popauthctl/command.h"
#include "popauthctl/ending.h"

#include "common/duration.h"
#include "rules/rulefile.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define TIME_TEXT_BYTES 32
#define USER_MAX_BYTES 255

/* The shortest prefixes of a permit. */
#define PERMIT_BITS_V4 16
#define PERMIT_BITS_V6 32

/* ---- the operand ---------------------------------------------------------- */

/* Whether a text was meant as an address or a network. */
static bool
is_like_network(const char *text)
{
	return strchr(text, ':') != NULL || strchr(text, '/') != NULL ||
	       text[strspn(text, "0123456789.")] == '\0';
}

/* A permit of the internet would be an open relay. */
static bool
is_narrow(const char *who, const struct rule *rule)
{
	const unsigned least =
	    addr_is_v4(&rule->net.net) ? 96 + PERMIT_BITS_V4 : PERMIT_BITS_V6;

	if (rule->kind == RULE_BLOCK || rule->net.prefix_len >= least)
		return true;
	failure_report(who, "a permit is for devices: write a network of /16 "
			    "or longer, of IPv6 /32 or longer");
	return false;
}

/* Set the subject of a rule.  Returns false after it has said why. */
static bool
take_who(const char *who, struct rule *rule)
{
	if (cidr_parse(who, &rule->net) == 0)
		return is_narrow(who, rule);
	if (is_like_network(who) || rule->kind == RULE_PERMIT) {
		failure_report(who, "no network; write one like 192.0.2.0/24, "
				    "192.0.2.7 or 2001:db8::/32, without host "
				    "bits");
		return false;
	}
	if (!rule_value_is_good(who) || strlen(who) > USER_MAX_BYTES) {
		failure_report(who, "no name of a user");
		return false;
	}
	rule->is_for_user = true;
	rule->user = who;
	return true;
}

/* The end of a rule: --for TIME, --for ever, or (a block) nothing. */
static bool
take_period(const struct options *options, struct rule *rule)
{
	uint32_t seconds;

	if (options->period == NULL && rule->kind == RULE_PERMIT) {
		failure_report("permit",
		    "say how long: --for 90d, or --for ever for a permit that "
		    "nothing ends");
		return false;
	}
	if (options->period == NULL || strcmp(options->period, "ever") == 0)
		return true;
	if (duration_parse(options->period, &seconds) != 0 || seconds == 0) {
		failure_report(options->period,
		    "no duration; write one like 30m, 2d or 1d12h, or ever");
		return false;
	}
	rule->until_s = rule->at_s + seconds;
	return true;
}

static bool
take_text(const char *option, const char *value)
{
	if (value[0] == '\0' || rule_value_is_good(value))
		return true;
	failure_report(option, "too long, or it contains control characters");
	return false;
}

/* Make a rule of the command line.  Returns false after it has said why. */
static bool
make_rule(const struct options *options, enum rule_kind kind,
    char number[AUDIT_CALLER_BYTES], struct rule *rule)
{
	*rule = (struct rule){
	    .kind = kind,
	    .user = "",
	    .senders = options->sender,
	    .domains = options->to,
	    .at_s = time(NULL),
	    .by = audit_caller(number),
	    .note = options->note,
	};
	if (!rule_value_is_good(rule->by))
		rule->by = "unknown";
	return take_who(options->who, rule) && take_period(options, rule) &&
	       take_text("--note", options->note) &&
	       take_text("--sender", options->sender) &&
	       take_text("--to", options->to);
}

/* With a broken configuration: the built-in path. */
static const char *
path_of(const struct call *call)
{
	const char *path = call->place->conf.table.rules;

	return path != NULL ? path : RULEFILE_DEFAULT_PATH;
}

/* ---- the change ----------------------------------------------------------- */

struct change {
	const char *path; /* of the file */
	const struct rule *rule;
	bool is_removal;
	size_t n_before; /* rules of the same kind and subject */
	char *text;      /* the new file */
	size_t n;
};

static bool
is_same_subject(const struct rule *a, const struct rule *b)
{
	if (a->kind != b->kind || a->is_for_user != b->is_for_user)
		return false;
	if (a->is_for_user)
		return strcasecmp(a->user, b->user) == 0;
	return a->net.prefix_len == b->net.prefix_len &&
	       addr_equal(&a->net.net, &b->net.net);
}

/* Whether the new rule takes the place of an old one.  Permits of one network
 * with other scopes stand beside each other. */
static bool
is_replaced(const struct change *change, const struct rule *old)
{
	return is_same_subject(old, change->rule) &&
	       (change->is_removal || old->kind == RULE_BLOCK ||
		   (strcasecmp(old->senders, change->rule->senders) == 0 &&
		       strcasecmp(old->domains, change->rule->domains) == 0));
}

/* A text that readers refuse would end all relaying: it is not written. */
static int
check_text(const struct change *change)
{
	struct rules rules;
	const int error = rules_parse(change->text, change->n, &rules, NULL);

	rules_free(&rules);
	return error;
}

/* Write all rules that stay, and the new one.  Returns 0, -ENOMEM, or -EINVAL
 * when no reader would accept them. */
static int
compose(struct change *change, const struct rules *old)
{
	FILE *out = open_memstream(&change->text, &change->n);

	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < old->n; i++) {
		const struct rule *rule = &old->items[i];

		if (is_replaced(change, rule))
			change->n_before++;
		else if (!rule_has_ended(rule, change->rule->at_s))
			rule_write(rule, out);
	}
	if (!change->is_removal)
		rule_write(change->rule, out);
	if (fclose(out) != 0)
		return -ENOMEM;
	return check_text(change);
}

static int
read_old(const char *path, struct rules *old)
{
	size_t n, line = 0;
	char *text, about[PATH_MAX];
	int error = rulefile_read(path, &text, &n);

	*old = (struct rules){.n = 0};
	if (error == 0 && text != NULL)
		error = rules_parse(text, n, old, &line);
	free(text);
	if (error == -EINVAL && line != 0) {
		snprintf(about, sizeof(about), "%s:%zu", path, line);
		failure_report(about, "not a rule; repair or remove the line");
	} else if (error != 0) {
		failure_report(path, strerror(-error));
	}
	return error;
}

/* The file, then the table.  Returns 0, or an exit status after a report. */
static int
write_both(const struct change *change, struct shmcache *cache)
{
	int error = rulefile_write(change->path, change->text, change->n);

	if (error != 0) {
		failure_report(change->path,
		    error == -EFBIG ? "there are too many rules; remove some "
				      "(popauthctl rules lists them)"
				    : strerror(-error));
		return error == -EACCES ? EX_NOPERM : EX_IOERR;
	}
	if (cache == NULL)
		return 0;
	error = shmcache_set_rules(cache, change->text, change->n);
	if (error != 0) {
		failure_report("the table", shmcache_strerror(error));
		return EX_UNAVAILABLE;
	}
	return 0;
}

/* Under the lock.  Returns 0, or an exit status after a report. */
static int
change_rules(struct change *change, struct shmcache *cache)
{
	const int lock_fd = rulefile_lock(change->path);
	struct rules old;
	int status = 0, error;

	if (lock_fd < 0) {
		failure_report(change->path,
		    lock_fd == -EACCES ? "only root may change the rules"
		    : lock_fd == -ENOENT
			? "its directory does not exist; start popauthd, which "
			  "makes it"
			: strerror(-lock_fd));
		return lock_fd == -EACCES ? EX_NOPERM : EX_CANTCREAT;
	}
	if (read_old(change->path, &old) != 0)
		status = EX_DATAERR;
	else if ((error = compose(change, &old)) != 0) {
		failure_report(change->path,
		    error == -EINVAL ? "too many rules, or one too long; "
				       "nothing was changed"
				     : strerror(-error));
		status = EX_OSERR;
	} else if (!change->is_removal || change->n_before > 0)
		status = write_both(change, cache);
	rules_free(&old);
	free(change->text);
	close(lock_fd);
	return status;
}

/* ---- output --------------------------------------------------------------- */

static const char *
format_end(const struct rule *rule, char text[TIME_TEXT_BYTES])
{
	const time_t until = (time_t)rule->until_s;
	struct tm tm;

	if (until == 0 || localtime_r(&until, &tm) == NULL)
		return "never";
	strftime(text, TIME_TEXT_BYTES, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

static const char *
format_who(const struct rule *rule, char net[CIDR_TEXT_BYTES],
    char user[PRINT_USER_BYTES])
{
	return rule->is_for_user ? print_user(rule->user, user)
				 : cidr_format(&rule->net, net);
}

static json_t *
rule_json(const struct rule *rule)
{
	char net[CIDR_TEXT_BYTES];

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}",
	    "kind", rule->kind == RULE_BLOCK ? "block" : "permit", "user",
	    print_json_text(rule->is_for_user ? rule->user : NULL), "network",
	    print_json_text(
		rule->is_for_user ? NULL : cidr_format(&rule->net, net)),
	    "until_s",
	    rule->until_s == 0 ? json_null()
			       : json_integer((json_int_t)rule->until_s),
	    "sender", print_json_text(rule->senders), "at_s",
	    (json_int_t)rule->at_s, "by", print_json_text(rule->by), "note",
	    print_json_text(rule->note), "to", print_json_text(rule->domains));
}

/* Blanks stay; other bytes are shown as those of a name. */
static void
print_note(FILE *out, const char *note)
{
	for (; *note != '\0'; note++) {
		const char one[2] = {*note, '\0'};
		char text[PRINT_USER_BYTES];

		fputs(*note == ' ' ? " " : print_user(one, text), out);
	}
}

static void
print_rule(const struct print *print, const struct rule *rule)
{
	char net[CIDR_TEXT_BYTES], user[PRINT_USER_BYTES];
	char until[TIME_TEXT_BYTES], text[PRINT_USER_BYTES];
	FILE *out = print->out;

	fprintf(out, "%s %s, ends %s",
	    rule->kind == RULE_BLOCK ? "block" : "permit",
	    format_who(rule, net, user), format_end(rule, until));
	if (rule->senders[0] != '\0')
		fprintf(out, ", senders %s", print_user(rule->senders, text));
	if (rule->domains[0] != '\0')
		fprintf(out, ", to %s", print_user(rule->domains, text));
	if (rule->by[0] != '\0')
		fprintf(out, ", by %s", print_user(rule->by, text));
	if (rule->note[0] != '\0') {
		fputs(": ", out);
		print_note(out, rule->note);
	}
	fputc('\n', out);
}

static int
print_done(const struct call *call, const struct rule *rule, size_t n_ended)
{
	const struct print *print = &call->print;

	if (print->is_json)
		return print_finish_json(
		    print, json_pack("{s:o, s:I}", "rule", rule_json(rule),
			       "grants_ended", (json_int_t)n_ended));
	print_rule(print, rule);
	if (n_ended > 0)
		fprintf(print->out, "%zu grant%s ended\n", n_ended,
		    print_plural(n_ended));
	return print_finish_text(print);
}

/* ---- commands ------------------------------------------------------------- */

/* The table, or NULL after a warning: the rule is kept all the same. */
static struct shmcache *
open_table(const struct call *call)
{
	struct shmcache *cache = NULL;
	const int error =
	    shmcache_open_brief(call->place->table, SHMCACHE_WRITE, &cache);

	if (error != 0)
		failure_report(call->place->table, shmcache_strerror(error));
	return cache;
}

static int
add(const struct call *call, enum rule_kind kind, const char *event)
{
	struct rule rule;
	struct change change = {.path = path_of(call), .rule = &rule};
	char number[AUDIT_CALLER_BYTES], net[CIDR_TEXT_BYTES];
	char until[TIME_TEXT_BYTES];
	struct shmcache *cache;
	size_t n_ended = 0;
	int status, error = 0;

	if (!make_rule(call->options, kind, number, &rule))
		return EX_USAGE;
	cache = open_table(call);
	status = change_rules(&change, cache);
	if (status == 0) {
		audit_rule(event, rule.is_for_user ? "user" : "net",
		    rule.is_for_user ? rule.user : cidr_format(&rule.net, net),
		    format_end(&rule, until), rule.note);
		if (kind == RULE_BLOCK && cache != NULL)
			error = end_grants(cache,
			    rule.is_for_user ? rule.user : NULL,
			    rule.is_for_user ? NULL : &rule.net, &n_ended);
		status = failure_of_print(print_done(call, &rule, n_ended), 0);
	}
	if (status == 0 && error != 0)
		status = failure_of_table(call, error);
	shmcache_close(cache);
	return status;
}

static int
drop(const struct call *call, enum rule_kind kind, const char *event)
{
	struct rule rule = {.kind = kind, .at_s = time(NULL)};
	struct change change = {
	    .path = path_of(call), .rule = &rule, .is_removal = true};
	char net[CIDR_TEXT_BYTES];
	struct shmcache *cache;
	int status;

	if (!take_who(call->options->who, &rule))
		return EX_USAGE;
	cache = open_table(call);
	status = change_rules(&change, cache);
	shmcache_close(cache);
	if (status != 0)
		return status;
	if (change.n_before == 0) {
		failure_report(call->options->who,
		    "no such rule; popauthctl rules lists all");
		return EXIT_NO;
	}
	audit_rule(event, rule.is_for_user ? "user" : "net",
	    rule.is_for_user ? rule.user : cidr_format(&rule.net, net), NULL,
	    "");
	return EXIT_YES;
}

int
command_block(const struct call *call)
{
	return add(call, RULE_BLOCK, "block");
}

int
command_unblock(const struct call *call)
{
	return drop(call, RULE_BLOCK, "unblock");
}

int
command_permit(const struct call *call)
{
	return add(call, RULE_PERMIT, "permit");
}

int
command_unpermit(const struct call *call)
{
	return drop(call, RULE_PERMIT, "unpermit");
}

int
command_rules(const struct call *call)
{
	const struct print *print = &call->print;
	const int64_t now_s = time(NULL);
	json_t *list = print->is_json ? json_array() : NULL;
	struct rules rules;
	int error;

	if (read_old(path_of(call), &rules) != 0) {
		json_decref(list);
		return EX_DATAERR;
	}
	for (size_t i = 0; i < rules.n; i++) {
		if (rule_has_ended(&rules.items[i], now_s))
			continue;
		if (print->is_json)
			json_array_append_new(list, rule_json(&rules.items[i]));
		else
			print_rule(print, &rules.items[i]);
	}
	rules_free(&rules);
	error = print->is_json ? print_finish_json(
				     print, json_pack("{s:o}", "rules", list))
			       : print_finish_text(print);
	return failure_of_print(error, EXIT_YES);
}
