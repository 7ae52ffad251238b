/* SPDX-License-Identifier: ISC */
/*
 * conf_dropin - the files of conf.d.
 *
 * The order is that of strcmp(3), in every locale: all programs must agree on
 * the last file.  Names of editors and of dpkg (x.conf~, x.conf.dpkg-old,
 * .x.conf.swp) do not count, so a copy beside a file changes nothing.
 *
 * A file that vanishes between the two looks at the directory is a mistake like
 * a symbolic link to nothing: a program cannot say which of both it is, and one
 * option less can open the relay.
 */
#include "config/conf_option.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The directory's path, for free(3), or NULL. */
static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory;

	if (asprintf(&directory, "%.*s" CONF_DROPIN_DIR,
		slash != NULL ? (int)(slash + 1 - path) : 0, path) < 0)
		return NULL;
	return directory;
}

static int
does_count(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name),
		     suffix_len = strlen(CONF_DROPIN_SUFFIX);

	return entry->d_name[0] != '.' && len > suffix_len &&
	       strcmp(entry->d_name + len - suffix_len, CONF_DROPIN_SUFFIX) ==
		   0;
}

static int
compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_one(const char *directory, const char *name, struct conf *conf,
    struct conf_mistakes *mistakes)
{
	char *path;
	int error;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return -ENOMEM;
	error = conf_file_read(path, conf, mistakes);
	free(path);
	return error == -ENOENT ? -EINVAL : error;
}

/* Also if it is a symbolic link to nothing. */
static bool
is_there(const char *directory)
{
	struct stat st;

	return lstat(directory, &st) == 0;
}

static int
read_all(
    const char *directory, struct conf *conf, struct conf_mistakes *mistakes)
{
	struct dirent **entries = NULL;
	const int n = scandir(directory, &entries, does_count, compare);
	int i, error = 0;

	if (n < 0) {
		error = -errno;
		if (error == -ENOENT && !is_there(directory))
			return 0;
		snprintf(mistakes->last_out->text,
		    sizeof(mistakes->last_out->text),
		    "cannot read the configuration %s: %s", directory,
		    strerror(-error));
		return conf_mistakes_note(
		    mistakes, error == -ENOENT ? -EINVAL : error);
	}
	for (i = 0; i < n; i++) {
		if (error == 0)
			error = read_one(
			    directory, entries[i]->d_name, conf, mistakes);
		free(entries[i]);
	}
	free(entries);
	return error;
}

int
conf_dropin_read(
    const char *path, struct conf *conf, struct conf_mistakes *mistakes)
{
	char *directory = directory_of(path);
	int error;

	if (directory == NULL)
		return -ENOMEM;
	error = read_all(directory, conf, mistakes);
	free(directory);
	return error;
}
