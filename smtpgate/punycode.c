/* SPDX-License-Identifier: ISC */
/*
 * punycode - the Unicode form of a domain that is written in ASCII.
 *
 * libidn2 does this too, and drags libunistring in: 2 MB mapped and some tens
 * of kB private in each gate, for a decoder of forty lines.
 */
#include "smtpgate/punycode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* RFC 3492, 5. */
#define BASE 36
#define T_MIN 1
#define T_MAX 26
#define SKEW 38
#define DAMP 700
#define INITIAL_BIAS 72
#define INITIAL_N 128

#define LABEL_MAX_BYTES 63
#define UNICODE_MAX 0x10ffff

static uint32_t
adapt(uint32_t delta, uint32_t n_points, bool is_first)
{
	uint32_t k;

	delta = is_first ? delta / DAMP : delta / 2;
	delta += delta / n_points;
	for (k = 0; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* Returns BASE for what is no digit; labels are in lower case. */
static uint32_t
digit_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a');
	return c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 26 : BASE;
}

/*
 * One number in front of end.  A label's 63 digits cannot overflow 64 bits
 * before the limit stops them.  Returns the byte behind it, or NULL.
 */
static const char *
decode_delta(const char *p, const char *end, uint32_t bias, uint32_t *delta_out)
{
	uint64_t delta = 0, weight = 1;
	uint32_t digit, k, t;

	for (k = BASE;; k += BASE) {
		if (p == end)
			return NULL;
		digit = digit_of(*p++);
		delta += digit * weight;
		if (digit == BASE || delta > INT32_MAX)
			return NULL;
		t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		if (digit < t)
			break;
		weight *= BASE - t;
		if (weight > INT32_MAX)
			return NULL;
	}
	*delta_out = (uint32_t)delta;
	return p;
}

/* Decode len bytes behind "xn--".  Returns how many points, or -1. */
static int
decode_label(const char *p, size_t len, uint32_t points[LABEL_MAX_BYTES])
{
	const char *end = p + len, *basic;
	uint32_t n = INITIAL_N, bias = INITIAL_BIAS, i = 0, delta, count = 0;

	if (len > LABEL_MAX_BYTES)
		return -1;
	for (basic = end; basic > p && basic[-1] != '-'; basic--)
		;
	/* The delimiter is the last hyphen; without one all is encoded. */
	while (p < basic - 1)
		points[count++] = (uint32_t)*p++;
	p = basic;
	while (p < end) {
		p = decode_delta(p, end, bias, &delta);
		if (p == NULL)
			return -1;
		/* A point was put before i, so only at first it is 0. */
		bias = adapt(delta, ++count, i == 0);
		i += delta;
		n += i / count;
		i %= count;
		if (n > UNICODE_MAX || (n >= 0xd800 && n <= 0xdfff))
			return -1;
		memmove(points + i + 1, points + i,
		    (count - 1 - i) * sizeof(points[0]));
		points[i++] = n;
	}
	return (int)count;
}

/* Returns how many bytes; out has room for four. */
static size_t
put_utf8(uint32_t point, char *out)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

int
punycode_decode(const char *domain, char *out, size_t size)
{
	uint32_t points[LABEL_MAX_BYTES];
	const char *label = domain;
	char *p = out, *end = out + size;
	size_t len;
	int i, n;

	for (;;) {
		len = strcspn(label, ".");
		if (strncmp(label, "xn--", 4) == 0) {
			n = decode_label(label + 4, len - 4, points);
			if (n < 0)
				return -EINVAL;
			for (i = 0; i < n && end - p > 5; i++)
				p += put_utf8(points[i], p);
			if (i < n)
				return -EINVAL;
		} else {
			if ((size_t)(end - p) < len + 2)
				return -EINVAL;
			memcpy(p, label, len);
			p += len;
		}
		label += len;
		if (*label == '\0')
			break;
		*p++ = *label++;
	}
	*p = '\0';
	return 0;
}
