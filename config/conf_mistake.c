/* SPDX-License-Identifier: ISC */
/*
 * conf_mistake - how a mistake in the configuration is reported.
 */
#include "config/conf_mistake.h"

#include <stdarg.h>
#include <stdio.h>

void
conf_mistake_set(struct conf_error *error_out, const char *path,
    unsigned line_no, const char *fmt, ...)
{
	const size_t size = sizeof(error_out->text);
	va_list ap;
	int len;

	len = snprintf(error_out->text, size, "%s:%u: ", path, line_no);
	if (len < 0 || (size_t)len >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(error_out->text + len, size - (size_t)len, fmt, ap);
	va_end(ap);
}
