# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The two listeners for the gate in master.cf, made from the site's own line for
# port 25, so that its options, milters and filters stay.
#
# smtpgate-in decides as port 25 does today, by the client's real address: for
# strangers, for mynetworks, whatever main.cf says next year.  smtpgate relays, for
# clients that the gate found to have the right: to it each client is one of
# mynetworks.  Both are sockets that only group postdrop can reach.

PF_IN=smtpgate-in
PF_RELAY=smtpgate

pf_plan() {
	stage_edits /etc/postfix/master.cf
	pf_chroot=$(pf_field "$PF_FIRST" 5)
	pf_limit=$(pf_field "$PF_FIRST" 7)
	[ "$pf_limit" != - ] || pf_limit=0
	if pf_reads_proxy; then
		GATE_IDENTITY=proxy
	else
		GATE_IDENTITY=xclient
	fi
	if [ "$PF_COMMAND" = postscreen ]; then
		pf_plan_postscreen
	else
		pf_listener "$PF_IN" "$PF_SMTPD" "$pf_limit"
		pf_plan_refusal "$PF_IN/unix"
		BACKEND=unix:$(pf_param queue_directory)/public/$PF_IN
	fi
	pf_listener "$PF_RELAY" "$PF_SMTPD" "$pf_limit"
	pf_plan_relay
	BACKEND_RELAY=unix:$(pf_param queue_directory)/public/$PF_RELAY
	group_plan "$(pf_param setgid_group)"
}

# The second half: port 25 is left to the gate.
pf_plan_leave() {
	for pf_service in $PF_SERVICES; do
		postconf -c "$PF" -M# "$pf_service"
	done
}

# A list gets commas: postconf takes no blanks there.
# Usage: pf_set SERVICE NAME VALUE
pf_set() {
	postconf -c "$PF" -P "$1/$2=$(printf '%s' "$3" | tr -s ', \t\n' ',,,,')"
}

# A listener on a socket, with the options of SERVICE.
# Usage: pf_listener NAME SERVICE LIMIT
pf_listener() {
	postconf -c "$PF" -M "$1/unix=$1 unix n - $pf_chroot - $3 smtpd $(pf_options "$2")"
	case $1 in
	"$PF_IN") pf_set "$1/unix" syslog_name postfix/gate ;;
	*) pf_set "$1/unix" syslog_name postfix/relay ;;
	esac
	pf_set "$1/unix" smtpd_tls_security_level none
	if [ "$GATE_IDENTITY" = proxy ]; then
		pf_set "$1/unix" smtpd_upstream_proxy_protocol haproxy
	else
		pf_set "$1/unix" smtpd_authorized_xclient_hosts 127.0.0.1
		pf_set "$1/unix" smtpd_client_connection_count_limit 0
	fi
}

# Debian's default defers relaying (454), so that clients try again for days.
pf_plan_refusal() {
	pf_list=$(pf_value "$PF_SMTPD" smtpd_relay_restrictions)
	if restrict_has "$pf_list" defer_unauth_destination; then
		pf_set "$1" smtpd_relay_restrictions \
			"$(printf '%s' "$pf_list" | sed 's/defer_unauth_destination/reject_unauth_destination/g')"
	fi
}

# The port that an earlier run took.
pf_old_port() {
	sed -n 's/^backend = .*:\([0-9]*\)$/\1/p' "$PLAN/new-2$CONF" 2>/dev/null || true
}

# postscreen stays before smtpd, on a port of the loopback interface.
pf_plan_postscreen() {
	if [ "$GATE_IDENTITY" != proxy ]; then
		problem "postscreen is on port 25, and this Postfix is too old to learn the client's address from the gate; use 3.5 or later"
		return
	fi
	pf_port=$(pf_old_port)
	[ -n "$pf_port" ] || pf_port=$(port_free 2525)
	pf_in=127.0.0.1:$pf_port
	pf_has_family ipv4 || pf_in="[::1]:$pf_port"
	postconf -c "$PF" -M "$pf_in/inet=$pf_in inet n - $pf_chroot - 1 postscreen $(pf_options "$PF_FIRST")"
	pf_set "$pf_in/inet" syslog_name postfix/gate
	pf_set "$pf_in/inet" postscreen_upstream_proxy_protocol haproxy
	# two postscreens cannot share a cache, and for a moment there are two
	pf_cache=$(pf_value "$PF_FIRST" postscreen_cache_map)
	case $pf_cache in
	'' | proxy:*) ;;
	*) pf_set "$pf_in/inet" postscreen_cache_map "${pf_cache}_gate" ;;
	esac
	pf_plan_refusal smtpd/pass
	BACKEND=$pf_in
}

# Clients with the right: all of them are in mynetworks there.  Rules about the
# client's host do not hold for a user on the road.
pf_plan_relay() {
	pf_relay=$PF_RELAY/unix
	pf_set "$pf_relay" mynetworks static:all
	pf_set "$pf_relay" smtpd_client_restrictions ''
	pf_set "$pf_relay" smtpd_helo_restrictions ''
	pf_set "$pf_relay" smtpd_relay_restrictions 'permit_mynetworks, reject_unauth_destination'
	! restrict_refuses_own "$(pf_value "$PF_SMTPD" smtpd_sender_restrictions)" \
		reject_sender_login_mismatch reject_unauthenticated_sender_login_mismatch \
		reject_unknown_client_hostname reject_unknown_client reject_unknown_reverse_client_hostname \
		reject_unauth_destination defer_unauth_destination reject defer ||
		pf_set "$pf_relay" smtpd_sender_restrictions ''
	! restrict_refuses_own "$(pf_value "$PF_SMTPD" smtpd_recipient_restrictions)" \
		reject_sender_login_mismatch reject_unauthenticated_sender_login_mismatch \
		reject_unknown_client_hostname reject_unknown_client reject_unknown_reverse_client_hostname \
		reject_unauth_destination defer_unauth_destination reject defer ||
		pf_set "$pf_relay" smtpd_recipient_restrictions ''
	# OpenDKIM and others sign mail of this name
	pf_set "$pf_relay" milter_macro_daemon_name ORIGINATING
}
