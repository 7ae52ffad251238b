/* SPDX-License-Identifier: ISC */
#include "smtpgate/check/services.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define UNITS "/etc/systemd/system"
#define XINETD "/etc/xinetd.d/*"

#define LINE_BYTES 512

/* Whether systemd starts the unit: there is a link to it, which may dangle. */
static bool
is_enabled(const char *root, const char *target, const char *unit)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(
	    path, sizeof(path), "%s" UNITS "/%s.wants/%s", root, target, unit);
	return lstat(path, &st) == 0;
}

static unsigned
find_sockets(const char *root)
{
	unsigned found = 0, i;
	char unit[64];

	for (i = 0; i < CONF_SERVICES; i++) {
		snprintf(unit, sizeof(unit), "smtpgate-%s.socket",
		    conf_service_names[i]);
		if (is_enabled(root, "sockets.target", unit))
			found |= 1U << i;
	}
	return found;
}

/* One "service NAME { ... }" of the file. */
struct block {
	int service; /* by its name, or by -s in server_args; -1: another */
	bool is_off;
	bool is_gate;
	bool is_ipv4; /* flags = IPv4 */
};

static void
take_line(struct block *block, const char *line)
{
	char name[32], value[LINE_BYTES], service[32];

	if (sscanf(line, " service %31s", name) == 1)
		*block = (struct block){.service = conf_service_find(name)};
	if (sscanf(line, " %31[a-z_] = %511[^\n]", name, value) != 2)
		return;
	if (strcmp(name, "disable") == 0)
		block->is_off = strncmp(value, "yes", 3) == 0;
	if (strcmp(name, "server") == 0)
		block->is_gate = strstr(value, "smtpgate") != NULL;
	if (strcmp(name, "flags") == 0)
		block->is_ipv4 = strstr(value, "IPv4") != NULL;
	if (strcmp(name, "server_args") == 0 &&
	    (sscanf(value, "-s %31s", service) == 1 ||
		sscanf(value, "--service %31s", service) == 1))
		block->service = conf_service_find(service);
}

/* The gate's services of one file; in *ipv6_out those that take IPv6, too. */
static unsigned
find_in_file(const char *path, unsigned *ipv6_out)
{
	struct block block = {.service = -1};
	char line[LINE_BYTES];
	unsigned found = 0;
	FILE *file;

	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		take_line(&block, line);
		if (line[strspn(line, " \t")] != '}' || !block.is_gate ||
		    block.is_off || block.service < 0)
			continue;
		found |= 1U << block.service;
		if (!block.is_ipv4)
			*ipv6_out |= 1U << block.service;
	}
	fclose(file);
	return found;
}

static unsigned
find_in_xinetd(const char *root, unsigned *ipv6_out)
{
	char pattern[PATH_MAX];
	unsigned found = 0;
	glob_t files;
	size_t i;

	*ipv6_out = 0;
	snprintf(pattern, sizeof(pattern), "%s" XINETD, root);
	if (glob(pattern, 0, NULL, &files) != 0)
		return 0;
	for (i = 0; i < files.gl_pathc; i++)
		found |= find_in_file(files.gl_pathv[i], ipv6_out);
	globfree(&files);
	return found;
}

void
services_find(
    const char *root, const struct conf *conf, struct services *services_out)
{
	unsigned ipv6, sockets = find_sockets(root),
		       xinetd = find_in_xinetd(root, &ipv6);
	unsigned listening = 0, i;

	for (i = 0; i < CONF_SERVICES; i++)
		if (conf->services[i].listen.n > 0)
			listening |= 1U << i;
	*services_out = (struct services){
	    .found = listening | sockets | xinetd,
	    .is_by_root = xinetd != 0 && (listening | sockets) == 0,
	    .is_ipv4 = xinetd != 0 && (ipv6 | listening | sockets) == 0,
	    .listens = listening != 0,
	    .has_listener =
		is_enabled(root, "multi-user.target", "smtpgate.service"),
	};
	if (services_out->found == 0)
		services_out->found = 1U << CONF_SERVICE_SMTP;
}
