/* SPDX-License-Identifier: ISC */
/*
 * rulefile - the file of rules, which outlives a reboot.
 *
 * CONCEPT.  A change reads the file, writes all of it under another name,
 * fsync(2)s and renames it: after a crash there is the old file or the new one.
 * A lock (of a file beside it, which is never replaced) is held from the reading
 * to the publishing in the table, so changes follow each other there as in the
 * file.
 *
 * ON FAILURE.  A file that cannot be read is no file without rules: the error
 * is returned, and the caller denies or keeps the rules that it has.  A file
 * that does not exist has no rules.
 */
#ifndef POPAUTH_RULEFILE_H
#define POPAUTH_RULEFILE_H

#include "rules/rules.h"

#define RULEFILE_DEFAULT_PATH "/var/lib/popauth/rules"

/*
 * Take the lock of the rules at path; it ends with close(2).
 * Returns a descriptor or a negative errno.
 * Blocks: until the other changes are done.
 */
int rulefile_lock(const char *path);

/*
 * Read the text.
 * text_out: of *n_out bytes, for free(3); NULL without a file.
 * Returns 0, -EINVAL (not a regular file), -EFBIG, or a negative errno.
 */
int rulefile_read(const char *path, char **text_out, size_t *n_out);

/*
 * Replace the file.  The caller holds the lock.
 * The new file has mode 0640 and the directory's group, which popauthd reads.
 * Returns 0, -EFBIG, or a negative errno; then the old file is there, unless
 * the directory could not be written to the disk.
 */
int rulefile_write(const char *path, const char *text, size_t n);

#endif
