/* SPDX-License-Identifier: ISC */
/* conf_mistake: FILE:LINE: and a sentence. */
#include "config/conf_mistake.h"

#include <criterion/criterion.h>
#include <string.h>

static struct conf_error error;

Test(config_conf_mistake, file_and_line_come_before_the_sentence)
{
	conf_mistake_set(&error, "/etc/x.conf", 7, "'%s' is wrong", "a");
	cr_expect_str_eq(error.text, "/etc/x.conf:7: 'a' is wrong");
}

Test(config_conf_mistake, a_sentence_that_is_too_long_is_cut)
{
	char path[2 * CONF_ERROR_BYTES];

	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	conf_mistake_set(&error, "x", 7, "%s", path);
	cr_expect_eq(strlen(error.text), (size_t)CONF_ERROR_BYTES - 1);
	conf_mistake_set(&error, path, 7, "wrong");
	cr_expect_eq(strlen(error.text), (size_t)CONF_ERROR_BYTES - 1);
}
