# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A siege of a listener; not a test (tests/bench/siege/run).
#
# Ten IPv4 addresses in ten networks, and ten /64 of one IPv6 host, hold what
# they get.  Meanwhile joe, who has a grant, relays; and a stranger brings mail.

HOLDERS=()
for i in 1 2 3 4 5 6 7 8 9 10; do
	HOLDERS+=("10.66.$i.1" "2001:db8:66:$i::1")
	ip -n stranger address add "10.66.$i.1/32" dev eth0
	ip -n stranger address add "2001:db8:66:$i::1/128" dev eth0 nodad
done

# Usage: besiege FAMILY PER_ADDRESS ADDRESS...
besiege() {
	local family=$1 per_address=$2 server=$SERVER4
	shift 2
	[ "$family" = IPv4 ] || server=$SERVER6
	timeout -k 5 $((SIEGE_SECONDS + 20)) nsenter --net=/run/netns/stranger \
		python3 "$TOP/tests/bench/siege/siege.py" hold "$server" 2626 \
		"$SIEGE_SECONDS" "$per_address" "$@" >"$WORLD/siege.$family"
}

# Usage: sends NAMESPACE FROM TO FILE; while the siege is on
sends() {
	timeout -k 5 $((SIEGE_SECONDS + 20)) nsenter --net="/run/netns/$1" \
		python3 "$TOP/tests/bench/siege/siege.py" send "$SERVER4" 2626 \
		$((SIEGE_SECONDS - 10)) "$2" "$3" >"$WORLD/siege.$4"
}

n_backend() {
	grep -cE 'postfix/.*smtpd\[[0-9]+\]: connect from' \
		"$WORLD/server/var/log/syslog" || true
}

# Usage: measure GATE ADDRESS...
measure() {
	local gate=$1 before pids=()
	shift
	cp "$gate" "$WORLD/server/root/smtpgate-besieged"
	exec_in_machine server server /root/smtpgate-besieged --listen \
		-c /etc/popauth/siege.conf &
	local gate_pid=$!
	wait_for 10 listens server 2626 || cannot "smtpgate --listen did not start."
	before=$(n_backend)
	local v4=() v6=() address
	for address; do
		case $address in *:*) v6+=("$address") ;; *) v4+=("$address") ;; esac
	done
	[ ${#v4[@]} -eq 0 ] || { besiege IPv4 60 "${v4[@]}" & pids+=($!); }
	[ ${#v6[@]} -eq 0 ] || { besiege IPv6 60 "${v6[@]}" & pids+=($!); }
	sleep 5
	sends joe joe@example.org anna@example.net user & pids+=($!)
	sends remote anna@example.net joe@example.org stranger & pids+=($!)
	wait "${pids[@]}" || true
	[ ${#v4[@]} -eq 0 ] || printf '  %-34s %s\n' "held from 10 IPv4 addresses" "$(cat "$WORLD/siege.IPv4")"
	[ ${#v6[@]} -eq 0 ] || printf '  %-34s %s\n' "held from 10 IPv6 networks" "$(cat "$WORLD/siege.IPv6")"
	printf '  %-34s %s\n' "a user with a grant relays" "$(cat "$WORLD/siege.user")"
	printf '  %-34s %s\n' "a stranger brings local mail" "$(cat "$WORLD/siege.stranger")"
	printf '  %-34s %s\n' "connections to the mail server" "$(($(n_backend) - before))"
	kill "$gate_pid"
	wait "$gate_pid" 2>/dev/null || true
	sleep 2
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
	-subj /CN=mail.example.org -keyout "$WORLD/server/etc/popauth/siege.key" \
	-out "$WORLD/server/etc/popauth/siege.crt" 2>/dev/null
{
	sed 's/^\[smtpgate\]$/&\ntls_certificates = \/etc\/popauth\/siege.crt:\/etc\/popauth\/siege.key/' \
		"$WORLD/server/etc/popauth/popauth.conf"
	printf '[smtp]\nlisten = [::]:2626\n'
} >"$WORLD/server/etc/popauth/siege.conf"
on_server postconf -e "smtpd_client_connection_count_limit = 0" \
	"smtpd_client_connection_rate_limit = 0" "default_process_limit = 600"
on_server postfix reload 2>/dev/null
# The table's window is short: renew joe's grant.
while sleep 5; do on_server popauthctl grant "$JOE4" joe; done >/dev/null 2>&1 &
granting=$!
on_server popauthctl grant "$JOE4" joe >/dev/null

for gate in $SIEGE_GATES; do
	printf '%s, %d s each, 500 places, 60 connections tried from each address\n\n' \
		"$gate" "$SIEGE_SECONDS"
	measure "$gate" $(printf '%s\n' "${HOLDERS[@]}" | grep -v :)
	echo
	measure "$gate" $(printf '%s\n' "${HOLDERS[@]}" | grep :)
	echo
done
kill "$granting"
