# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The cost of a session through the gate; not a test (tests/bench/smtp/run).

packages_install server "$DEBS/bench"
cp "$TOP"/tests/bench/smtp/*.py "$TOP/build/release/bench/shovel" \
	"$WORLD/server/root/"
# unpacked only: its installation would remove xinetd
dpkg-deb --fsys-tarfile "$DEBS"/openbsd-inetd/openbsd-inetd_*.deb |
	tar -xO ./usr/sbin/inetd >"$WORLD/server/root/inetd"
chmod +x "$WORLD/server/root/inetd"
# the same certificate for both
on_server install -d -m 755 /run/bench
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mail.example.org \
	-addext subjectAltName=DNS:mail.example.org \
	-keyout "$WORLD/server/run/bench/key" -out "$WORLD/server/run/bench/crt" 2>/dev/null
cat "$WORLD/server/run/bench/key" "$WORLD/server/run/bench/crt" \
	>"$WORLD/server/run/bench/mail.pem"
chmod 600 "$WORLD/server/run/bench/mail.pem" "$WORLD/server/run/bench/key"
on_server postconf -e "smtpd_tls_chain_files = /run/bench/mail.pem" \
	"smtpd_client_connection_rate_limit = 0"
# No delivery waits for the lock of a mailbox, and no process of Postfix ends in
# the middle of a run: its CPU time would be lost (measure.py).
on_server postconf -e "home_mailbox = Maildir/" "max_use = 1000000" "max_idle = 1d"
# the gate's own listener beside it, with TLS
sed -n -e 's/^127.0.0.1:2525 /127.0.0.1:2526 /' -e '/2526/,/^#/{/^#/!p}' \
	"$WORLD/server/etc/postfix/master.cf.gate" >>"$WORLD/server/etc/postfix/master.cf"
on_server postconf -P "127.0.0.1:2526/inet/smtpd_tls_security_level=may"
# measure.py starts and ends it
disown -a
on_server postfix stop
# shellcheck disable=SC2086 # a list
on_server python3 /root/measure.py ${BENCH_OPTIONS:-}
