/* SPDX-License-Identifier: ISC */
/* pammodule: where libpam looks. */
#include "pamcheck/pammodule.h"
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pammodule, .init = setup, .fini = teardown);

Test(pamcheck_pammodule, a_module_is_beside_pam_permit)
{
	cr_expect(pammodule_is_installed(root, "pam_unix.so"));
	cr_expect_not(pammodule_is_installed(root, "pam_none.so"));
	put("usr/lib64/security/pam_none.so", "");
	cr_expect(pammodule_is_installed(root, "pam_none.so"));
}

Test(pamcheck_pammodule, an_absolute_path_is_below_the_root)
{
	cr_expect_not(pammodule_is_installed(root, "/opt/pam_unix.so"));
	put("opt/pam_unix.so", "");
	cr_expect(pammodule_is_installed(root, "/opt/pam_unix.so"));
	cr_expect(pammodule_is_installed(root, "/lib/$ISA/pam_x.so"));
}

Test(pamcheck_pammodule, without_the_directory_nothing_is_missing)
{
	char *dir = pammodule_dir(root);

	cr_assert_not_null(dir);
	cr_expect_not_null(strstr(dir, "/lib/x86_64-linux-gnu/security"));
	free(dir);
	delete_file("lib/x86_64-linux-gnu/security/pam_permit.so");
	cr_expect_null(pammodule_dir(root));
	cr_expect(pammodule_is_installed(root, "pam_none.so"));
}
