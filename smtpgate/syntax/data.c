/* SPDX-License-Identifier: ISC */
/*
 * A state is named after the last bytes.  Each cell has the next state and the
 * bytes written; "again": the byte is then handled in the new state.
 *
 *   state           CR             LF              .            other
 *   --------------  -------------  --------------  -----------  -----------
 *   CRLF            CR             BARE  CRLF      CRLF_DOT     MIDDLE  x
 *   CRLF_DOT        CRLF_DOT_CR    BARE  CRLF      MIDDLE  ..   MIDDLE  x
 *   CRLF_DOT_CR     CR  ..         END   .CRLF     lone CR      lone CR
 *   MIDDLE          CR             BARE  CRLF      MIDDLE  .    MIDDLE  x
 *   CR              CR             CRLF  CRLF      lone CR      lone CR
 *   BARE            CR             BARE  CRLF      MIDDLE  ..   MIDDLE  x
 *
 *   lone CR: in the body                      BARE    CRLF   again
 *            in the header, inside a line     MIDDLE  blank  again
 *            in the header, at its beginning  BARE           again
 *
 * Why the end cannot be forged.  The output may be at the beginning of a line in
 * the states CRLF, CRLF_DOT, CRLF_DOT_CR, CR and BARE.  There a dot is written as
 * "..", or in CRLF_DOT dropped as the client's dot stuffing; CR writes a dot only
 * after one of the three rows of a lone CR.  Only the transition to END writes
 * another line that begins with a dot.  CR and LF are written only as the pair CR
 * LF.  So the output has a line "." at END and nowhere else, however its reader
 * ends lines.
 *
 * A dot before CR CR LF is text: some readers would take it as the end.
 *
 * The caller refuses a message with a NUL, which RFC 5321, 4.5.2 and RFC 5322
 * forbid.  A reader that drops a NUL, or cuts at it, would see the end of the
 * message in CR LF . NUL CR LF.
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
	out->data->has_text = true;
}

static void
put_crlf(struct data_out *out)
{
	struct data *data = out->data;

	data->is_body = data->is_body || !data->has_text;
	put(out, '\r');
	put(out, '\n');
	data->has_text = false;
}

/* A dot at the beginning of a line, after a transparency dot. */
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

/* A byte that is not a transparency dot. */
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

/* After CRs without an LF. */
static enum data_state
on_lone_cr(struct data_out *out, char c)
{
	struct data *data = out->data;

	data->has_bare = true;
	if (!data->is_body && data->has_text) {
		put(out, ' ');
		return on_text(out, c);
	}
	if (data->is_body)
		put_crlf(out);
	return on_bare(out, c);
}

static enum data_state
on_crlf_dot_cr(struct data_out *out, char c)
{
	switch (c) {
	case '\n':
		put_end(out);
		return DATA_END;
	case '\r':
		out->data->has_bare = true;
		put_stuffed_dot(out);
		return DATA_CR;
	default:
		return on_lone_cr(out, c);
	}
}

static enum data_state
on_cr(struct data_out *out, char c)
{
	switch (c) {
	case '\n':
		put_crlf(out);
		return DATA_CRLF;
	case '\r':
		out->data->has_bare = true;
		return DATA_CR;
	default:
		return on_lone_cr(out, c);
	}
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

/* As on_text(), for all bytes before the next CR, LF or NUL at once: most of a
 * message.  Returns how many these are. */
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
	out->data->has_text = out->data->has_text || n > 0;
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
	bool is_after_cr = data->state == DATA_CR;

	data->n_bytes += n;
	if (memchr(in, '\0', n) != NULL)
		data->has_nul = true;
	for (i = 0; i < n; i++) {
		if (is_after_cr != (in[i] == '\n'))
			data->has_bare = true;
		is_after_cr = in[i] == '\r';
	}
	data->state = is_after_cr ? DATA_CR : DATA_MIDDLE;
}
