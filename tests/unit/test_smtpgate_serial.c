/* SPDX-License-Identifier: ISC */
/* serial: each session has a name of its own. */
#include "smtpgate/wire/serial.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(smtpgate_serial, it_is_twelve_letters_and_digits)
{
	char text[SERIAL_BYTES];

	serial_next(text);
	cr_expect_eq(strlen(text), 12);
	cr_expect_eq(strspn(text, "0123456789abcdefghjkmnpqrstvwxyz"), 12);
}

Test(smtpgate_serial, a_process_makes_each_name_once_and_in_order)
{
	char before[SERIAL_BYTES], text[SERIAL_BYTES];
	int i;

	serial_next(before);
	for (i = 0; i < 5000; i++) {
		serial_next(text);
		cr_assert_gt(strcmp(text, before), 0, "%s %s", before, text);
		strcpy(before, text);
	}
}

Test(smtpgate_serial, a_child_makes_other_names)
{
	char own[SERIAL_BYTES], childs[SERIAL_BYTES];
	int fds[2];
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	serial_next(own);
	if (pid == 0) {
		(void)!write(fds[1], own, sizeof(own));
		_exit(0);
	}
	cr_assert_eq(read(fds[0], childs, sizeof(childs)), SERIAL_BYTES);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	/* The number of the process is in the last 22 bits. */
	cr_expect_str_neq(own + 8, childs + 8);
}
