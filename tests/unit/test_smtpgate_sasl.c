/* SPDX-License-Identifier: ISC */
/* sasl: base64 to the bit, and the messages of PLAIN and LOGIN. */
#include "smtpgate/password/sasl.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static char message[SASL_MESSAGE_MAX_BYTES];
static size_t len;
static struct request request;

static int
decode(const char *text)
{
	return sasl_decode(text, message, &len);
}

#define assert_decodes(text, bytes)                                            \
	do {                                                                   \
		cr_assert_eq(decode(text), 0, "%s", text);                     \
		cr_expect_eq(len, sizeof(bytes) - 1);                          \
		cr_expect_eq(memcmp(message, bytes, len), 0);                  \
	} while (0)

Test(smtpgate_sasl, base64_is_decoded)
{
	/* RFC 4648, 10. */
	assert_decodes("", "");
	assert_decodes("Zg==", "f");
	assert_decodes("Zm8=", "fo");
	assert_decodes("Zm9v", "foo");
	assert_decodes("Zm9vYg==", "foob");
	assert_decodes("Zm9vYmE=", "fooba");
	assert_decodes("Zm9vYmFy", "foobar");
	assert_decodes("AGpvZQBz", "\0joe\0s");
	assert_decodes("+/+/", "\xfb\xff\xbf");
}

Test(smtpgate_sasl, what_is_not_strictly_base64_is_refused)
{
	static const char *const bad[] = {"Z", "Zg",
	    "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Zg==Zg==", "Zm9v ",
	    " Zm9v", "Zm9v\t", "Zm-_", "Zm9\xe9", "Z===", "Zg=g", "*", "Zm9v\n",
	    "Zm\t9"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(decode(bad[i]), -EINVAL, "%s", bad[i]);
}

Test(smtpgate_sasl, the_longest_line_fits_and_a_longer_one_does_not)
{
	static char text[COMMAND_SASL_LINE_BYTES + 5];

	memset(text, 'A', COMMAND_SASL_LINE_BYTES);
	cr_assert_eq(decode(text), 0);
	cr_expect_eq(len, SASL_MESSAGE_MAX_BYTES);
	memset(text, 'A', COMMAND_SASL_LINE_BYTES + 4);
	cr_expect_eq(decode(text), -EINVAL);
}

#define plain(bytes) sasl_read_plain(bytes, sizeof(bytes) - 1, &request)

Test(smtpgate_sasl, plain_has_user_and_password)
{
	cr_assert_eq(plain("\0joe\0pass word"), SASL_OK);
	cr_expect_str_eq(request.user, "joe");
	cr_expect_str_eq(request.password, "pass word");
}

Test(smtpgate_sasl, plain_may_name_the_same_user_twice_and_no_other)
{
	cr_expect_eq(plain("joe\0joe\0secret"), SASL_OK);
	cr_expect_eq(plain("mary\0joe\0secret"), SASL_REFUSED);
	cr_expect_eq(plain("jo\0joe\0secret"), SASL_REFUSED);
	cr_expect_eq(plain("joe \0joe\0secret"), SASL_REFUSED);
}

Test(smtpgate_sasl, plain_of_another_shape_is_malformed)
{
	cr_expect_eq(plain(""), SASL_MALFORMED);
	cr_expect_eq(plain("joe"), SASL_MALFORMED);
	cr_expect_eq(plain("\0joe"), SASL_MALFORMED);
	cr_expect_eq(plain("\0joe\0secret\0"), SASL_MALFORMED);
	cr_expect_eq(plain("\0joe\0sec\0ret"), SASL_MALFORMED);
}

Test(smtpgate_sasl, a_login_that_no_request_can_hold_is_refused)
{
	static char bytes[2000];

	cr_expect_eq(plain("\0\0secret"), SASL_REFUSED);
	cr_expect_eq(plain("\0joe\0"), SASL_REFUSED);
	cr_expect_eq(plain("\0../joe\0secret"), SASL_REFUSED);
	cr_expect_eq(plain("\0joe\r\nx\0secret"), SASL_REFUSED);
	/* A user of 256 bytes, a password of 512. */
	memset(bytes, 'x', sizeof(bytes));
	bytes[0] = bytes[257] = '\0';
	cr_expect_eq(sasl_read_plain(bytes, 270, &request), SASL_REFUSED);
	bytes[256] = '\0';
	cr_expect_eq(sasl_read_plain(bytes, 257, &request), SASL_REFUSED);
	bytes[257] = 'x';
	cr_expect_eq(sasl_read_plain(bytes, 257 + 511, &request), SASL_OK);
	cr_expect_eq(sasl_read_plain(bytes, 257 + 512, &request), SASL_REFUSED);
}

Test(smtpgate_sasl, login_has_one_text_a_message)
{
	cr_assert_eq(sasl_read_login("joe", 3, false, &request), SASL_OK);
	cr_assert_eq(sasl_read_login("a b", 3, true, &request), SASL_OK);
	cr_expect_str_eq(request.user, "joe");
	cr_expect_str_eq(request.password, "a b");
	cr_expect_eq(
	    sasl_read_login("j\0e", 3, false, &request), SASL_MALFORMED);
	cr_expect_eq(
	    sasl_read_login("a\0b", 3, true, &request), SASL_MALFORMED);
	cr_expect_eq(sasl_read_login("", 0, false, &request), SASL_REFUSED);
	cr_expect_eq(sasl_read_login("a b", 3, false, &request), SASL_REFUSED);
	cr_expect_eq(sasl_read_login("", 0, true, &request), SASL_REFUSED);
}
