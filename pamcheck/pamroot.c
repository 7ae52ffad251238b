/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamroot.h"

#include <stdlib.h>
#include <unistd.h>

bool
pamroot_has(const char *root, const char *path)
{
	char *whole;
	bool is_there;

	if (asprintf(&whole, "%s%s", root, path) < 0)
		return false;
	is_there = access(whole, F_OK) == 0;
	free(whole);
	return is_there;
}

FILE *
pamroot_open(const char *root, const char *path)
{
	char *whole;
	FILE *file;

	if (asprintf(&whole, "%s%s", root, path) < 0)
		return NULL;
	file = fopen(whole, "re");
	free(whole);
	return file;
}
