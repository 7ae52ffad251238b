/* SPDX-License-Identifier: ISC */
/*
 * remove_tree - take a test's directory away, with all that is in it.
 */
#ifndef POPAUTH_TESTS_REMOVE_TREE_H
#define POPAUTH_TESTS_REMOVE_TREE_H

#include <ftw.h>
#include <stdio.h>

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Symbolic links are removed, and not followed. */
static inline void
remove_tree(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
