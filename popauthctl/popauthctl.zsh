#compdef popauthctl
# SPDX-License-Identifier: ISC
# Completion of popauthctl for zsh: commands as popauthctl -h has them, options,
# PAM services, and the addresses and users that hold a grant.

# "check:Check whether ...", each command once.
_popauthctl_commands() {
	local -aU commands=(${(f)"$(popauthctl -h 2>/dev/null | awk '
		/^[A-Z]/ { section = $1 }
		name && !seen[name]++ { sub(/^ +/, ""); print name ":" $0 }
		{ name = section == "Commands" && /^  [^ ]/ ? $1 : "" }')"})
	_describe command commands
}

# Usage: _popauthctl_granted address | users | user ADDRESS
_popauthctl_granted() {
	compadd -- ${(f)"$(popauthctl list 2>/dev/null | awk -v column=$1 -v address=${2-} '
		NR == 1 { next }
		{ sub("/[0-9]+$", "", $1) }
		column == "address" { print $1 }
		column == "users" && $2 != "-" { print $2 }
		column == "user" && $1 == address && $2 != "-" { print $2 }')"}
}

# PAM services that a mail server may have: not those of other programs.
_popauthctl_services() {
	local -a services=(/etc/pam.d/*(N:t))
	compadd -- ${services:#(ch(fn|sh|passwd)|common-*|cron|login|newusers|passwd|polkit-1|runuser|runuser-l|sshd|su|su-l|sudo|sudo-i|systemd-user)}
}

# The kinds of operands of a command, with --test or without: "ADDRESS USER".
_popauthctl_kinds() {
	popauthctl -h 2>/dev/null | sed -n '/^Commands/,/^$/s/^  \([^ ]\)/\1/p' |
		awk -v command=$1 -v test=$2 '$1 == command && (/--test/ != 0) == test {
			gsub(/--[a-z]+( [A-Z]+])?|[][]/, ""); $1 = ""; print }'
}

_popauthctl() {
	local curcontext=$curcontext state line
	local -a kinds
	typeset -A opt_args
	_arguments -C \
		'(-t --table)'{-t,--table}'[the file of the table]:table:_files' \
		'(-c --config)'{-c,--config}'[the configuration file]:configuration:_files' \
		'--json[print JSON]' \
		'(-h --help)'{-h,--help}'[print a summary]' \
		'(-V --version)'{-V,--version}'[print the version]' \
		'--root[pam-check: check the system below this directory]:directory:_directories' \
		'--test[pam-check: make a test login]' \
		'--user[revoke: the operand is a user]' \
		'--all[revoke: every grant]' \
		'--for[block, permit: how long]:time' \
		'--note[block, permit: why]:text' \
		'--sender[permit: only for these senders]:senders' \
		'--to[permit: only to these domains]:domains' \
		'1:command:_popauthctl_commands' \
		'*::operand:->operands'
	[[ $state == operands ]] || return
	kinds=($(_popauthctl_kinds $line[1] ${+opt_args[--test]}))
	case ${kinds[$#line-1]:-${(M)kinds[-1]:#...}} in
	ADDRESS) _popauthctl_granted address ;;
	USER) _popauthctl_granted user $line[2] ;;
	USER\|NETWORK) _popauthctl_granted users ;;
	SERVICE|...) _popauthctl_services ;;
	esac
}

_popauthctl "$@"
