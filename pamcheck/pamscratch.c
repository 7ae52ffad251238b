/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamscratch.h"

#include "pamcheck/pamfile.h"
#include "shmcache/shmcache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANK " \t\n"

/* ---- the table ---------------------------------------------------------- */

static int
copy_bytes(int from, int to)
{
	static char bytes[1 << 16];
	off_t offset = 0;
	ssize_t n;

	/* In order: if the table grows meanwhile, its header is the old one. */
	while ((n = pread(from, bytes, sizeof(bytes), offset)) > 0) {
		if (pwrite(to, bytes, (size_t)n, offset) != n)
			return errno != 0 ? -errno : -ENOSPC;
		offset += n;
	}
	return n == 0 ? 0 : -errno;
}

static int
copy_table(const struct shmcache *cache, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int error;

	if (fd < 0)
		return -errno;
	error = copy_bytes(shmcache_fd(cache), fd);
	if (close(fd) != 0 && error == 0)
		error = -errno;
	return error;
}

/* ---- the service -------------------------------------------------------- */

struct copying {
	const char *root;
	const struct pamscratch *scratch;
	unsigned depth;
};

static int copy_service(const struct copying *outer, const char *name);

/* The path of a file's copy; a '/' in the name becomes '%'. */
static char *
copy_path(const struct copying *copying, const char *name)
{
	char *path, *p;

	if (asprintf(&path, "%s/%s", copying->scratch->confdir, name) < 0)
		return NULL;
	for (p = path + strlen(copying->scratch->confdir) + 1; *p != '\0'; p++)
		if (*p == '/')
			*p = '%';
	return path;
}

/* Write HEAD and the path of the copy of NAME.  libpam fails in the same way
 * if there is no such file. */
static int
copy_include(const struct copying *copying, FILE *out, const char *head,
    const char *name)
{
	char *path = copy_path(copying, name);
	int error;

	if (path == NULL)
		return -ENOMEM;
	error = copy_service(copying, name);
	fprintf(out, "%s %s\n", head, path);
	free(path);
	return error == -ENOENT ? 0 : error;
}

/* Write the arguments with the copy of the table as table=, and with debug, so
 * that the module says why it records nothing. */
static void
write_args(FILE *out, char *args, const char *table)
{
	char *word, *rest = args;

	while ((word = pamfile_next_word(&rest)) != NULL)
		if (strncmp(word, "table=", 6) != 0 &&
		    strcmp(word, "debug") != 0)
			/* a word with a blank needs its brackets again */
			fprintf(
			    out, strpbrk(word, BLANK) ? " [%s]" : " %s", word);
	fprintf(out, " debug table=%s\n", table);
}

/* A line that begins with TYPE CONTROL. */
static int
copy_module(const struct copying *copying, FILE *out, const char *type,
    const char *control, bool has_brackets, char *rest)
{
	char *module = pamfile_next_word(&rest);
	char *head;
	int error;

	if (module == NULL) {
		fprintf(out, "%s %s\n", type, control);
		return 0;
	}
	if (strcasecmp(control, "include") == 0 ||
	    strcasecmp(control, "substack") == 0) {
		if (asprintf(&head, "%s %s", type, control) < 0)
			return -ENOMEM;
		error = copy_include(copying, out, head, module);
		free(head);
		return error;
	}
	fprintf(out, has_brackets ? "%s [%s] %s" : "%s %s %s", type, control,
	    module);
	if (strcmp(pamfile_module_name(module), PAMFILE_OURS) == 0)
		write_args(out, rest, copying->scratch->table);
	else if (rest != NULL)
		fprintf(out, " %s\n", rest);
	else
		fputc('\n', out);
	return 0;
}

static int
copy_line(const struct copying *copying, FILE *out, char *line)
{
	char *rest = line, *type = pamfile_next_word(&rest), *control;
	bool has_brackets;

	if (strcasecmp(type, "@include") == 0) {
		control = pamfile_next_word(&rest);
		return control == NULL
			   ? 0
			   : copy_include(copying, out, "@include", control);
	}
	has_brackets = rest != NULL && rest[strspn(rest, BLANK)] == '[';
	control = pamfile_next_word(&rest);
	if (control == NULL) {
		fprintf(out, "%s\n", type);
		return 0;
	}
	return copy_module(copying, out, type, control, has_brackets, rest);
}

static int
copy_lines(const struct copying *copying, FILE *in, FILE *out)
{
	unsigned line_no, n_read = 0;
	char *line;
	int error = 0;

	while (error == 0 &&
	       (line = pamfile_next_line(in, &line_no, &n_read)) != NULL) {
		error = copy_line(copying, out, line);
		free(line);
	}
	return error == 0 && ferror(in) ? -EIO : error;
}

static int
copy_file(const struct copying *copying, const char *name, const char *copy)
{
	char *path;
	FILE *in, *out;
	int error = pamfile_open(copying->root, name, &in, &path);

	if (error != 0)
		return error;
	out = fopen(copy, "wxe");
	error = out == NULL ? -errno : copy_lines(copying, in, out);
	if (out != NULL && fclose(out) != 0 && error == 0)
		error = -EIO;
	fclose(in);
	free(path);
	return error;
}

static int
copy_service(const struct copying *outer, const char *name)
{
	struct copying copying = *outer;
	char *copy = copy_path(outer, name);
	int error = 0;

	if (copy == NULL)
		return -ENOMEM;
	if (++copying.depth > PAMFILE_DEPTH_MAX)
		error = -ELOOP;
	else if (access(copy, F_OK) != 0)
		error = copy_file(&copying, name, copy);
	free(copy);
	return error;
}

/* ---- the whole ---------------------------------------------------------- */

int
pamscratch_make(const char *root, const char *service,
    const struct shmcache *cache, struct pamscratch *scratch_out)
{
	struct pamscratch *scratch = scratch_out;
	struct copying copying = {.root = root, .scratch = scratch};
	int error;

	snprintf(scratch->dir, sizeof(scratch->dir), "/tmp/popauthctl.XXXXXX");
	if (mkdtemp(scratch->dir) == NULL) {
		scratch->dir[0] = '\0';
		return -errno;
	}
	snprintf(
	    scratch->table, sizeof(scratch->table), "%s/grants", scratch->dir);
	snprintf(scratch->confdir, sizeof(scratch->confdir), "%s/pam.d",
	    scratch->dir);
	error = mkdir(scratch->confdir, 0700) == 0 ? 0 : -errno;
	if (error == 0)
		error = copy_table(cache, scratch->table);
	if (error == 0)
		error = copy_service(&copying, service);
	if (error == 0) {
		error = copy_service(&copying, "other");
		if (error == -ENOENT)
			error = 0;
	}
	if (error != 0)
		pamscratch_remove(scratch);
	return error;
}

void
pamscratch_remove(struct pamscratch *scratch)
{
	struct dirent *entry;
	DIR *dir;

	if (scratch->dir[0] == '\0')
		return;
	dir = opendir(scratch->confdir);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(scratch->confdir);
	unlink(scratch->table);
	rmdir(scratch->dir);
	scratch->dir[0] = '\0';
}
