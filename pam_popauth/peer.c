/* SPDX-License-Identifier: ISC */
#include "pam_popauth/peer.h"

#include "pam_popauth/asker.h"
#include "pam_popauth/descriptor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA_NAME "popauth_peer"

/* Each sets addr_out and returns NULL, or returns why there is no address. */

static const char *
ask_rhost(pam_handle_t *pamh, struct addr *addr_out)
{
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_RHOST, &item) != PAM_SUCCESS || item == NULL)
		return "PAM_RHOST is unset";
	if (addr_parse(item, addr_out) != 0)
		return "PAM_RHOST is a name, and names are not resolved";
	return NULL;
}

static const char *
ask_environment(struct addr *addr_out)
{
	const char *text = secure_getenv("REMOTE_HOST");

	if (text == NULL)
		return "REMOTE_HOST is not in the environment";
	if (addr_parse(text, addr_out) != 0)
		return "REMOTE_HOST is no numeric address";
	return NULL;
}

static const char *
ask(pam_handle_t *pamh, const struct arguments *arguments,
    enum peer_source source, struct addr *addr_out)
{
	switch (source) {
	case PEER_RHOST:
		return ask_rhost(pamh, addr_out);
	case PEER_ENV:
		return ask_environment(addr_out);
	case PEER_FD0:
		return descriptor_peer(STDIN_FILENO, addr_out) == 0
			   ? NULL
			   : "fd 0 is not a connected inet socket";
	case PEER_SOCKET:
		return descriptor_only_peer(addr_out);
	case PEER_UNIX:
		return asker_peer(arguments->from_exe, addr_out);
	case PEER_UNKNOWN:
	case PEER_SOURCES:
		break;
	}
	return "";
}

static struct peer
look(pam_handle_t *pamh, const struct arguments *arguments,
    char why[PEER_WHY_BYTES])
{
	struct peer peer = {.source = PEER_UNKNOWN};
	size_t len;

	snprintf(why, PEER_WHY_BYTES, "no client address: ");
	for (unsigned s = PEER_UNKNOWN + 1; s < PEER_SOURCES; s++) {
		const char *reason;

		if ((arguments->sources & 1u << s) == 0)
			continue;
		reason = ask(pamh, arguments, s, &peer.addr);
		if (reason == NULL) {
			peer.source = s;
			return peer;
		}
		len = strlen(why);
		snprintf(why + len, PEER_WHY_BYTES - len, "%s; ", reason);
	}
	len = strlen(why);
	snprintf(
	    why + len, PEER_WHY_BYTES - len, "see from= in pam_popauth(8)");
	return peer;
}

static void
forget(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

void
peer_remember(pam_handle_t *pamh, const struct arguments *arguments)
{
	char why[PEER_WHY_BYTES];
	const void *earlier = NULL;
	struct peer *kept;
	const struct peer peer = look(pamh, arguments, why);

	if (peer.source == PEER_UNKNOWN) {
		/* A handle may serve several logins, one after another. */
		if (pam_get_data(pamh, DATA_NAME, &earlier) == PAM_SUCCESS)
			(void)pam_set_data(pamh, DATA_NAME, NULL, forget);
		return;
	}
	kept = malloc(sizeof(*kept));
	if (kept == NULL)
		return;
	*kept = peer;
	if (pam_set_data(pamh, DATA_NAME, kept, forget) != PAM_SUCCESS)
		free(kept);
}

struct peer
peer_find(pam_handle_t *pamh, const struct arguments *arguments,
    char why[PEER_WHY_BYTES])
{
	const void *data = NULL;

	if (pam_get_data(pamh, DATA_NAME, &data) == PAM_SUCCESS &&
	    data != NULL) {
		const struct peer *kept = data;

		if ((arguments->sources & 1u << kept->source) != 0)
			return *kept;
	}
	return look(pamh, arguments, why);
}
