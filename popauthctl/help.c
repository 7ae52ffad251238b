/* SPDX-License-Identifier: ISC */
/*
 * help - what popauthctl -h prints, a section each.
 */
#include "popauthctl/help.h"
#include "config/conf.h"
#include "shmcache/shmcache.h"

static const char *const sections[] = {
    "popauthctl - look at the grants of popauth, and change them\n"
    "\n"
    "  popauthctl [options] status\n"
    "  popauthctl [options] list\n"
    "  popauthctl [options] check  ADDRESS [USER]\n"
    "  popauthctl [options] grant  ADDRESS [USER]\n"
    "  popauthctl [options] revoke ADDRESS [USER]\n"
    "  popauthctl [options] config\n"
    "  popauthctl [options] pam-check [--root DIR] [SERVICE ...]\n"
    "  popauthctl [options] pam-check --test SERVICE USER ADDRESS\n"
    "\n"
    "A grant says that an address, and a user at it, may relay mail for one\n"
    "window (15 minutes, as a rule) after the last login over POP3.  ADDRESS\n"
    "is numeric, IPv4 or IPv6; an IPv6 address stands for its whole prefix,\n"
    "/64 as a rule.\n",

    "\nCommands\n"
    "  status   The window, the room in the table, whether the reaper is\n"
    "           alive, and what happened since the table was made.\n"
    "  list     All living grants, the youngest first: ADDRESS, USER (\"-\"\n"
    "           where none is known), AGE since the login, time LEFT.\n"
    "  check    Whether ADDRESS may relay, or USER from there; see the exit\n"
    "           status.\n"
    "  grant    Do as if USER (or somebody) had logged in from ADDRESS.\n"
    "           Never-granted addresses, loopback among them, are refused.\n"
    "  revoke   End the grant of USER at ADDRESS; without USER end the\n"
    "           address and all its users.  While other users remain, the\n"
    "           address stays open, and you are told.  The next login grants\n"
    "           anew.\n"
    "  config   The configuration in effect: every option, its value, and the\n"
    "           line that it comes from.  It is a configuration file again.\n"
    "  pam-check\n"
    "           Whether the PAM services of POP and IMAP servers, and every\n"
    "           SERVICE that is named, record logins, and only those that\n"
    "           they let pass; and what to change.  With --test play a login:\n"
    "           ask for the password, run the service in earnest, and say\n"
    "           what would be granted.  Nothing is.\n",

    "\nOptions\n"
    "  -t TABLE, --table TABLE     The table's file.  Default: path of\n"
    "                              [table] in the configuration.\n"
    "  -c CONFIG, --config CONFIG  The configuration file.  Default:\n"
    "                              " CONF_DEFAULT_PATH ",\n"
    "                              if there is one.\n"
    "  --json                      Print one JSON object instead of text.\n"
    "  --root DIR                  pam-check: look at the system below DIR.\n"
    "  --test                      pam-check: play a login.\n"
    "  -h, --help                  Print this.\n"
    "  -V, --version               Print the version.\n",

    "\nExit status\n"
    "   0  Done; check: may relay; pam-check: all is well, or would grant.\n"
    "   1  Not done: nothing to revoke, or the address is never granted;\n"
    "      check: may not relay; pam-check: there is something to do, or\n"
    "      would not grant.\n"
    "  64  The command line is wrong.\n"
    "  65  There is no password to play a login with.\n"
    "  66  There is no table; popauthd makes it.  Or no such service.\n"
    "  69  The table cannot be used: damaged, of another boot or version.\n"
    "  70  A fault of this program.\n"
    "  71  The system is short of memory or files.\n"
    "  74  The output could not be written.\n"
    "  75  Somebody else was quicker; try again.\n"
    "  77  No permission.  Reading needs group popauth, writing\n"
    "      popauth-grant besides, or root.\n"
    "  78  The configuration has a mistake.\n"
    "  Each failure is told in one sentence on standard error.\n",

    "\nFiles\n"
    "  " SHMCACHE_DEFAULT_PATH "        the table\n"
    "  " CONF_DEFAULT_PATH "  the configuration\n",

    "\nExamples\n"
    "  popauthctl list\n"
    "  popauthctl check 192.0.2.17 && echo may relay\n"
    "  popauthctl pam-check\n"
    "  popauthctl revoke 192.0.2.17 joe\n"
    "  popauthctl --json status | jq .reaper.alive\n",
};

void
help_print(FILE *out)
{
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		fputs(sections[i], out);
}
