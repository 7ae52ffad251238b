# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the administrator reads, and is asked.

say() {
	printf '%s\n' "$*"
}

# Usage: found WHAT HOW
found() {
	printf '  %-12s %s\n' "$1" "$2"
}

note() {
	say "note: $*"
}

# Usage: fail STATUS SENTENCE
fail() {
	EXPLAINED=yes
	fail_status=$1
	shift
	printf '%s: %s\n' "$PROGRAM" "$*" >&2
	exit "$fail_status"
}

# The program never ends without a word.  Usage: say_end STATUS
EXPLAINED=no
say_end() {
	[ "$1" -eq 0 ] || [ "$EXPLAINED" = yes ] ||
		printf '%s: a command failed unexpectedly, see above; run "%s --undo" or try again\n' "$PROGRAM" "$PROGRAM" >&2
}

# Something works here that would not work behind the gate, or that this program
# does not understand.  All of them are collected; then nothing is changed.
PROBLEMS=
problem() {
	PROBLEMS="$PROBLEMS$*
"
}

say_problems() {
	[ -n "$PROBLEMS" ] || return 0
	say ""
	say "Nothing was changed, because:"
	printf '%s' "$PROBLEMS" | sed 's/^/- /'
	EXPLAINED=yes
	exit 1
}

# Usage: agreed QUESTION
agreed() {
	[ "$YES" = no ] || return 0
	printf '%s [y/N] ' "$1"
	read -r answer || answer=
	case $answer in
	y | Y | yes) return 0 ;;
	esac
	return 1
}
