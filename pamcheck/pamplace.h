/* SPDX-License-Identifier: ISC */
/*
 * pamplace - is our line in the right place of one service?
 *
 * CONCEPT.  For a stack with our line, the place is judged by all ways through
 * the stack (pamrun.h).  Each fault comes with the change that cures it.
 *
 * LIFETIME.  pamservice_check() makes the subject, and owns it.
 */
#ifndef PAMCHECK_PAMPLACE_H
#define PAMCHECK_PAMPLACE_H

#include "pamcheck/dovecotlogin.h"
#include "pamcheck/pamrun.h"
#include "pamcheck/pamservice.h"

enum service_kind {
	SERVICE_POP = 0,
	SERVICE_IMAP,   /* may be recorded too */
	SERVICE_SHARED, /* POP, IMAP and SMTP AUTH in one */
};

struct known_service {
	const char *name;
	const char *servers;
	enum service_kind kind;
	const char *args; /* that the module's line needs */
	bool
	    ends_with_success; /* it ends PAM so even if it refused the login */
};

/* One service. */
struct subject {
	const struct pamservice_run *run;
	const char *name;
	const struct known_service *known; /* NULL: named by the caller */
	size_t passdb; /* of Dovecot that asks it, or DOVECOTLOGIN_NONE */
	enum service_kind kind;
	bool is_sick; /* something else is to do first */
	struct pamfile file;
	struct pamrun_stack account, session;
	struct pamreport_service *entry;
};

/* The passdb of Dovecot that asks this service, or NULL. */
const struct dovecot_passdb *pamplace_passdb(const struct subject *subject);

/* Add the advice to the finding that was just added. */
void pamplace_advise(const struct subject *subject);

/*
 * Add what is to do about a line, with advice.
 * fmt: the sentence after "FILE:LINE: ".
 */
void pamplace_report(const struct subject *subject, const char *code,
    const struct pamfile_line *line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Judge the place of our line in this stack, and set the state. */
void pamplace_judge(const struct subject *subject,
    const struct pamrun_stack *stack, const struct pamfile_line *ours);

#endif
