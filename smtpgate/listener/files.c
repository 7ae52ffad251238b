/* SPDX-License-Identifier: ISC */
/*
 * The mark is a hash of what stat(2) says: FNV-1a (Fowler, Noll, Vo).
 */
#include "smtpgate/listener/files.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t
mix(uint64_t hash, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t i;

	for (i = 0; i < n; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

static uint64_t
mix_file(uint64_t hash, const char *path, bool is_changing)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return mix(hash, "absent", 6);
	hash = mix(hash, &st.st_dev, sizeof(st.st_dev));
	hash = mix(hash, &st.st_ino, sizeof(st.st_ino));
	if (!is_changing)
		hash = mix(hash, &st.st_mtim, sizeof(st.st_mtim));
	return hash;
}

uint64_t
files_mark(const struct conf *conf)
{
	const struct conf_strings *items = &conf->smtpgate.tls_certificates;
	uint64_t hash = mix_file(0xcbf29ce484222325u, conf->table.path, true);
	char path[PATH_MAX];
	size_t i;

	hash = mix_file(hash, conf->smtpgate.local_domains_file, false);
	hash = mix_file(hash, conf->smtpgate.sender_map, false);
	for (i = 0; i < items->n; i++) {
		const char *item = items->items[i];
		const char *colon = strchr(item, ':');

		snprintf(
		    path, sizeof(path), "%.*s", (int)strcspn(item, ":"), item);
		hash = mix_file(hash, path, false);
		if (colon != NULL)
			hash = mix_file(hash, colon + 1, false);
	}
	return hash;
}
