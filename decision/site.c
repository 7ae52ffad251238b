/* SPDX-License-Identifier: ISC */
#include "decision/site.h"

#include "decision/textfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
site_init(struct site *site, const struct conf *conf, struct shmcache *table,
    struct inforce *rules)
{
	*site = (struct site){
	    .conf = &conf->smtpgate,
	    .domains = {.listed = &conf->smtpgate.local_domains, .file = -1},
	    .sender_map = -1,
	    .table = table,
	    .rules = rules,
	};
}

/* fd_out: stays as it is when no file is configured. */
static int
open_file(const char *option, const char *file, int *fd_out,
    struct conf_error *mistake)
{
	int fd;

	if (file[0] == '\0')
		return 0;
	fd = textfile_open(file);
	if (fd < 0) {
		snprintf(mistake->text, sizeof(mistake->text), "%s: %s: %s",
		    option, file,
		    fd == -EINVAL ? "not a regular file" : strerror(-fd));
		return fd;
	}
	*fd_out = fd;
	return 0;
}

int
site_open(struct site *site, struct conf *conf,
    void (*warn)(const char *sentence, void *arg), void *arg,
    struct conf_error *mistake_out)
{
	int error;

	site_init(site, conf, NULL, calloc(1, sizeof(struct inforce)));
	if (site->rules == NULL) {
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "out of memory");
		return -ENOMEM;
	}
	error =
	    open_file("local_domains_file", conf->smtpgate.local_domains_file,
		&site->domains.file, mistake_out);
	if (error == 0)
		error = open_file("sender_map", conf->smtpgate.sender_map,
		    &site->sender_map, mistake_out);
	if (error != 0)
		return error;
	domains_load_idn(&site->domains, &conf->smtpgate.local_domains,
	    site->sender_map, warn, arg);
	site->table_error =
	    shmcache_open(conf->table.path, SHMCACHE_PREAD, &site->table);
	return 0;
}

void
site_close(struct site *site)
{
	if (site->conf == NULL)
		return;
	if (site->domains.file >= 0)
		close(site->domains.file);
	if (site->sender_map >= 0)
		close(site->sender_map);
	shmcache_close(site->table);
	if (site->rules != NULL)
		inforce_free(site->rules);
	free(site->rules);
	memset(site, 0, sizeof(*site));
}
