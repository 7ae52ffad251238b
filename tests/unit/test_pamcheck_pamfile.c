/* SPDX-License-Identifier: ISC */
/* pamfile: types, words and places; tests/pam compares the rest with libpam. */
#include "pamcheck/pamfile.h"
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamfile, .init = setup, .fini = teardown);

Test(pamcheck_pamfile, each_type_has_its_word)
{
	static const enum pamfile_type types[] = {
	    PAMFILE_AUTH, PAMFILE_ACCOUNT, PAMFILE_SESSION, PAMFILE_PASSWORD};
	struct pamfile file;
	size_t i;

	put("etc/pam.d/pop3", "auth required pam_a.so\n"
			      "account required pam_a.so\n"
			      "session required pam_a.so\n"
			      "password required pam_a.so\n");
	cr_assert_eq(pamfile_read(root, "pop3", &file), 0);
	cr_assert_eq(file.n, (size_t)PAMFILE_ANY);
	for (i = 0; i < file.n; i++) {
		cr_expect_eq(file.lines[i].type, types[i]);
		cr_expect_eq(file.lines[i].kind, PAMFILE_MODULE);
	}
	pamfile_free(&file);
}

Test(pamcheck_pamfile, a_line_of_an_include_has_both_places)
{
	struct pamfile file;

	put("etc/pam.d/pop3", "# comment\naccount include \\\n  part\n");
	put("etc/pam.d/part", "\naccount required dir/pam_a.so [a b] c\n");
	cr_assert_eq(pamfile_read(root, "pop3", &file), 0);
	cr_assert_eq(file.n, (size_t)1);
	cr_expect_eq(file.lines[0].line_no, 2);
	cr_expect_eq(file.lines[0].from_line, 2);
	cr_expect_eq(file.lines[0].from_end, 3);
	cr_expect_not(pamfile_is_own(&file, &file.lines[0]));
	cr_expect_str_eq(pamfile_module_name(file.lines[0].module), "pam_a.so");
	cr_expect_str_eq(file.lines[0].args, "[a b] c");
	pamfile_free(&file);
}

Test(pamcheck_pamfile, a_service_without_a_file_has_no_path)
{
	struct pamfile file;

	cr_assert_eq(pamfile_read(root, "nowhere", &file), 0);
	cr_expect_null(file.path);
	cr_expect_eq(file.n, (size_t)0);
}

Test(pamcheck_pamfile, a_word_in_brackets_is_one)
{
	char text[] = " a [b \\] c]  d";
	char *rest = text;

	cr_expect_str_eq(pamfile_next_word(&rest), "a");
	cr_expect_str_eq(pamfile_next_word(&rest), "b ] c");
	cr_expect_str_eq(pamfile_next_word(&rest), "d");
	cr_expect_null(pamfile_next_word(&rest));
}
