/* SPDX-License-Identifier: ISC */
/*
 * syslog - syslog(3) for the modules of the PAM stack, without waiting.
 *
 * pam_unix logs each wrong password, and would wait for a log daemon that does
 * not read; each login of that kind would then end in a timeout.  The program
 * exports these functions (see the Makefile), so that libpam and its modules
 * call them instead of the C library's.  A library that was compiled with
 * _FORTIFY_SOURCE calls the two with "__".
 */
#undef _FORTIFY_SOURCE /* its <syslog.h> has inline functions of these names */

#include "common/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define EXPORT __attribute__((visibility("default")))

void __syslog_chk(int priority, int flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int flag, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

EXPORT void
vsyslog(int priority, const char *fmt, va_list ap)
{
	char text[LOGLINE_BYTES];

	if (vsnprintf(text, sizeof(text), fmt, ap) >= 0)
		report_foreign(priority, text);
}

EXPORT void
syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsyslog(priority, fmt, ap);
	va_end(ap);
}

EXPORT void
__vsyslog_chk(int priority, int flag, const char *fmt, va_list ap)
{
	(void)flag;
	vsyslog(priority, fmt, ap);
}

EXPORT void
__syslog_chk(int priority, int flag, const char *fmt, ...)
{
	va_list ap;

	(void)flag;
	va_start(ap, fmt);
	vsyslog(priority, fmt, ap);
	va_end(ap);
}
