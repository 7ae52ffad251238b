# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Who listens on which port here.  /proc is enough, so that no tool has to be
# installed for it.

# "ADDRESS-IN-HEX INODE" of each listener on PORT.
ports_inodes() {
	ports_hex=$(printf '%04X' "$1")
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port="$ports_hex" '$4 == "0A" && $2 ~ ":" port "$" { sub(/:.*/, "", $2); print $2, $10 }'
}

port_is_taken() {
	[ -n "$(ports_inodes "$1")" ]
}

# The name of the program that listens on PORT, or nothing.  Children of Postfix's
# master have its sockets, too.
port_owner() {
	ports_names=$(ports_inodes "$1" | while read -r _ ports_inode; do
		find /proc/[0-9]*/fd -lname "socket:\\[$ports_inode\\]" 2>/dev/null
	done | cut -d / -f 3 | sort -u | while read -r ports_pid; do
		cat "/proc/$ports_pid/comm" 2>/dev/null || true
	done | sort -u)
	for ports_name in master exim4 exim xinetd systemd smtpgate; do
		if printf '%s\n' "$ports_names" | grep -qxF "$ports_name"; then
			echo "$ports_name"
			return
		fi
	done
	printf '%s\n' "$ports_names" | head -n 1
}

# A port that is free, PORT or one of the next.
port_free() {
	ports_try=$1
	while port_is_taken "$ports_try"; do
		ports_try=$((ports_try + 1))
	done
	echo "$ports_try"
}

# The greeting on PORT of ADDRESS, or nothing.  Usage: port_greeting ADDRESS PORT
port_greeting() {
	# shellcheck disable=SC2016 # bash expands it: only it can connect
	timeout 10 bash -c '
		exec 3<>"/dev/tcp/$0/$1" || exit
		IFS= read -r line <&3 && printf "%s\n" "$line"
		printf "QUIT\r\n" >&3
		read -r line <&3' "$1" "$2" 2>/dev/null || true
}

# Usage: wait_until SECONDS COMMAND...
wait_until() {
	wait_tries=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		wait_tries=$((wait_tries - 1))
		[ "$wait_tries" -gt 0 ] || return 1
		sleep 0.2
	done
}

# Programs of NAME that see the same root directory as this one: others belong to
# containers.
processes_of() {
	for process in /proc/[0-9]*; do
		[ "$(cat "$process/comm" 2>/dev/null)" = "$1" ] || continue
		[ "$(readlink "$process/root")" = "$(readlink /proc/self/root)" ] || continue
		echo "${process#/proc/}"
	done
}
