/* SPDX-License-Identifier: ISC */
/*
 * names - rules of Postfix that need the client's host name, for smtpgate -t.
 *
 * CONCEPT.  By XCLIENT the gate gives no host name, so such a rule refuses each
 * client or finds none.  postconf(1) is asked where Postfix is on this machine
 * and has a listener at the endpoint.
 *
 * CONCURRENCY.  One thread; starts a program and waits for it.
 */
#ifndef SMTPGATE_CHECK_NAMES_H
#define SMTPGATE_CHECK_NAMES_H

#include "smtpgate/check/findings.h"

/* What postconf printed, in the order of the calls below. */
struct names_postfix {
	char *services;  /* postconf -M */
	char *overrides; /* postconf -P */
	char *main;      /* postconf -n */
};

/* Ask postconf about both backends that get XCLIENT.  Blocks: some seconds at
 * most. */
void names_check(const struct conf *conf, struct findings *findings);

/*
 * The same from the text of postconf.
 * option: "backend" or "backend_relay".  The texts are cut into lines.
 */
void names_check_text(const struct names_postfix *postfix, const char *option,
    const struct conf_endpoint *endpoint, struct findings *findings);

#endif
