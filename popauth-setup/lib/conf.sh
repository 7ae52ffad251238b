# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# popauth's own configuration: one file, read after popauth.conf.

CONF=/etc/popauth/conf.d/50-setup.conf

# Usage: conf_option NAME VALUE; an empty value is left out
conf_option() {
	[ -z "$2" ] || printf '%s = %s\n' "$1" "$2"
}

conf_listen() {
	for conf_address in $LISTEN; do
		printf '%s:25\n' "$conf_address"
	done | paste -sd, | sed 's/,/, /g'
}

conf_plan() {
	{
		cat <<-END
			# By $PROGRAM, from the configuration of the mail server.  Run $PROGRAM again
			# after a change there; it writes this file anew.  Your own options belong in
			# another file, such as 60-local.conf.
			[smtpgate]
		END
		conf_option hostname "$HOST_NAME"
		conf_option local_domains backend
		conf_option relay_networks "$NETWORKS"
		conf_option backend "$BACKEND"
		conf_option backend_identity "$GATE_IDENTITY"
		conf_option backend_relay "$BACKEND_RELAY"
		conf_option backend_relay_identity "$GATE_IDENTITY"
		conf_option tls_certificates "$TLS_CERTIFICATES"
		if [ "$AUTH" != none ]; then
			conf_option auth "$AUTH"
			conf_option auth_plain_networks "$AUTH_PLAIN"
		fi
		echo
		echo '[smtp]'
		[ "$STARTER" = xinetd ] || conf_option listen "$(conf_listen)"
		conf_option tls "$([ -n "$TLS_CERTIFICATES" ] && echo "$TLS_MODE" || echo none)"
		[ "$AUTH" = none ] || conf_option offer_auth yes
	} >"$STORE/conf"
	stage_write "$CONF" <"$STORE/conf"
	rm -f "$STORE/conf"
}
