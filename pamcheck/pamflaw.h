/* SPDX-License-Identifier: ISC */
/*
 * pamflaw - why libpam cannot read a line of a service file, in words.
 *
 * CONCEPT.  Some flaws do not show in an editor: the line end of DOS, a byte
 * order mark, a no-break space.  The sentence names them and their cure.
 */
#ifndef PAMCHECK_PAMFLAW_H
#define PAMCHECK_PAMFLAW_H

/*
 * Describe a flaw.
 * text: the line, as libpam assembled it.  what: its flaw for libpam, for
 * example "unknown type".  word: the word with the flaw, or NULL.
 * Returns a text for free(3), or NULL without memory.
 */
char *pamflaw_describe(const char *text, const char *what, const char *word);

#endif
