/* SPDX-License-Identifier: ISC */
/* request: every record that is not exactly right is refused. */
#include "smtpgate-auth/request.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static unsigned char record[REQUEST_BYTES + 1];
static struct request request;

static size_t
format(const char *user, const char *password)
{
	memset(&request, 0, sizeof(request));
	request.is_client_known = true;
	request.is_tls = true;
	cr_assert_eq(addr_parse("203.0.113.9", &request.client), 0);
	strcpy(request.session, "0a1b2c3d4e5f");
	strcpy(request.user, user);
	strcpy(request.password, password);
	return request_format(&request, record);
}

static void
refused(size_t len)
{
	struct request untouched;

	memset(&request, 0x5a, sizeof(request));
	untouched = request;
	cr_expect_eq(request_parse(record, len, &request), -EBADMSG);
	cr_expect_eq(memcmp(&request, &untouched, sizeof(request)), 0);
}

static void
fill(char *text, size_t len)
{
	memset(text, 'x', len);
	text[len] = '\0';
}

Test(smtpgate_auth_request, it_is_read_as_it_was_written)
{
	struct request back;
	size_t len = format("joe", "secret word");

	cr_assert_eq(len, 34 + 3 + 11);
	cr_assert_eq(request_parse(record, len, &back), 0);
	cr_expect(back.is_client_known && back.is_tls);
	cr_expect(addr_equal(&back.client, &request.client));
	cr_expect_str_eq(back.session, "0a1b2c3d4e5f");
	cr_expect_str_eq(back.user, "joe");
	cr_expect_str_eq(back.password, "secret word");
}

Test(smtpgate_auth_request, the_longest_user_and_password_fit)
{
	char user[257], password[513];
	struct request back;
	size_t len;

	fill(user, 255);
	fill(password, 511);
	len = format(user, password);
	cr_assert_eq(len, REQUEST_BYTES);
	cr_assert_eq(request_parse(record, len, &back), 0);
	cr_expect_str_eq(back.user, user);
	cr_expect_str_eq(back.password, password);
}

Test(smtpgate_auth_request, what_cannot_be_in_one_is_not_written)
{
	cr_expect_eq(format("", "secret"), 0);
	cr_expect_eq(format("joe", ""), 0);
	cr_expect_eq(format("j oe", "secret"), 0);
}

Test(smtpgate_auth_request, any_other_length_is_refused)
{
	size_t len = format("joe", "secret"), i;

	for (i = 0; i <= sizeof(record); i++)
		if (i != len)
			refused(i);
}

Test(smtpgate_auth_request, lengths_inside_that_do_not_fit_are_refused)
{
	size_t len = format("joe", "secret");
	unsigned byte, value;

	/* Any one of the four bytes of the two lengths, with any value. */
	for (byte = 30; byte < 34; byte++)
		for (value = 0; value < 256; value++) {
			format("joe", "secret");
			if (record[byte] == value)
				continue;
			record[byte] = (unsigned char)value;
			refused(len);
		}
	/* Together they fit, but no password is left. */
	format("joe", "secret");
	record[31] = 9;
	record[33] = 0;
	refused(len);
}

Test(smtpgate_auth_request, nul_in_a_text_is_refused)
{
	size_t len = format("joe", "secret"), i;

	for (i = REQUEST_HEAD_BYTES; i < len; i++) {
		format("joe", "secret");
		record[i] = '\0';
		refused(len);
	}
}

Test(smtpgate_auth_request, another_version_and_unknown_flags_are_refused)
{
	size_t len = format("joe", "secret");

	record[0] = 1;
	refused(len);
	format("joe", "secret");
	record[1] = 4;
	refused(len);
}

Test(smtpgate_auth_request, an_unclean_name_is_refused)
{
	size_t len = format("joe", "secret");

	record[REQUEST_HEAD_BYTES + 1] = '/';
	refused(len);
}

Test(smtpgate_auth_request, a_session_is_letters_and_digits)
{
	size_t len = format("joe", "secret"), i;

	for (i = 18; i < 30; i++) {
		format("joe", "secret");
		record[i] = '=';
		refused(len);
	}
	request.session[11] = '\0';
	cr_expect_eq(request_format(&request, record), 0);
}

Test(smtpgate_auth_request, names_are_clean_or_not)
{
	static const char *const clean[] = {"joe", "joe@example.org", "j",
	    "j-o.e_1", "DOMAIN\\joe", "j\xc3\xb6rg", "%s", "+", "a:b"};
	static const char *const unclean[] = {"", "-joe", "a b", "a\tb", "a\nb",
	    "joe\r", "../joe", "a/b", "\x7f", "\x01", "joe "};
	char name[258];
	size_t i;

	for (i = 0; i < sizeof(clean) / sizeof(clean[0]); i++)
		cr_expect(request_user_is_clean(clean[i]), "%s", clean[i]);
	for (i = 0; i < sizeof(unclean) / sizeof(unclean[0]); i++)
		cr_expect_not(
		    request_user_is_clean(unclean[i]), "%s", unclean[i]);
	fill(name, 255);
	cr_expect(request_user_is_clean(name));
	fill(name, 256);
	cr_expect_not(request_user_is_clean(name));
}

/* ---- answers ------------------------------------------------------------ */

Test(smtpgate_auth_request, each_answer_is_read_as_it_was_written)
{
	struct answer answer = {.user = "joe"}, back;
	unsigned kind;
	size_t len;

	for (kind = ANSWER_READY; kind <= ANSWER_TOO_MANY; kind++) {
		answer.kind = (enum answer_kind)kind;
		len = answer_format(&answer, record);
		cr_assert_eq(answer_parse(record, len, &back), 0);
		cr_expect_eq(back.kind, kind);
		cr_expect_str_eq(back.user, kind == ANSWER_OK ? "joe" : "");
	}
}

Test(smtpgate_auth_request, ok_is_for_a_clean_name_alone)
{
	struct answer answer = {.kind = ANSWER_OK, .user = "joe"}, back;
	size_t len = answer_format(&answer, record);

	record[2] = '\n';
	cr_expect_eq(answer_parse(record, len, &back), -EBADMSG);
	record[2] = '\0';
	cr_expect_eq(answer_parse(record, len, &back), -EBADMSG);
	/* Without any name. */
	cr_expect_eq(answer_parse(record, 2, &back), -EBADMSG);
}

Test(smtpgate_auth_request, other_answers_are_refused)
{
	struct answer answer = {.kind = ANSWER_DENIED}, back;
	size_t len = answer_format(&answer, record);

	cr_expect_eq(answer_parse(record, 0, &back), -EBADMSG);
	cr_expect_eq(answer_parse(record, 1, &back), -EBADMSG);
	cr_expect_eq(answer_parse(record, 3, &back), -EBADMSG);
	cr_expect_eq(answer_parse(record, ANSWER_BYTES + 1, &back), -EBADMSG);
	record[1] = ANSWER_TOO_MANY + 1;
	cr_expect_eq(answer_parse(record, len, &back), -EBADMSG);
	record[0] = 0;
	record[1] = ANSWER_DENIED;
	cr_expect_eq(answer_parse(record, len, &back), -EBADMSG);
}
