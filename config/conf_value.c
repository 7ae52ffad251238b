/* SPDX-License-Identifier: ISC */
/*
 * conf_value - converts a value between its text and its field.
 */
#include "common/duration.h"
#include "config/conf_domain.h"
#include "config/conf_endpoint.h"
#include "config/conf_list.h"
#include "config/conf_option.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static void *
field_of(const struct conf_option *option, struct conf *conf)
{
	return (char *)conf + option->offset;
}

static const void *
const_field_of(const struct conf_option *option, const struct conf *conf)
{
	return (const char *)conf + option->offset;
}

/* ---- one value ---------------------------------------------------------- */

static int
parse_path(const struct conf_option *option, const char *text, char **field,
    char why[CONF_WHY_BYTES])
{
	bool may_be_empty = option->default_text[0] == '\0';

	if (text[0] != '/' && (text[0] != '\0' || !may_be_empty)) {
		snprintf(why, CONF_WHY_BYTES,
		    "is no absolute path; write one that starts with '/'");
		return -EINVAL;
	}
	if (strlen(text) >= PATH_MAX) {
		snprintf(why, CONF_WHY_BYTES, "is longer than %d bytes",
		    PATH_MAX - 1);
		return -EINVAL;
	}
	free(*field);
	*field = strdup(text);
	return *field != NULL ? 0 : -ENOMEM;
}

static int
parse_duration(const struct conf_option *option, const char *text,
    uint32_t *field, char why[CONF_WHY_BYTES])
{
	char min[DURATION_TEXT_BYTES], max[DURATION_TEXT_BYTES];
	uint32_t value;
	int error = duration_parse(text, &value);

	duration_format(option->min, min);
	duration_format(option->max, max);
	if (error == -EINVAL) {
		snprintf(why, CONF_WHY_BYTES,
		    "is no duration; write numbers with the units d h m s, "
		    "like 45s, 15m or 1h30m (%s to %s)",
		    min, max);
		return -EINVAL;
	}
	if (error != 0 || value < option->min || value > option->max) {
		snprintf(why, CONF_WHY_BYTES, "is out of range; %s to %s fits",
		    min, max);
		return -EINVAL;
	}
	*field = value;
	return 0;
}

static int
parse_number(const struct conf_option *option, const char *text,
    uint32_t *field, char why[CONF_WHY_BYTES])
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (value <= UINT32_MAX)
			value = value * 10 + (uint64_t)(*p - '0');
	if (*p != '\0' || p == text) {
		snprintf(why, CONF_WHY_BYTES,
		    "is no number; a whole number from %u to %u fits",
		    option->min, option->max);
		return -EINVAL;
	}
	if (value < option->min || value > option->max) {
		snprintf(why, CONF_WHY_BYTES, "is out of range; %u to %u fits",
		    option->min, option->max);
		return -EINVAL;
	}
	*field = (uint32_t)value;
	return 0;
}

static int
parse_hostname(const char *text, char **field, char why[CONF_WHY_BYTES])
{
	char name[CONF_DOMAIN_BYTES] = "";
	const char *wrong;

	if (text[0] != '\0') {
		wrong = conf_domain_parse(text, false, name);
		if (wrong != NULL) {
			snprintf(
			    why, CONF_WHY_BYTES, "is no host name: %s", wrong);
			return -EINVAL;
		}
	}
	free(*field);
	*field = strdup(name);
	return *field != NULL ? 0 : -ENOMEM;
}

static int
parse_flag(const char *text, bool *field, char why[CONF_WHY_BYTES])
{
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
		snprintf(why, CONF_WHY_BYTES, "is neither 'yes' nor 'no'");
		return -EINVAL;
	}
	*field = text[0] == 'y';
	return 0;
}

static int
parse_choice(const struct conf_option *option, const char *text,
    unsigned *field, char why[CONF_WHY_BYTES])
{
	size_t len;
	unsigned i;

	for (i = 0; option->choices[i] != NULL; i++)
		if (strcmp(text, option->choices[i]) == 0) {
			*field = i;
			return 0;
		}
	len = (size_t)snprintf(why, CONF_WHY_BYTES, "is unknown; there are");
	for (i = 0; option->choices[i] != NULL && len < CONF_WHY_BYTES; i++)
		len +=
		    (size_t)snprintf(why + len, CONF_WHY_BYTES - len, "%s '%s'",
			i == 0                           ? ""
			: option->choices[i + 1] != NULL ? ","
							 : " and",
			option->choices[i]);
	return -EINVAL;
}

static int
parse_endpoint(
    const char *text, struct conf_endpoint *field, char why[CONF_WHY_BYTES])
{
	if (text[0] == '\0') {
		memset(field, 0, sizeof(*field));
		return 0;
	}
	if (conf_endpoint_parse(text, field) == 0)
		return 0;
	snprintf(why, CONF_WHY_BYTES,
	    "is no endpoint; write ADDRESS:PORT, [IPV6]:PORT (numbers, no "
	    "names) or unix:/PATH (%d bytes at most)",
	    CONF_UNIX_PATH_MAX);
	return -EINVAL;
}

static int
parse_socket(
    const char *text, struct conf_endpoint *field, char why[CONF_WHY_BYTES])
{
	struct conf_endpoint endpoint;

	if (conf_endpoint_parse(text, &endpoint) == 0 &&
	    endpoint.addr.ss_family == AF_UNIX) {
		*field = endpoint;
		return 0;
	}
	snprintf(why, CONF_WHY_BYTES,
	    "is no socket; write unix:/PATH (%d bytes at most)",
	    CONF_UNIX_PATH_MAX);
	return -EINVAL;
}

static int
parse_auth(const char *text, struct conf_auth *field, char why[CONF_WHY_BYTES])
{
	static const char dovecot[] = "dovecot:";
	struct conf_auth auth = {.kind = CONF_AUTH_NONE};
	char endpoint[CONF_UNIX_PATH_MAX + sizeof("unix:")];
	const char *path = text + sizeof(dovecot) - 1;

	if (strcmp(text, "pam") == 0) {
		auth.kind = CONF_AUTH_PAM;
	} else if (strncmp(text, dovecot, sizeof(dovecot) - 1) == 0 &&
		   strlen(path) <= CONF_UNIX_PATH_MAX) {
		auth.kind = CONF_AUTH_DOVECOT;
		snprintf(endpoint, sizeof(endpoint), "unix:%s", path);
		if (conf_endpoint_parse(endpoint, &auth.dovecot) != 0)
			goto out;
	} else if (strcmp(text, "none") != 0) {
		goto out;
	}
	*field = auth;
	return 0;
out:
	snprintf(why, CONF_WHY_BYTES,
	    "is unknown; there are 'none', 'pam' and 'dovecot:/PATH' (%d bytes "
	    "of path at most)",
	    CONF_UNIX_PATH_MAX);
	return -EINVAL;
}

static void
format_auth(const struct conf_auth *auth, FILE *out)
{
	struct sockaddr_un un;

	switch (auth->kind) {
	case CONF_AUTH_NONE:
		fputs("none", out);
		break;
	case CONF_AUTH_PAM:
		fputs("pam", out);
		break;
	case CONF_AUTH_DOVECOT:
		memcpy(&un, &auth->dovecot.addr, sizeof(un));
		fprintf(out, "dovecot:%s", un.sun_path);
		break;
	}
}

/* ---- any value ---------------------------------------------------------- */

int
conf_value_parse(const struct conf_option *option, struct conf *conf,
    const char *text, bool is_continued, char why[CONF_WHY_BYTES])
{
	void *field = field_of(option, conf);

	switch (option->type) {
	case CONF_TYPE_PATH:
		return parse_path(option, text, field, why);
	case CONF_TYPE_DURATION:
		return parse_duration(option, text, field, why);
	case CONF_TYPE_NUMBER:
		return parse_number(option, text, field, why);
	case CONF_TYPE_CIDRS:
	case CONF_TYPE_DOMAINS:
	case CONF_TYPE_ENDPOINTS:
	case CONF_TYPE_FILES:
		if (!is_continued)
			conf_list_free(option, field);
		return conf_list_append(option, field, text, why);
	case CONF_TYPE_HOSTNAME:
		return parse_hostname(text, field, why);
	case CONF_TYPE_ENDPOINT:
		return parse_endpoint(text, field, why);
	case CONF_TYPE_SOCKET:
		return parse_socket(text, field, why);
	case CONF_TYPE_FLAG:
		return parse_flag(text, field, why);
	case CONF_TYPE_CHOICE:
		return parse_choice(option, text, field, why);
	case CONF_TYPE_AUTH:
		return parse_auth(text, field, why);
	}
	return -EINVAL;
}

char *
conf_value_format(const struct conf_option *option, const struct conf *conf)
{
	const void *field = const_field_of(option, conf);
	char duration[DURATION_TEXT_BYTES];
	const char *const *string;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	switch (option->type) {
	case CONF_TYPE_PATH:
	case CONF_TYPE_HOSTNAME:
		string = field;
		fputs(*string != NULL ? *string : "", out);
		break;
	case CONF_TYPE_DURATION:
		fputs(duration_format(*(const uint32_t *)field, duration), out);
		break;
	case CONF_TYPE_NUMBER:
		fprintf(out, "%u", *(const uint32_t *)field);
		break;
	case CONF_TYPE_CIDRS:
	case CONF_TYPE_DOMAINS:
	case CONF_TYPE_ENDPOINTS:
	case CONF_TYPE_FILES:
		conf_list_format(option, field, out);
		break;
	case CONF_TYPE_ENDPOINT:
	case CONF_TYPE_SOCKET:
		conf_endpoint_format(field, out);
		break;
	case CONF_TYPE_FLAG:
		fputs(*(const bool *)field ? "yes" : "no", out);
		break;
	case CONF_TYPE_CHOICE:
		fputs(option->choices[*(const unsigned *)field], out);
		break;
	case CONF_TYPE_AUTH:
		format_auth(field, out);
		break;
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

void
conf_value_free(const struct conf_option *option, struct conf *conf)
{
	void *field = field_of(option, conf);

	switch (option->type) {
	case CONF_TYPE_PATH:
	case CONF_TYPE_HOSTNAME:
		free(*(char **)field);
		*(char **)field = NULL;
		break;
	case CONF_TYPE_CIDRS:
	case CONF_TYPE_DOMAINS:
	case CONF_TYPE_ENDPOINTS:
	case CONF_TYPE_FILES:
		conf_list_free(option, field);
		break;
	case CONF_TYPE_DURATION:
	case CONF_TYPE_NUMBER:
		*(uint32_t *)field = 0;
		break;
	case CONF_TYPE_ENDPOINT:
	case CONF_TYPE_SOCKET:
		memset(field, 0, sizeof(struct conf_endpoint));
		break;
	case CONF_TYPE_FLAG:
		*(bool *)field = false;
		break;
	case CONF_TYPE_AUTH:
		memset(field, 0, sizeof(struct conf_auth));
		break;
	case CONF_TYPE_CHOICE:
		*(unsigned *)field = 0;
		break;
	}
}
