/* SPDX-License-Identifier: ISC */
#include "popauthctl/audit.h"

#include "common/report.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The name of a user without one is the number. */
const char *
audit_caller(char number[AUDIT_CALLER_BYTES])
{
	const uid_t uid = getuid();
	const char *sudo_user = uid == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *passwd;

	if (sudo_user != NULL && sudo_user[0] != '\0')
		return sudo_user;
	passwd = getpwuid(uid);
	if (passwd != NULL)
		return passwd->pw_name;
	snprintf(number, AUDIT_CALLER_BYTES, "%lu", (unsigned long)uid);
	return number;
}

void
audit(const char *event, const struct addr *addr, const char *user)
{
	char text[ADDR_TEXT_BYTES], number[AUDIT_CALLER_BYTES];
	struct logline line;

	logline_init(&line, event);
	logline_add(&line, "client", addr_format(addr, text));
	logline_add(&line, "user", user);
	logline_add(&line, "from", "popauthctl");
	logline_add(&line, "by", audit_caller(number));
	report_init("popauthctl", REPORT_TO_SYSLOG);
	report_line(REPORT_INFO, &line);
}

void
audit_rule(const char *event, const char *key, const char *who,
    const char *until, const char *note)
{
	char number[AUDIT_CALLER_BYTES];
	struct logline line;

	logline_init(&line, event);
	logline_add(&line, key, who);
	logline_add(&line, "until", until);
	logline_add(&line, "from", "popauthctl");
	logline_add(&line, "by", audit_caller(number));
	if (note[0] != '\0')
		logline_add_sentence(&line, "note", note);
	report_init("popauthctl", REPORT_TO_SYSLOG);
	report_line(REPORT_INFO, &line);
}
