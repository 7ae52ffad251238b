# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Postfix behind the gate: only the gate can reach it; and a gate that listens
# itself outlives the log daemon.

step "from outside only the gate leads to Postfix"
send stranger "$SERVER4:2525" joe@example.org anna@example.net "round the gate"
expect "port 2525 is closed" grep -q 'Connection refused' <<<"$transcript"

step "a local user of the server cannot open the listener that relays"
cat >"$WORLD/server/tmp/open-socket.py" <<'END'
import socket
socket.socket(socket.AF_UNIX).connect("/var/spool/postfix/public/smtpgate")
END
did server "connect to unix:/var/spool/postfix/public/smtpgate as joe"
transcript=$(on_server setpriv --reuid joe --regid joe --clear-groups \
	python3 /tmp/open-socket.py 2>&1) || true
tail -n 1 <<<"$transcript" | saw
expect "it is forbidden" grep -q 'Permission denied' <<<"$transcript"

step "a local user of the server cannot relay through the other one"
transcript=$(on_server setpriv --reuid joe --regid joe --clear-groups \
	swaks --server 127.0.0.1:2525 --from joe@example.org --to anna@example.net 2>&1) || true
send_outcome | saw
expect "Postfix refuses it" replied 554 "Relay access denied"

# Not started for each client, and without a file system in its sandbox.
gate_conf=/etc/popauth/listener.conf
{
	cat "$WORLD/server/etc/popauth/popauth.conf"
	printf '[smtp]\nlisten = [::]:2626\n'
} >"$WORLD/server$gate_conf"
did server "smtpgate --listen -c $gate_conf"
exec_in_machine server server smtpgate --listen -c "$gate_conf" &
gate_pid=$!
wait_for 10 listens server 2626 || cannot "smtpgate --listen did not start."

step "a gate that listens logs to a log daemon that was started later"
did server "the log daemon is restarted"
log_restart server
log_mark
send stranger "$SERVER4:2626" someone@example.com joe@example.org "$report_title"
expect "the message is accepted" replied 250
expect_log "$(decision "$STRANGER4" permit)"
kill "$gate_pid"
wait "$gate_pid" || true
