/* SPDX-License-Identifier: ISC */
/*
 * path - the mailbox syntax of RFC 5321, by recursive descent: one function
 * for each rule of the grammar, each of which takes a cursor and returns the
 * byte after what it parsed, or NULL.
 *
 *   Path      = "<" [ A-d-l ":" ] Mailbox ">" / "<>" / "<Postmaster>"
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

static const char *
skip_dot_string(const char *p)
{
	for (;;) {
		if (!is_atext(*p))
			return NULL;
		while (is_atext(*p))
			p++;
		if (*p != '.')
			return p;
		p++;
	}
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
skip_local(const char *p)
{
	return *p == '"' ? skip_quoted_string(p) : skip_dot_string(p);
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
	size_t len = (size_t)(end - begin);

	if (len >= sizeof(path->local))
		return false;
	memcpy(path->local, begin, len);
	path->local[len] = '\0';
	return true;
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

static const char *
parse_mailbox(const char *p, struct path *path)
{
	const char *at = skip_local(p), *end;

	if (at == NULL || !copy_local(path, p, at))
		return NULL;
	if (*at == '>' && strcasecmp(path->local, "postmaster") == 0)
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
	const char *p = text;

	if (*p++ != '<')
		return -EINVAL;
	if (*p == '>') {
		path.is_null = true;
	} else {
		if (*p == '@') {
			path.has_route = true;
			p = skip_route(p);
		}
		if (p != NULL)
			p = parse_mailbox(p, &path);
		if (p == NULL || *p != '>')
			return -EINVAL;
	}
	*path_out = path;
	*rest_out = p + 1;
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
		if ((unsigned char)*p < 0x20 || *p == 0x7f ||
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
