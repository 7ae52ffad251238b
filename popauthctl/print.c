/* SPDX-License-Identifier: ISC */
#include "popauthctl/print.h"

#include "common/ascii.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

const char *
print_user(const char *user, char text[PRINT_USER_BYTES])
{
	size_t len = 0;

	text[0] = '\0';
	for (; *user != '\0' && len + 4 < PRINT_USER_BYTES; user++) {
		unsigned char c = (unsigned char)*user;

		/* A space would shift the columns. */
		if (c > 0x20 && c < 0x7f)
			text[len++] = (char)c;
		else
			len += (size_t)snprintf(
			    text + len, PRINT_USER_BYTES - len, "\\x%02x", c);
		text[len] = '\0';
	}
	return text;
}

const char *
print_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void
print_lines(FILE *out, const char *prefix, const char *text)
{
	const char *end;

	for (; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
		end = strchrnul(text, '\n');
		fprintf(out, "%s%.*s\n", prefix, (int)(end - text), text);
	}
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
