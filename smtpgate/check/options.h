/* SPDX-License-Identifier: ISC */
/*
 * options - mistakes that the values of the options show, for smtpgate -t.
 *
 * CONCEPT.  Each value is valid, but the gate would not start, would not serve
 * its clients, or would relay for strangers.  No file is read.
 */
#ifndef SMTPGATE_CHECK_OPTIONS_H
#define SMTPGATE_CHECK_OPTIONS_H

#include "smtpgate/check/findings.h"
#include "smtpgate/check/services.h"

/* conf: loaded, has a backend.  findings->conf: the same. */
void options_check(const struct conf *conf, const struct services *services,
    struct findings *findings);

#endif
