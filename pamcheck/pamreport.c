/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamreport.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The list with room for one more, or NULL: then the report has the error. */
static void *
grow(struct pamreport *report, void *list, size_t n, size_t size)
{
	void *grown =
	    report->error == 0 ? reallocarray(list, n + 1, size) : NULL;

	if (grown == NULL && report->error == 0)
		report->error = -ENOMEM;
	return grown;
}

struct pamreport_service *
pamreport_add_service(
    struct pamreport *report, const char *name, const char *servers)
{
	struct pamreport_service *grown, *service;

	grown =
	    grow(report, report->services, report->n_services, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	report->services = grown;
	service = &grown[report->n_services++];
	*service = (struct pamreport_service){
	    .name = strdup(name), .servers = servers};
	if (service->name != NULL)
		return service;
	report->error = -ENOMEM;
	return NULL;
}

void
pamreport_add(struct pamreport *report, enum pamseverity severity,
    const char *code, const char *service, const char *fmt, ...)
{
	struct pamfinding *grown, *finding;
	va_list ap;

	grown =
	    grow(report, report->findings, report->n_findings, sizeof(*grown));
	if (grown == NULL)
		return;
	report->findings = grown;
	finding = &grown[report->n_findings++];
	*finding = (struct pamfinding){.severity = severity, .code = code};
	va_start(ap, fmt);
	if (vasprintf(&finding->text, fmt, ap) < 0) {
		finding->text = NULL;
		report->error = -ENOMEM;
	}
	va_end(ap);
	if (service != NULL && (finding->service = strdup(service)) == NULL)
		report->error = -ENOMEM;
	if (severity == PAMSEVERITY_TODO)
		report->n_todo++;
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
