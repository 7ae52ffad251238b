/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamreport.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pamreport_service *
pamreport_add_service(
    struct pamreport *report, const char *name, const char *servers)
{
	struct pamreport_service *grown, *service;

	grown = reallocarray(
	    report->services, report->n_services + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	report->services = grown;
	service = &grown[report->n_services];
	*service = (struct pamreport_service){
	    .name = strdup(name), .servers = servers};
	if (service->name == NULL)
		return NULL;
	report->n_services++;
	return service;
}

int
pamreport_add(struct pamreport *report, enum pamseverity severity,
    const char *code, const char *service, const char *fmt, ...)
{
	struct pamfinding *grown, *finding;
	va_list ap;
	int length;

	grown = reallocarray(
	    report->findings, report->n_findings + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	report->findings = grown;
	finding = &grown[report->n_findings];
	*finding = (struct pamfinding){.severity = severity, .code = code};
	va_start(ap, fmt);
	length = vasprintf(&finding->text, fmt, ap);
	va_end(ap);
	if (length < 0)
		return -ENOMEM;
	report->n_findings++;
	if (severity == PAMSEVERITY_TODO)
		report->n_todo++;
	if (service != NULL)
		finding->service = strdup(service);
	return service != NULL && finding->service == NULL ? -ENOMEM : 0;
}

void
pamreport_free(struct pamreport *report)
{
	size_t i;

	for (i = 0; i < report->n_services; i++) {
		free(report->services[i].name);
		free(report->services[i].place);
	}
	for (i = 0; i < report->n_findings; i++) {
		free(report->findings[i].service);
		free(report->findings[i].text);
		pamadvice_free(&report->findings[i].advice);
	}
	free(report->services);
	free(report->findings);
	*report = (struct pamreport){.services = NULL};
}
