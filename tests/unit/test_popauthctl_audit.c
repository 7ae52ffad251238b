/* SPDX-License-Identifier: ISC */
/* audit: a change by hand has a line, and the line has its author. */
#include "common/report.h"
#include "popauthctl/audit.h"
#include "tests/lib/log_fixture.h"

#include <criterion/criterion.h>
#include <pwd.h>

static int daemon_fd;

static void
setup(void)
{
	log_set_up();
	daemon_fd = log_daemon_start(SOCK_DGRAM);
	report_to(log_path);
	unsetenv("SUDO_USER");
}

TestSuite(popauthctl_audit, .init = setup, .fini = log_tear_down);

static struct addr
client(void)
{
	struct addr addr;

	cr_assert_eq(addr_parse("203.0.113.9", &addr), 0);
	return addr;
}

Test(popauthctl_audit, a_grant_is_logged_with_the_user_who_made_it)
{
	const struct passwd *self = getpwuid(getuid());
	const struct addr addr = client();
	char line[256];

	cr_assert_not_null(self);
	audit("grant", &addr, "joe");
	snprintf(line, sizeof(line),
	    "grant client=203.0.113.9 user=joe from=popauthctl by=%s",
	    self->pw_name);
	cr_expect_str_eq(log_next_text(daemon_fd), line);
	cr_expect_not_null(strstr(log_text, " popauthctl["));
}

Test(popauthctl_audit, behind_sudo_it_is_the_administrator)
{
	const struct addr addr = client();

	if (getuid() != 0)
		cr_skip_test("only root is believed");
	setenv("SUDO_USER", "a b", 1);
	audit("revoke", &addr, NULL);
	cr_expect_str_eq(log_next_text(daemon_fd),
	    "revoke client=203.0.113.9 from=popauthctl by=\"a b\"");
}

Test(popauthctl_audit, without_a_log_daemon_it_goes_on)
{
	const struct addr addr = client();

	close(daemon_fd);
	unlink(log_path);
	audit("grant", &addr, "joe");
}
