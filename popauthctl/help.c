/* SPDX-License-Identifier: ISC */
#include "popauthctl/command.h"

#include "config/conf.h"
#include "shmcache/shmcache.h"

static const char before_commands[] =
    "popauthctl - show and change the grants of popauth\n"
    "\n"
    "Usage: popauthctl [options] COMMAND [operands]\n"
    "\n"
    "A grant permits an address, and a user at that address, to relay mail "
    "for\n"
    "one window (15 minutes by default) after the last POP3 login.  ADDRESS "
    "is\n"
    "a numeric IPv4 or IPv6 address; an IPv6 address means its whole prefix,\n"
    "/64 by default.\n"
    "\n"
    "Commands\n";

static const char after_commands[] =
    "\nOptions\n"
    "  -t TABLE, --table TABLE     The file of the table.  Default: path of\n"
    "                              [table] in the configuration.\n"
    "  -c CONFIG, --config CONFIG  The configuration file.  Default:\n"
    "                              " CONF_DEFAULT_PATH ",\n"
    "                              if it exists.\n"
    "  --json                      Print one JSON object instead of text.\n"
    "  --root DIR                  pam-check: check the system below DIR.\n"
    "  --test                      pam-check: make a test login.\n"
    "  --user                      revoke: the operand is a user.\n"
    "  --all                       revoke: every grant.\n"
    "  --for TIME                  block, permit: how long: 30m, 2d, ever.\n"
    "  --note TEXT                 block, permit: why, for people.\n"
    "  --sender LIST               permit: only for these senders.\n"
    "  --to LIST                   permit: only to these domains.\n"
    "  -h, --help                  Print this summary.\n"
    "  -V, --version               Print the version.\n"

    "\nExit status\n"
    "   0  Success.  check: may relay.  pam-check: nothing to do, or the test\n"
    "      login would be granted.\n"
    "   1  Failure: no such grant, or the address is never granted.\n"
    "      status: popauthd does not run.  check: may not relay.  pam-check:\n"
    "      something to do, or the test login would not be granted.\n"
    "  64  The command line is wrong.\n"
    "  65  No password for the test login.\n"
    "  66  The table does not exist (popauthd makes it), or no such service.\n"
    "  69  The table cannot be used: damaged, or of another boot or version.\n"
    "  70  A bug in this program.\n"
    "  71  The system is short of memory or files.\n"
    "  74  The output could not be written.\n"
    "  75  Another process changed the same entry; try again.\n"
    "  77  Permission denied.  Reading needs group popauth; writing needs "
    "group\n"
    "      popauth-grant too, or root.\n"
    "  78  The configuration has a mistake.\n"
    "  One sentence on standard error explains each failure.\n"

    "\nFiles\n"
    "  " SHMCACHE_DEFAULT_PATH "        the table\n"
    "  " CONF_DEFAULT_PATH "  the configuration\n"

    "\nExamples\n"
    "  popauthctl list\n"
    "  popauthctl check 192.0.2.17 && echo may relay\n"
    "  popauthctl pam-check\n"
    "  popauthctl revoke 192.0.2.17 joe\n"
    "  popauthctl --json status | jq .reaper.alive\n";

void
help_print(const struct command *table, FILE *out)
{
	fputs(before_commands, out);
	for (; table->name != NULL; table++) {
		fprintf(out, "  %s%s%s\n", table->name,
		    table->operands[0] != '\0' ? " " : "", table->operands);
		print_lines(out, "      ", table->help);
	}
	fputs(after_commands, out);
}
