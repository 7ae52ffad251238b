/* SPDX-License-Identifier: ISC */
/* syslog: the lines of a PAM stack, and a log daemon that does not read. */
#include "common/report.h"
#include "tests/lib/log_fixture.h"
#include "tests/pam/fixture.h"

#include <security/pam_ext.h>
#include <syslog.h>

static int daemon_fd;
static pam_handle_t *pamh;

static void
setup(void)
{
	fixture_setup();
	log_set_up();
	daemon_fd = log_daemon_start(SOCK_DGRAM);
	report_to(log_path);
	report_init("smtpgate-auth", REPORT_TO_SYSLOG);
	pamh = start("auth required pam_permit.so", NULL);
}

static void
teardown(void)
{
	pam_end(pamh, PAM_SUCCESS);
	log_tear_down();
	fixture_teardown();
}

TestSuite(smtpgate_auth_syslog, .init = setup, .fini = teardown, .timeout = 30);

Test(smtpgate_auth_syslog, a_modules_line_is_sent_by_us)
{
	pam_syslog(pamh, LOG_NOTICE, "authentication failure; user=%s", "joe");

	cr_expect(strncmp(log_next(daemon_fd), "<85>", 4) == 0, "%s", log_text);
	cr_expect(strstr(log_text, " smtpgate-auth[") != NULL, "%s", log_text);
	cr_expect(log_ends(log_text, "authentication failure; user=joe"));
}

Test(smtpgate_auth_syslog, a_line_without_a_facility_gets_that_of_mail)
{
	syslog(LOG_INFO, "%s", "hello");

	cr_expect(strncmp(log_next(daemon_fd), "<22>", 4) == 0, "%s", log_text);
}

Test(smtpgate_auth_syslog, a_module_does_not_wait_for_the_log_daemon)
{
	for (unsigned i = 0; i < 10000; i++)
		pam_syslog(pamh, LOG_NOTICE, "fill");
	while (log_next(daemon_fd)[0] != '\0')
		;
	report(REPORT_INFO, "auth", "after them");

	cr_expect(strncmp(log_next_text(daemon_fd),
		      "auth msg=\"after them\" lost=", 27) == 0,
	    "%s", log_text);
}
