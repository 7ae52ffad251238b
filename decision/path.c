/* SPDX-License-Identifier: ISC */
/*
 * path - the mailbox syntax of RFC 5321, by recursive descent: one function
 * for each rule of the grammar, each of which takes a cursor and returns the
 * byte after what it parsed, or NULL.
 *
 *   Path      = "<" [ A-d-l ":" ] Mailbox ">" / "<>" / "<Postmaster>"
 *             / Mailbox / "Postmaster"               (a tolerance of path.h)
 *   A-d-l     = "@" Domain *( "," "@" Domain )
 *   Mailbox   = Local-part "@" ( Domain / address-literal )
 *
 * None of these rules has comments or white space, so no path has them.
 */
#include "decision/path.h"

#include "common/ascii.h"
#include "config/conf_domain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX_BYTES 63

static bool
is_atext(char c)
{
	return ascii_is_alnum(c) || ascii_is_not(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static const char *
skip_label(const char *p)
{
	const char *begin = p;
	bool is_ascii = true;

	for (; ascii_is_alnum(*p) || *p == '-' || *p == '_' || ascii_is_not(*p);
	     p++)
		if (ascii_is_not(*p))
			is_ascii = false;
	/* The limit is that of the ASCII form; a short one can be long here. */
	if (p == begin || (is_ascii && p - begin > LABEL_MAX_BYTES))
		return NULL;
	if (*begin == '-' || p[-1] == '-')
		return NULL;
	return p;
}

/* A domain of labels; one final dot is accepted (see the caller). */
static const char *
skip_domain(const char *p)
{
	const char *begin = p;

	for (;;) {
		p = skip_label(p);
		if (p == NULL)
			return NULL;
		if (*p != '.')
			break;
		p++;
		if (!ascii_is_alnum(*p) && *p != '-' && *p != '_' &&
		    *p != '.' && !ascii_is_not(*p))
			break;
	}
	return p - begin < PATH_DOMAIN_BYTES ? p : NULL;
}

/* is_dotted_out: whether the dots are not those of Dot-string. */
static const char *
skip_dot_string(const char *p, bool *is_dotted_out)
{
	bool has_atext = false, is_after_dot = true;

	*is_dotted_out = false;
	for (; is_atext(*p) || *p == '.'; p++) {
		if (*p == '.' && is_after_dot)
			*is_dotted_out = true;
		if (*p != '.')
			has_atext = true;
		is_after_dot = *p == '.';
	}
	if (is_after_dot)
		*is_dotted_out = true;
	return has_atext ? p : NULL;
}

static const char *
skip_quoted_string(const char *p)
{
	if (*p != '"')
		return NULL;
	for (p++; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if (!ascii_is_not(*p) && (*p < 0x20 || *p > 0x7e))
			return NULL;
	}
	return p + 1;
}

static const char *
skip_local(const char *p, bool *is_dotted_out)
{
	*is_dotted_out = false;
	return *p == '"' ? skip_quoted_string(p)
			 : skip_dot_string(p, is_dotted_out);
}

/* "@a,@b:" */
static const char *
skip_route(const char *p)
{
	for (;;) {
		if (*p != '@')
			return NULL;
		p = skip_domain(p + 1);
		if (p == NULL)
			return NULL;
		if (*p == ':')
			return p + 1;
		if (*p != ',')
			return NULL;
		p++;
	}
}

static bool
copy_local(struct path *path, const char *begin, const char *end)
{
	const char *quote = path->is_dotted ? "\"" : "";
	int len = snprintf(path->local, sizeof(path->local), "%s%.*s%s", quote,
	    (int)(end - begin), begin, quote);

	return len >= 0 && (size_t)len < sizeof(path->local);
}

static bool
copy_domain(struct path *path, const char *begin, const char *end)
{
	size_t i, len = (size_t)(end - begin);

	if (len >= sizeof(path->domain))
		return false;
	if (len > 0 && begin[len - 1] == '.')
		len--;
	for (i = 0; i < len; i++)
		path->domain[i] = ascii_lower(begin[i]);
	path->domain[len] = '\0';
	return true;
}

static bool
is_end(char c, bool has_brackets)
{
	return has_brackets ? c == '>' : c == ' ' || c == '\0';
}

static const char *
parse_mailbox(const char *p, bool has_brackets, struct path *path)
{
	const char *at = skip_local(p, &path->is_dotted), *end;

	if (at == NULL || !copy_local(path, p, at))
		return NULL;
	if (is_end(*at, has_brackets) &&
	    strcasecmp(path->local, "postmaster") == 0)
		return at;
	if (*at != '@')
		return NULL;
	path->is_literal = at[1] == '[';
	if (path->is_literal)
		return conf_domain_parse_literal(at + 1, path->domain);
	end = skip_domain(at + 1);
	if (end == NULL || !copy_domain(path, at + 1, end))
		return NULL;
	return end;
}

int
path_parse(const char *text, struct path *path_out, const char **rest_out)
{
	struct path path = {0};
	bool has_brackets = *text == '<';
	const char *p = has_brackets ? text + 1 : text;

	if (has_brackets && *p == '>') {
		path.is_null = true;
	} else {
		if (has_brackets && *p == '@') {
			path.has_route = true;
			p = skip_route(p);
		}
		if (p != NULL)
			p = parse_mailbox(p, has_brackets, &path);
		if (p == NULL || !is_end(*p, has_brackets))
			return -EINVAL;
	}
	*path_out = path;
	*rest_out = has_brackets ? p + 1 : p;
	return 0;
}

const char *
path_format(const struct path *path, char text[PATH_TEXT_BYTES])
{
	snprintf(text, PATH_TEXT_BYTES, "<%s%s%s>", path->local,
	    path->domain[0] != '\0' ? "@" : "", path->domain);
	return text;
}

bool
path_local_is_dangerous(const struct path *path)
{
	const char *p;

	for (p = path->local; *p != '\0'; p++)
		if (path->is_dotted && *p == '"')
			continue;
		else if ((unsigned char)*p < 0x20 || *p == 0x7f ||
			 strchr("%!@\\\"()", *p) != NULL)
			return true;
	return false;
}

bool
path_is_helo_name(const char *text)
{
	char literal[CONF_DOMAIN_BYTES];
	const char *end = *text == '['
			      ? conf_domain_parse_literal(text, literal)
			      : skip_domain(text);
	const char *p;

	for (p = text; *p != '\0'; p++)
		if (ascii_is_not(*p))
			return false;
	return end != NULL && *end == '\0';
}
