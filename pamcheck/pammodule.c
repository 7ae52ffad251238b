/* SPDX-License-Identifier: ISC */
#include "pamcheck/pammodule.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const patterns[] = {"/lib/*/security", "/usr/lib/*/security",
    "/lib64/security", "/usr/lib64/security", "/lib/security",
    "/usr/lib/security"};

#define N_PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

/* Find the files named module in directories of this pattern. */
static size_t
find(const char *root, const char *pattern, const char *module, glob_t *found)
{
	char *whole;
	int error;

	*found = (glob_t){.gl_pathc = 0};
	if (asprintf(&whole, "%s%s/%s", root, pattern, module) < 0)
		return 0;
	error = glob(whole, 0, NULL, found);
	free(whole);
	return error == 0 ? found->gl_pathc : 0;
}

static bool
is_anywhere(const char *root, const char *module)
{
	bool is_found = false;
	glob_t found;
	size_t i;

	for (i = 0; i < N_PATTERNS && !is_found; i++) {
		is_found = find(root, patterns[i], module, &found) > 0;
		globfree(&found);
	}
	return is_found;
}

static bool
is_file(const char *root, const char *path)
{
	char *whole;
	bool is_there;

	if (asprintf(&whole, "%s%s", root, path) < 0)
		return false;
	is_there = access(whole, F_OK) == 0;
	free(whole);
	return is_there;
}

bool
pammodule_is_installed(const char *root, const char *module)
{
	/* "$ISA" is a directory that libpam knows. */
	if (strpbrk(module, "$*?[\\") != NULL)
		return true;
	if (module[0] == '/')
		return is_file(root, module);
	return is_anywhere(root, module) || !is_anywhere(root, "pam_permit.so");
}

char *
pammodule_dir(const char *root)
{
	char *dir = NULL;
	glob_t found;
	size_t i;

	for (i = 0; i < N_PATTERNS && dir == NULL; i++) {
		if (find(root, patterns[i], "pam_permit.so", &found) > 0) {
			dir = strdup(found.gl_pathv[0]);
			if (dir != NULL)
				*strrchr(dir, '/') = '\0';
		}
		globfree(&found);
	}
	return dir;
}
