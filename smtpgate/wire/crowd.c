/* SPDX-License-Identifier: ISC */
/*
 * crowd - whether many of a listener's places are taken.
 *
 * Relaxed: the word orders no other memory.
 */
#include "smtpgate/wire/crowd.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

struct crowd {
	_Atomic bool is_crowded;
};

struct crowd *
crowd_new(void)
{
	struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return crowd == MAP_FAILED ? NULL : crowd;
}

void
crowd_free(struct crowd *crowd)
{
	if (crowd != NULL)
		munmap(crowd, sizeof(*crowd));
}

void
crowd_set(struct crowd *crowd, bool is_crowded)
{
	atomic_store_explicit(
	    &crowd->is_crowded, is_crowded, memory_order_relaxed);
}

bool
crowd_is_set(const struct crowd *crowd)
{
	return crowd != NULL &&
	       atomic_load_explicit(&crowd->is_crowded, memory_order_relaxed);
}
