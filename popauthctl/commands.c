/* SPDX-License-Identifier: ISC */
#include "popauthctl/command.h"

const struct command commands[] = {
    {"status", "", COMMAND_READ, command_status,
	"Show the state of the table and of popauthd.\n"
	"Counters count since the table was made."},
    {"list", "", COMMAND_READ, command_list,
	"List all current grants, newest first.\n"
	"Columns: ADDRESS, USER (\"-\" if unknown), AGE since the login, and\n"
	"time LEFT."},
    {"check", "ADDRESS [USER]", COMMAND_READ_AS_GATE, command_check,
	"Check whether ADDRESS, or USER at ADDRESS, may relay.\n"
	"The exit status has the answer."},
    {"grant", "ADDRESS [USER]", COMMAND_LOGIN, command_grant,
	"Make the grant that a login of USER from ADDRESS would make.\n"
	"Some addresses are never granted, for example loopback."},
    {"revoke", "ADDRESS [USER]", COMMAND_WRITE, command_revoke,
	"End the grant of USER at ADDRESS, or all grants at ADDRESS.\n"
	"If other users have grants at ADDRESS, it stays open, and the output\n"
	"says so.  The next login makes a new grant."},
    {"revoke", "--user USER", COMMAND_WRITE, command_revoke_user,
	"End all grants of USER, at all addresses."},
    {"revoke", "--all", COMMAND_WRITE, command_revoke_all, "End all grants."},
    {"block", "[--for TIME] [--note TEXT] USER|NETWORK", COMMAND_NO_TABLE,
	command_block,
	"Take every right from USER, or from all clients in NETWORK.\n"
	"Ends their grants and refuses new ones, SMTP AUTH and permits, at "
	"the\n"
	"next MAIL or RCPT of running sessions too.  Outlives a reboot."},
    {"unblock", "USER|NETWORK", COMMAND_NO_TABLE, command_unblock,
	"Remove a block."},
    {"permit", "[--for TIME] [--sender LIST] [--to LIST] [--note TEXT] NETWORK",
	COMMAND_NO_TABLE, command_permit,
	"Let a device that cannot log in relay for TIME, or \"--for ever\".\n"
	"LIST has senders, or recipients' domains; .example.org is every\n"
	"domain below example.org."},
    {"unpermit", "NETWORK", COMMAND_NO_TABLE, command_unpermit,
	"Remove all permits of NETWORK."},
    {"rules", "", COMMAND_NO_TABLE, command_rules,
	"List blocks and permits, with who made them and when they end."},
    {"config", "", COMMAND_CONFIG, command_config,
	"Show the configuration in effect.\n"
	"Each option has its value and the file and line that set it.  The\n"
	"output is a valid configuration file."},
    {"pam-check", "[--root DIR] [SERVICE ...]", COMMAND_NO_TABLE,
	command_pam_check,
	"Check that PAM services record POP and IMAP logins.\n"
	"This looks at the services of known servers and at each SERVICE,\n"
	"and prints what to change.  It changes nothing."},
    {"pam-check", "--test SERVICE USER ADDRESS", COMMAND_READ, command_pam_test,
	"Make a test login.  Ask for the password, run the real service,\n"
	"and print what would be granted.  Nothing is granted."},
    {.name = NULL},
};
