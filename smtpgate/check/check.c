/* SPDX-License-Identifier: ISC */
/*
 * check - what smtpgate -t tells the administrator.
 */
#include "smtpgate/check/check.h"

#include "common/account.h"
#include "config/conf_domain.h"
#include "decision/lines.h"
#include "decision/path.h"
#include "decision/sender.h"
#include "smtpgate/check/probe.h"
#include "smtpgate/service.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int
set_hostname(struct gate *gate, const char *path, struct conf_error *mistake)
{
	const char *given = gate->conf.smtpgate.hostname;

	if (given != NULL && given[0] != '\0') {
		snprintf(gate->hostname, sizeof(gate->hostname), "%s", given);
	} else if (gethostname(gate->hostname, sizeof(gate->hostname) - 1) !=
		   0) {
		gate->hostname[0] = '\0';
	}
	if (path_is_helo_name(gate->hostname))
		return 0;
	snprintf(mistake->text, sizeof(mistake->text),
	    "%s: the host name '%.80s' cannot be used in SMTP; set hostname "
	    "in [smtpgate]",
	    path, gate->hostname);
	return -EINVAL;
}

/* Returns 0, with -1 for no path, or a negative errno. */
static int
open_file(
    const char *path, const char *file, int *fd_out, struct conf_error *mistake)
{
	int fd;

	*fd_out = -1;
	if (file[0] == '\0')
		return 0;
	fd = lines_open(file);
	if (fd < 0) {
		snprintf(mistake->text, sizeof(mistake->text), "%s: %s: %s",
		    path, file,
		    fd == -EINVAL ? "is no regular file" : strerror(-fd));
		return fd;
	}
	*fd_out = fd;
	return 0;
}

/* What one option makes of another. */
static int
check_lists(
    const struct gate *gate, const char *path, struct conf_error *mistake)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	const char *why = NULL;

	if (domains_ask_backend(&gate->domains)) {
		/* It would be asked whether to relay, and does. */
		if (!conf->backend_relay.is_set ||
		    (conf->backend_relay.addr_len == conf->backend.addr_len &&
			memcmp(&conf->backend_relay.addr, &conf->backend.addr,
			    conf->backend.addr_len) == 0))
			why = "local_domains = backend needs a backend_relay "
			      "of its own, so that backend relays for nobody";
		else if (conf->bind_sender && conf->sender_map[0] == '\0')
			why = "bind_sender needs local_domains with names, or "
			      "a sender_map";
	}
	if (why == NULL)
		return 0;
	snprintf(mistake->text, sizeof(mistake->text), "%s: %s", path, why);
	return -EINVAL;
}

int
check_configure(
    struct gate *gate, const char *path, struct conf_error *mistake_out)
{
	int error;

	gate->domains.listed = &gate->conf.smtpgate.local_domains;
	gate->domains.file = gate->sender_map = -1;
	error = conf_load(path, &gate->conf, mistake_out);
	if (error != 0)
		return error;
	if (!gate->conf.smtpgate.backend.is_set) {
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "%s: no backend; name the mail server in [smtpgate], like "
		    "backend = 127.0.0.1:10025",
		    path);
		return -EINVAL;
	}
	if (gate->conf.auth_server.socket.addr.ss_family != AF_UNIX) {
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "%s: socket of [smtpgate-auth] must be unix:/PATH", path);
		return -EINVAL;
	}
	error = check_lists(gate, path, mistake_out);
	if (error == 0)
		error = open_file(path, gate->conf.smtpgate.local_domains_file,
		    &gate->domains.file, mistake_out);
	if (error == 0)
		error = open_file(path, gate->conf.smtpgate.sender_map,
		    &gate->sender_map, mistake_out);
	return error != 0 ? error : set_hostname(gate, path, mistake_out);
}

void
check_release(struct gate *gate)
{
	if (gate->domains.file >= 0)
		close(gate->domains.file);
	if (gate->sender_map >= 0)
		close(gate->sender_map);
	gate->domains.file = gate->sender_map = -1;
	conf_free(&gate->conf);
}

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
		wrong = "no letters of international domains";
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
warn_of_file(const struct gate *gate, const char *path, int fd,
    int (*visit)(char *line, size_t number, void *arg), FILE *err)
{
	struct file_check check = {
	    .idn = gate->domains.idn, .path = path, .err = err};
	int error = fd >= 0 ? lines_each(fd, visit, &check) : 0;

	if (error != 0)
		fprintf(err, "smtpgate: warning: %s: %s\n", path,
		    error == -E2BIG ? "a line is too long" : strerror(-error));
}

static void
warn_of_lines(
    const struct conf_smtpgate *conf, const struct gate *gate, FILE *err)
{
	warn_of_file(gate, conf->local_domains_file, gate->domains.file,
	    check_domain, err);
	warn_of_file(
	    gate, conf->sender_map, gate->sender_map, check_sender, err);
}

static void
warn(const char *sentence, void *arg)
{
	FILE *err = arg;

	fprintf(err, "smtpgate: warning: %s\n", sentence);
}

int
check_run(
    struct gate *gate, const char *path, int service, FILE *out, FILE *err)
{
	struct conf_error mistake;
	struct account account;
	struct shmcache *table;
	int error = check_configure(gate, path, &mistake);

	if (error != 0) {
		fprintf(err, "smtpgate: %s\n", mistake.text);
		return EX_CONFIG;
	}
	if (mistake.text[0] != '\0')
		fprintf(err, "smtpgate: warning: %s\n", mistake.text);
	error =
	    service_load_tls(gate, 1U << service, false, warn, err, &mistake);
	service_unload_tls(gate);
	if (error != 0) {
		fprintf(err, "smtpgate: %s: %s\n", path, mistake.text);
		return EX_CONFIG;
	}
	error = account_find(GATE_USER, &account);
	if (error != 0) {
		fprintf(err,
		    "smtpgate: user %s: %s; create it, the gate serves as it\n",
		    GATE_USER,
		    error == -ENOENT ? "does not exist" : strerror(-error));
		return EX_CONFIG;
	}
	error = shmcache_open(gate->conf.table.path, SHMCACHE_PREAD, &table);
	if (error == 0)
		shmcache_close(table);
	else
		fprintf(err,
		    "smtpgate: warning: %s: %s; until it can be read, only "
		    "mail for local domains is accepted\n",
		    gate->conf.table.path, shmcache_strerror(error));
	domains_load_idn(&gate->domains, &gate->conf.smtpgate.local_domains,
	    gate->sender_map, warn, err);
	warn_of_lines(&gate->conf.smtpgate, gate, err);
	if (gate->conf.smtpgate.local_domains.n == 0 && gate->domains.file < 0)
		fprintf(err,
		    "smtpgate: warning: %s: no local_domains; no mail from "
		    "outside is accepted\n",
		    path);
	probe_servers(gate, &gate->conf.services[service], err);
	fprintf(out, "smtpgate: %s: ok\n", path);
	return EX_OK;
}
