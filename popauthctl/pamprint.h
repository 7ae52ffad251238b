/* SPDX-License-Identifier: ISC */
/*
 * pamprint - the output of pam-check.  The contract is that of print.h.
 */
#ifndef POPAUTHCTL_PAMPRINT_H
#define POPAUTHCTL_PAMPRINT_H

#include "pamcheck/pamreport.h"
#include "pamcheck/pamtest.h"
#include "popauthctl/print.h"

int pamprint_report(const struct print *print, const struct pamreport *report);

int pamprint_test(const struct print *print, const struct pamtest_login *login,
    const struct pamtest_result *result);

#endif
