/* SPDX-License-Identifier: ISC */
/*
 * command - the commands of popauthctl.
 *
 * CONCEPT.  commands.c has one table, a row for each form of a command.  The
 * command line, -h, error messages and shell completion are all made from the
 * table.  To add a command: write command_NAME.c, declare its function below,
 * and add a row; then describe the command in popauthctl(8).
 */
#ifndef POPAUTHCTL_COMMAND_H
#define POPAUTHCTL_COMMAND_H

#include "decision/right.h"
#include "popauthctl/options.h"
#include "popauthctl/place.h"
#include "popauthctl/print.h"

/* How a command uses the table of grants. */
enum command_access {
	COMMAND_NO_TABLE = 0,
	COMMAND_CONFIG, /* not at all; it needs a right configuration */
	COMMAND_READ,
	COMMAND_READ_AS_GATE, /* the answer must be the gate's answer */
	COMMAND_LOGIN,        /* grants alone, in little address space */
	COMMAND_WRITE,
};

/* The argument of a command. */
struct call {
	struct shmcache *cache; /* NULL without access to the table */
	const struct options *options;
	const struct place *place;
	struct print print;
};

struct command {
	const char *name;
	const char *operands; /* as -h shows them; options.c parses by this */
	enum command_access access;
	int (*run)(const struct call *call); /* returns the exit status */
	const char *help; /* lines; the first is a summary for completion */
};

/* The table; a row without a name is its end. */
extern const struct command commands[];

/* ---- one function for each row ------------------------------------------ */

int command_status(const struct call *call);
int command_list(const struct call *call);
int command_check(const struct call *call);
int command_grant(const struct call *call);
int command_revoke(const struct call *call);
int command_block(const struct call *call);
int command_unblock(const struct call *call);
int command_permit(const struct call *call);
int command_unpermit(const struct call *call);
int command_rules(const struct call *call);
int command_revoke_user(const struct call *call);
int command_revoke_all(const struct call *call);
int command_config(const struct call *call);
int command_pam_check(const struct call *call);
int command_pam_test(const struct call *call);

/* ---- the program -------------------------------------------------------- */

/* Run the command that argv names.  Returns the exit status. */
int program_run(const struct command *table, int argc, char *const argv[]);

/*
 * Print the summary of -h.  Shell completion reads it too: each line between
 * "Commands" and the next empty line that is indented by two spaces is one
 * form of a command.
 */
void help_print(const struct command *table, FILE *out);

/* ---- failures ----------------------------------------------------------- */

/* Exit statuses besides those of sysexits.h. */
enum failure_exit {
	EXIT_YES = 0, /* done; check: may relay */
	EXIT_NO = 1,  /* refused, or no such grant; check: may not relay */
};

/* Print "popauthctl: ABOUT: SENTENCE" on standard error. */
void failure_report(const char *about, const char *sentence);

/* Report an error of the table.  Returns the exit status. */
int failure_of_table(const struct call *call, int error);

/* error: of a function of print.h, or 0.  Returns status after success. */
int failure_of_print(int error, int status);

/* The exit status for an error of shmcache.h; 0 for SHMCACHE_OK. */
int failure_exit_status(int error);

/* ---- parts of them, for unit tests -------------------------------------- */

/* A print function returns as print.h says.  user: as given, or NULL. */

int command_status_print(const struct print *print, const char *table,
    const struct shmcache_status *status, uint32_t sweep_every_s);

struct command_grants {
	struct shmcache_entry *entries; /* newest first */
	size_t n, room;
	uint32_t ipv6_prefix;
};

/*
 * Collect the current grants, one entry for each user at an address; has_user
 * is false if no name is known.  The entry of the address itself is left out
 * if the entry of its newest user says the same.
 * list_out: for command_list_free().
 * Returns as shmcache_list(), or -ENOMEM.
 */
int command_list_collect(
    struct shmcache *cache, struct command_grants *list_out);
void command_list_free(struct command_grants *list);
int command_list_print(
    const struct print *print, const struct command_grants *list);

/* right: RIGHT_GRANT, RIGHT_PERMIT, or explained (decision/right.h). */
int command_check_print(const struct print *print, const struct addr *addr,
    const char *user, const struct right *right);
/* For an address in relay_networks. */
int command_check_print_listed(
    const struct print *print, const struct addr *addr);

int command_grant_print(
    const struct print *print, const struct addr *addr, const char *user);
int command_revoke_print(const struct print *print, const struct addr *addr,
    const char *user, size_t n_others);

int command_config_print(const struct print *print, const struct conf *conf);

#endif
