# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The small internet of a run: six machines on one switch.
#
#    server    pop    mta    joe    stranger    remote   network namespaces
#      |        |      |      |         |          |     eth0 of each (a veth pair)
#    --+--------+------+------+---------+----------+--   bridge, in the namespace "switch"
#
# Contract: net_make makes it; it is visible in this run's mount namespace
# only and ends with it.  Documentation addresses (RFC 5737, RFC 3849), each
# machine in its own network.  Every network is on the link: no router is needed,
# and no packet can leave.

SERVER4=192.0.2.25      SERVER6=2001:db8:25::25
# for one POP server after another
POP4=192.0.2.110        POP6=2001:db8:25::110
# for one MTA after another behind the gate
MTA4=192.0.2.26         MTA6=2001:db8:25::26
JOE4=198.51.100.10      JOE6=2001:db8:10::10
STRANGER4=203.0.113.66  STRANGER6=2001:db8:66::66
REMOTE4=203.0.113.25    REMOTE6=2001:db8:80::25
# joe's office: more addresses in the same namespace, for many clients at once
OFFICE4_PREFIX=198.51.100. OFFICE4_FIRST=101 OFFICE4_COUNT=20

net_make() {
	# `ip netns` keeps its names here; the machine's own stay untouched
	mount -t tmpfs -o mode=755 run /run
	mkdir /run/netns

	ip netns add switch
	ip -n switch link add bridge type bridge
	ip -n switch link set bridge up
	net_machine server "$SERVER4" "$SERVER6"
	net_machine pop "$POP4" "$POP6"
	net_machine mta "$MTA4" "$MTA6"
	net_machine joe "$JOE4" "$JOE6"
	net_machine stranger "$STRANGER4" "$STRANGER6"
	net_machine remote "$REMOTE4" "$REMOTE6"
	net_office
}

# Usage: net_machine NAME ADDRESS4 ADDRESS6
net_machine() {
	local name=$1 address4=$2 address6=$3
	ip netns add "$name"
	ip -n "$name" link set lo up
	# as systemd sets it: a log daemon may be 512 lines behind, not 10
	ip netns exec "$name" sh -c 'echo 512 >/proc/sys/net/unix/max_dgram_qlen'
	ip -n "$name" link add eth0 type veth peer name "$name" netns switch
	ip -n switch link set "$name" master bridge up
	ip -n "$name" link set eth0 up
	ip -n "$name" address add "$address4/32" dev eth0
	# nodad: usable at once, not a second later
	ip -n "$name" address add "$address6/128" dev eth0 nodad
	ip -n "$name" route add default dev eth0 src "$address4"
	ip -n "$name" -6 route add default dev eth0 src "$address6"
}

# Usage: office_address N, N from 0 to OFFICE4_COUNT - 1
office_address() {
	printf '%s%d\n' "$OFFICE4_PREFIX" $((OFFICE4_FIRST + $1))
}

# /etc/hosts of every machine.
net_hosts() {
	cat <<-END
		127.0.0.1 localhost
		::1 localhost
		$SERVER4 mail.example.org
		$SERVER6 mail.example.org
		$REMOTE4 mx.example.net
		$REMOTE6 mx.example.net
	END
}

net_office() {
	local i
	for ((i = 0; i < OFFICE4_COUNT; i++)); do
		ip -n joe address add "$(office_address "$i")/32" dev eth0
	done
}
