/* SPDX-License-Identifier: ISC */
/*
 * conf_mistake - how a mistake in the configuration is reported.
 */
#ifndef POPAUTH_CONF_MISTAKE_H
#define POPAUTH_CONF_MISTAKE_H

#include "config/conf.h"

/* A text of the file is cut to this many bytes in a message. */
#define CONF_SHOWN_MAX 80

/* Write "PATH:LINE: " and the sentence, cut where there is no more room. */
void conf_mistake_set(struct conf_error *error_out, const char *path,
    unsigned line_no, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
