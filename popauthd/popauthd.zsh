#compdef popauthd smtpgate smtpgate-auth popauth-setup popauth-keys
# SPDX-License-Identifier: ISC
# Completion of popauthd, smtpgate, smtpgate-auth, popauth-setup and popauth-keys
# for zsh.

_popauth_daemon() {
	local -a options
	if [[ $service == popauth-keys ]]; then
		local -a names=(/etc/popauth/tls/*.pem(N:t:r))
		_arguments '1:command:(list add update remove print)' "2:name:($names)" '*:file:_files'
		return
	fi
	options=(
		'(-V --version)'{-V,--version}'[print the version]'
		'(-h --help)'{-h,--help}'[print a summary]'
	)
	if [[ $service == popauth-setup ]]; then
		options+=(
			'(-n --dry-run)'{-n,--dry-run}'[show, and change nothing]'
			'(-y --yes)'{-y,--yes}'[do not ask]'
			'--undo[bring back what an earlier run changed]'
			'--auth[offer SMTP AUTH on port 25]'
			'--imap[IMAP logins permit relaying, too]'
			'--certificate[use this certificate]:certificate:_files'
			'--start[start the gate by]:how:(xinetd systemd listen)'
		)
	else
		options+=(
			'(-c --config)'{-c,--config}'[read this configuration]:configuration:_files'
			'(-e --stderr)'{-e,--stderr}'[log to standard error as well]'
			'(-t --test)'{-t,--test}'[check the configuration and exit]'
		)
	fi
	[[ $service != smtpgate ]] || options+=(
		'(-s --service)'{-s,--service}'[serve as this service]:service:(smtp submission submissions)'
		'(-l --listen)'{-l,--listen}'[listen]'
		'--offline[-t: connect to no server]'
		'--json[-t: print JSON]'
	)
	_arguments $options
}

_popauth_daemon "$@"
