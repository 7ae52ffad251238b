/* SPDX-License-Identifier: ISC */
/*
 * data - a message on its way from the client to the backend.
 *
 * CONCEPT.  The client's bytes go in and the backend's come out, piece by piece
 * with constant memory.  The message ends at CR LF . CR LF and nowhere else.
 * The output has no bare CR and no bare LF, and each line that begins with a
 * dot gets another dot.  So every backend, however it reads line ends, finds
 * the same end of the message as the gate.
 *
 * TRUST.  Every byte is hostile.
 *
 * CRs directly before CR LF are dropped, as Postfix does: some scanners and
 * scripts send them.  A bare LF becomes CR LF.  So does a bare CR, or several in a
 * row, in the body; in the header it becomes a blank, and cannot end a line or the
 * header.
 *
 * CAVEATS.  A signature over such a message (DKIM, S/MIME) is no longer valid.
 */
#ifndef SMTPGATE_SYNTAX_DATA_H
#define SMTPGATE_SYNTAX_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum data_state {
	DATA_CRLF = 0,    /* after CR LF, or at the beginning */
	DATA_CRLF_DOT,    /* after CR LF . */
	DATA_CRLF_DOT_CR, /* after CR LF . CR */
	DATA_MIDDLE,      /* inside a line */
	DATA_CR,          /* after CRs, not yet written */
	DATA_BARE,        /* after a bare CR or LF, written as CR LF */
	DATA_END,         /* after CR LF . CR LF */
};

struct data {
	enum data_state state;
	bool has_nul;     /* a NUL was found: refuse the message */
	bool has_bare;    /* a bare CR or LF was found */
	bool has_text;    /* the line that is being written has some */
	bool is_body;     /* an empty line was written */
	uint64_t n_bytes; /* of the message, with CR LF for each line end */
};

/* The most bytes of output for n bytes of input. */
#define DATA_OUT_BYTES(n) (2 * (n) + 4)

/*
 * Take bytes of the message.
 * out: at least DATA_OUT_BYTES(n); out_len: how many are in it.
 * Returns how many bytes were taken: n, or fewer when state is now DATA_END;
 * the rest are commands.
 * Source: RFC 5321, 2.3.8, 4.1.1.4, 4.5.2.
 */
size_t data_feed(
    struct data *data, const char *in, size_t n, char *out, size_t *out_len);

/*
 * Look at bytes of a BDAT chunk, which are passed on as they are: sets has_nul,
 * has_bare and n_bytes.  state begins as DATA_MIDDLE.  A CR as the very last
 * byte is not noted as bare.
 * Source: RFC 3030, 2: all chunks are one message, which consists of lines
 * unless BINARYMIME was declared.
 */
void data_scan(struct data *data, const char *in, size_t n);

#endif
