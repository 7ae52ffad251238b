/* SPDX-License-Identifier: ISC */
#include "pam_popauth/peer.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATA_NAME "popauth_peer"

static int
peer_of_stdin(struct addr *addr_out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (getpeername(STDIN_FILENO, (struct sockaddr *)&sa, &len) == -1)
		return -1;
	return addr_from_sockaddr(
	    (const struct sockaddr *)&sa, len, addr_out, NULL);
}

static void
forget(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

void
peer_remember(pam_handle_t *pamh)
{
	struct addr *addr = malloc(sizeof(*addr));

	if (addr == NULL)
		return;
	if (peer_of_stdin(addr) != 0 ||
	    pam_set_data(pamh, DATA_NAME, addr, forget) != PAM_SUCCESS)
		free(addr);
}

enum peer_source
peer_find(pam_handle_t *pamh, struct addr *addr_out, const char **rhost_out)
{
	const void *item = NULL, *remembered = NULL;

	*rhost_out = NULL;
	if (pam_get_item(pamh, PAM_RHOST, &item) == PAM_SUCCESS &&
	    item != NULL) {
		*rhost_out = item;
		if (addr_parse(item, addr_out) == 0)
			return PEER_RHOST;
	}
	if (pam_get_data(pamh, DATA_NAME, &remembered) == PAM_SUCCESS &&
	    remembered != NULL) {
		*addr_out = *(const struct addr *)remembered;
		return PEER_REMEMBERED;
	}
	if (peer_of_stdin(addr_out) == 0)
		return PEER_STDIN;
	return PEER_UNKNOWN;
}

const char *
peer_source_name(enum peer_source source)
{
	switch (source) {
	case PEER_UNKNOWN:
		return "unknown";
	case PEER_RHOST:
		return "rhost";
	case PEER_REMEMBERED:
	case PEER_STDIN:
		return "fd0";
	}
	return "unknown";
}
