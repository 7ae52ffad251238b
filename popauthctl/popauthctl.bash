# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of popauthctl for bash: commands and options as popauthctl -h has
# them, PAM services, and the addresses and users that hold a grant.

# The forms of the commands, one a line: "check ADDRESS [USER]".
_popauthctl_forms() {
	popauthctl -h 2>/dev/null | sed -n '/^Commands/,/^$/s/^  \([^ ]\)/\1/p'
}

# Usage: _popauthctl_options COMMAND: those of every command, and its own.
_popauthctl_options() {
	popauthctl -h 2>/dev/null | awk -v command="$1" '
		/^[A-Z]/ { section = $1 }
		section == "Commands" {
			for (i = 2; i <= NF; i++)
				if (/^  [^ ]/ && match($i, /--[a-z]+/)) {
					option = substr($i, RSTART, RLENGTH)
					owned[option]
					if ($1 == command) print option
				}
		}
		section == "Options" && match($0, /--[a-z]+/) {
			option = substr($0, RSTART, RLENGTH)
			if (!(option in owned)) print option
		}'
}

# Usage: _popauthctl_granted address | users | user ADDRESS
_popauthctl_granted() {
	popauthctl list 2>/dev/null | awk -v column="$1" -v address="${2-}" '
		NR == 1 { next }
		{ sub("/[0-9]+$", "", $1) }
		column == "address" { print $1 }
		column == "users" && $2 != "-" { print $2 }
		column == "user" && $1 == address && $2 != "-" { print $2 }'
}

# PAM services that a mail server may have: not those of other programs.
_popauthctl_services() {
	command ls /etc/pam.d 2>/dev/null | grep -vxE 'ch(fn|sh|passwd)|common-.*|cron|login|newusers|passwd|polkit-1|runuser(-l)?|sshd|su(-l)?|sudo(-i)?|systemd-user'
}

# Usage: _popauthctl_operand COMMAND HAS_TEST OPERAND...
# The words that may follow these operands, by the kind that the form names.
_popauthctl_operand() {
	local kinds form
	while read -r form; do
		[[ $form == "$1 "* && ($form == *--test* && $2 = yes || $form != *--test* && $2 = no) ]] && break
	done < <(_popauthctl_forms)
	read -ra kinds < <(sed 's/\[--[a-z]* [A-Z]*\]//g; s/--[a-z]*//; s/[][]//g' <<<"$form")
	case ${kinds[$# - 1]-${form##* }} in
	ADDRESS) _popauthctl_granted address ;;
	USER) _popauthctl_granted user "$3" ;;
	USER\|NETWORK) _popauthctl_granted users ;;
	SERVICE | ...*) _popauthctl_services ;;
	esac
}

_popauthctl() {
	local word=${COMP_WORDS[COMP_CWORD]} operands=() skip=no has_test=no i words
	for ((i = 1; i < COMP_CWORD; i++)); do
		case $skip:${COMP_WORDS[i]} in
		yes:* | value:*) skip=no ;;
		*:-t | *:-c | *:--table | *:--config | *:--root) skip=yes ;;
		*:--for | *:--note | *:--sender | *:--to) skip=value ;;
		*:--test) has_test=yes ;;
		*:-*) ;;
		*) operands+=("${COMP_WORDS[i]}") ;;
		esac
	done
	case $skip:$word:${#operands[@]} in
	yes:*) words=$(compgen -f -- "$word") ;;
	value:*) words= ;;
	*:-*) words=$(_popauthctl_options "${operands[0]-}") ;;
	*:0) words=$(_popauthctl_forms | sed 's/ .*//') ;;
	*) words=$(_popauthctl_operand "${operands[0]}" "$has_test" "${operands[@]:1}") ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word" | sort -u)
}

complete -F _popauthctl popauthctl
