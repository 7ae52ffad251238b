# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A client disconnects while PAM checks its password: the module knows its address
# only if it was called before.
#
# The server is popa3d, which has the client on fd 0.  Its PAM service waits,
# before it checks the password, until this client is gone.

hangup_service=$WORLD/pop/etc/pam.d/popa3d
hangup_run=$WORLD/pop/run

# Usage: joe4_hangs_up, in mid-login, with a reset
joe4_hangs_up() {
	rm -f "$hangup_run"/{asked,gone}
	log_mark
	exec_in_machine laptop joe python3 - "$POP4" 110 joe4 joe4spassword <<-'END' &
		import poplib, socket, struct, sys
		host, port, user, password = sys.argv[1:]
		connection = poplib.POP3(host, int(port), timeout=30)
		reset = struct.pack("ii", 1, 0)
		connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
		connection.user(user)
		connection.pass_(password)
	END
	hangup_pid=$!
	expect "PAM is called" wait_for 10 test -e "$hangup_run/asked"
	kill -KILL "$hangup_pid"
	wait "$hangup_pid" 2>/dev/null || true
	: >"$hangup_run/gone"
}

pop_machine popa3d
cat >"$WORLD/pop/root/wait-for-hangup" <<-'END'
	#!/bin/sh
	: >/run/asked
	for tenth in $(seq 100); do
	  [ ! -e /run/gone ] || exit 0
	  sleep 0.1
	done
	exit 1
END
chmod +x "$WORLD/pop/root/wait-for-hangup"
sed -i '1i auth required pam_exec.so /root/wait-for-hangup' "$hangup_service"
pop_start 110 xinetd -dontfork -stayalive

step "a client that disconnects in mid-login is not granted by an account line alone"
pop_table_fresh
joe4_hangs_up
expect_log 'no-grant .*user=joe4 .*fd 0 is not a connected inet socket'
expect "there is no grant" test "$(pop_granted)" = ""

step "with an auth line, too, it is granted, at its own address"
sed -i '1i auth optional pam_popauth.so' "$hangup_service"
pop_table_fresh
joe4_hangs_up
expect_log "$(grant "$JOE4" joe4).* from=fd0"
expect "there is no other grant" test "$(pop_granted)" = "$JOE4 joe4"

pop_stop
pop_machine_end
