/* SPDX-License-Identifier: ISC */
/*
 * wire - sockets and a clock for a harness, without a kernel.
 *
 * CONCEPT.  A wire is a peer of the gate: it gets the gate's bytes, and the
 * gate can read the peer's.  The linker (--wrap, fuzz.mk) redirects the calls
 * of the gate's code to here; a call with another descriptor is passed on.
 * There is one thread: when the gate waits, the peers it waits for may send,
 * and if none does, the time-out has passed.  Thus no input waits, and each
 * one gives the same result again.
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
	/* The gate waits, and has read all.  Returns whether the peer sent, or
	 * closed. */
	bool (*idle)(struct wire *wire);
	bool is_open;   /* by the gate */
	bool is_ended;  /* by the peer */
	bool is_broken; /* the gate's sends fail */
	size_t n_said, n_read;
	char said[WIRE_BYTES];
};

/*
 * Start again without any wire.
 * dialled: returns the wire of a connection that the gate opens, or NULL to
 * refuse it.
 * piece_bytes: the most that one call reads or writes; 0: any number.
 */
void wire_reset(
    struct wire *(*dialled)(const struct sockaddr *addr), size_t piece_bytes);

/* Open a wire.  Returns its descriptor. */
int wire_open(struct wire *wire);

/* The peer sends bytes, or closes. */
void wire_say(struct wire *wire, const char *bytes, size_t n);
void wire_end(struct wire *wire);

/* Whether the gate has read all that the peer sent. */
bool wire_is_read(const struct wire *wire);

/* How many wires are open. */
unsigned wire_count(void);

#endif
