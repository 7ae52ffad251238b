/* SPDX-License-Identifier: ISC */
/*
 * wire - sockets and a clock for a harness, without a kernel.
 *
 * CONCEPT.  A wire is a peer of the gate's: what the gate sends is heard, what
 * the peer says can be read.  The linker (--wrap, fuzz.mk) has the calls of the
 * gate's own code come here; a descriptor that is no wire's is passed on.  All
 * happens in one thread, as the input has it: when the gate waits, the peers
 * it waits for may speak, and when none does, the time-out has passed.  So no
 * input waits, and each does the same again.
 *
 * LIFETIME.  wire_reset() before each input.
 */
#ifndef POPAUTH_TESTS_FUZZ_WIRE_H
#define POPAUTH_TESTS_FUZZ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define WIRE_BYTES ((size_t)128 * 1024)

struct wire {
	/* The gate has connected; may be NULL. */
	void (*begun)(struct wire *wire);
	/* The gate sent this. */
	void (*heard)(struct wire *wire, const char *bytes, size_t n);
	/* The gate waits, and has read all.  Returns whether the peer spoke, or
	 * closed. */
	bool (*idle)(struct wire *wire);
	bool is_open;   /* by the gate */
	bool is_ended;  /* by the peer */
	bool is_broken; /* what is sent to it fails */
	size_t n_said, n_read;
	char said[WIRE_BYTES];
};

/*
 * Begin anew.
 * dialled: gives the wire of a connection that the gate opens, or NULL: it is
 * refused.
 * piece_bytes: the most that one call reads or writes; 0: any number.
 */
void wire_reset(
    struct wire *(*dialled)(const struct sockaddr *addr), size_t piece_bytes);

/* Open a wire.  Returns its descriptor. */
int wire_open(struct wire *wire);

/* The peer says something, or closes. */
void wire_say(struct wire *wire, const char *bytes, size_t n);
void wire_end(struct wire *wire);

/* Whether the gate has read all that was said. */
bool wire_is_read(const struct wire *wire);

/* How many wires are open. */
unsigned wire_count(void);

#endif
