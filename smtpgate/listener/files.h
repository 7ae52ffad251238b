/* SPDX-License-Identifier: ISC */
/*
 * files - whether a file that a configuration names has changed.
 */
#ifndef SMTPGATE_LISTENER_FILES_H
#define SMTPGATE_LISTENER_FILES_H

#include "config/conf.h"

#include <stdint.h>

/*
 * Mark the state of the files: certificates, keys and lists (by inode and
 * time), and the table (by inode).
 * Returns a number that is another one when a file was changed or replaced.
 */
uint64_t files_mark(const struct conf *conf);

#endif
