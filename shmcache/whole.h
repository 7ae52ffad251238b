/* SPDX-License-Identifier: ISC */
/*
 * whole - the networks whose addresses are kept whole (common/client.h).
 *
 * They are in the header, in two banks.  The word `params` says how many there
 * are, and which bank is in force.  popauthd fills the other bank and then
 * replaces params.  A reader that sees params change reads again.  Most tables
 * have no such network; then params is all that is read.
 */
#ifndef POPAUTH_SHMCACHE_WHOLE_H
#define POPAUTH_SHMCACHE_WHOLE_H

#include "shmcache/layout.h"

/* Fill the bank that is not in force.  Returns the bits of the new params.  One
 * process at a time. */
uint64_t whole_prepare(
    struct layout_header *header, const struct cidr *list, size_t n);

/* Whether the header has exactly these networks in force.  For popauthd. */
bool whole_is(
    const struct layout_header *header, const struct cidr *list, size_t n);

#endif
