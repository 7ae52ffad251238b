/* SPDX-License-Identifier: ISC */
#include "smtpgate/check/names.h"

#include "config/conf_endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define POSTCONF "/usr/sbin/postconf"
#define OUTPUT_MAX_BYTES (256 * 1024)
#define NAME_BYTES 128

/* postconf(5): what they judge is the client's name in DNS. */
static const char *const rules[] = {
    "check_reverse_client_hostname_access",
    "check_reverse_client_hostname_a_access",
    "check_reverse_client_hostname_mx_access",
    "check_reverse_client_hostname_ns_access",
    "check_client_a_access",
    "check_client_mx_access",
    "check_client_ns_access",
    "permit_rhswl_client",
    "reject_rhsbl_client",
    "reject_rhsbl_reverse_client",
    "reject_unknown_client",
    "reject_unknown_client_hostname",
    "reject_unknown_reverse_client_hostname",
};

/* ---- postconf ------------------------------------------------------------ */

/* Returns what there is to read, or NULL. */
static char *
read_all(int fd)
{
	char *text = malloc(OUTPUT_MAX_BYTES + 1);
	size_t len = 0;
	ssize_t n = 1;

	while (text != NULL && n > 0 && len < OUTPUT_MAX_BYTES) {
		n = read(fd, text + len, OUTPUT_MAX_BYTES - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	if (text != NULL)
		text[len] = '\0';
	return text;
}

/* Returns the output of "postconf OPTION" for free(3), or NULL. */
static char *
ask_postconf(const char *option)
{
	char name[] = POSTCONF, argument[8], locale[] = "LC_ALL=C";
	char *argv[] = {name, argument, NULL}, *env[] = {locale, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1, error;
	char *text = NULL;
	pid_t pid;

	snprintf(argument, sizeof(argument), "%s", option);
	if (access(POSTCONF, X_OK) != 0 || pipe2(ends, O_CLOEXEC) != 0)
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(
	    &actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawn(&pid, POSTCONF, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (error == 0)
		text = read_all(ends[0]);
	close(ends[0]);
	while (error == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (status == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- master.cf ----------------------------------------------------------- */

/* Whether the first word of the line, and its type, are the endpoint's. */
static bool
is_service(const char *line, const struct conf_endpoint *endpoint,
    char name[NAME_BYTES])
{
	char type[16], text[CONF_UNIX_PATH_MAX + 8] = "";
	struct sockaddr_un un;
	const char *port;
	FILE *out;

	if (sscanf(line, " %127s %15s", name, type) != 2)
		return false;
	if (endpoint->addr.ss_family == AF_UNIX) {
		memcpy(&un, &endpoint->addr, sizeof(un));
		return strcmp(type, "unix") == 0 &&
		       strcmp(strrchr(un.sun_path, '/') + 1, name) == 0;
	}
	out = fmemopen(text, sizeof(text), "w");
	if (out == NULL)
		return false;
	conf_endpoint_format(endpoint, out);
	fclose(out);
	port = strrchr(name, ':') != NULL ? strrchr(name, ':') + 1 : name;
	return strcmp(type, "inet") == 0 &&
	       strcmp(strrchr(text, ':') + 1, port) == 0;
}

/* Find the service, as postconf -P writes it: "NAME/TYPE/". */
static bool
find_service(const char *services, const struct conf_endpoint *endpoint,
    char prefix[NAME_BYTES + 8])
{
	char name[NAME_BYTES];
	const char *line = services;

	while (line != NULL && *line != '\0') {
		if (is_service(line, endpoint, name)) {
			snprintf(prefix, NAME_BYTES + 8, "%s/%s/", name,
			    endpoint->addr.ss_family == AF_UNIX ? "unix"
								: "inet");
			return true;
		}
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return false;
}

/* ---- rules --------------------------------------------------------------- */

static bool
has_word(const char *text, size_t len, const char *word)
{
	static const char separators[] = " ,{}=\t";
	size_t n = strlen(word);
	const char *p = text;

	while ((p = memmem(p, len - (size_t)(p - text), word, n)) != NULL) {
		if ((p == text || strchr(separators, p[-1]) != NULL) &&
		    (p + n == text + len || strchr(separators, p[n]) != NULL))
			return true;
		p += n;
	}
	return false;
}

/* name: of the parameter. */
static void
check_value(const char *name, size_t name_len, const char *value, size_t len,
    const char *option, struct findings *findings)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (has_word(value, len, rules[i]))
			findings_add(findings, FINDING_WARNING, "smtpgate",
			    option,
			    "set the identity to proxy, or remove the rule",
			    "Postfix's %.*s has %s, which needs the client's "
			    "host name; XCLIENT gives none",
			    (int)name_len, name, rules[i]);
}

/* Whether the service has a value of its own for this parameter. */
static bool
is_overridden(const char *overrides, const char *prefix, const char *name,
    size_t name_len)
{
	char key[NAME_BYTES * 2 + 16];

	snprintf(key, sizeof(key), "%s%.*s ", prefix, (int)name_len, name);
	return strstr(overrides, key) != NULL;
}

/* Check each "name = value" whose name begins with prefix. */
static void
check_lines(const struct names_postfix *postfix, const char *lines,
    const char *prefix, const char *service, const char *option,
    struct findings *findings)
{
	size_t skip = strlen(prefix);
	const char *line = lines, *end, *equals;

	for (; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		equals = memmem(line, (size_t)(end - line), " = ", 3);
		if (equals == NULL || strncmp(line, prefix, skip) != 0)
			continue;
		if (skip == 0 && is_overridden(postfix->overrides, service,
				     line, (size_t)(equals - line)))
			continue;
		check_value(line + skip, (size_t)(equals - line) - skip, equals,
		    (size_t)(end - equals), option, findings);
	}
}

void
names_check_text(const struct names_postfix *postfix, const char *option,
    const struct conf_endpoint *endpoint, struct findings *findings)
{
	char service[NAME_BYTES + 8];

	if (!find_service(postfix->services, endpoint, service))
		return;
	check_lines(postfix, postfix->main, "", service, option, findings);
	check_lines(
	    postfix, postfix->overrides, service, service, option, findings);
}

void
names_check(const struct conf *conf, struct findings *findings)
{
	const struct conf_smtpgate *gate = &conf->smtpgate;
	bool is_asked = gate->backend_identity == CONF_IDENTITY_XCLIENT;
	bool is_relay_asked =
	    gate->backend_relay.is_set &&
	    gate->backend_relay_identity == CONF_IDENTITY_XCLIENT;
	struct names_postfix postfix;

	if (!is_asked && !is_relay_asked)
		return;
	postfix.services = ask_postconf("-M");
	postfix.overrides = ask_postconf("-P");
	postfix.main = ask_postconf("-n");
	if (postfix.services != NULL && postfix.overrides != NULL &&
	    postfix.main != NULL) {
		if (is_asked)
			names_check_text(
			    &postfix, "backend", &gate->backend, findings);
		if (is_relay_asked)
			names_check_text(&postfix, "backend_relay",
			    &gate->backend_relay, findings);
	}
	free(postfix.services);
	free(postfix.overrides);
	free(postfix.main);
}
