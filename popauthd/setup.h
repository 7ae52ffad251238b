/* SPDX-License-Identifier: ISC */
/*
 * setup - the directory, the table, and the lock against another popauthd: all
 * that needs root.
 *
 *   /run/popauth         root:popauth          0750  group popauth reads
 *   /run/popauth/grants  popauth:popauth-grant 0664  group popauth-grant writes
 *
 * A valid table is kept, with its grants; any other file is replaced.  If the
 * file cannot be opened for a reason that may pass, setup fails and leaves it.  Without
 * root (a container, a test) the daemon uses the directory as it is and owns
 * the table itself.
 */
#ifndef POPAUTH_DAEMON_SETUP_H
#define POPAUTH_DAEMON_SETUP_H

#include "config/conf.h"
#include "popauthd/nevergrant.h"
#include "shmcache/shmcache.h"

#define POPAUTHD_USER "popauth"
#define POPAUTHD_GRANT_GROUP "popauth-grant"

/*
 * Returns 0 with the table open for writing and configured, or a sysexits(3)
 * code after it has reported why.
 * never: as of setup_configure(), empty before.
 * lock_fd_out: holds the lock until it is closed.
 */
int setup_table(const struct conf *conf, struct shmcache **cache_out,
    struct nevergrant *never, int *lock_fd_out);

/* The largest number of slots: two a login, at the load at which the table
 * doubles, rounded up to a power of two. */
uint64_t setup_slots_max(const struct conf_table *conf);

/*
 * Give a table in use the configuration: window, prefix length, and the
 * never-grant list with the machine's own addresses and gateways.
 * never: the list in force, replaced by the new one.  If the kernel does not
 * list the own addresses, those in force stay; without any, no address at all
 * is granted.  That is reported, and own_error is set.
 * Returns 0 or an error of shmcache_configure(); then nothing has changed.
 */
int setup_configure(
    struct shmcache *cache, const struct conf *conf, struct nevergrant *never);

/*
 * Give it the same configuration again if the table's differs, which only
 * damage can do.
 * repaired_out: whether it differed.
 */
int setup_repair(struct shmcache *cache, const struct conf *conf,
    const struct nevergrant *never, bool *repaired_out);

/*
 * setup_configure() if the machine's own addresses or gateways differ from those
 * in never; else nothing.
 * changed_out: whether they were.
 */
int setup_refresh(struct shmcache *cache, const struct conf *conf,
    struct nevergrant *never, bool *changed_out);

#endif
