/* SPDX-License-Identifier: ISC */
/* Dovecot's configuration in a root, as dovecot_read() understands it. */
#ifndef POPAUTH_TESTS_DOVECOT_FIXTURE_H
#define POPAUTH_TESTS_DOVECOT_FIXTURE_H

#include "pamcheck/dovecotlogin.h"
#include "tests/unit/pamcheck_fixture.h"

static struct dovecot dovecot;

static inline void
read_for(const char *protocol, const char *text)
{
	dovecot_free(&dovecot);
	put("etc/dovecot/dovecot.conf", text);
	cr_assert_eq(dovecot_read(root, NULL, protocol, &dovecot), 0);
}

static inline void
read_dovecot(const char *text)
{
	read_for("pop3", text);
}

static inline void
end_dovecot(void)
{
	dovecot_free(&dovecot);
	teardown();
}

#endif
