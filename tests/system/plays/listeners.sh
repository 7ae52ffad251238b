# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Postfix behind the gate: nobody reaches it but the gate.

step "from outside there is no way to Postfix but through the gate"
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
