/* SPDX-License-Identifier: ISC */
/* crowd: one word for all workers. */
#include "smtpgate/wire/crowd.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

Test(smtpgate_crowd, a_child_sees_it)
{
	struct crowd *crowd = crowd_new();
	pid_t child;
	int status;

	cr_assert_not_null(crowd);
	cr_expect_not(crowd_is_set(crowd));
	crowd_set(crowd, true);
	child = fork();
	if (child == 0)
		_exit(crowd_is_set(crowd));
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(WEXITSTATUS(status), 1);
	crowd_free(crowd);
}

Test(smtpgate_crowd, no_listener_is_never_crowded)
{
	cr_expect_not(crowd_is_set(NULL));
}
