/* SPDX-License-Identifier: ISC */
/*
 * Checks of the file.  They report an error of the system that may pass
 * (no descriptors, no memory) as such, and not as a wrong file: popauthd
 * replaces wrong files.
 */
#include "shmcache/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define PASSWD_BUFFER_BYTES 4096

static bool
is_passing(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == EINTR || error == EIO || error == EAGAIN;
}

/* ---- the boot ---------------------------------------------------------- */

int
check_boot_id(uint64_t id_out[2])
{
	char text[40] = "";
	uint8_t bytes[16] = {0};
	unsigned n = 0;
	const int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && is_passing(errno))
		return -errno;
	if (fd != -1) {
		if (read(fd, text, sizeof(text) - 1) == -1)
			text[0] = '\0';
		close(fd);
	}
	for (const char *p = text; *p != '\0' && n < 32; p++) {
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, *p);

		if (digit == NULL)
			continue;
		bytes[n / 2] = (uint8_t)(bytes[n / 2] << 4 | (digit - digits));
		n++;
	}
	memcpy(id_out, bytes, sizeof(bytes));
	return 0;
}

/* A file on a tmpfs cannot survive a reboot, whatever its boot id. */
static int
check_boot(int fd, const struct layout_header *header)
{
	uint64_t boot[2];
	struct statfs fs;
	int error;

	if (fstatfs(fd, &fs) == -1)
		return -errno;
	if (fs.f_type == TMPFS_MAGIC)
		return 0;
	if ((error = check_boot_id(boot)) != 0)
		return error;
	return boot[0] == header->boot_id[0] && boot[1] == header->boot_id[1]
		   ? 0
		   : SHMCACHE_OTHER_BOOT;
}

/* ---- owner and mode --------------------------------------------------- */

/* Returns 0, SHMCACHE_BAD_OWNER, or a negative errno that may pass. */
static int
check_is_popauth(uid_t uid)
{
	char buffer[PASSWD_BUFFER_BYTES];
	struct passwd entry, *found = NULL;
	const int error =
	    getpwnam_r(SHMCACHE_OWNER, &entry, buffer, sizeof(buffer), &found);

	if (is_passing(error))
		return -error;
	return found != NULL && found->pw_uid == uid ? 0 : SHMCACHE_BAD_OWNER;
}

/*
 * Whether only root can have put the file there, and its owner has the number
 * of the directory's group.  popauthd gives /run/popauth to root and group
 * popauth, and that user and group are made together.
 */
static bool
is_where_popauthd_puts_it(const char *path, uid_t owner)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	struct stat st;
	size_t len;

	if (slash == NULL)
		return false;
	len = slash == path ? 1 : (size_t)(slash - path);
	if (len >= sizeof(directory))
		return false;
	memcpy(directory, path, len);
	directory[len] = '\0';
	return stat(directory, &st) == 0 && st.st_uid == 0 &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 && st.st_gid == owner;
}

/* Only root and popauth may own the file, and only the owner and the group may
 * write it.  To look popauth's number up takes some 100 us, so the directory is
 * asked first. */
static int
check_owner(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || (st->st_mode & S_IWOTH) != 0)
		return SHMCACHE_BAD_MODE;
	if (st->st_nlink == 0)
		return SHMCACHE_REMOVED;
	if (st->st_uid == 0 || is_where_popauthd_puts_it(path, st->st_uid))
		return 0;
	return check_is_popauth(st->st_uid);
}

/* ---- header ------------------------------------------------------------ */

static int
check_header(int fd, const struct stat *st, const struct layout_header *header)
{
	if (header->magic != LAYOUT_MAGIC)
		return SHMCACHE_BAD_MAGIC;
	if (header->version != LAYOUT_VERSION)
		return SHMCACHE_BAD_LAYOUT;
	if (header->buckets_log2 < LAYOUT_BUCKETS_LOG2_MIN ||
	    header->buckets_log2 > LAYOUT_BUCKETS_LOG2_MAX ||
	    header->allocated > LAYOUT_LEVEL_MAX ||
	    header->buckets_log2 + header->allocated >
		LAYOUT_BUCKETS_LOG2_MAX ||
	    (uint64_t)st->st_size <
		layout_file_bytes((unsigned)header->buckets_log2,
		    (unsigned)header->allocated))
		return SHMCACHE_BAD_SIZE;
	return check_boot(fd, header);
}

/*
 * Read the part of the header that never changes, once.  The buffer is on the
 * heap, where only the pages that are read are allocated; on the stack the
 * probes of -fstack-clash-protection would touch all eight pages.
 */
int
check_file(struct shmcache *cache, const char *path)
{
	struct layout_header *header;
	struct stat st;
	ssize_t n;
	int error, unread;

	header = malloc(sizeof(*header));
	if (header == NULL)
		return -ENOMEM;
	n = pread(cache->fd, header, offsetof(struct layout_header, whole), 0);
	unread = n == -1 ? -errno : 0;
	/* After the header: the file grows before the header says so.  A wrong
	 * owner is reported first, even if the file could not be read. */
	error = fstat(cache->fd, &st) == -1 ? -errno : check_owner(path, &st);
	if (error == 0)
		error = unread;
	if (error == 0 && (size_t)n != offsetof(struct layout_header, whole))
		error = SHMCACHE_BAD_SIZE;
	if (error == 0)
		error = check_header(cache->fd, &st, header);
	if (error == 0) {
		cache->buckets_log2 = (unsigned)header->buckets_log2;
		cache->level_max = (unsigned)header->allocated;
		memcpy(
		    cache->hash_key, header->hash_key, sizeof(cache->hash_key));
		cache->owner = st.st_uid;
	}
	free(header);
	return error;
}

int
check_head(const struct shmcache *cache, const struct check_head *head)
{
	struct stat st;

	if (fstat(cache->fd, &st) == -1)
		return -errno;
	if (st.st_nlink == 0)
		return SHMCACHE_REMOVED;
	if ((st.st_mode & S_IWOTH) != 0)
		return SHMCACHE_BAD_MODE;
	if (st.st_uid != cache->owner)
		return SHMCACHE_BAD_OWNER;
	if (head->magic != LAYOUT_MAGIC)
		return SHMCACHE_BAD_MAGIC;
	if (head->version != LAYOUT_VERSION)
		return SHMCACHE_BAD_LAYOUT;
	if (head->buckets_log2 != cache->buckets_log2)
		return SHMCACHE_BAD_SIZE;
	return params_are_sane(head->params) ? 0 : SHMCACHE_BAD_PARAMS;
}

int
shmcache_check(struct shmcache *cache)
{
	struct check_head head;
	const int error = cache_fetch(cache, &head, sizeof(head), 0);
	const int wrong = error != 0 ? error : check_head(cache, &head);

	if (wrong != 0)
		return wrong;
	/* A process that opened the table before goes on with the right key. */
	if (head.hash_key[0] != cache->hash_key[0] ||
	    head.hash_key[1] != cache->hash_key[1])
		return SHMCACHE_BAD_SIZE;
	return (head.heartbeat & STAMP_VALID) != 0 &&
		       is_after((uint32_t)head.heartbeat, cache->clock_s())
		   ? SHMCACHE_FOREIGN_CLOCK
		   : 0;
}
