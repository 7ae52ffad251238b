/* SPDX-License-Identifier: ISC */
/*
 * conf_file - from the lines of the file to the options.
 */
#ifndef POPAUTH_CONF_FILE_H
#define POPAUTH_CONF_FILE_H

#include "config/conf.h"

/*
 * Read a configuration file.  The format is described in conf.h.
 * conf: has the defaults; options that the file gives are replaced, and the
 * line of each is noted in set_at.
 * error_out: written on failure, with the path and where there is one the line.
 * Returns 0; -EINVAL at the first mistake; another negative errno when the file
 * cannot be read.
 */
int conf_file_read(
    const char *path, struct conf *conf, struct conf_error *error_out);

#endif
