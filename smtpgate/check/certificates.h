/* SPDX-License-Identifier: ISC */
/*
 * certificates - whether the gate can use its certificates, for smtpgate -t.
 */
#ifndef SMTPGATE_CHECK_CERTIFICATES_H
#define SMTPGATE_CHECK_CERTIFICATES_H

#include "smtpgate/check/findings.h"
#include "smtpgate/gate.h"

/*
 * Load all certificates and keys, if one of the services speaks TLS, and report
 * each that cannot be used.
 * services: bits 1 << enum conf_service_number.
 */
void certificates_check(
    struct gate *gate, unsigned services, struct findings *findings);

#endif
