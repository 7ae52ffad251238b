# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Keys that only root can read, for a gate that is user smtpgate from the start:
# popauth-keys; and what systemd runs for a reload, with and without a mistake.

live=/etc/letsencrypt/live/mail.example.org
archive=/etc/letsencrypt/archive/mail.example.org
keys_conf=$WORLD/server/etc/popauth/conf.d/50-keys.conf

# What certbot leaves: directories for root alone, and links to the newest files.
# Usage: certbot_renews NUMBER
certbot_renews() {
	local to=$WORLD/server$archive
	install -d -m 0700 "$WORLD/server/etc/letsencrypt/"{live,archive} "$to" "$WORLD/server$live"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
		-subj "/CN=mail.example.org" -set_serial "$1" \
		-keyout "$to/privkey$1.pem" -out "$to/fullchain$1.pem" 2>/dev/null
	certbot_links fullchain "$1"
	certbot_links privkey "$1"
}

# Usage: certbot_links FILE NUMBER
certbot_links() {
	ln -sfn "../../archive/mail.example.org/$1$2.pem" "$WORLD/server$live/$1.pem"
}

# The gate's own certificate has this serial number.  Usage: gate_shows NUMBER
gate_shows() {
	on_server python3 - "$1" <<-'END'
		import smtplib, ssl, subprocess, sys
		context = ssl.create_default_context()
		context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
		gate = smtplib.SMTP("127.0.0.1", 2626, timeout=20)
		gate.starttls(context=context)
		pem = ssl.DER_cert_to_PEM_cert(gate.sock.getpeercert(True))
		gate.quit()
		said = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem,
		                      capture_output=True, text=True, check=True).stdout
		sys.exit(int(said.split("=")[1], 16) != int(sys.argv[1]))
	END
}

as_gate() {
	on_server setpriv --reuid smtpgate --regid smtpgate --init-groups "$@"
}

# Usage: gate_starts: as its unit does, but for the port.
gate_starts() {
	did server "smtpgate --listen    # as user smtpgate"
	exec_in_machine server server setpriv --reuid smtpgate --regid smtpgate --init-groups \
		smtpgate --listen &
	gate_pid=$!
}

# The commands of the unit, one after another.  Usage: systemctl_reload UNIT PID [USER]
systemctl_reload() {
	local line unit
	unit=$(on_server sh -c "cat /lib/systemd/system/$1 /usr/lib/systemd/system/$1 2>/dev/null" | sed -n 's/^ExecReload=+\?//p' | sort -u -s)
	did server "systemctl reload $1"
	[ -n "$unit" ] || return
	# the check is before the signal
	while IFS= read -r line; do
		line=${line//'$$'/\$}
		# shellcheck disable=SC2016 # systemd's variable
		line=${line//'$MAINPID'/$2}
		line=${line/#'/bin/kill'/kill}
		on_server ${3:+setpriv --reuid "$3" --regid "$3" --init-groups} sh -c "$line" </dev/null || return
	done < <(grep -v /bin/kill <<<"$unit"; grep /bin/kill <<<"$unit")
}

certbot_renews 1
mkdir -p "$(dirname "$keys_conf")"
keys_option() {
	printf '[smtpgate]\ntls_certificates = %s\n[smtp]\nlisten = [::]:2626\n' "$1" >"$keys_conf"
}

step "user smtpgate cannot read the key: the gate does not start"
expect "the directory is closed" not as_gate cat "$live/privkey.pem"
keys_option "$live/fullchain.pem:$live/privkey.pem"
keys_status=0
as_gate timeout 30 smtpgate --listen >"$WORLD/keys.out" 2>&1 || keys_status=$?
expect "its status is 78" test "$keys_status" -eq 78

step "popauth-keys makes a copy that it can read"
did server "popauth-keys add mail $live/fullchain.pem $live/privkey.pem"
expect "it succeeds" on_server sh -c "popauth-keys add mail $live/fullchain.pem $live/privkey.pem >/tmp/option"
saw <"$WORLD/server/tmp/option"
expect "it prints the option" grep -qx 'tls_certificates = /etc/popauth/tls/mail.pem' "$WORLD/server/tmp/option"
expect "root and group smtpgate may read it" test "$(on_server stat -c '%a %U %G' /etc/popauth/tls/mail.pem)" = "640 root smtpgate"
expect "other users may not even enter" not on_server setpriv --reuid joe --regid joe --clear-groups ls /etc/popauth/tls
keys_option /etc/popauth/tls/mail.pem
gate_starts
wait_for 20 listens server 2626 || cannot "smtpgate --listen did not start."
expect "the gate shows the certificate" gate_shows 1

step "certbot renews: its hook copies, and the gate shows the new certificate"
certbot_renews 2
did server "/etc/letsencrypt/renewal-hooks/deploy/popauth-keys"
expect "the hook is there, and succeeds" on_server /etc/letsencrypt/renewal-hooks/deploy/popauth-keys
expect "the gate shows the new certificate" wait_for 20 gate_shows 2
expect "no other file is left" test "$(on_server sh -c 'ls -A /etc/popauth/tls')" = mail.pem

step "in the middle of a renewal, and without one: nothing changes"
keys_before=$(on_server stat -c '%i %Y' /etc/popauth/tls/mail.pem)
expect "nothing new: it succeeds" on_server popauth-keys update
certbot_renews 3
certbot_links privkey 2
expect "a key of another certificate: it fails" not on_server popauth-keys update
expect "the file is the same" test "$(on_server stat -c '%i %Y' /etc/popauth/tls/mail.pem)" = "$keys_before"
certbot_links privkey 3
expect "then it succeeds" on_server popauth-keys update
expect "the gate shows it" wait_for 20 gate_shows 3

step "a reload with a mistake fails, and the gate goes on"
log_mark
expect "without a mistake it succeeds" systemctl_reload smtpgate.service "$gate_pid" smtpgate
expect_log 'smtpgate\[[0-9]+\]: reloaded'
echo nonsense >"$WORLD/server/etc/popauth/conf.d/99-typo.conf"
log_mark
expect "with one it fails" not systemctl_reload smtpgate.service "$gate_pid" smtpgate
expect "popauthd's fails, too" not systemctl_reload popauthd.service "$popauthd_pid"
expect "and smtpgate-auth's" not systemctl_reload smtpgate-auth.service 0
rm "$WORLD/server/etc/popauth/conf.d/99-typo.conf"
expect "the gate serves" gate_shows 3
expect "popauthd reloads without the mistake" systemctl_reload popauthd.service "$popauthd_pid"
expect_log 'popauthd\[[0-9]+\]: reloaded'
expect_no_log 'not-reloaded'

step "removed: no copy, no hook"
expect "it succeeds" on_server popauth-keys remove mail
expect "the copy is gone" not test -e "$WORLD/server/etc/popauth/tls/mail.pem"
expect "so is the hook" not test -e "$WORLD/server/etc/letsencrypt/renewal-hooks/deploy/popauth-keys"
kill "$gate_pid"
wait "$gate_pid" || true
rm "$keys_conf"
