/* SPDX-License-Identifier: ISC */
/*
 * Each argument of the module, right and wrong, and what is logged of it.
 * from= and from_exe= are in test_pam_address.c.
 */
#include "tests/pam/fixture.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(pam_options, .init = fixture_setup, .fini = fixture_teardown);

#define GRANT                                                                  \
	"info grant client=" CLIENT                                            \
	" user=joe service=pop3 hook=session from=rhost\n"

/* Granted, whatever the option. */
static void
assert_granted(const char *options)
{
	session(options, CLIENT);
	assert_logged(GRANT);
	cr_assert(is_granted(CLIENT, "joe"));
}

/* The login goes on, nothing is granted, and this is the line. */
static void
assert_not_granted(const char *options, const char *line)
{
	session(options, CLIENT);
	assert_logged(line);
	cr_assert(eq(sz, count_grants(), 0));
}

#define BAD(option, why)                                                       \
	"warning no-grant client=" CLIENT " user=joe service=pop3 "            \
	"hook=session from=unknown option=" option " reason=\"" why "\"\n"

/* ---- an unknown one ------------------------------------------------------- */

#define IGNORED(option)                                                        \
	"warning option-ignored option=" option                                \
	" reason=\"unknown option; see pam_popauth(8)\"\n"

Test(pam_options, an_unknown_option_is_named_and_changes_nothing)
{
	session("strickt", CLIENT);
	assert_logged(IGNORED("strickt") GRANT);
	cr_assert(is_granted(CLIENT, "joe"));
}

Test(pam_options, the_beginning_of_an_option_is_not_the_option)
{
	session("debugging user=mary", CLIENT);
	assert_logged(IGNORED("debugging") IGNORED("\"user=mary\"") GRANT);
}

Test(pam_options, each_line_of_the_service_names_its_own_unknown_options)
{
	pam_handle_t *pamh = start("auth optional %M one\n"
				   "auth required pam_permit.so\n"
				   "account optional %M two\n"
				   "account required pam_permit.so\n",
	    CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_ABORT);
	assert_logged(IGNORED("one") IGNORED("two"));
}

/* ---- bad values ----------------------------------------------------------- */

Test(pam_options, a_value_that_does_not_fit_grants_nothing)
{
	static const struct {
		const char *option, *line;
	} bad[] = {
	    {"from=", BAD("\"from=\"", "use rhost, env, fd0, socket or unix")},
	    {"from=rhost,fd1", BAD("\"from=rhost,fd1\"",
				   "use rhost, env, fd0, socket or unix")},
	    {"from=unix", BAD("\"from=unix\"", "from=unix requires from_exe=")},
	    {"from_exe=pop3d", BAD("\"from_exe=pop3d\"",
				   "use absolute paths separated by commas")},
	    {"exclude=192.0.2.7/24",
		BAD("\"exclude=192.0.2.7/24\"",
		    "use networks separated by commas, at most 64")},
	    {"exclude=192.0.2.0/24,",
		BAD("\"exclude=192.0.2.0/24,\"",
		    "use networks separated by commas, at most 64")},
	    {"users=",
		BAD("\"users=\"", "use names separated by commas, at most 64")},
	    {"group=", BAD("\"group=\"", "use the name of a group")},
	    {"service=", BAD("\"service=\"", "use 1 to 64 bytes")},
	    {"debug debug",
		"warning no-grant client=" CLIENT
		" user=joe service=pop3 hook=session from=unknown "
		"option=debug reason=\"this option may appear only once\"\n"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		log_clear();
		assert_not_granted(bad[i].option, bad[i].line);
	}
}

Test(pam_options, a_relative_table_grants_nothing)
{
	char line[256];
	pam_handle_t *pamh;

	snprintf(line, sizeof(line), "session optional %s table=grants",
	    getenv("POPAUTH_MODULE"));
	pamh = start(line, CLIENT);
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged(BAD("\"table=grants\"", "use an absolute path"));
}

Test(pam_options, a_bad_value_in_the_auth_line_is_named_there)
{
	pam_handle_t *pamh = start("auth optional %M from=fd1\n"
				   "auth required pam_permit.so",
	    CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged("warning option-refused option=\"from=fd1\" "
		      "reason=\"use rhost, env, fd0, socket or unix\"\n");
}

Test(pam_options, a_list_of_64_fits_and_one_of_65_does_not)
{
	char options[1024] = "users=joe";
	size_t len;

	for (unsigned i = 0; i < 63; i++)
		strcat(options, ",a");
	assert_granted(options);
	log_clear();
	len = strlen(options);
	snprintf(options + len, sizeof(options) - len, ",a");
	session(options, CLIENT2);
	cr_assert(not(is_granted(CLIENT2, "joe")));
}

/* ---- strict, debug -------------------------------------------------------- */

#define STRICT                                                                 \
	"account required pam_permit.so\n"                                     \
	"account required %M strict\n"                                         \
	"session required %M strict"

Test(pam_options, strict_refuses_a_login_that_was_not_recorded)
{
	pam_handle_t *pamh = start(STRICT, CLIENT);
	char line[256];

	unlink(fixture_table);
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_PERM_DENIED));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SESSION_ERR));
	pam_end(pamh, PAM_SUCCESS);
	snprintf(line, sizeof(line),
	    "warning no-grant client=" CLIENT " user=joe service=pop3 "
	    "hook=account from=rhost reason=\"there is no table; start "
	    "popauthd\" table=%s\n",
	    fixture_table);
	assert_logged(line);
}

Test(pam_options, strict_lets_a_recorded_login_pass)
{
	pam_handle_t *pamh = start(STRICT, CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

Test(pam_options, strict_lets_a_login_pass_that_is_never_granted)
{
	pam_handle_t *pamh = start(STRICT, "127.0.0.1");

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

#define NEVER                                                                  \
	"this address is never granted, because many clients may share it; "   \
	"see PROXIES in popauth(7)"

/* Behind a proxy on the same machine this is the only sign. */
Test(pam_options, loopback_is_never_granted_and_has_a_line_in_an_hour)
{
	session("", "127.0.0.1");
	session("", "127.0.0.1");
	session("", "::ffff:127.0.0.1");
	assert_logged("info no-grant client=127.0.0.1 user=joe service=pop3 "
		      "hook=session from=rhost reason=\"" NEVER "\"\n");
	cr_assert(eq(sz, count_grants(), 0));
}

#define EXEMPT(client, from, reason)                                           \
	"debug no-grant client=" client " user=joe service=pop3 "              \
	"hook=session from=" from " reason=\"" reason "\"\n"

Test(pam_options, debug_says_each_time_why_loopback_was_not_granted)
{
	session("", "127.0.0.1");
	log_clear();
	session("debug", "127.0.0.1");
	assert_logged(EXEMPT("127.0.0.1", "rhost", NEVER));
}

Test(pam_options, debug_says_it_once_though_both_hooks_are_called)
{
	pam_handle_t *pamh = start("account required pam_permit.so\n"
				   "account optional %M debug\n"
				   "session optional %M debug",
	    "127.0.0.1");

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged("info no-grant client=127.0.0.1 user=joe service=pop3 "
		      "hook=account from=rhost reason=\"" NEVER "\"\n");
}

/* ---- exclude --------------------------------------------------------------- */

#define EXCLUDE "debug exclude=198.51.100.0/24,203.0.113.8/31,2001:db8:25::/48"
#define EXCLUDED "the address is in exclude="

Test(pam_options, an_excluded_network_is_not_granted)
{
	session(EXCLUDE, CLIENT);
	session(EXCLUDE, "::ffff:198.51.100.1");
	session(EXCLUDE, "2001:db8:25:1::1");
	assert_logged(EXEMPT(CLIENT, "rhost", EXCLUDED) EXEMPT("198.51.100.1",
	    "rhost", EXCLUDED) EXEMPT("2001:db8:25:1::1", "rhost", EXCLUDED));
	cr_assert(eq(sz, count_grants(), 0));
}

Test(pam_options, the_rest_of_the_world_is_not_excluded)
{
	session(EXCLUDE, CLIENT2);
	session(EXCLUDE, "2001:db8:26::1");
	cr_assert(is_granted(CLIENT2, "joe"));
	cr_assert(is_granted("2001:db8:26::1", "joe"));
}

Test(pam_options, all_of_ipv6_is_excluded_without_ipv4)
{
	session("exclude=::/0", CLIENT);
	session("exclude=::/0", "2001:db8:26::1");
	cr_assert(is_granted(CLIENT, "joe"));
	cr_assert(not(is_granted("2001:db8:26::1", "joe")));
}

/* ---- users, group ---------------------------------------------------------- */

#define LEFT_OUT                                                               \
	"debug no-grant client=" CLIENT " user=joe service=pop3 "              \
	"hook=session from=unknown reason=\"users= or group= excludes the "    \
	"user\"\n"

Test(pam_options, users_lets_its_own_be_recorded_in_any_case)
{
	assert_granted("users=mary,JOE");
}

Test(pam_options, users_excludes_all_others)
{
	assert_not_granted("debug users=mary,joey,jo", LEFT_OUT);
}

Test(pam_options, users_leaves_others_out_without_a_word)
{
	assert_not_granted("users=mary", "");
}

Test(pam_options, group_excludes_users_who_are_no_members)
{
	assert_not_granted("debug group=root", LEFT_OUT);
}

Test(pam_options, group_excludes_all_users_when_it_does_not_exist)
{
	assert_not_granted("debug group=no-such-group", LEFT_OUT);
}

/* joe is nobody here, but root is in group root everywhere. */
Test(pam_options, group_lets_its_members_be_recorded)
{
	pam_handle_t *pamh = start("session optional %M group=root", CLIENT);

	cr_assert(eq(int, pam_set_item(pamh, PAM_USER, "root"), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(is_granted(CLIENT, "root"));
}

/* ---- service --------------------------------------------------------------- */

Test(pam_options, service_is_the_label_in_the_log)
{
	session("service=webmail", CLIENT);
	assert_logged("info grant client=" CLIENT
		      " user=joe service=webmail hook=session from=rhost\n");
}

/* ---- the manual ------------------------------------------------------------ */

#define MANUAL "pam_popauth/pam_popauth.8"
#define TABLE "pam_popauth/arguments.c"

/*
 * Call visit with the name that follows prefix in each line of the file that
 * begins so, between two lines.
 * Returns how many there were.
 */
static unsigned
each_name(const char *path, const char *from, const char *to,
    const char *prefix, void (*visit)(const char *name))
{
	FILE *file = fopen(path, "r");
	bool is_inside = false;
	unsigned n = 0;
	char line[256];

	cr_assert(ne(ptr, file, NULL), "%s", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *name = line + strlen(prefix);

		if (strncmp(line, from, strlen(from)) == 0)
			is_inside = true;
		else if (strncmp(line, to, strlen(to)) == 0)
			is_inside = false;
		if (!is_inside || strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")] = '\0';
		visit(name);
		n++;
	}
	fclose(file);
	return n;
}

static void
assert_is_known(const char *name)
{
	char option[64];

	log_clear();
	session(name, CLIENT);
	if (logged_has("option-ignored")) {
		snprintf(option, sizeof(option), "%s=x", name);
		log_clear();
		session(option, CLIENT);
	}
	cr_assert(not(logged_has("option-ignored")), "%s", name);
}

static void
assert_is_in_manual(const char *name)
{
	char command[128];

	snprintf(
	    command, sizeof(command), "grep -q '^.It Cm %s\\b' " MANUAL, name);
	cr_assert(eq(int, system(command), 0), "%s", name);
}

Test(pam_options, the_options_of_the_manual_exist)
{
	cr_assert(eq(uint,
	    each_name(MANUAL, ".Sh OPTIONS", ".Sh SOURCES", ".It Cm ",
		assert_is_known),
	    10));
}

Test(pam_options, all_options_are_in_the_manual)
{
	cr_assert(eq(uint,
	    each_name(TABLE, "} known[]", "};", "    {\"", assert_is_in_manual),
	    10));
}
