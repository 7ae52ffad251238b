/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamflaw.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"
#define NO_BREAK_SPACE "\xc2\xa0"

/* More of a word says nothing new. */
#define WORD_MAX_BYTES 60

/* ---- the cure ----------------------------------------------------------- */

/* An argument of the line before, as "use_first_pass" or "user=joe". */
static bool
is_argument(const char *word)
{
	return word != NULL && strpbrk(word, "=_.") != NULL;
}

static const char *
cure(const char *text, const char *what, const char *word)
{
	if (strchr(text, '\r') != NULL)
		return "; the line ends with a carriage return, as files of "
		       "DOS do; remove it with sed -i 's/\\r$//'";
	if (strncmp(text, BOM, strlen(BOM)) == 0)
		return "; the line begins with a byte order mark (BOM); remove "
		       "it with sed -i '1s/^\\xef\\xbb\\xbf//'";
	if (strstr(text, NO_BREAK_SPACE) != NULL)
		return "; the line has a no-break space (U+00A0); write a "
		       "plain space";
	if (word != NULL && strncmp(word, "%PAM", 4) == 0)
		return "; write #%PAM-1.0, which is a comment";
	if (strstr(what, "type") != NULL && is_argument(word))
		return "; if this is the rest of the line before, end that "
		       "line with a \"\\\"";
	return "";
}

/* ---- the sentence ------------------------------------------------------- */

/* Write the word in quotes, with \xHH for what is no printable ASCII. */
static void
put_word(FILE *out, const char *word)
{
	size_t i;

	fputs(" \"", out);
	for (i = 0; word[i] != '\0' && i < WORD_MAX_BYTES; i++)
		if (word[i] > ' ' && word[i] <= '~' && word[i] != '"')
			fputc(word[i], out);
		else
			fprintf(out, "\\x%02x", (unsigned char)word[i]);
	fputs(word[i] != '\0' ? "...\"" : "\"", out);
}

char *
pamflaw_describe(const char *text, const char *what, const char *word)
{
	char *sentence = NULL;
	size_t len;
	FILE *out = open_memstream(&sentence, &len);

	if (out == NULL)
		return NULL;
	fputs(what, out);
	if (word != NULL)
		put_word(out, word);
	fputs(cure(text, what, word), out);
	if (fclose(out) == 0)
		return sentence;
	free(sentence);
	return NULL;
}
