/* SPDX-License-Identifier: ISC */
/*
 * services - which services of the gate a machine has, and as which user each
 * gate reads its files.
 *
 * CONCEPT.  A service is there if it has an address in "listen", if its systemd
 * socket is enabled, or if it is switched on in xinetd.  The systemd units run
 * as the gate's user.  xinetd starts the gate as root, which reads the files
 * before it becomes the gate's user.
 */
#ifndef SMTPGATE_CHECK_SERVICES_H
#define SMTPGATE_CHECK_SERVICES_H

#include "config/conf.h"

#include <stdbool.h>

struct services {
	unsigned found;    /* bits 1 << enum conf_service_number */
	bool is_by_root;   /* xinetd, and no unit, starts the gate */
	bool is_ipv4;      /* the same, for IPv4 clients alone */
	bool listens;      /* "listen" has an address */
	bool has_listener; /* smtpgate.service is enabled */
};

/*
 * Find them; if there is none, the service is smtp.
 * root: "" for this machine; another directory in tests.
 */
void services_find(
    const char *root, const struct conf *conf, struct services *services_out);

#endif
