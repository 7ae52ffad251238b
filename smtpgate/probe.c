/* SPDX-License-Identifier: ISC */
/*
 * probe - whether the servers behind the gate would serve it.
 *
 * A server that expects a PROXY header says nothing before it, and there is no
 * client to name: of such a one only the connection is tried.
 */
#include "smtpgate/probe.h"

#include "common/clock.h"
#include "common/privilege.h"
#include "config/conf_endpoint.h"
#include "smtpgate/backend.h"
#include "smtpgate/dial.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whoever waits sits before a terminal. */
#define PATIENCE_S 5

static void
warn(FILE *err, const char *option, const struct conf_endpoint *endpoint,
    const char *what, const char *to_do)
{
	fprintf(err, "smtpgate: warning: %s ", option);
	conf_endpoint_format(endpoint, err);
	fprintf(err, ": %s; %s\n", what, to_do);
}

static const char *
cure_for(int error)
{
	switch (error) {
	case EACCES:
		return "user " GATE_USER " has to reach it, by its group "
		       "perhaps";
	case ECONNREFUSED:
	case ENOENT:
		return "see whether the mail server runs and listens there";
	default:
		return "see the mail server's log";
	}
}

/* Whether the connection alone works; an errno, or 0. */
static int
knock(const struct conf_endpoint *endpoint, int type)
{
	int fd = dial(endpoint, type, clock_mono_ms() + PATIENCE_S * 1000);

	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}

static void
probe_backend(const struct gate *gate, const char *option,
    const struct conf_endpoint *endpoint, enum conf_identity identity,
    FILE *err)
{
	static const struct backend_limits limits = {PATIENCE_S, PATIENCE_S};
	static struct backend backend;
	enum backend_result result = BACKEND_DONE;

	memset(&backend, 0, sizeof(backend));
	if (identity == CONF_IDENTITY_PROXY)
		backend.error = knock(endpoint, SOCK_STREAM);
	else
		result =
		    backend_open(&backend, endpoint, gate->hostname, &limits);
	if (backend.error != 0)
		warn(err, option, endpoint, strerror(backend.error),
		    cure_for(backend.error));
	else if (result != BACKEND_DONE)
		warn(err, option, endpoint, backend_result_name(result),
		    cure_for(0));
	else if (identity == CONF_IDENTITY_XCLIENT &&
		 (backend.ehlo.xclient & EHLO_XCLIENT_ADDR) == 0)
		warn(err, option, endpoint,
		    "does not offer XCLIENT to the gate",
		    "list the gate in smtpd_authorized_xclient_hosts, or set "
		    "its identity to proxy or none");
	backend_quit(&backend);
}

static void
probe_auth(const struct conf *conf, FILE *err)
{
	const bool is_pam = conf->smtpgate.auth.kind == CONF_AUTH_PAM;
	const struct conf_endpoint *endpoint =
	    is_pam ? &conf->auth_server.socket : &conf->smtpgate.auth.dovecot;
	int error = knock(endpoint, is_pam ? SOCK_SEQPACKET : SOCK_STREAM);

	if (error != 0)
		warn(err, "auth:", endpoint, strerror(error),
		    error == EACCES ? cure_for(error)
		    : is_pam        ? "start smtpgate-auth"
				    : "see whether Dovecot runs and listens "
				      "there");
}

void
probe_servers(
    const struct gate *gate, const struct conf_service *service, FILE *err)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	int error = 0;

	/* dial() goes from here. */
	if (chdir("/") != 0)
		error = -errno;
	if (error == 0 && geteuid() == 0)
		error = privilege_drop(GATE_USER, NULL);
	if (error != 0) {
		fprintf(err,
		    "smtpgate: warning: cannot become user " GATE_USER
		    ": %s; the servers behind were not tried\n",
		    strerror(-error));
		return;
	}
	probe_backend(
	    gate, "backend", &conf->backend, conf->backend_identity, err);
	if (conf->backend_relay.is_set)
		probe_backend(gate, "backend_relay", &conf->backend_relay,
		    conf->backend_relay_identity, err);
	if (service->offers_auth && conf->auth.kind != CONF_AUTH_NONE)
		probe_auth(&gate->conf, err);
}
