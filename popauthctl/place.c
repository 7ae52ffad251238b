/* SPDX-License-Identifier: ISC */
#include "popauthctl/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
place_find(const char *table, const char *config, const char *default_config,
    struct place *place_out, struct conf_error *error_out)
{
	struct conf *conf = &place_out->conf;
	const char *path = config != NULL ? config : default_config;
	int error;

	*place_out = (struct place){.config_path = path};
	error = conf_load(path, conf, error_out);
	if (error != 0 && config == NULL &&
	    (error == -ENOENT || table != NULL)) {
		place_out->config_path = NULL;
		error_out->text[0] = '\0';
		error = conf_defaults(conf);
	}
	if (error == 0) {
		place_out->table =
		    strdup(table != NULL ? table : conf->table.path);
		if (place_out->table == NULL) {
			conf_free(conf);
			error = -ENOMEM;
		}
	}
	if (error == -ENOMEM)
		snprintf(error_out->text, sizeof(error_out->text), "%s",
		    strerror(ENOMEM));
	return error;
}

void
place_free(struct place *place)
{
	free(place->table);
	place->table = NULL;
	conf_free(&place->conf);
}
