/* SPDX-License-Identifier: ISC */
/*
 * data - a message on its way from the client to the backend.
 *
 * CONCEPT.  The client's bytes go in, the backend's come out, piece by piece
 * with constant memory.  The message ends at CR LF . CR LF and nowhere else;
 * what comes out has no bare CR and no bare LF, and every line that begins
 * with a dot has one more, so that no backend, however it reads line ends,
 * finds an end of the message but ours.
 *
 * CONCURRENCY.  Pure functions.
 *
 * TRUST.  Every byte is hostile.
 *
 * CAVEATS.  A message that uses bare line ends arrives with CR LF instead: a
 * signature over such bytes (DKIM, S/MIME) no longer fits.
 */
#ifndef SMTPGATE_SYNTAX_DATA_H
#define SMTPGATE_SYNTAX_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum data_state {
	DATA_CRLF = 0,    /* behind CR LF, or at the beginning */
	DATA_CRLF_DOT,    /* behind CR LF . */
	DATA_CRLF_DOT_CR, /* behind CR LF . CR */
	DATA_MIDDLE,      /* inside a line */
	DATA_CR,          /* behind a CR inside a line */
	DATA_BARE,        /* behind a bare CR or LF, which became CR LF */
	DATA_END,         /* behind CR LF . CR LF */
};

struct data {
	enum data_state state;
	bool has_nul;     /* a NUL has come: the message is to be refused */
	bool has_bare;    /* a CR or LF alone has come */
	uint64_t n_bytes; /* of the message, CR LF for each line end */
};

/* The most that n bytes in can make of bytes out. */
#define DATA_OUT_BYTES(n) (2 * (n) + 4)

/*
 * Take bytes of the message.
 * out: at least DATA_OUT_BYTES(n); out_len: how many are in it.
 * Returns how many bytes were taken: n, or fewer when state has become
 * DATA_END; what stands behind is commands again.
 * Source: RFC 5321, 2.3.8, 4.1.1.4, 4.5.2.
 */
size_t data_feed(
    struct data *data, const char *in, size_t n, char *out, size_t *out_len);

/*
 * Look at bytes of a BDAT chunk, which are passed on as they are: sets has_nul,
 * has_bare and n_bytes.  state begins as DATA_MIDDLE; a CR that is the last
 * byte of all has not been judged.
 * Source: RFC 3030, 2: the chunks are one message, and without BINARYMIME one
 * of lines.
 */
void data_scan(struct data *data, const char *in, size_t n);

#endif
