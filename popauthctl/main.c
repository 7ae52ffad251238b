/* SPDX-License-Identifier: ISC */
/*
 * popauthctl - the administrator's tool for the table.
 *
 * It runs with the caller's rights: the owner and mode of the table decide
 * what the caller may do.  So the only environment variable that it uses is
 * SUDO_USER, for the log (audit.h).  Only pam-check starts a program (doveconf),
 * and only pam-check --test calls modules that a PAM service names.
 */
#include "popauthctl/command.h"

int
main(int argc, char *argv[])
{
	return program_run(commands, argc, argv);
}
