/* SPDX-License-Identifier: ISC */
/*
 * The functions that glibc asks of one who replaces malloc ("Replacing malloc"
 * in its manual), each by glibc's own, and a count.
 */
#include "tests/pam/blocks.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

/* glibc's own, by the names that it keeps for this. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_size_t n_blocks;

size_t
blocks_in_use(void)
{
	return atomic_load(&n_blocks);
}

static void *
count(void *block)
{
	if (block != NULL)
		atomic_fetch_add(&n_blocks, 1);
	return block;
}

EXPORT void *
malloc(size_t size)
{
	return count(__libc_malloc(size));
}

EXPORT void *
calloc(size_t n, size_t size)
{
	return count(__libc_calloc(n, size));
}

EXPORT void *
aligned_alloc(size_t alignment, size_t size)
{
	return count(__libc_memalign(alignment, size));
}

EXPORT int
posix_memalign(void **block, size_t alignment, size_t size)
{
	void *new = aligned_alloc(alignment, size);

	if (new == NULL)
		return ENOMEM;
	*block = new;
	return 0;
}

EXPORT void
free(void *block)
{
	if (block != NULL)
		atomic_fetch_sub(&n_blocks, 1);
	__libc_free(block);
}

EXPORT void *
realloc(void *block, size_t size)
{
	if (block == NULL)
		return malloc(size);
	if (size == 0) {
		free(block);
		return NULL;
	}
	return __libc_realloc(block, size);
}
