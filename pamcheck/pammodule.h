/* SPDX-License-Identifier: ISC */
/*
 * pammodule - the directory in which libpam finds its modules.
 *
 * CONCEPT.  The directory is compiled into libpam.  It is the one that has
 * pam_permit.so, a module of libpam's own.
 */
#ifndef PAMCHECK_PAMMODULE_H
#define PAMCHECK_PAMMODULE_H

#include <stdbool.h>

/*
 * Whether libpam finds the module.
 * root: put before each path.  module: as in a line of a service file.
 * Returns true also if the directory of the modules is not found.
 */
bool pammodule_is_installed(const char *root, const char *module);

/* The first directory of modules, for free(3), or NULL. */
char *pammodule_dir(const char *root);

#endif
