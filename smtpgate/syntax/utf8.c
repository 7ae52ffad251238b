/* SPDX-License-Identifier: ISC */
/*
 * The bytes after a lead byte are 80 to BF.  After E0, ED, F0 and F4 the first
 * of them has a smaller range, which excludes longer forms, surrogates and
 * values beyond Unicode.  After C2 it excludes the C1 controls.
 */
#include "smtpgate/syntax/utf8.h"

#include <stddef.h>

/* Returns how many bytes follow the lead byte, 0 if it is none.
 * min_out, max_out: the range of the first of them. */
static size_t
n_following(unsigned char lead, unsigned char *min_out, unsigned char *max_out)
{
	*min_out = lead == 0xe0   ? 0xa0
		   : lead == 0xf0 ? 0x90
		   : lead == 0xc2 ? 0xa0
				  : 0x80;
	*max_out = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 1;
	if (lead >= 0xe0 && lead <= 0xef)
		return 2;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 3;
	return 0;
}

bool
utf8_is_valid(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned char min, max;
	size_t n;

	while (*p != '\0') {
		if (*p++ < 0x80)
			continue;
		n = n_following(p[-1], &min, &max);
		if (n == 0)
			return false;
		for (; n > 0; n--, p++) {
			/* NUL is below every min. */
			if (*p < min || *p > max)
				return false;
			min = 0x80;
			max = 0xbf;
		}
	}
	return true;
}
