/* SPDX-License-Identifier: ISC */
#include "popauthctl/audit.h"

#include "common/report.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NUMBER_BYTES 24

/* The name of a user without one is the number. */
static const char *
caller(char number[NUMBER_BYTES])
{
	const uid_t uid = getuid();
	const char *sudo_user = uid == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *passwd;

	if (sudo_user != NULL && sudo_user[0] != '\0')
		return sudo_user;
	passwd = getpwuid(uid);
	if (passwd != NULL)
		return passwd->pw_name;
	snprintf(number, NUMBER_BYTES, "%lu", (unsigned long)uid);
	return number;
}

void
audit(const char *event, const struct addr *addr, const char *user)
{
	char text[ADDR_TEXT_BYTES], number[NUMBER_BYTES];
	struct logline line;

	logline_init(&line, event);
	logline_add(&line, "client", addr_format(addr, text));
	logline_add(&line, "user", user);
	logline_add(&line, "from", "popauthctl");
	logline_add(&line, "by", caller(number));
	report_init("popauthctl", REPORT_TO_SYSLOG);
	report_line(REPORT_INFO, &line);
}
