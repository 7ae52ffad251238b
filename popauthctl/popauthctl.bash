# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of popauthctl for bash: commands, options, PAM services, and the
# addresses and users that hold a grant just now, if the caller may see them.

# The words of a command behind its name, options and their arguments left out.
_popauthctl_operands() {
	local i skip=no
	operands=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [ "$skip" = yes ]; then
			skip=no
			continue
		fi
		case ${COMP_WORDS[i]} in
		-t | -c | --table | --config | --root) skip=yes ;;
		-*) ;;
		*) operands+=("${COMP_WORDS[i]}") ;;
		esac
	done
}

# Usage: _popauthctl_granted address | user ADDRESS
_popauthctl_granted() {
	popauthctl list 2>/dev/null | awk -v column="$1" -v address="${2-}" '
		NR == 1 { next }
		{ sub("/[0-9]+$", "", $1) }
		column == "address" { print $1 }
		column == "user" && $1 == address && $2 != "-" { print $2 }'
}

_popauthctl_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_popauthctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local operands
	COMPREPLY=()
	case $before in
	-t | -c | --table | --config)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	esac
	_popauthctl_operands
	case $word in
	-*)
		_popauthctl_words "--table --config --json --help --version$(
			[ "${operands[0]-}" != pam-check ] || echo " --root --test")"
		return
		;;
	esac
	case ${#operands[@]}:${operands[0]-} in
	0:*) _popauthctl_words "status list grant revoke check config pam-check" ;;
	1:check | 1:revoke) _popauthctl_words "$(_popauthctl_granted address)" ;;
	2:check | 2:revoke) _popauthctl_words "$(_popauthctl_granted user "${operands[1]}")" ;;
	*:pam-check) _popauthctl_words "$(command ls /etc/pam.d 2>/dev/null)" ;;
	esac
}

complete -F _popauthctl popauthctl
