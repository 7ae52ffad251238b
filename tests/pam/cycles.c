/* SPDX-License-Identifier: ISC */
/*
 * Many logins in one process, each of which loads and unloads the module by
 * libpam, as a server that lives for years does.  TAP.
 *
 * Usage: cycles N [uncounted]
 *
 * The logins go through all the ways that one can end: recorded, exempt, not
 * recorded for each kind of reason.  After a tenth of them, blocks of the heap,
 * mappings, descriptors and threads are counted, and again at the end.  A plain
 * program, so that valgrind(1) can run it too, uncounted: that maps memory of
 * its own.
 *
 * POPAUTH_MODULE names the module that was built.
 */
#include "shmcache/shmcache.h"
#include "tests/pam/blocks.h"

#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/popauth-cycles.XXXXXX";

/* ---- the log: counted, and thrown away ----------------------------------- */

static unsigned n_grants, n_no_grants, n_others;

bool pam_popauth_log(const pam_handle_t *pamh, int priority, const char *line);

__attribute__((visibility("default"))) bool
pam_popauth_log(const pam_handle_t *pamh, int priority, const char *line)
{
	(void)pamh;
	(void)priority;
	if (strncmp(line, "grant ", 6) == 0)
		n_grants++;
	else if (strncmp(line, "no-grant ", 9) == 0)
		n_no_grants++;
	else
		n_others++;
	return true;
}

/* ---- services ------------------------------------------------------------ */

static const struct way {
	const char *service;
	const char *options; /* %s: the directory */
	const char *rhost;
	unsigned n_grants, n_no_grants, n_others; /* lines of one login */
} ways[] = {
    {"granted", "table=%s/grants", "203.0.113.9", 1, 0, 0},
    {"exempt", "table=%s/grants debug", "127.0.0.1", 0, 1, 0},
    {"excluded", "table=%s/grants exclude=203.0.113.0/24", "203.0.113.9", 0, 0,
	0},
    {"outside", "table=%s/grants group=root", "203.0.113.9", 0, 0, 0},
    {"tableless", "table=%s/nothing", "203.0.113.9", 0, 1, 0},
    {"damaged", "table=%s/damaged", "203.0.113.9", 0, 1, 0},
    {"nowhere",
	"table=%s/grants from=rhost,fd0,socket,unix "
	"from_exe=/usr/bin/sleep",
	"localhost", 0, 1, 0},
    {"refused", "table=%s/grants exclude=nowhere", "203.0.113.9", 0, 1, 1},
    {"unknown", "table=%s/grants unknown=option", "203.0.113.9", 1, 0, 3},
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static void
write_line(FILE *file, const char *type, const char *options)
{
	fprintf(file, "%s optional %s ", type, getenv("POPAUTH_MODULE"));
	while (*options != '\0') {
		if (strncmp(options, "%s", 2) == 0) {
			fputs(dir, file);
			options++;
		} else
			fputc(*options, file);
		options++;
	}
	fputc('\n', file);
}

static FILE *
create(const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (file == NULL)
		err(1, "%s", path);
	return file;
}

static void
setup(void)
{
	const struct shmcache_params params = {
	    .window_s = 900, .ipv6_prefix = 64};
	char path[128];

	if (mkdtemp(dir) == NULL)
		err(1, "%s", dir);
	snprintf(path, sizeof(path), "%s/grants", dir);
	errno = -shmcache_create(path, &params, 10, geteuid(), getegid(), 0600);
	if (errno != 0)
		err(1, "%s", path);
	fclose(create("damaged"));
	fclose(create("other")); /* libpam complains where there is none */
	for (size_t i = 0; i < N_WAYS; i++) {
		FILE *file = create(ways[i].service);

		write_line(file, "auth", ways[i].options);
		fprintf(file, "auth required pam_permit.so\n"
			      "account required pam_permit.so\n");
		write_line(file, "account", ways[i].options);
		write_line(file, "session", ways[i].options);
		fclose(file);
	}
}

static void
teardown(void)
{
	DIR *entries = opendir(dir);
	const struct dirent *entry;

	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries != NULL)
		closedir(entries);
	rmdir(dir);
}

/* ---- logins -------------------------------------------------------------- */

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **responses, void *arg)
{
	(void)n;
	(void)messages;
	(void)responses;
	(void)arg;
	return PAM_CONV_ERR;
}

static bool
is_loaded(void)
{
	void *module = dlopen(getenv("POPAUTH_MODULE"), RTLD_NOW | RTLD_NOLOAD);

	if (module != NULL)
		dlclose(module);
	return module != NULL;
}

/* Whether all hooks succeeded, with the lines expected, and the module was
 * there and is gone. */
static bool
login(const struct way *way)
{
	const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh = NULL;
	bool ok;

	n_grants = n_no_grants = n_others = 0;
	if (pam_start_confdir(way->service, "joe", &conv, dir, &pamh) !=
	    PAM_SUCCESS)
		return false;
	ok = pam_set_item(pamh, PAM_RHOST, way->rhost) == PAM_SUCCESS &&
	     pam_authenticate(pamh, 0) == PAM_SUCCESS &&
	     pam_setcred(pamh, PAM_ESTABLISH_CRED) == PAM_SUCCESS &&
	     pam_acct_mgmt(pamh, 0) == PAM_SUCCESS &&
	     pam_open_session(pamh, 0) == PAM_SUCCESS &&
	     pam_close_session(pamh, 0) == PAM_SUCCESS && is_loaded();
	pam_end(pamh, PAM_SUCCESS);
	return ok && !is_loaded() && n_grants == way->n_grants &&
	       n_no_grants == way->n_no_grants && n_others == way->n_others;
}

/* ---- what is left over --------------------------------------------------- */

/* A build with a sanitizer has none, and does not count. */
extern __typeof__(blocks_in_use) blocks_in_use __attribute__((weak));

struct held {
	size_t heap_blocks;
	size_t mappings;
	size_t mapped_pages;
	size_t descriptors;
	size_t threads;
};

static size_t
count_entries(const char *path)
{
	DIR *entries = opendir(path);
	size_t n = 0;

	if (entries == NULL)
		err(1, "%s", path);
	while (readdir(entries) != NULL)
		n++;
	closedir(entries);
	return n;
}

static size_t
count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n = 0;
	int c;

	if (file == NULL)
		err(1, "%s", path);
	while ((c = fgetc(file)) != EOF)
		n += c == '\n';
	fclose(file);
	return n;
}

static size_t
read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n;

	if (file == NULL || fscanf(file, "%zu", &n) != 1)
		err(1, "%s", path);
	fclose(file);
	return n;
}

static struct held
hold(void)
{
	const struct held held = {
	    .mappings = count_lines("/proc/self/maps"),
	    .mapped_pages = read_number("/proc/self/statm"),
	    .descriptors = count_entries("/proc/self/fd"),
	    .threads = count_entries("/proc/self/task"),
	    .heap_blocks = blocks_in_use(),
	};
	return held;
}

/* ---- TAP ----------------------------------------------------------------- */

static unsigned number;
static bool failed;

static void
report(bool ok, const char *title)
{
	printf("%sok %u - cycles: %s\n", ok ? "" : "not ", ++number, title);
	failed = failed || !ok;
}

static void
report_same(size_t before, size_t after, const char *title)
{
	if (before != after)
		printf("# before %zu, after %zu\n", before, after);
	report(before == after, title);
}

static void
report_held(const struct held *before, const struct held *after)
{
	report_same(before->heap_blocks, after->heap_blocks, "no heap is left");
	report_same(before->mappings, after->mappings, "no mapping is left");
	report_same(
	    before->mapped_pages, after->mapped_pages, "no page is left");
	report_same(
	    before->descriptors, after->descriptors, "no descriptor is left");
	report_same(before->threads, after->threads, "no thread is left");
}

int
main(int argc, char **argv)
{
	const unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	const bool counts = argc == 2 && blocks_in_use != NULL;
	struct held before = {0}, after = {0};
	unsigned n_wrong = 0;

	if (n < 10 * N_WAYS || getenv("POPAUTH_MODULE") == NULL)
		errx(2,
		    "usage: POPAUTH_MODULE=... cycles N [uncounted], N at "
		    "least %zu",
		    10 * N_WAYS);
	setup();
	for (unsigned i = 0; i < n; i++) {
		const struct way *way = &ways[i % N_WAYS];

		if (counts && i == n / 10 / N_WAYS * N_WAYS)
			before = hold();
		if (!login(way) && n_wrong++ < 5)
			printf("# login %u, %s: %u %u %u\n", i, way->service,
			    n_grants, n_no_grants, n_others);
	}
	if (counts)
		after = hold();
	teardown();

	printf("1..%d\n", counts ? 6 : 1);
	report(
	    n_wrong == 0, "each login loads the module, goes on, unloads it");
	if (counts)
		report_held(&before, &after);
	return failed;
}
