# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of popauthd, smtpgate, smtpgate-auth and popauth-setup for bash: the
# options are those of --help.

_popauth_daemon() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	case $before in
	-c | --config | --certificate)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	-s | --service)
		mapfile -t COMPREPLY < <(compgen -W "smtp submission submissions" -- "$word")
		;;
	--start)
		mapfile -t COMPREPLY < <(compgen -W "xinetd systemd listen" -- "$word")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null |
			sed -n 's/^  \(-., \| *\)\(--[a-z-]*\).*/\2/p')" -- "$word")
		;;
	esac
}

complete -F _popauth_daemon popauthd smtpgate smtpgate-auth popauth-setup
