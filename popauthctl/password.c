/* SPDX-License-Identifier: ISC */
#include "popauthctl/password.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Block the signals of the keyboard until echo is on again. */
static void
hold_signals(sigset_t *before)
{
	sigset_t keyboard;

	sigemptyset(&keyboard);
	sigaddset(&keyboard, SIGINT);
	sigaddset(&keyboard, SIGQUIT);
	sigaddset(&keyboard, SIGTSTP);
	sigprocmask(SIG_BLOCK, &keyboard, before);
}

int
password_read(FILE *in, FILE *prompt, char password_out[PASSWORD_BYTES])
{
	struct termios normal, silent;
	sigset_t before;
	bool is_terminal = tcgetattr(fileno(in), &normal) == 0;
	char *line;
	size_t len;

	if (is_terminal) {
		silent = normal;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		/* echo the newline, as feedback */
		silent.c_lflag |= ECHONL;
		hold_signals(&before);
		/* prompt after the flush, which drops earlier input */
		tcsetattr(fileno(in), TCSAFLUSH, &silent);
		fputs("password: ", prompt);
		fflush(prompt);
	}
	line = fgets(password_out, PASSWORD_BYTES, in);
	if (is_terminal) {
		tcsetattr(fileno(in), TCSAFLUSH, &normal);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	if (line == NULL)
		return -ENODATA;
	len = strcspn(password_out, "\n");
	if (len == PASSWORD_BYTES - 1) {
		explicit_bzero(password_out, PASSWORD_BYTES);
		return -E2BIG;
	}
	password_out[len] = '\0';
	return 0;
}
