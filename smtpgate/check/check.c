/* SPDX-License-Identifier: ISC */
/*
 * The check goes on after a mistake, unless nothing can be learnt without what is
 * wrong.  Files are opened with the rights that the gate will have: as the gate's
 * user, or as root where only xinetd starts it.
 */
#include "smtpgate/check/check.h"

#include "common/account.h"
#include "common/privilege.h"
#include "config/conf_domain.h"
#include "config/conf_endpoint.h"
#include "decision/path.h"
#include "decision/sender.h"
#include "decision/textfile.h"
#include "smtpgate/check/certificates.h"
#include "smtpgate/check/checker.h"
#include "smtpgate/check/names.h"
#include "smtpgate/check/options.h"
#include "smtpgate/check/probe.h"
#include "smtpgate/check/rights.h"
#include "smtpgate/gate.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- lists in files ------------------------------------------------------ */

struct file_check {
	const struct idn *idn;
	const char *path;
	struct findings *findings;
};

static int
check_domain(char *line, size_t number, void *arg)
{
	const struct file_check *check = arg;
	char domain[CONF_DOMAIN_BYTES];
	const char *wrong = conf_domain_parse(line, true, domain);

	if (wrong == NULL && check->idn != NULL &&
	    idn_to_ascii(check->idn, line, domain) == -EINVAL)
		wrong = "not a valid international domain; write it in UTF-8";
	if (wrong != NULL)
		findings_add_file(check->findings, FINDING_WARNING, check->path,
		    number, NULL, "'%.80s' is no domain: %s", line, wrong);
	return 0;
}

static int
check_sender(char *line, size_t number, void *arg)
{
	const struct file_check *check = arg;
	char *address, *users;

	if (sender_parse_line(line, &address, &users) != 0)
		findings_add_file(check->findings, FINDING_WARNING, check->path,
		    number,
		    "write an address, or @ and a domain, and then the users",
		    "'%.80s' is not an address (or @domain) and its users",
		    line);
	return 0;
}

static void
check_lines(const struct gate *gate, const char *path, int fd,
    int (*visit)(char *line, size_t number, void *arg),
    struct findings *findings)
{
	struct file_check check = {
	    .idn = gate->site.domains.idn, .path = path, .findings = findings};
	int error = fd >= 0 ? textfile_each(fd, visit, &check) : 0;

	if (error == -ENODATA)
		findings_add_file(findings, FINDING_WARNING, path, 0,
		    "write a line, or remove the option",
		    "it has no line, so the gate refuses with 451 what "
		    "depends on it");
	else if (error != 0)
		findings_add_file(findings, FINDING_WARNING, path, 0, "", "%s",
		    error == -E2BIG ? "a line is too long" : strerror(-error));
}

/* ---- the site ------------------------------------------------------------ */

/* A domain that has no ASCII name equals no domain (domains.h). */
static void
check_listed(const struct gate *gate, struct findings *findings)
{
	const struct conf_strings *listed = &gate->conf.smtpgate.local_domains;
	size_t i;

	for (i = 0; i < listed->n && gate->site.domains.idn != NULL; i++)
		if (!idn_is_ascii(listed->items[i]))
			findings_add(findings, FINDING_MISTAKE, "smtpgate",
			    "local_domains", "write it in UTF-8, or as xn--...",
			    "'%.80s' is no international domain, so its mail "
			    "is refused",
			    listed->items[i]);
}

/* What site_open() reports besides is in check_listed(). */
static void
warn_of_idn(const char *sentence, void *arg)
{
	struct findings *findings = arg;

	if (strstr(sentence, "local_domains has") == NULL)
		findings_add(findings, FINDING_WARNING, "smtpgate",
		    "local_domains", NULL, "%s", sentence);
}

/* An option whose file cannot be opened counts as not set from here. */
static void
check_file(const char *option, char *path, struct findings *findings)
{
	if (path[0] != '\0' && !rights_check_file(findings, option, path, NULL))
		path[0] = '\0';
}

static void
check_table(const struct gate *gate, struct findings *findings)
{
	const struct site *site = &gate->site;

	if (site->table == NULL)
		findings_add(findings, FINDING_WARNING, "table", "path", NULL,
		    "no client with a login may relay: %s: %s",
		    gate->conf.table.path,
		    shmcache_strerror(site->table_error));
}

static void
check_site(struct gate *gate, struct findings *findings)
{
	struct conf_smtpgate *conf = &gate->conf.smtpgate;
	struct conf_error mistake;

	check_file("local_domains_file", conf->local_domains_file, findings);
	check_file("sender_map", conf->sender_map, findings);
	if (site_open(&gate->site, &gate->conf, warn_of_idn, findings,
		&mistake) != 0) {
		findings_add_message(findings, FINDING_MISTAKE, mistake.text);
		return;
	}
	check_table(gate, findings);
	check_listed(gate, findings);
	check_lines(gate, conf->local_domains_file, gate->site.domains.file,
	    check_domain, findings);
	check_lines(gate, conf->sender_map, gate->site.sender_map, check_sender,
	    findings);
}

/* ---- the user ------------------------------------------------------------ */

/* Returns whether the gate has a user. */
static bool
check_user(struct findings *findings)
{
	struct account account;
	int error = account_find(GATE_USER, &account);

	if (error != 0)
		findings_add_file(findings, FINDING_MISTAKE, "", 0,
		    "create it, the gate runs as it", "user " GATE_USER ": %s",
		    error == -ENOENT ? "does not exist" : strerror(-error));
	return error == 0;
}

/* Returns whether this process has the rights of the gate's user. */
static bool
become_gate(const struct gate *gate, struct findings *findings)
{
	struct account account;
	int error = 0;

	/* dial() resolves unix paths from here. */
	if (chdir("/") != 0)
		error = -errno;
	if (error == 0 && geteuid() == 0)
		error = privilege_drop(GATE_USER, NULL);
	if (error != 0)
		findings_add_file(findings, FINDING_MISTAKE, gate->config, 0,
		    "start smtpgate -t as root",
		    "cannot become user " GATE_USER ": %s", strerror(-error));
	else if (account_find(GATE_USER, &account) == 0 &&
		 geteuid() != account.uid)
		findings_add_file(findings, FINDING_WARNING, gate->config, 0,
		    "start smtpgate -t as root",
		    "files and sockets were opened as another user than "
		    "the gate's");
	return error == 0;
}

/* The configuration was read as root; the gate's user reads it again. */
static void
check_config_file(struct findings *findings)
{
	char blocker[FINDING_BYTES], cure[FINDING_BYTES];

	if (access(findings->config, R_OK) == 0 || errno != EACCES)
		return;
	rights_explain(findings->config, R_OK, blocker, cure);
	findings_add_file(findings, FINDING_MISTAKE, findings->config, 0, cure,
	    "user " GATE_USER " may not open %s", blocker);
}

/* ---- the servers --------------------------------------------------------- */

/* Where nothing says "listen", systemd or xinetd may take both families. */
static bool
has_ipv6(const struct conf *conf, const struct services *services)
{
	bool listens = false;
	size_t i, j;

	for (i = 0; i < CONF_SERVICES; i++)
		for (j = 0; j < conf->services[i].listen.n; j++) {
			listens = true;
			if (conf->services[i].listen.items[j].addr.ss_family ==
			    AF_INET6)
				return true;
		}
	return !listens && !services->is_ipv4;
}

static bool
offers_auth(const struct conf *conf, unsigned services)
{
	unsigned i;

	for (i = 0; i < CONF_SERVICES; i++)
		if ((services & 1U << i) != 0 && conf->services[i].offers_auth)
			return true;
	return false;
}

static void
check_servers(const struct gate *gate, const struct services *services,
    struct findings *findings)
{
	names_check(&gate->conf, findings);
	probe_servers(gate, has_ipv6(&gate->conf, services), findings);
	if (offers_auth(&gate->conf, services->found))
		checker_probe(gate, findings);
}

/* ---- all ----------------------------------------------------------------- */

static void
add_mistake(const char *sentence, void *arg)
{
	findings_add_message(arg, FINDING_MISTAKE, sentence);
}

/* After gate_configure() failed with this mistake: all that there are. */
static void
add_mistakes(const char *config, const char *first, struct findings *findings)
{
	struct conf conf;

	if (conf_load_anyway(config, &conf, add_mistake, findings) == 0)
		add_mistake(first, findings);
	conf_free(&conf);
}

/* Returns the services that were checked. */
static unsigned
check_all(
    const struct check *check, struct gate *gate, struct findings *findings)
{
	struct services services;
	struct conf_error mistake;
	bool is_gate;

	if (gate_configure(gate, check->config, &mistake) != 0) {
		add_mistakes(check->config, mistake.text, findings);
		return 0;
	}
	findings->conf = &gate->conf;
	services_find("", &gate->conf, &services);
	if (check->service >= 0)
		services.found = 1U << check->service;
	options_check(&gate->conf, &services, findings);
	if (!check_user(findings))
		return services.found;
	is_gate = services.is_by_root || become_gate(gate, findings);
	if (is_gate && geteuid() != 0)
		check_config_file(findings);
	check_site(gate, findings);
	certificates_check(gate, services.found, findings);
	if (services.is_by_root)
		is_gate = become_gate(gate, findings);
	if (is_gate && !check->is_offline)
		check_servers(gate, &services, findings);
	return services.found;
}

static void
print_result(const struct findings *findings, FILE *out)
{
	size_t n_warnings = findings->n - findings->n_mistakes;

	fprintf(out, "smtpgate: %s ", findings->config);
	switch (findings_status(findings)) {
	case EX_OK:
		fputs("is fine\n", out);
		break;
	case 1:
		fprintf(out, "works in part: %zu warning%s\n", n_warnings,
		    n_warnings == 1 ? "" : "s");
		break;
	default:
		fprintf(out, "does not work: %zu mistake%s, %zu warning%s\n",
		    findings->n_mistakes, findings->n_mistakes == 1 ? "" : "s",
		    n_warnings, n_warnings == 1 ? "" : "s");
	}
}

int
check_run(const struct check *check, FILE *out, FILE *err)
{
	struct findings findings = {.config = check->config};
	struct gate gate = {.stop_fd = -1};
	unsigned services = check_all(check, &gate, &findings);
	int status = findings_status(&findings);

	if (check->is_json) {
		findings_print_json(&findings, services, out);
	} else {
		findings_print(&findings, err);
		print_result(&findings, out);
	}
	findings_free(&findings);
	gate_close(&gate);
	return fflush(out) == 0 ? status : EX_IOERR;
}
