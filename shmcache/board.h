/* SPDX-License-Identifier: ISC */
/*
 * board - the text of the administrator's rules, for all who have the table.
 *
 * CONCEPT.  The table is what module and gate have open already, so a rule
 * needs no second file that could be absent, foreign or of another boot.  The
 * text is in two banks.  A writer fills the bank that is not in force and then
 * changes the header's word { generation:32 | bytes:32 }.  A reader copies the
 * bank between two readings of the word.  A hash tells a damaged text from one
 * that a writer left.
 */
#ifndef POPAUTH_SHMCACHE_BOARD_H
#define POPAUTH_SHMCACHE_BOARD_H

#include "shmcache/layout.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Write the first text into a file that has no name yet.
 * word_out: for the header.
 * Returns 0 or a negative errno.
 */
int board_create(int fd, const uint64_t hash_key[2], const char *text, size_t n,
    uint64_t *word_out);

#endif
