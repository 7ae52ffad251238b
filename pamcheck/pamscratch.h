/* SPDX-License-Identifier: ISC */
/*
 * pamscratch - a private copy of the table and of a PAM service that writes
 * to it.
 *
 * CONCEPT.  A test login uses the real libpam and the real modules, but must
 * grant nothing.  So the service's files and their includes are copied to a
 * private directory.  In the copies, each line of our module has the copy of
 * the table as its table=.  That copy has the window, the never-grant list and
 * the grants of the table.
 *
 * LIFETIME.  pamscratch_make() makes the directory, pamscratch_remove() removes
 * it, and accepts an all-zero struct.
 *
 * TRUST.  Only the caller can read the directory (mkdtemp(3)).
 */
#ifndef PAMCHECK_PAMSCRATCH_H
#define PAMCHECK_PAMSCRATCH_H

struct shmcache;

struct pamscratch {
	char dir[32];
	char table[48];   /* the copy */
	char confdir[48]; /* for pam_start_confdir(3) */
};

/*
 * Copy the table that is open as cache, the service with its includes, and
 * "other".
 * root: as for pamfile_read().
 * Returns 0, or a negative errno; -ENOENT: the service has no file.
 */
int pamscratch_make(const char *root, const char *service,
    const struct shmcache *cache, struct pamscratch *scratch_out);

void pamscratch_remove(struct pamscratch *scratch);

#endif
