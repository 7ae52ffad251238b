/* SPDX-License-Identifier: ISC */
/*
 * service - the names of the three services that a gate can serve.
 */
#ifndef SMTPGATE_SERVICE_H
#define SMTPGATE_SERVICE_H

/* The enum conf_service_number of that name (services(5)), or -1. */
int service_number(const char *name);

#endif
