/* SPDX-License-Identifier: ISC */
#include "shmcache/shmcache.h"

#include <errno.h>
#include <string.h>

static const char *
of_library(enum shmcache_error error)
{
	switch (error) {
	case SHMCACHE_OK:
		return "no error";
	case SHMCACHE_NO_GRANT:
		return "no grant";
	case SHMCACHE_NEVER:
		return "this address is never granted, because many clients may "
		       "share it; see PROXIES in popauth(7)";
	case SHMCACHE_BAD_USER:
		return "the user name is empty or longer than 255 bytes";
	case SHMCACHE_FOREIGN_CLOCK:
		return "this process and the table have clocks of different "
		       "time namespaces; start the process in the machine's "
		       "own, or restart popauthd";
	case SHMCACHE_REVOKED:
		return "revoked a moment ago; log in again";
	case SHMCACHE_BUSY:
		return "too many processes write this key; log in again";
	case SHMCACHE_BAD_OWNER:
		return "the table belongs to neither root nor " SHMCACHE_OWNER
		       "; remove it and restart popauthd";
	case SHMCACHE_BAD_MODE:
		return "the table is not a regular file, or every user may "
		       "write it; remove it and restart popauthd";
	case SHMCACHE_BAD_MAGIC:
		return "not a table; remove it and restart popauthd";
	case SHMCACHE_BAD_LAYOUT:
		return "a table of another version; restart popauthd";
	case SHMCACHE_BAD_SIZE:
		return "the table is damaged; remove it and restart popauthd";
	case SHMCACHE_BAD_PARAMS:
		return "the table's window or prefix length is damaged; "
		       "restart popauthd";
	case SHMCACHE_BAD_RULES:
		return "the rules of blocks and permits cannot be read; "
		       "popauthctl rules says why";
	case SHMCACHE_REMOVED:
		return "the table was removed; mount its directory, not the "
		       "file";
	case SHMCACHE_OTHER_BOOT:
		return "the table was written before this boot; restart "
		       "popauthd";
	case SHMCACHE_TOO_MANY:
		return "never_grant, proxy_from and this machine's own "
		       "addresses are more networks than the table has "
		       "room for; combine some into larger ones";
	case SHMCACHE_LIMIT:
		return "the table has as many logins as it may; raise [table] "
		       "max_logins and reload popauthd";
	}
	return "unknown error";
}

const char *
shmcache_strerror(int error)
{
	if (error >= 0)
		return of_library((enum shmcache_error)error);
	switch (error) {
	case -ENOENT:
		return "there is no table; start popauthd";
	case -EACCES:
		return "no permission; join group popauth to read the table, "
		       "popauth-grant to write it";
	case -ELOOP:
		return "the table is a symbolic link; remove it and restart "
		       "popauthd";
	case -ENOSPC:
		return "no room for the table on its file system";
	case -EFBIG:
		return "this process may not make so large a file "
		       "(RLIMIT_FSIZE); restart popauthd";
	}
	return strerror(-error);
}
