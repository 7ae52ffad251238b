/* SPDX-License-Identifier: ISC */
/*
 * shmcache - who logged in recently: a lock-free hash table in shared memory.
 *
 * CONCEPT.  A grant says "this address, and this user at it, may relay until
 * T".  Logins write grants, gates look them up, and the reaper evicts grants
 * that are older than the window.  The table is one file on tmpfs.  Its header
 * holds what readers and writers must agree upon: window, IPv6 prefix length,
 * hash key, and the addresses that are never granted.
 *
 * LIFETIME.  Only popauthd calls shmcache_create().  Every other process opens
 * the file for as long as it needs it; a POP login needs it for microseconds.
 * The file outlives all processes and ends when the machine shuts down.  A
 * handle does not survive exec(3); after fork(2) parent and child may both use
 * theirs.
 *
 * OWNERSHIP.  A handle owns one descriptor, one mapping at most, and its own
 * memory; shmcache_close() releases all three.  Results are copied out.
 *
 * CONCURRENCY.  Any number of processes and threads may do anything at the
 * same time, through handles of their own or a shared one.  No operation waits
 * for another process.  The last two rows have exceptions.
 *
 *                      progress      may run beside
 *   lookup             wait-free     everything
 *   grant, revoke      lock-free     everything
 *   sweep, list        lock-free     everything
 *   configure          lock-free     everything but another configure
 *   open, close        blocks (fs)   everything but a use of the same handle
 *
 * No function is safe in signal handlers.  A process may be killed or stopped
 * at any instruction: nothing needs recovery, and an unfinished write has no
 * effect (slot.c has the argument).
 *
 * TRUST.  The file is input.  shmcache_open() checks owner, mode, magic,
 * layout, geometry and size, and every index is masked.  A foreign, stale,
 * truncated or random file gives an error and never a crash.  A writer trusts
 * the other writers not to shrink the file.  A reader that faces the network
 * opens with SHMCACHE_PREAD, which needs no such trust.  A process that may
 * write the file can add and remove any grant; the file's group limits that.
 *
 * TIME.  The clock is CLOCK_BOOTTIME in seconds, read inside.  Setting the wall
 * clock changes nothing; a suspended machine ages its grants.  A reader judges
 * the age itself: an expired grant is dead even if the reaper has not run for a
 * year.  A process whose clock is behind the heartbeat (another time namespace)
 * gets SHMCACHE_FOREIGN_CLOCK and writes nothing.  A process whose clock is
 * ahead cannot be detected.  It sees all grants as expired, and others ignore
 * what it writes until their clocks reach that time.
 *
 * ERRORS.  0 is done; a negative value is an errno of the system; a positive
 * value is one of enum shmcache_error.  shmcache_strerror() has a sentence for
 * each.
 *
 * CAVEATS.  On a file system other than tmpfs the table is bound to one boot
 * (the header has the boot id).  A virtual machine that is restored from a
 * snapshot keeps the grants of that moment.
 */
#ifndef POPAUTH_SHMCACHE_H
#define POPAUTH_SHMCACHE_H

#include "common/addr.h"
#include "common/cidr.h"
#include "common/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SHMCACHE_DEFAULT_PATH "/run/popauth/grants"

/* The user who owns the file; root may own it too, and no other user. */
#define SHMCACHE_OWNER "popauth"

/* Networks that are never granted, the built-in ones not counted: as many for
 * the configuration (CONF_NEVER_MAX) as for the machine's own addresses. */
#define SHMCACHE_NEVER_MAX 500

/*
 * The longest user text of a result with its final NUL.  Names of up to 31
 * bytes come verbatim (ASCII letters lower-cased: names compare without
 * case); longer ones as 15 bytes, "~" and 32 hexadecimal digits of a keyed
 * hash, which is good for a log and for nothing else.
 */
#define SHMCACHE_USER_BYTES 49

/* The longest text of the administrator's rules. */
#define SHMCACHE_RULES_BYTES 65520u

enum shmcache_error {
	SHMCACHE_OK = 0,
	SHMCACHE_NO_GRANT,      /* no living grant of this key */
	SHMCACHE_NEVER,         /* the address is on the never-grant list */
	SHMCACHE_BAD_USER,      /* no name, or longer than 255 bytes */
	SHMCACHE_FOREIGN_CLOCK, /* behind the heartbeat: another time namespace */
	SHMCACHE_REVOKED,       /* revoked in this second, or after this
				   process read its clock */
	SHMCACHE_BUSY,          /* lost too many races; nothing was written */
	SHMCACHE_BAD_OWNER,     /* the file is neither root's nor popauth's */
	SHMCACHE_BAD_MODE,      /* others may write it, or not a regular file */
	SHMCACHE_BAD_MAGIC,     /* not a table */
	SHMCACHE_BAD_LAYOUT,    /* a table of another version of this library */
	SHMCACHE_BAD_SIZE,      /* shorter than its header says, or nonsense */
	SHMCACHE_BAD_PARAMS,    /* window or prefix length out of range */
	SHMCACHE_BAD_RULES,     /* the text of rules is damaged */
	SHMCACHE_OTHER_BOOT,    /* written before the machine was started */
	SHMCACHE_REMOVED,       /* no path leads to the file any more */
	SHMCACHE_TOO_MANY,      /* more networks than fit */
	SHMCACHE_LIMIT,         /* the table may get no larger */
};

enum shmcache_access {
	SHMCACHE_PREAD = 0, /* look-ups by pread(2): for a process that faces
			       the network */
	SHMCACHE_READ,      /* look-ups and lists through a read-only mapping */
	SHMCACHE_WRITE,     /* everything */
	SHMCACHE_LOGIN,     /* grants alone, in little address space: for a
			       process that lets one user in and closes */
};

/* What the parameters of a table may be. */
#define SHMCACHE_WINDOW_MIN_S 10u
#define SHMCACHE_WINDOW_MAX_S (7u * 86400)
#define SHMCACHE_IPV6_PREFIX_MIN 32u

/* What all users of a table must agree upon. */
struct shmcache_params {
	uint32_t window_s;    /* MIN to MAX: how long a grant holds */
	uint32_t ipv6_prefix; /* MIN to 128: bits of IPv6 that are one client */
	const struct cidr *whole; /* [n_whole]: see common/client.h */
	size_t n_whole;           /* 0 to CLIENT_WHOLE_MAX */
	const struct cidr *never; /* [n_never], besides the built-in networks */
	size_t n_never;           /* 0 to SHMCACHE_NEVER_MAX */
	uint64_t n_slots_max;     /* the table gets no larger */
	const char *rules;        /* [n_rules]: of a new table; configuring
				     leaves them */
	size_t n_rules;           /* 0 to SHMCACHE_RULES_BYTES */
};

enum shmcache_who {
	SHMCACHE_WHO_UNKNOWN = 0, /* the address was granted without a user,
				     or its user is not certain */
	SHMCACHE_WHO_ONE,         /* user is the only one */
	SHMCACHE_WHO_MANY,        /* several users hold grants at the address,
				     or did within the last two windows */
};

struct shmcache_grant {
	uint32_t age_s;  /* since the key's youngest login */
	uint32_t left_s; /* until it ends; never 0 */
	enum shmcache_who who;
	char user[SHMCACHE_USER_BYTES]; /* WHO_ONE: the user; else "" */
};

/* What a key without a living grant was. */
enum shmcache_past_kind {
	SHMCACHE_PAST_NOTHING = 0, /* nothing is known of it (any more) */
	SHMCACHE_PAST_NEVER,       /* the address is never granted */
	SHMCACHE_PAST_REVOKED,
	SHMCACHE_PAST_OVER, /* its window is over */
};

struct shmcache_past {
	enum shmcache_past_kind kind;
	uint32_t ago_s; /* since REVOKED or OVER */
};

struct shmcache_entry {
	struct addr addr; /* IPv6: the first ipv6_prefix bits */
	bool has_user;    /* false: the address itself */
	char user[SHMCACHE_USER_BYTES];
	uint32_t age_s;
	uint32_t left_s;
};

struct shmcache_status {
	uint32_t window_s;
	uint32_t ipv6_prefix;
	size_t n_whole;
	size_t n_never;
	uint64_t n_slots;       /* in use; two slots a login */
	uint64_t n_slots_ready; /* allocated: n_slots after the next doubling */
	uint64_t n_live;        /* grants inside the window, both kinds */
	uint64_t n_live_addrs;  /* those that are addresses */
	uint64_t n_expired;     /* past the window, not yet evicted */
	uint64_t n_claimed; /* being written, or abandoned by a killed writer */
	uint64_t heartbeat_age_s; /* since the reaper's last sweep */
	bool has_heartbeat;
	/* counted since the table was made */
	uint64_t grants;    /* logins recorded anew */
	uint64_t refreshes; /* logins that renewed a grant */
	uint64_t evictions; /* by the reaper */
	uint64_t forced;    /* live grants evicted to make room */
	uint64_t reclaimed; /* claims of writers that died */
	uint64_t refused;   /* logins from never-granted addresses */
	uint64_t ungrown;   /* times the table had to grow and could not */
	int room_error;     /* why not, the last time; 0: that never happened */
};

struct shmcache;

/*
 * Make a table and put it at path, in place of any file there.
 * params: as above.  capacity_log2: 10 to 24; 2^capacity_log2 slots at first,
 * two a login; the table grows while in use.  owner, group, mode: of the file.
 * The file is written under a temporary name, allocated completely
 * (fallocate(2)) and renamed, so no process ever sees half a table.
 * Returns 0, SHMCACHE_TOO_MANY, or a negative errno (-ENOSPC: no room on the
 * tmpfs).
 * Blocks: in the file system.
 */
int shmcache_create(const char *path, const struct shmcache_params *params,
    unsigned capacity_log2, uid_t owner, gid_t group, mode_t mode);

/*
 * Open the table at path; a symbolic link is refused (-ELOOP).
 * Returns 0, a negative errno, or SHMCACHE_BAD_OWNER ... REMOVED.
 * Blocks: never on a fifo or a device; in the name service when the file's
 * owner has another number than the directory's group.
 * On failure: the caller denies.
 */
int shmcache_open(
    const char *path, enum shmcache_access access, struct shmcache **cache_out);

/*
 * The same for a process that needs the table for a moment.  In little address
 * space it maps only what the file has now; if the table then grows, an
 * operation may return -ENOMEM.
 */
int shmcache_open_brief(
    const char *path, enum shmcache_access access, struct shmcache **cache_out);

void shmcache_close(struct shmcache *cache);

/* The descriptor, to pass on or for fstat(2); the handle still owns it. */
int shmcache_fd(const struct shmcache *cache);

/*
 * Look up whether a grant lives.
 * user: NULL asks for the address, with any user; a name asks for this user at
 * this address.  grant_out is written only on 0.
 * Returns 0 when it does; SHMCACHE_NO_GRANT; _BAD_USER; _FOREIGN_CLOCK when the
 * key was found (a miss needs no clock); _BAD_PARAMS; a negative errno; and with
 * PREAD also _BAD_OWNER ... _REMOVED, by the file as it is now.
 * Blocks: never; wait-free.
 * On failure: denies.
 */
int shmcache_lookup(struct shmcache *cache, const struct addr *addr,
    const char *user, struct shmcache_grant *grant_out);

/*
 * Find out why a key has no living grant, for a message to people.
 * user: as shmcache_lookup().
 * The table shows an end only for some time: a revocation for one window, an
 * expired grant until the sweep.
 * Returns 0, _BAD_USER, _BAD_OWNER ... _REMOVED, or a negative errno.
 * Blocks: never.
 */
int shmcache_past(struct shmcache *cache, const struct addr *addr,
    const char *user, struct shmcache_past *past_out);

/* Whether no table ever grants the address: loopback, link-local, multicast,
 * reserved and unspecified networks. */
bool shmcache_never_grants(const struct addr *addr);

/*
 * Record a login: grant the user at the address, then the address.
 * user: NULL grants the address alone, and no user is named there for two
 * windows.
 * Returns 0, SHMCACHE_NEVER, _BAD_USER, _FOREIGN_CLOCK, _REVOKED, _BUSY, or
 * -EBADF (not opened for writing).
 * Blocks: never; lock-free.
 * On failure: nothing is granted, or (killed in between) the user but not the
 * address.
 */
int shmcache_grant(
    struct shmcache *cache, const struct addr *addr, const char *user);

/*
 * Why a living grant had to make room for a grant through this handle
 * (SHMCACHE_LOGIN): 0 when none had to, SHMCACHE_LIMIT, or a negative errno of
 * the file system.
 */
int shmcache_forced_by(const struct shmcache *cache);

/*
 * Whether a refused login (SHMCACHE_NEVER) from this address is due for a log
 * line: the first one in an hour, or in another hour.  Addresses may share a
 * place; then a line is due every minute at most.
 * The handle must be open for writing.
 * Blocks: never; lock-free.
 */
bool shmcache_refusal_is_due(struct shmcache *cache, const struct addr *addr);

/*
 * A word that differs after each change of the rules.  Its lower half is 0 when
 * there are none.
 * Returns 0 or (PREAD) a negative errno.
 * Blocks: never.
 */
int shmcache_rules_word(struct shmcache *cache, uint64_t *word_out);

/*
 * Copy the text of the rules, as one writer left it.
 * word_out: the word that belongs to it.
 * Returns 0, SHMCACHE_BAD_RULES, or a negative errno (-EAGAIN: the rules
 * changed again and again).
 * Blocks: never.
 * On failure: a block may be among them; the caller denies.
 */
int shmcache_rules(struct shmcache *cache, char text_out[SHMCACHE_RULES_BYTES],
    size_t *n_out, uint64_t *word_out);

/*
 * Put a text in the place of the rules.  In force for each look-up that begins
 * after it returns.
 * Returns 0, SHMCACHE_TOO_MANY (longer than SHMCACHE_RULES_BYTES), -EBADF.
 * One process at a time: the caller holds the lock of the rules' file.
 */
int shmcache_set_rules(struct shmcache *cache, const char *text, size_t n);

/*
 * Count n log lines about logins that could not be written.  The number has no
 * meaning for grants: it is here because no login outlives the next one.
 * The handle must be open for writing.
 * Blocks: never.
 */
void shmcache_add_lost(struct shmcache *cache, uint64_t n);

/* The lines counted since the last call: the caller reports them, or adds them
 * again.  Blocks: never; lock-free. */
uint64_t shmcache_take_lost(struct shmcache *cache);

/*
 * End grants.  After it returns no look-up finds them, even if a login was
 * under way at the same time; only a login that begins in a later second grants
 * anew.
 * user: NULL ends the address and all its users; a name ends that user there,
 * and the address too if no other user is left.
 * n_others_out: how many other users keep the address open.
 * Returns 0, SHMCACHE_NO_GRANT when there was nothing to end, _BAD_USER,
 * _FOREIGN_CLOCK, _BUSY, -EBADF.
 * Blocks: never, but reads every slot.
 */
int shmcache_revoke(struct shmcache *cache, const struct addr *addr,
    const char *user, size_t *n_others_out);

struct shmcache_sweep {
	uint64_t n_evicted; /* past the window */
	uint64_t n_used;    /* slots still in use */
	uint64_t n_forced;  /* since the table was made, as in the status */
	int room_error;     /* likewise */
};

/*
 * Evict what is past the window, reclaim abandoned claims, write the heartbeat.
 * One pass over the control words; payload is not touched.
 * sweep_out: may be NULL.
 * Returns 0, _FOREIGN_CLOCK or _BAD_SIZE (nothing was done), -EBADF.
 */
int shmcache_sweep(struct shmcache *cache, struct shmcache_sweep *sweep_out);

/*
 * Allocate room for twice as many slots (a small table: four times), if the
 * table will soon need it.  Writers switch to the new room themselves; a writer
 * that finds none allocates it.
 * sweep: the result of a sweep that has just ended; NULL: estimate the load by
 * a sample, which takes some microseconds (after shmcache_wait()).
 * grown_out: whether there is more room now.
 * Returns 0, _FOREIGN_CLOCK, _BAD_SIZE, -ENOSPC when the file system would be
 * left with less than a quarter free, or another negative errno.  After an
 * error logins go on, and the oldest grants make room.
 * One process (popauthd) at a time.
 * Blocks: in the file system.
 */
int shmcache_grow(struct shmcache *cache, const struct shmcache_sweep *sweep,
    bool *grown_out);

/*
 * Wait until a writer calls for room, until shmcache_wake(), or until the time
 * is over.  When woken, call shmcache_grow() at once: a small table fills in
 * milliseconds.
 * Returns whether it was woken.
 * Blocks: for timeout_ms at most.
 */
bool shmcache_wait(struct shmcache *cache, unsigned timeout_ms);

/* End the shmcache_wait() of another thread, or its next one. */
void shmcache_wake(struct shmcache *cache);

/*
 * Call visit for each living grant, in no order; grants that come or go during
 * the walk may be missing.  visit returns 0 to go on; any other value ends the
 * walk and is returned.
 * Returns 0, that value, _FOREIGN_CLOCK, or a negative errno.
 */
int shmcache_list(struct shmcache *cache,
    int (*visit)(const struct shmcache_entry *entry, void *arg), void *arg);

/* Read the header and count the slots.  Returns as shmcache_list(). */
int shmcache_status(struct shmcache *cache, struct shmcache_status *status_out);

/*
 * Give a table in use other parameters.  A shorter window ends grants at once.
 * Another prefix length makes earlier IPv6 grants unfindable until they expire.
 * Networks that are now never granted lose their grants, except a login that is
 * being recorded at the same moment.
 * Returns 0, SHMCACHE_TOO_MANY, _BAD_SIZE (nothing was done), -EINVAL, -EBADF.
 * One process (popauthd) at a time.
 */
int shmcache_configure(
    struct shmcache *cache, const struct shmcache_params *params);

/*
 * Whether the open table has these parameters.  Only damage changes them.
 */
bool shmcache_is_configured(
    struct shmcache *cache, const struct shmcache_params *params);

/*
 * Check the open file again: it was not removed, its owner, mode and header are
 * right, and its clock is not ahead.
 * Returns 0, a negative errno, SHMCACHE_BAD_OWNER ... REMOVED, or
 * _FOREIGN_CLOCK.
 */
int shmcache_check(struct shmcache *cache);

/* A sentence for a return value, with what to do where there is something. */
const char *shmcache_strerror(int error);

#endif
