/* SPDX-License-Identifier: ISC */
#include "popauthctl/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

static void
ignore(const char *sentence, void *arg)
{
	(void)sentence;
	(void)arg;
}

int
place_find(const char *table, const char *config, const char *default_config,
    void (*mistake)(const char *sentence, void *arg), void *arg,
    struct place *place_out)
{
	struct conf *conf = &place_out->conf;
	int error;

	*place_out = (struct place){.table = NULL};
	if (config != NULL)
		error = conf_load_anyway(config, conf, mistake, arg);
	else if (!is_there(default_config))
		error = conf_defaults(conf);
	else
		error = conf_load_anyway(default_config, conf,
		    table != NULL ? ignore : mistake, arg);
	if (error == -ENOMEM)
		return error;
	if (config == NULL && table != NULL)
		error = 0;
	place_out->table = strdup(table != NULL ? table : conf->table.path);
	if (place_out->table == NULL) {
		conf_free(conf);
		return -ENOMEM;
	}
	return error;
}

void
place_free(struct place *place)
{
	free(place->table);
	place->table = NULL;
	conf_free(&place->conf);
}
