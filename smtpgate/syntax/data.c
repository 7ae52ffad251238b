/* SPDX-License-Identifier: ISC */
/*
 * data - a message on its way from the client to the backend.
 *
 * States are named by the bytes seen last.  Out is what is written; "again"
 * means that the byte is looked at once more in the new state.
 *
 *   state           CR             LF              .            other
 *   --------------  -------------  --------------  -----------  -----------
 *   CRLF            CR             BARE  CRLF      CRLF_DOT     MIDDLE  x
 *   CRLF_DOT        CRLF_DOT_CR    BARE  CRLF      MIDDLE  ..   MIDDLE  x
 *   CRLF_DOT_CR     BARE CRLF      END   .CRLF     BARE  CRLF   BARE  CRLF
 *                   again                          again        again
 *   MIDDLE          CR             BARE  CRLF      MIDDLE  .    MIDDLE  x
 *   CR              CR  CRLF       CRLF  CRLF      BARE  CRLF   BARE  CRLF
 *                                                  again        again
 *   BARE            CR             BARE  CRLF      MIDDLE  ..   MIDDLE  x
 *
 * Why the end cannot be forged.  Out is at the beginning of a line in CRLF,
 * CRLF_DOT, CRLF_DOT_CR and BARE, and there a dot is written as ".." or, in
 * CRLF_DOT, dropped as the client's stuffing; the one other line that begins
 * with a dot is written on the arrow to END.  CR and LF are written as the
 * pair CR LF only.  So ".", alone on a line, however a reader ends lines,
 * stands in Out at END and nowhere else.
 *
 * A NUL is told to the caller, who refuses the message: RFC 5321, 4.5.2 and
 * RFC 5322 know none in a message, and a reader that drops or cuts at NUL
 * makes an end of the message out of CR LF . NUL CR LF.
 */
#include "smtpgate/syntax/data.h"

#include <string.h>

struct data_out {
	struct data *data;
	char *bytes;
	size_t len;
};

/* A byte of the message. */
static void
put(struct data_out *out, char c)
{
	out->bytes[out->len++] = c;
	out->data->n_bytes++;
}

static void
put_crlf(struct data_out *out)
{
	put(out, '\r');
	put(out, '\n');
}

/* A dot at the beginning of a line; the first is the transport's. */
static void
put_stuffed_dot(struct data_out *out)
{
	out->bytes[out->len++] = '.';
	put(out, '.');
}

static void
put_end(struct data_out *out)
{
	out->bytes[out->len++] = '.';
	out->bytes[out->len++] = '\r';
	out->bytes[out->len++] = '\n';
}

/* A byte inside a line or at the beginning of one, where a dot is none of
 * the client's transport. */
static enum data_state
on_text(struct data_out *out, char c)
{
	switch (c) {
	case '\r':
		return DATA_CR;
	case '\n':
		out->data->has_bare = true;
		put_crlf(out);
		return DATA_BARE;
	case '\0':
		out->data->has_nul = true;
		return DATA_MIDDLE;
	default:
		put(out, c);
		return DATA_MIDDLE;
	}
}

static enum data_state
on_bare(struct data_out *out, char c)
{
	if (c != '.')
		return on_text(out, c);
	put_stuffed_dot(out);
	return DATA_MIDDLE;
}

static enum data_state
on_crlf(struct data_out *out, char c)
{
	return c == '.' ? DATA_CRLF_DOT : on_text(out, c);
}

static enum data_state
on_crlf_dot(struct data_out *out, char c)
{
	return c == '\r' ? DATA_CRLF_DOT_CR : on_bare(out, c);
}

static enum data_state
on_crlf_dot_cr(struct data_out *out, char c)
{
	if (c == '\n') {
		put_end(out);
		return DATA_END;
	}
	out->data->has_bare = true;
	put_crlf(out);
	return on_bare(out, c);
}

static enum data_state
on_cr(struct data_out *out, char c)
{
	put_crlf(out);
	if (c == '\n')
		return DATA_CRLF;
	out->data->has_bare = true;
	return on_bare(out, c);
}

static enum data_state
on_byte(struct data_out *out, enum data_state state, char c)
{
	switch (state) {
	case DATA_CRLF:
		return on_crlf(out, c);
	case DATA_CRLF_DOT:
		return on_crlf_dot(out, c);
	case DATA_CRLF_DOT_CR:
		return on_crlf_dot_cr(out, c);
	case DATA_MIDDLE:
		return on_text(out, c);
	case DATA_CR:
		return on_cr(out, c);
	case DATA_BARE:
		return on_bare(out, c);
	case DATA_END:
		break;
	}
	return DATA_END;
}

/* The same as on_text() for all that stands before a CR, LF or NUL, at once:
 * most of a message.  Returns how much that is. */
static size_t
put_text(struct data_out *out, const char *in, size_t n)
{
	static const char ends[] = {'\r', '\n', '\0'};
	const char *end;
	size_t i;

	for (i = 0; i < sizeof(ends); i++) {
		end = memchr(in, ends[i], n);
		if (end != NULL)
			n = (size_t)(end - in);
	}
	memcpy(out->bytes + out->len, in, n);
	out->len += n;
	out->data->n_bytes += n;
	return n;
}

size_t
data_feed(struct data *data, const char *in, size_t n, char *out_bytes,
    size_t *out_len)
{
	struct data_out out = {.data = data, .bytes = out_bytes};
	size_t i = 0;

	while (i < n && data->state != DATA_END) {
		if (data->state == DATA_MIDDLE)
			i += put_text(&out, in + i, n - i);
		if (i < n)
			data->state = on_byte(&out, data->state, in[i++]);
	}
	*out_len = out.len;
	return i;
}

void
data_scan(struct data *data, const char *in, size_t n)
{
	size_t i;
	bool is_behind_cr = data->state == DATA_CR;

	data->n_bytes += n;
	if (memchr(in, '\0', n) != NULL)
		data->has_nul = true;
	for (i = 0; i < n; i++) {
		if (is_behind_cr != (in[i] == '\n'))
			data->has_bare = true;
		is_behind_cr = in[i] == '\r';
	}
	data->state = is_behind_cr ? DATA_CR : DATA_MIDDLE;
}
