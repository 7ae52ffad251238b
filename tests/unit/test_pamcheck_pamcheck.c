/* SPDX-License-Identifier: ISC */
/*
 * pamcheck over small roots.  What is advised is done to the files, and has to
 * cure them.
 */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(popauthctl_pamcheck, .init = setup, .fini = teardown);

/* ---- what is found ------------------------------------------------------ */

static void delete (const char *name)
{
	char path[256];

	path_of(name, path);
	cr_assert_eq(unlink(path), 0);
}

/* An empty one when there is none. */
static const struct pamfinding *
find(const char *code)
{
	static char empty[] = "";
	static const struct pamfinding none = {.text = empty};

	size_t i;

	for (i = 0; i < report.n_findings; i++)
		if (strcmp(report.findings[i].code, code) == 0)
			return &report.findings[i];
	cr_assert_fail("no %s", code);
	return &none;
}

static void
expect_finding(const char *code, const char *piece)
{
	const struct pamfinding *finding = find(code);

	cr_expect_not_null(strstr(finding->text, piece), "expected '%s' in: %s",
	    piece, finding->text);
}

static enum pamstate
state_of(const char *name)
{
	size_t i;

	for (i = 0; i < report.n_services; i++)
		if (strcmp(report.services[i].name, name) == 0)
			return report.services[i].state;
	cr_assert_fail("%s was not looked at", name);
	return PAMSTATE_WRONG;
}

/* Nothing to do, and this service is recorded. */
static void
expect_right(const char *name)
{
	size_t i;

	check();
	for (i = 0; i < report.n_findings; i++)
		cr_expect_eq(report.findings[i].severity, PAMSEVERITY_NOTE,
		    "%s", report.findings[i].text);
	cr_expect_eq(report.n_todo, 0);
	cr_expect_eq(state_of(name), PAMSTATE_RIGHT);
}

/* Do to the file what the edit says. */
static void
apply(const struct pamedit *edit)
{
	char *line = NULL, *text = NULL;
	size_t size = 0, len;
	unsigned line_no = 0;
	FILE *out = open_memstream(&text, &len);
	FILE *in = fopen(edit->path, "re");

	cr_assert_not_null(out);
	if (edit->kind == PAMEDIT_CREATE ||
	    (edit->kind == PAMEDIT_ADD && edit->line_no == 0))
		fprintf(out, "%s\n", edit->text);
	while (in != NULL && getline(&line, &size, in) != -1) {
		if (++line_no != edit->line_no || edit->kind == PAMEDIT_ADD)
			fputs(line, out);
		if (line_no == edit->line_no && edit->kind != PAMEDIT_REMOVE)
			fprintf(out, "%s\n", edit->text);
	}
	free(line);
	if (in != NULL)
		fclose(in);
	fclose(out);
	put(edit->path, text);
	free(text);
}

/* All that is advised, done, leaves nothing to do. */
static void
expect_cure(const char *name)
{
	size_t i, j;

	check();
	cr_expect_gt(report.n_todo, 0);
	for (i = 0; i < report.n_findings; i++)
		for (j = 0; j < report.findings[i].advice.n; j++)
			apply(&report.findings[i].advice.edits[j]);
	expect_right(name);
}

/* ---- right places ------------------------------------------------------- */

Test(popauthctl_pamcheck, the_line_behind_debians_include_is_right)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	expect_right("pop3");
}

Test(popauthctl_pamcheck, dovecots_file_for_pop3_alone_is_right)
{
	put("etc/pam.d/dovecot", DEBIAN_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf", "!include conf.d/*.conf\n");
	put("etc/dovecot/conf.d/10-auth.conf",
	    "#auth_cache_size = 0\n!include auth-system.conf.ext\n");
	put("etc/dovecot/conf.d/auth-system.conf.ext",
	    "passdb {\n  driver = pam\n  #args = dovecot\n  args = %s\n}\n"
	    "userdb {\n  driver = passwd\n}\n");
	expect_right("pop3");
	cr_expect_eq(state_of("dovecot"), PAMSTATE_UNUSED);
}

Test(popauthctl_pamcheck, what_a_removed_dovecot_left_behind_asks_for_nothing)
{
	put("etc/pam.d/dovecot", DEBIAN_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf", "passdb {\n  driver = pam\n}\n");
	put("usr/sbin/dovecot", "");
	put("etc/init.d/dovecot", "#!/bin/sh\n");
	check();
	expect_finding("module-missing", "dovecot");
	delete ("usr/sbin/dovecot");
	expect_right("pop3");
	cr_expect_eq(state_of("dovecot"), PAMSTATE_UNUSED);
}

Test(popauthctl_pamcheck, dovecot_2_4_is_read_too)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf",
	    "dovecot_config_version = 2.4.0\n"
	    "passdb pam {\n  session = yes\n  service_name = %{protocol}\n}\n");
	expect_right("pop3");
	put("etc/dovecot/dovecot.conf",
	    "dovecot_config_version = 2.4.0\nauth_cache_size = 10M\n"
	    "passdb pam {\n  service_name = %{protocol}\n}\n");
	check();
	expect_finding("dovecot-cache", "use_cache = no");
}

Test(popauthctl_pamcheck, a_session_line_is_right_where_dovecot_opens_sessions)
{
	put("etc/pam.d/pop3", DEBIAN_SERVICE "session optional "
					     "pam_popauth.so\n");
	check();
	expect_finding("session-alone", "pop3:6: ");
	put("etc/dovecot/dovecot.conf",
	    "passdb {\n  driver = pam\n  args = session=yes %s\n}\n");
	expect_right("pop3");
}

Test(popauthctl_pamcheck, a_service_of_usr_lib_is_found_when_it_is_named)
{
	put("usr/lib/pam.d/vendorpop", RIGHT_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	names[n_names++] = (char[]){"vendorpop"};
	expect_right("vendorpop");
}

Test(popauthctl_pamcheck, users_may_be_left_out_on_purpose)
{
	put("etc/pam.d/pop3",
	    "@include common-auth\n@include common-account\n"
	    "account [success=1 default=ignore] pam_succeed_if.so quiet "
	    "user ingroup staff\n" OURS);
	expect_right("pop3");
	expect_finding("skipped-for-some", "pop3:3 (pam_succeed_if.so)");
}

/* ---- what is advised ---------------------------------------------------- */

Test(popauthctl_pamcheck, the_missing_line_is_told_with_its_place)
{
	const struct pamfinding *finding;

	put("etc/pam.d/popa3d", DEBIAN_SERVICE);
	check();
	expect_finding("module-missing", "popa3d does not call the module");
	finding = find("module-missing");
	cr_assert_eq(finding->advice.n, 1);
	cr_expect_eq(finding->advice.edits[0].kind, PAMEDIT_ADD);
	cr_expect_eq(finding->advice.edits[0].line_no, 4);
	cr_expect_str_eq(
	    finding->advice.edits[0].text, "account optional pam_popauth.so");
	expect_cure("popa3d");
}

Test(popauthctl_pamcheck, plain_lines_of_courier_are_made_to_end_the_stack)
{
	put("etc/pam.d/pop3", "auth       required     pam_unix.so nullok\n"
			      "account    required     pam_unix.so\n"
			      "session    required     pam_unix.so\n"
			      "password   required     pam_unix.so\n");
	expect_cure("pop3");
	cr_expect_not_null(strstr(report.services[0].place, "pop3:3"));
}

Test(popauthctl_pamcheck, the_line_before_the_include_is_too_early)
{
	put("etc/pam.d/solid-pop3d",
	    "@include common-auth\n" OURS "@include common-account\n");
	check();
	expect_finding("too-early", "common-account:2 (pam_unix.so)");
	expect_cure("solid-pop3d");
}

Test(popauthctl_pamcheck, behind_a_plain_required_line_the_refused_are_recorded)
{
	put("etc/pam.d/pop3", "auth required pam_unix.so\n"
			      "account required pam_nologin.so\n"
			      "account required pam_unix.so broken_shadow\n"
			      "account optional pam_popauth.so debug\n");
	check();
	expect_finding("after-refusal", "pop3:2 (pam_nologin.so) refuses");
	expect_cure("pop3");
}

Test(popauthctl_pamcheck, behind_a_substack_the_refused_are_recorded)
{
	put("etc/pam.d/pop3",
	    "@include common-auth\naccount substack common-account\n" OURS);
	check();
	expect_finding("after-refusal", "common-account:2 (pam_unix.so)");
}

Test(popauthctl_pamcheck, the_only_account_line_refuses_everybody)
{
	put("etc/pam.d/pop3", "@include common-auth\n" OURS);
	check();
	expect_finding("only-account-line", "pop3:2: ");
	expect_cure("pop3");
}

Test(popauthctl_pamcheck, the_auth_stack_alone_records_nothing)
{
	put("etc/pam.d/pop3", "auth optional pam_popauth.so\n" DEBIAN_SERVICE);
	check();
	expect_finding("auth-alone", "pop3:1: ");
	expect_cure("pop3");
}

Test(popauthctl_pamcheck, a_sufficient_line_hides_the_module)
{
	put("etc/pam.d/pop3", "@include common-auth\n"
			      "account sufficient pam_unix.so\n" OURS
			      "account required pam_deny.so\n");
	check();
	expect_finding("never-reached", "pop3:2 (pam_unix.so) ends the stack");
}

Test(popauthctl_pamcheck, where_no_place_is_safe_none_is_advised)
{
	put("etc/pam.d/password-auth",
	    "auth required pam_unix.so\naccount required pam_unix.so\n"
	    "account sufficient pam_localuser.so\n"
	    "account required pam_permit.so\n");
	put("etc/pam.d/pop3", "auth include password-auth\n"
			      "account include password-auth\n");
	check();
	expect_finding("module-missing", "pop3");
	expect_finding("no-safe-place", "requisite");
	cr_expect_eq(find("module-missing")->advice.n, 0);
}

Test(popauthctl_pamcheck, a_control_that_makes_the_module_decide_is_wrong)
{
	put("etc/pam.d/pop3", "@include common-auth\n@include common-account\n"
			      "account [default=bad] pam_popauth.so\n");
	check();
	expect_finding("decides", "pop3:3: ");
	expect_cure("pop3");
	put("etc/pam.d/pop3",
	    "@include common-auth\n"
	    "account [ignore=1 default=ignore] pam_popauth.so\n"
	    "account required pam_nologin.so\n@include common-account\n");
	check();
	expect_finding("decides", "pop3:2: ");
}

Test(popauthctl_pamcheck, a_service_without_a_file_gets_one)
{
	names[n_names++] = (char[]){"mypop"};
	check();
	expect_finding("no-service-file", "for the service mypop");
	expect_cure("mypop");
}

Test(popauthctl_pamcheck, the_file_that_dovecot_asks_for_is_missed)
{
	put("etc/dovecot/dovecot.conf",
	    "passdb {\n  driver = pam\n  args = %s\n}\n");
	check();
	expect_finding("no-service-file", "for the service pop3");
	expect_cure("pop3");
}

Test(popauthctl_pamcheck, a_file_that_dovecot_does_not_ask_is_no_use)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf", "passdb {\n  driver = pam\n}\n");
	check();
	expect_finding("not-asked", "dovecot.conf:1: Dovecot asks the service "
				    "dovecot, not pop3; write args = %s");
	cr_expect_eq(state_of("pop3"), PAMSTATE_UNUSED);
}

Test(popauthctl_pamcheck, a_line_that_libpam_cannot_read_is_named)
{
	put("etc/pam.d/pop3", "acount required pam_unix.so\n" RIGHT_SERVICE);
	put("etc/pam.d/popa3d", "@include common-account\naccount\n" OURS);
	check();
	expect_finding("unreadable-line", "popa3d:2: no control");
	put("etc/pam.d/popa3d", "@include common-nothing\n" OURS);
	check();
	expect_finding("module-missing", "popa3d");
}

/* ---- arguments ---------------------------------------------------------- */

Test(popauthctl_pamcheck, another_table_than_the_gates_is_wrong)
{
	put("etc/pam.d/pop3",
	    "@include common-account\n"
	    "account optional pam_popauth.so table=/run/other\n");
	check();
	expect_finding("other-table", "writes /run/other, but");
	put("etc/pam.d/pop3",
	    "@include common-account\n"
	    "account optional pam_popauth.so debug table=" TABLE "\n");
	expect_right("pop3");
}

Test(popauthctl_pamcheck, cyrus_needs_to_be_told_where_to_look)
{
	put("etc/pam.d/pop", DEBIAN_SERVICE);
	expect_cure("pop");
	put("etc/pam.d/pop", RIGHT_SERVICE);
	check();
	expect_finding("no-address", "from=unix from_exe=");
}

/* A service whose account line has these options. */
static void
put_options(const char *options)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "@include common-auth\n@include common-account\n"
	    "account optional pam_popauth.so %s\n",
	    options);
	put("etc/pam.d/pop3", text);
}

static size_t
count(const char *code)
{
	size_t i, n = 0;

	for (i = 0; i < report.n_findings; i++)
		n += strcmp(report.findings[i].code, code) == 0;
	return n;
}

Test(popauthctl_pamcheck, an_option_that_the_module_refuses_is_told_with_why)
{
	static const struct {
		const char *options, *said;
	} bad[] = {
	    {"from=rhosts", "pop3:3: the module refuses "
			    "option=\"from=rhosts\", and the line "
			    "grants nothing: use rhost, fd0, socket or unix"},
	    {"debug debug",
		"option=debug, and the line grants nothing: this option "
		"may appear only once"},
	    {"from=unix", "from=unix requires from_exe="},
	    {"table=grants", "use an absolute path"},
	    {"[exclude=192.0.2.0/24, 2001:db8::/32]",
		"\"exclude=192.0.2.0/24, 2001:db8::/32\""},
	    {"users=j\xf6rg users=joe", "\"users=joe\""},
	    {"users=j\xf6rg,", "\"users=j\\xf6rg,\""},
	    {"[][]users=", "\"users=\""},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_options(bad[i].options);
		check();
		expect_finding("bad-option", bad[i].said);
		cr_expect_eq(report.n_todo, 1, "%s", bad[i].options);
		cr_expect_eq(state_of("pop3"), PAMSTATE_WRONG);
	}
	put_options("from=rhost exclude=192.0.2.0/24,2001:db8::/32 strict");
	expect_right("pop3");
}

Test(popauthctl_pamcheck, each_unknown_option_is_noted_and_does_no_harm)
{
	put_options("form=fd0 service=table=/x debugging");
	expect_right("pop3");
	cr_expect_eq(count("unknown-option"), 2);
	expect_finding("unknown-option",
	    "pop3:3: the module ignores option=\"form=fd0\": unknown "
	    "option; see pam_popauth(8)");
}

Test(popauthctl_pamcheck, options_of_all_lines_are_read_included_ones_too)
{
	put("etc/pam.d/included",
	    "auth optional pam_popauth.so from=fd1\n"
	    "auth required pam_permit.so\n"
	    "account [success=1 default=ignore] pam_unix.so\n"
	    "account requisite pam_deny.so\n"
	    "account optional pam_popauth.so users=\n"
	    "account required pam_permit.so\n"
	    "session optional pam_popauth.so group=\n"
	    "session required pam_permit.so\n");
	put("etc/pam.d/pop3", "auth include included\n"
			      "account include included\n"
			      "session substack included\n");
	check();
	expect_finding("bad-option", "included:1: the module refuses");
	cr_expect_eq(count("bad-option"), 3);
	put("etc/pam.d/pop3", "@include included\n");
	check();
	cr_expect_eq(count("bad-option"), 3);
}

Test(popauthctl_pamcheck, an_option_of_a_similar_name_does_not_name_a_source)
{
	put("etc/pam.d/pop", "@include common-auth\n@include common-account\n"
			     "account optional pam_popauth.so xfrom=unix\n");
	check();
	expect_finding("no-address", "from=unix from_exe=");
	expect_finding("unknown-option", "xfrom=unix");
}

/* ---- where it should not be --------------------------------------------- */

Test(popauthctl_pamcheck, files_for_all_services_must_not_have_it)
{
	put("etc/pam.d/pop3", DEBIAN_SERVICE);
	put("etc/pam.d/common-account", "account requisite pam_unix.so\n" OURS);
	check();
	expect_finding("in-common-file", "common-account:2: remove the line");
}

Test(popauthctl_pamcheck, the_gates_own_service_must_not_have_it)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/pam.d/smtpgate", RIGHT_SERVICE);
	check();
	expect_finding("in-gate-service", "smtpgate:3: remove the line");
	cr_expect_eq(report.n_todo, 1);
}

Test(popauthctl_pamcheck, an_unknown_service_has_to_be_named)
{
	put("etc/pam.d/sshd", RIGHT_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/pam.d/sshd.dpkg-old", RIGHT_SERVICE);
	check();
	expect_finding("in-other-service", "sshd:3: no POP");
	cr_expect_eq(report.n_todo, 1);
	names[n_names++] = (char[]){"sshd"};
	expect_right("sshd");
}

/* ---- traps -------------------------------------------------------------- */

Test(popauthctl_pamcheck, a_module_that_libpam_does_not_find_is_told)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	delete ("lib/x86_64-linux-gnu/security/pam_popauth.so");
	check();
	expect_finding("module-not-installed", "lib/x86_64-linux-gnu/security");
	cr_expect_eq(report.n_todo, 1);
}

Test(popauthctl_pamcheck, caches_that_skip_pam_are_told)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/imapd.conf", "sasl_pwcheck_method: saslauthd\n");
	put("etc/default/saslauthd",
	    "# OPTIONS=\"-c\"\nOPTIONS=\"-c -m /var/run/saslauthd\"\n");
	put("etc/dovecot/dovecot.conf",
	    "auth_cache_size = 10 M\n"
	    "passdb {\n  driver = pam\n  args = cache_key=%u%s %s\n}\n");
	check();
	expect_finding("saslauthd-cache", "etc/default/saslauthd");
	expect_finding("dovecot-cache", "dovecot.conf:1: ");
	cr_expect_eq(report.n_todo, 2);
	put("etc/default/saslauthd", "OPTIONS=\"-m /var/run/saslauthd\"\n");
	put("etc/dovecot/dovecot.conf",
	    "auth_cache_size = 10 M\n"
	    "passdb {\n  driver = pam\n  args = %s\n}\n");
	expect_right("pop3");
}

Test(popauthctl_pamcheck, mailutils_has_to_ask_pam_alone)
{
	put("etc/pam.d/mailutils",
	    "@include common-auth\n@include common-account\n"
	    "account optional pam_popauth.so from=rhost,fd0,socket\n");
	check();
	expect_finding("mailutils-modules", "authentication clear");
	put("etc/mailutils.conf", "auth {\n authentication generic;\n"
				  " authentication pam;\n}\n");
	check();
	expect_finding("mailutils-modules", "authentication clear");
	put("etc/mailutils.conf",
	    "auth {\n  authentication clear;\n  authentication pam;\n}\n");
	expect_right("mailutils");
}

Test(popauthctl_pamcheck, no_pop_server_at_all_is_told)
{
	put("etc/pam.d/imap", DEBIAN_SERVICE);
	check();
	expect_finding("no-pop-service", "command line");
	cr_expect_eq(state_of("imap"), PAMSTATE_ABSENT);
}
