/* SPDX-License-Identifier: ISC */
/*
 * check - what smtpgate -t tells the administrator.
 */
#include "smtpgate/check.h"

#include "common/privilege.h"
#include "smtpgate/path.h"
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

int
check_configure(
    struct gate *gate, const char *path, struct conf_error *mistake_out)
{
	int error = conf_load(path, &gate->conf, mistake_out);

	if (error != 0)
		return error;
	if (!gate->conf.smtpgate.backend.is_set) {
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "%s: no backend; name the mail server in [smtpgate], like "
		    "backend = 127.0.0.1:10025",
		    path);
		return -EINVAL;
	}
	return set_hostname(gate, path, mistake_out);
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
	if (gate->conf.smtpgate.local_domains.n == 0)
		fprintf(err,
		    "smtpgate: warning: %s: no local_domains; no mail from "
		    "outside is accepted\n",
		    path);
	fprintf(out, "smtpgate: %s: ok\n", path);
	return EX_OK;
}
