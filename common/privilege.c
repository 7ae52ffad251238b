/* SPDX-License-Identifier: ISC */
/*
 * ORDER.  Groups before the user, since the user may not change them; the
 * bounding set before the user, since dropping from it needs CAP_SETPCAP; the
 * other capability sets after it, since securebits inherited from a service
 * manager can keep them across setresuid(2); no_new_privs last, because it
 * could hinder the other steps.
 *
 * PROOF.  A return value of 0 is not sufficient: the ids are read back, each
 * call that could give root back must fail, and the capability sets must be
 * empty.
 *
 * The C library's own setters are used for the ids, which change all threads;
 * the rest is per thread, therefore "before any other is started".
 */
#include "common/privilege.h"

#include "common/account.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The largest number a capability can have in the two 32-bit words. */
#define CAP_NUMBER_MAX 63

/*
 * Empty the bounding and the ambient set.  Without CAP_SETPCAP (a container)
 * the bounding set stays; under no_new_privs it has nothing to bound.
 */
static int
drop_bounds(void)
{
	unsigned long cap;

	/* EINVAL: the kernel has neither this nor any higher one. */
	for (cap = 0; cap <= CAP_NUMBER_MAX; cap++) {
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno != EPERM && errno != EINVAL)
			return -errno;
		break;
	}
	/* EINVAL: a kernel before 4.3, which has no ambient set. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 &&
	    errno != EINVAL)
		return -errno;
	return 0;
}

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capset, &head, none) == 0 ? 0 : -errno;
}

static bool
has_capabilities(void)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	size_t i;

	if (syscall(SYS_capget, &head, sets) != 0)
		return true;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if ((sets[i].effective | sets[i].permitted |
			sets[i].inheritable) != 0)
			return true;
	return false;
}

/* Returns 0 when no root privilege is left, else -EPERM. */
static int
prove(const struct account *account)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) != 0 ||
	    getresgid(&rgid, &egid, &sgid) != 0)
		return -errno;
	if (ruid != account->uid || euid != account->uid ||
	    suid != account->uid)
		return -EPERM;
	if (rgid != account->gid || egid != account->gid ||
	    sgid != account->gid)
		return -EPERM;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 ||
	    setegid(0) == 0)
		return -EPERM;
	if (has_capabilities())
		return -EPERM;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return -EPERM;
	return 0;
}

int
privilege_drop(const char *user, const char *jail)
{
	struct account account;
	int error;

	error = account_find(user, &account);
	if (error != 0)
		return error;
	/* User root or group root would drop nothing. */
	if (account.uid == 0 || account.gid == 0)
		return -EINVAL;

	error = drop_bounds();
	if (error != 0)
		return error;
	/* Before the jail, which has no /etc/group. */
	error = account_take_groups(user, &account);
	if (error != 0)
		return error;
	if ((jail != NULL && chroot(jail) != 0) ||
	    setresgid(account.gid, account.gid, account.gid) != 0 ||
	    setresuid(account.uid, account.uid, account.uid) != 0)
		return -errno;
	error = privilege_lock();
	if (error != 0)
		return error;
	return prove(&account);
}

int
privilege_lock(void)
{
	int error = drop_bounds();

	if (error == 0)
		error = drop_capabilities();
	/* A service manager's filter may forbid the calls. */
	if (error != 0 && has_capabilities())
		return error;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -errno;
	return 0;
}
