/* SPDX-License-Identifier: ISC */
#include "smtpgate/service.h"

#include "config/conf.h"

#include <string.h>

int
service_number(const char *name)
{
	int i;

	for (i = 0; i < CONF_SERVICES; i++)
		if (strcmp(conf_service_names[i], name) == 0)
			return i;
	return -1;
}
