/* SPDX-License-Identifier: ISC */
#include "common/template.h"

#include <string.h>

size_t
template_fill(const char *template,
    const char *(*word_of)(char placeholder, const void *arg), const void *arg,
    char *text, size_t size)
{
	const char *p, *piece;
	size_t len = 0, n;

	for (p = template; *p != '\0'; p++) {
		piece = p;
		n = 1;
		if (*p == '%' && p[1] != '\0') {
			piece = word_of(*++p, arg);
			n = strlen(piece);
		}
		if (n > size - 1 - len)
			n = size - 1 - len;
		memcpy(text + len, piece, n);
		len += n;
	}
	text[len] = '\0';
	return len;
}
