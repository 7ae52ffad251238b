/* SPDX-License-Identifier: ISC */
/*
 * The text is copied once and cut in place: the items of a rule point into it.
 * A reader parses again only after the text has changed.
 */
#include "rules/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- values --------------------------------------------------------------- */

static bool
must_escape(unsigned char c)
{
	return c <= ' ' || c == '%' || c == 0x7f;
}

static void
write_value(const char *value, FILE *out)
{
	for (; *value != '\0'; value++) {
		const unsigned char c = (unsigned char)*value;

		if (must_escape(c))
			fprintf(out, "%%%02X", c);
		else
			fputc(c, out);
	}
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Undo write_value() in place.  Returns whether the text was of its making. */
static bool
unescape(char *value)
{
	char *to = value;

	while (*value != '\0') {
		int high, low;

		if (must_escape((unsigned char)*value) && *value != '%')
			return false;
		if (*value != '%') {
			*to++ = *value++;
			continue;
		}
		high = digit_of(value[1]);
		low = high < 0 ? -1 : digit_of(value[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high * 16 + low);
		value += 3;
	}
	*to = '\0';
	return true;
}

bool
rule_value_is_good(const char *value)
{
	const size_t n_bytes = strlen(value);

	for (const char *p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return n_bytes > 0 && n_bytes < RULES_VALUE_BYTES;
}

static bool
parse_time(const char *value, int64_t *time_out)
{
	char *end;

	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	*time_out = strtoll(value, &end, 10);
	return errno == 0 && *end == '\0';
}

/* ---- a line --------------------------------------------------------------- */

/* The value of "NAME=VALUE" if the word has this name, else NULL. */
static char *
value_of(char *word, const char *name)
{
	const size_t n_bytes = strlen(name);

	return strncmp(word, name, n_bytes) == 0 && word[n_bytes] == '='
		   ? word + n_bytes + 1
		   : NULL;
}

static bool
take_text(char *value, const char **text_out)
{
	*text_out = value;
	return unescape(value) && (*value == '\0' || rule_value_is_good(value));
}

/* One word of a line.  Returns whether it has a known name and a good value. */
static bool
take_word(char *word, struct rule *rule)
{
	char *value;

	if ((value = value_of(word, "user")) != NULL) {
		rule->is_for_user = true;
		return take_text(value, &rule->user) && *value != '\0';
	}
	if ((value = value_of(word, "net")) != NULL)
		return cidr_parse(value, &rule->net) == 0;
	if ((value = value_of(word, "until")) != NULL)
		return parse_time(value, &rule->until_s);
	if ((value = value_of(word, "sender")) != NULL)
		return take_text(value, &rule->senders);
	if ((value = value_of(word, "to")) != NULL)
		return take_text(value, &rule->domains);
	if ((value = value_of(word, "at")) != NULL)
		return parse_time(value, &rule->at_s);
	if ((value = value_of(word, "by")) != NULL)
		return take_text(value, &rule->by);
	return false;
}

/* Cut the note off.  Returns the line, or NULL without a note. */
static char *
take_note(char *line, struct rule *rule)
{
	char *note = strstr(line, " note=");

	if (note == NULL)
		return NULL;
	*note = '\0';
	rule->note = note + strlen(" note=");
	return *rule->note == '\0' || rule_value_is_good(rule->note) ? line
								     : NULL;
}

static bool
parse_line(char *line, struct rule *rule)
{
	bool has_subject = false, has_end = false;
	char *word, *rest = NULL;

	*rule = (struct rule){
	    .user = "", .senders = "", .domains = "", .by = "", .note = ""};
	if (take_note(line, rule) == NULL ||
	    (word = strtok_r(line, " ", &rest)) == NULL)
		return false;
	if (strcmp(word, "permit") == 0)
		rule->kind = RULE_PERMIT;
	else if (strcmp(word, "block") != 0)
		return false;
	while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
		if (value_of(word, "user") != NULL ||
		    value_of(word, "net") != NULL) {
			if (has_subject)
				return false;
			has_subject = true;
		}
		has_end = has_end || value_of(word, "until") != NULL;
		if (!take_word(word, rule))
			return false;
	}
	return has_subject && has_end &&
	       (rule->kind == RULE_BLOCK || !rule->is_for_user);
}

void
rule_write(const struct rule *rule, FILE *out)
{
	char text[CIDR_TEXT_BYTES];

	fputs(rule->kind == RULE_PERMIT ? "permit" : "block", out);
	if (rule->is_for_user) {
		fputs(" user=", out);
		write_value(rule->user, out);
	} else {
		fprintf(out, " net=%s", cidr_format(&rule->net, text));
	}
	fprintf(out, " until=%lld", (long long)rule->until_s);
	if (*rule->senders != '\0') {
		fputs(" sender=", out);
		write_value(rule->senders, out);
	}
	if (*rule->domains != '\0') {
		fputs(" to=", out);
		write_value(rule->domains, out);
	}
	fprintf(out, " at=%lld by=", (long long)rule->at_s);
	write_value(rule->by, out);
	fprintf(out, " note=%s\n", rule->note);
}

/* ---- all lines ------------------------------------------------------------ */

static size_t
count_lines(const char *text)
{
	size_t n = 1;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

int
rules_parse(
    const char *text, size_t n_bytes, struct rules *rules_out, size_t *line_out)
{
	size_t number = 0;

	*rules_out = (struct rules){0};
	if (n_bytes > RULES_TEXT_BYTES || memchr(text, '\0', n_bytes) != NULL)
		return -EINVAL;
	rules_out->text = strndup(text, n_bytes);
	if (rules_out->text == NULL)
		return -ENOMEM;
	rules_out->items =
	    calloc(count_lines(rules_out->text), sizeof(struct rule));
	if (rules_out->items == NULL) {
		rules_free(rules_out);
		return -ENOMEM;
	}
	for (char *line = rules_out->text, *end; *line != '\0'; line = end) {
		end = strchrnul(line, '\n');
		if (*end != '\0')
			*end++ = '\0';
		number++;
		if (*line == '\0' || *line == '#')
			continue;
		if (!parse_line(line, &rules_out->items[rules_out->n])) {
			rules_free(rules_out);
			if (line_out != NULL)
				*line_out = number;
			return -EINVAL;
		}
		rules_out->n++;
	}
	return 0;
}

void
rules_free(struct rules *rules)
{
	free(rules->items);
	free(rules->text);
	*rules = (struct rules){0};
}

/* ---- questions ------------------------------------------------------------ */

bool
rule_has_ended(const struct rule *rule, int64_t now_s)
{
	return rule->until_s != 0 && rule->until_s <= now_s;
}

const struct rule *
rules_find_block(const struct rules *rules, const struct addr *addr,
    const char *user, int64_t now_s)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->items[i];

		if (rule->kind != RULE_BLOCK || rule_has_ended(rule, now_s))
			continue;
		if (rule->is_for_user
			? user != NULL && strcasecmp(rule->user, user) == 0
			: addr != NULL && cidr_contains(&rule->net, addr))
			return rule;
	}
	return NULL;
}

const struct rule *
rules_next_permit(const struct rules *rules, const struct rule *after,
    const struct addr *addr, int64_t now_s)
{
	const struct rule *rule = after != NULL ? after + 1 : rules->items;

	if (addr == NULL)
		return NULL;
	for (; rule != rules->items + rules->n; rule++)
		if (rule->kind == RULE_PERMIT && !rule_has_ended(rule, now_s) &&
		    cidr_contains(&rule->net, addr))
			return rule;
	return NULL;
}

static bool
item_matches(const char *item, size_t n_bytes, const char *name)
{
	const size_t n_name = strlen(name);

	if (n_bytes > 0 && item[0] == '.')
		return n_name > n_bytes &&
		       strncasecmp(name + n_name - n_bytes, item, n_bytes) == 0;
	return n_name == n_bytes && strncasecmp(item, name, n_bytes) == 0;
}

bool
rule_list_has(const char *list, const char *name)
{
	for (;;) {
		const size_t n_bytes = strcspn(list, ",");

		if (n_bytes > 0 && item_matches(list, n_bytes, name))
			return true;
		if (list[n_bytes] == '\0')
			return false;
		list += n_bytes + 1;
	}
}
