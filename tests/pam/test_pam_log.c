/* SPDX-License-Identifier: ISC */
/* The module's lines at a real /dev/log: how they look, and that no login waits
 * for a log daemon that does not read. */
#include "tests/pam/fixture.h"

#include "tests/lib/log_fixture.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

static int daemon_fd;

/* A /dev of the test's own. */
static void
setup(void)
{
	fixture_setup();
	if (unshare(CLONE_NEWNS) == -1)
		cr_skip_test("no mount namespace without root");
	cr_assert(
	    eq(int, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0));
	cr_assert(eq(int, mount("tmpfs", "/dev", "tmpfs", 0, NULL), 0));
	strcpy(log_path, "/dev/log");
	daemon_fd = log_daemon_start(SOCK_DGRAM);
	log_is_real = true;
}

TestSuite(pam_log, .init = setup, .fini = fixture_teardown, .timeout = 30);

/* Until its queue is full. */
static void
fill(void)
{
	struct sockaddr_un addr = {
	    .sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	cr_assert(
	    eq(int, connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	while (send(fd, "fill", 4, MSG_DONTWAIT) == 4)
		;
	cr_assert(eq(int, errno, EAGAIN));
	close(fd);
}

static void
drain(void)
{
	while (log_next(daemon_fd)[0] != '\0')
		;
}

Test(pam_log, a_line_looks_as_pam_syslog_writes_it)
{
	char expected[256];

	session("", CLIENT);
	log_next(daemon_fd);

	snprintf(expected, sizeof(expected),
	    " %s[%d]: pam_popauth(pop3:session): grant client=" CLIENT
	    " user=joe service=pop3 hook=session from=rhost",
	    program_invocation_short_name, (int)getpid());
	cr_expect(strncmp(log_text, "<86>", 4) == 0, "%s", log_text);
	cr_expect(log_ends(log_text, expected), "%s", log_text);
}

Test(pam_log, an_option_is_logged_with_the_hook_that_met_it)
{
	login(start(
	    "auth optional %M unknown=1\nauth required pam_permit.so", CLIENT));

	cr_expect(strncmp(log_next_text(daemon_fd),
		      "pam_popauth(pop3:auth): option-ignored ", 39) == 0,
	    "%s", log_text);
}

Test(pam_log, a_log_daemon_that_does_not_read_holds_up_no_login)
{
	fill();
	for (unsigned i = 0; i < 5; i++)
		session("", CLIENT);

	cr_expect(is_granted(CLIENT, "joe"));
	drain();
	session("", CLIENT2);
	cr_expect(log_ends(log_next(daemon_fd), " from=rhost lost=5"), "%s",
	    log_text);
	session("", CLIENT2);
	cr_expect(log_ends(log_next(daemon_fd), " from=rhost"), "%s", log_text);
}

Test(pam_log, without_a_log_daemon_a_login_goes_on)
{
	close(daemon_fd);
	cr_assert(eq(int, unlink(log_path), 0));
	session("", CLIENT);
	cr_expect(is_granted(CLIENT, "joe"));

	daemon_fd = log_daemon_start(SOCK_DGRAM);
	session("", CLIENT2);
	cr_expect(log_ends(log_next(daemon_fd), " lost=1"), "%s", log_text);
}
