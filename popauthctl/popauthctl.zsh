#compdef popauthctl
# SPDX-License-Identifier: ISC
# Completion of popauthctl for zsh: commands, options, PAM services, and the
# addresses and users that hold a grant just now, if the caller may see them.

_popauthctl_commands() {
	local -a commands=(
		'status:room in the table, the reaper, counters'
		'list:all living grants'
		'grant:do as if somebody had logged in from an address'
		'revoke:end a grant'
		'check:may an address relay?'
		'config:the configuration in effect'
		'pam-check:does the POP server record its logins?'
	)
	_describe command commands
}

_popauthctl_addresses() {
	local -a addresses=(${${(f)"$(popauthctl list 2>/dev/null)"}[2,-1]%% *})
	compadd -- ${addresses%%/*}
}

_popauthctl_users() {
	local -a lines=(${(f)"$(popauthctl list 2>/dev/null)"}) users
	local line
	for line in ${lines[2,-1]}; do
		[[ ${${(z)line}[1]%%/*} == $line_address && ${${(z)line}[2]} != - ]] &&
			users+=(${${(z)line}[2]})
	done
	compadd -- $users
}

_popauthctl() {
	local curcontext=$curcontext state line line_address
	typeset -A opt_args
	_arguments -C \
		'(-t --table)'{-t,--table}'[the file of the table]:table:_files' \
		'(-c --config)'{-c,--config}'[the configuration]:configuration:_files' \
		'--json[print JSON]' \
		'(-h --help)'{-h,--help}'[print a summary]' \
		'(-V --version)'{-V,--version}'[print the version]' \
		'--root[pam-check: the system below this directory]:directory:_directories' \
		'--test[pam-check: play a login]' \
		'1:command:_popauthctl_commands' \
		'*::operand:->operands'
	[[ $state == operands ]] || return
	line_address=${line[2]-}
	case $line[1]:$CURRENT in
	(check|revoke):2) _popauthctl_addresses ;;
	(check|revoke):3) _popauthctl_users ;;
	pam-check:*) compadd -- /etc/pam.d/*(N:t) ;;
	esac
}

_popauthctl "$@"
