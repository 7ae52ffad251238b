# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A list of steps with their results, for a person (REPORT=screen) or for a
# program (REPORT=tap).
#
# Contract: step TITLE begins a step and ends the one before; a step succeeds
# when every expect in it does.  report_end ends the last and returns 1 when
# any step failed.  In between, did, saw, logged and note show what happens.
# TAP goes to stdout, with these as comments; each step is one test.

REPORT=${REPORT:-screen}
report_n_steps=0
report_n_wrong=0
report_title=
report_wrong=()

report_line() {
	if [ "$REPORT" = tap ]; then
		printf '# %s\n' "$*"
	else
		printf '%s\n' "$*"
	fi
}

chapter() {
	report_close_step
	report_line ""
	report_line "$*"
}

step() {
	report_close_step
	report_n_steps=$((report_n_steps + 1))
	report_title=$1
	report_wrong=()
	[ "$REPORT" = tap ] || printf '\n%2d  %s\n' "$report_n_steps" "$report_title"
}

# Usage: did WHERE COMMAND-AS-TYPED
did() {
	report_line "    $1\$ $2"
}

# The output of a command, from stdin.
saw() {
	local line
	while IFS= read -r line; do
		report_line "      $line"
	done
}

logged() {
	report_line "    log $*"
}

note() {
	report_line "    $*"
}

# Usage: expect "a sentence that should be true" COMMAND...
expect() {
	local sentence=$1
	shift
	if ! "$@" >/dev/null 2>&1; then
		report_wrong+=("$sentence")
	fi
}

# Usage: expect_log PATTERN: a line since the last mark, which is shown.
expect_log() {
	local line
	if line=$(log_wait "$1"); then
		logged "$line"
	else
		report_wrong+=("the server's log has a line like /$1/")
	fi
}

# Usage: expect_no_log PATTERN
expect_no_log() {
	expect "the server's log has no line like /$1/" not log_has "$1"
}

not() {
	! "$@"
}

report_close_step() {
	local sentence verdict=ok
	[ -n "$report_title" ] || return 0
	for sentence in "${report_wrong[@]}"; do
		report_line "    NOT SO: $sentence"
		verdict='not ok'
	done
	[ "$verdict" = ok ] || {
		report_n_wrong=$((report_n_wrong + 1))
		report_context
	}
	if [ "$REPORT" = tap ]; then
		printf '%s %d - %s\n' "$verdict" "$report_n_steps" "$report_title"
	else
		printf '    %s\n' "$verdict"
	fi
	report_title=
}

# The server's log lines during a step that failed.
report_context() {
	log_since_mark | tail -n 20 | while IFS= read -r line; do
		report_line "    | $line"
	done
}

# A program that reports in TAP itself.  Usage: report_program COMMAND...
report_program() {
	report_close_step
	"$@" || report_n_wrong=$((report_n_wrong + 1))
}

report_end() {
	report_close_step
	if [ "$report_n_steps" -eq 0 ]; then
		: # only programs that reported their own count
	elif [ "$REPORT" = tap ]; then
		printf '1..%d\n' "$report_n_steps"
	else
		printf '\n%d steps, %d of them wrong\n' "$report_n_steps" "$report_n_wrong"
	fi
	[ "$report_n_wrong" -eq 0 ]
}
