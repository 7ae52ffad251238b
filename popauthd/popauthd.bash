# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of popauthd, smtpgate, smtpgate-auth, popauth-setup and popauth-keys
# for bash: the options are those of --help.

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

_popauth_keys() {
	local word=${COMP_WORDS[COMP_CWORD]} words
	case $COMP_CWORD:${COMP_WORDS[1]} in
	1:*) words="list add update remove print" ;;
	2:remove | 2:add) words=$(command ls /etc/popauth/tls 2>/dev/null | sed -n 's/\.pem$//p') ;;
	*)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _popauth_keys popauth-keys
complete -F _popauth_daemon popauthd smtpgate smtpgate-auth popauth-setup
