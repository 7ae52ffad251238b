/* SPDX-License-Identifier: ISC */
/*
 * pamscratch - a private copy of the table and of a PAM service that writes
 * to it.
 *
 * CONCEPT.  A login can be played in earnest, with the real libpam, the real
 * modules and the real files, and nobody is granted anything: the files are
 * copied into a private directory, with their includes, and in them every line
 * of our module gets the copy of the table as its table=.  The copy has the
 * window, the never-grant list and the grants of the table itself.
 *
 * LIFETIME.  pamscratch_make() makes the directory, pamscratch_remove()
 * removes it; an all-zero struct may be removed too.
 *
 * TRUST.  The directory is the caller's alone (mkdtemp(3)).
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
 * Copy the table that is open as cache, and the service with all that it
 * includes, and "other".
 * root: as for pamfile_read().
 * Returns 0, or a negative errno; -ENOENT: the service has no file.
 */
int pamscratch_make(const char *root, const char *service,
    const struct shmcache *cache, struct pamscratch *scratch_out);

void pamscratch_remove(struct pamscratch *scratch);

#endif
