/* SPDX-License-Identifier: ISC */
#include "smtpgate/check/check.h"

#include "common/account.h"
#include "config/conf_domain.h"
#include "decision/path.h"
#include "decision/sender.h"
#include "decision/textfile.h"
#include "smtpgate/check/probe.h"
#include "smtpgate/gate.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct file_check {
	const struct idn *idn;
	const char *path;
	FILE *err;
};

static int
check_domain(char *line, size_t number, void *arg)
{
	const struct file_check *check = arg;
	char domain[CONF_DOMAIN_BYTES];
	const char *wrong = conf_domain_parse(line, true, domain);

	if (wrong == NULL && check->idn != NULL &&
	    idn_to_ascii(check->idn, line, domain) != 0)
		wrong = "not a valid international domain";
	if (wrong != NULL)
		fprintf(check->err,
		    "smtpgate: warning: %s:%zu: '%.80s' is no domain: %s\n",
		    check->path, number, line, wrong);
	return 0;
}

static int
check_sender(char *line, size_t number, void *arg)
{
	const struct file_check *check = arg;
	char *address, *users;

	if (sender_parse_line(line, &address, &users) != 0)
		fprintf(check->err,
		    "smtpgate: warning: %s:%zu: '%.80s' is not an address (or "
		    "@domain) and its users\n",
		    check->path, number, line);
	return 0;
}

static void
warn_of_file(const struct site *site, const char *path, int fd,
    int (*visit)(char *line, size_t number, void *arg), FILE *err)
{
	struct file_check check = {
	    .idn = site->domains.idn, .path = path, .err = err};
	int error = fd >= 0 ? textfile_each(fd, visit, &check) : 0;

	if (error == -ENODATA)
		fprintf(err,
		    "smtpgate: warning: %s: it has no line; until it has one, "
		    "the gate refuses with 451 what depends on it\n",
		    path);
	else if (error != 0)
		fprintf(err, "smtpgate: warning: %s: %s\n", path,
		    error == -E2BIG ? "a line is too long" : strerror(-error));
}

static void
warn(const char *sentence, void *arg)
{
	FILE *err = arg;

	fprintf(err, "smtpgate: warning: %s\n", sentence);
}

static void
warn_of_site(const struct gate *gate, FILE *err)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	const struct site *site = &gate->site;

	if (site->table == NULL)
		fprintf(err,
		    "smtpgate: warning: %s: %s; until it can be read, only "
		    "mail for local domains is accepted\n",
		    gate->conf.table.path,
		    shmcache_strerror(site->table_error));
	warn_of_file(site, conf->local_domains_file, site->domains.file,
	    check_domain, err);
	warn_of_file(
	    site, conf->sender_map, site->sender_map, check_sender, err);
	conf_warn(gate->config, &gate->conf, warn, err);
}

static bool
has_account(FILE *err)
{
	struct account account;
	int error = account_find(GATE_USER, &account);

	if (error == 0)
		return true;
	fprintf(err, "smtpgate: user %s: %s; create it, the gate runs as it\n",
	    GATE_USER, error == -ENOENT ? "does not exist" : strerror(-error));
	return false;
}

int
check_run(const char *path, int service, FILE *out, FILE *err)
{
	struct gate gate = {0};
	struct conf_error mistake;
	int exit_code = EX_CONFIG;

	if (gate_configure(&gate, path, &mistake) != 0) {
		fprintf(err, "smtpgate: %s\n", mistake.text);
		goto out;
	}
	if (gate_open(&gate, 1U << service, false, err, &mistake) != 0) {
		fprintf(err, "smtpgate: %s\n", mistake.text);
		goto out;
	}
	if (!has_account(err))
		goto out;
	warn_of_site(&gate, err);
	probe_servers(&gate, &gate.conf.services[service], err);
	fprintf(out, "smtpgate: %s: ok\n", path);
	exit_code = EX_OK;
out:
	gate_close(&gate);
	return exit_code;
}
