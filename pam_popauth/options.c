/* SPDX-License-Identifier: ISC */
#include "pam_popauth/options.h"

#include "shmcache/shmcache.h"

#include <security/pam_ext.h>
#include <string.h>
#include <syslog.h>

#define TABLE "table="

void
options_parse(
    struct options *options, pam_handle_t *pamh, int argc, const char **argv)
{
	*options = (struct options){.table = SHMCACHE_DEFAULT_PATH};
	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i];

		if (strncmp(arg, TABLE "/", strlen(TABLE "/")) == 0)
			options->table = arg + strlen(TABLE);
		else if (strcmp(arg, "strict") == 0)
			options->strict = true;
		else if (strcmp(arg, "debug") == 0)
			options->debug = true;
		else
			pam_syslog(pamh, LOG_WARNING,
			    "option ignored: \"%.100s\"; there are "
			    "table=/PATH, strict and debug",
			    arg);
	}
}
