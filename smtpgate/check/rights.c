/* SPDX-License-Identifier: ISC */
#include "smtpgate/check/rights.h"

#include "smtpgate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* systemd makes these files for a service that runs, and only for it. */
#define CREDENTIALS "/run/credentials/"

#define CHANGE_GROUP "run: chgrp "

/*
 * Write the file behind all symbolic links, or the first directory that may not
 * be entered.  For a path that it cannot follow, realpath(3) of glibc returns
 * the part that it could not look at.
 */
static void
find_blocker(const char *path, char *blocker)
{
	char real[PATH_MAX] = "";
	char *slash;

	if (realpath(path, real) == NULL) {
		slash = strrchr(real, '/');
		if (errno == EACCES && slash != NULL && slash > real)
			*slash = '\0';
		else
			snprintf(real, sizeof(real), "%s", path);
	}
	snprintf(blocker, FINDING_BYTES, "%.*s", FINDING_BYTES - 1, real);
}

void
rights_explain(const char *path, int wanted, char *blocker_out, char *cure_out)
{
	mode_t needed = wanted == W_OK ? S_IWGRP : S_IRGRP;
	const char *letters = wanted == W_OK ? "rw" : "r";
	const struct group *group;
	struct stat st;

	find_blocker(path, blocker_out);
	if (stat(blocker_out, &st) != 0) {
		snprintf(cure_out, FINDING_BYTES,
		    "give user " GATE_USER " access to it");
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		needed = S_IXGRP;
		letters = "x";
	}
	group = getgrgid(st.st_gid);
	if ((st.st_mode & needed) != 0 && st.st_gid != 0 && group != NULL)
		snprintf(cure_out, FINDING_BYTES,
		    "run: adduser " GATE_USER " %.80s", group->gr_name);
	else
		snprintf(cure_out, FINDING_BYTES,
		    CHANGE_GROUP GATE_USER " %.200s && chmod g+%s %.200s",
		    blocker_out, letters, blocker_out);
}

bool
rights_check_file(struct findings *findings, const char *option,
    const char *path, const char *instead)
{
	char blocker[FINDING_BYTES], cure[FINDING_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error = fd < 0 ? errno : 0;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		error = EISDIR;
	if (fd >= 0)
		close(fd);
	if (error == 0)
		return true;
	if (error == EACCES) {
		rights_explain(path, R_OK, blocker, cure);
		if (instead != NULL &&
		    strncmp(cure, CHANGE_GROUP, strlen(CHANGE_GROUP)) == 0)
			snprintf(cure, sizeof(cure), "%s", instead);
		findings_add(findings, FINDING_MISTAKE, "smtpgate", option,
		    cure, "%.300s: user " GATE_USER " may not %s %s", path,
		    strcmp(blocker, path) == 0 ? "read" : "open",
		    strcmp(blocker, path) == 0 ? "it" : blocker);
	} else if (error == ENOENT &&
		   strncmp(path, CREDENTIALS, strlen(CREDENTIALS)) == 0) {
		findings_add(findings, FINDING_WARNING, "smtpgate", option,
		    "check again while the service runs",
		    "%.300s: the file exists only while its service runs",
		    path);
	} else {
		findings_add(findings, FINDING_MISTAKE, "smtpgate", option,
		    "correct the path, or make the file", "%.300s: %s", path,
		    error == EISDIR ? "it is no regular file"
				    : strerror(error));
	}
	return false;
}
