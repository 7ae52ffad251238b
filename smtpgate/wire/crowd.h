/* SPDX-License-Identifier: ISC */
/*
 * crowd - whether many of a listener's places are taken.
 *
 * CONCEPT.  A word that a supervisor shares with its workers.  While it is set,
 * clients without a right are waited for with less patience (stream.h).
 *
 * TRUST.  A worker that an attacker has taken over can set it, which makes
 * other workers impatient, or clear it.
 *
 * CONCURRENCY.  Between processes.
 */
#ifndef SMTPGATE_WIRE_CROWD_H
#define SMTPGATE_WIRE_CROWD_H

#include <stdbool.h>

struct crowd;

/* Returns NULL if there is no memory. */
struct crowd *crowd_new(void);
void crowd_free(struct crowd *crowd);

void crowd_set(struct crowd *crowd, bool is_crowded);

/* NULL: false. */
bool crowd_is_set(const struct crowd *crowd);

#endif
