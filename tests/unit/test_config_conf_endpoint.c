/* SPDX-License-Identifier: ISC */
/* conf_endpoint: where a server listens, as text. */
#include "tests/unit/conf_fixture.h"

#include <sys/un.h>

TestSuite(config_conf_endpoint, .init = make_file, .fini = remove_file);

Test(config_conf_endpoint, a_bad_endpoint_is_named_with_the_forms)
{
	static const char *const bad[] = {"localhost:25", "127.0.0.1",
	    "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:", ":25",
	    "127.0.0.1:25x", "::1:25", "[::1]", "[::1]25", "[127.0.0.1]:25",
	    "[::1:25", "unix:", "unix:run/x", "unix", "/run/x", "127.0.0.1 25",
	    "[fe80::1%lo]:25", "127.0.0.1:99999999999999"};
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(
		    text, sizeof(text), "[smtpgate]\nbackend = %s\n", bad[i]);
		assert_bad(text, 2, "is no endpoint; write ADDRESS:PORT");
	}
}

Test(
    config_conf_endpoint, the_longest_unix_path_fits_and_one_more_byte_does_not)
{
	char text[200], dir[108];

	memset(dir, 'a', sizeof(dir));
	dir[0] = '/';
	dir[107] = '\0';
	snprintf(text, sizeof(text), "[smtpgate]\nbackend = unix:%s\n", dir);
	assert_good(text);
	snprintf(text, sizeof(text), "[smtpgate]\nbackend = unix:%sa\n", dir);
	assert_bad(text, 2, "107 bytes at most");
}

Test(config_conf_endpoint, a_unix_endpoint_has_the_length_that_connect_wants)
{
	const struct sockaddr_un *un =
	    (const struct sockaddr_un *)&conf.smtpgate.backend.addr;

	assert_good("[smtpgate]\nbackend = unix:/run/mta\n");

	cr_expect_eq(un->sun_family, AF_UNIX);
	cr_expect_str_eq(un->sun_path, "/run/mta");
	cr_expect_eq(conf.smtpgate.backend.addr_len,
	    offsetof(struct sockaddr_un, sun_path) + strlen("/run/mta") + 1);
}
