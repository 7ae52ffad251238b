/* SPDX-License-Identifier: ISC */
/*
 * utf8 - whether bytes are UTF-8 that an address may be made of.
 *
 * What follows a lead byte is in 80 to BF; four lead bytes narrow the byte
 * behind them, and that is all there is to shortest form, surrogates and the
 * end of Unicode.  C2 narrows it too, for the C1 controls.
 */
#include "smtpgate/syntax/utf8.h"

#include <stddef.h>

/* How many bytes follow the lead byte, and the bounds of the first of them;
 * 0 when it is no lead byte. */
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
			/* A NUL is below any bound. */
			if (*p < min || *p > max)
				return false;
			min = 0x80;
			max = 0xbf;
		}
	}
	return true;
}
