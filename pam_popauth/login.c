/* SPDX-License-Identifier: ISC */
#include "pam_popauth/login.h"

#include "common/logline.h"
#include "pam_popauth/peer.h"
#include "shmcache/shmcache.h"

#include <security/pam_ext.h>
#include <stddef.h>
#include <syslog.h>

/* Set once the login is recorded: a server that calls both hooks makes one
 * grant and one log line. */
#define DONE_NAME "popauth_done"

static void
forget(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)data;
	(void)status;
}

static bool
is_done(pam_handle_t *pamh)
{
	const void *data = NULL;

	return pam_get_data(pamh, DONE_NAME, &data) == PAM_SUCCESS;
}

static void
set_done(pam_handle_t *pamh)
{
	static char done; /* its address is all that matters */

	/* Without memory for it the second hook just records again. */
	(void)pam_set_data(pamh, DONE_NAME, &done, forget);
}

static const char *
text_item(pam_handle_t *pamh, int item_type)
{
	const void *item = NULL;

	if (pam_get_item(pamh, item_type, &item) != PAM_SUCCESS)
		return NULL;
	return item;
}

static int
write_grant(const char *table, const struct addr *addr, const char *user)
{
	struct shmcache *cache;
	int error;

	error = shmcache_open(table, SHMCACHE_LOGIN, &cache);
	if (error != 0)
		return error;
	error = shmcache_grant(cache, addr, user);
	shmcache_close(cache);
	return error;
}

bool
login_record(
    pam_handle_t *pamh, const struct options *options, const char *hook)
{
	const char *user = text_item(pamh, PAM_USER);
	struct logline line;
	char text[ADDR_TEXT_BYTES];
	const char *rhost, *reason;
	struct addr addr;
	int error = 0;

	if (is_done(pamh))
		return true;

	const enum peer_source source = peer_find(pamh, &addr, &rhost);

	if (source == PEER_UNKNOWN) {
		reason = rhost == NULL
			     ? "no client address: PAM_RHOST is unset "
			       "and fd 0 is no connected socket"
			     : "no client address: PAM_RHOST is a "
			       "name, and names are not resolved";
		error = SHMCACHE_NO_GRANT;
	} else if (user == NULL) {
		reason = "PAM_USER is unset";
		error = SHMCACHE_BAD_USER;
	} else {
		error = write_grant(options->table, &addr, user);
		reason = shmcache_strerror(error);
	}

	logline_init(&line, error == 0 ? "grant" : "no-grant");
	logline_add(&line, "client",
	    source == PEER_UNKNOWN ? rhost : addr_format(&addr, text));
	logline_add(&line, "user", user);
	logline_add(&line, "service", text_item(pamh, PAM_SERVICE));
	logline_add(&line, "hook", hook);
	logline_add(&line, "from", peer_source_name(source));
	if (error != 0)
		logline_add(&line, "reason", reason);
	if (error < 0 || error >= SHMCACHE_BAD_OWNER)
		logline_add(&line, "table", options->table);

	if (error == 0) {
		set_done(pamh);
		pam_syslog(pamh, LOG_INFO, "%s", line.text);
		return true;
	}
	if (error == SHMCACHE_NEVER) { /* webmail and monitoring, all day */
		set_done(pamh);
		if (options->debug)
			pam_syslog(pamh, LOG_DEBUG, "%s", line.text);
		return true;
	}
	pam_syslog(pamh, LOG_WARNING, "%s", line.text);
	return false;
}
