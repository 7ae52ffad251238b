# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Real mail programs send through the gate to Postfix; nmap looks for an open
# relay; a large message, and one to a thousand.

mapfile -t sender_options < <(printf '%s\n' --from joe@example.org --to anna@example.net)

# Usage: gate_configure: TLS and passwords on all three ports.
gate_configure() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org \
		-keyout "$WORLD/key.pem" -out "$WORLD/crt.pem" 2>/dev/null
	install -m 600 <(cat "$WORLD/key.pem" "$WORLD/crt.pem") "$WORLD/server/etc/popauth/mail.pem"
	install -m 644 "$WORLD/crt.pem" "$WORLD/laptop/root/mail.crt"
	# long enough for all sessions after a login
	sed -i 's/^window = .*/window = 10m/' "$WORLD/server/etc/popauth/popauth.conf"
	cat >>"$WORLD/server/etc/popauth/popauth.conf" <<-END
		tls_certificates = /etc/popauth/mail.pem
		auth = pam
		[submission]
		listen = $SERVER4:587
		[submissions]
		listen = $SERVER4:465
	END
}

# Usage: sends TITLE COMMAND...: joe's mail program, with a message to anna
# whose subject is the title in /root/message.
sends() {
	local status=0
	step "$1"
	printf '%s\r\n' "From: joe@example.org" "To: anna@example.net" "Subject: $1" "" \
		"Hello." >"$WORLD/laptop/root/message"
	shift
	log_mark
	did joe "${*//$'\n'/ }"
	transcript=$(in_machine laptop joe "$@" <"$WORLD/laptop/root/message" 2>&1) || status=$?
	expect "the program ends with status 0" test "$status" -eq 0
	expect "the message arrives in anna's mailbox, once" arrived_once remote anna "$report_title"
	[ ${#report_wrong[@]} -eq 0 ] || tail -n 20 <<<"$transcript" | saw
}

# Usage: arrived_once MACHINE USER SUBJECT
arrived_once() {
	arrived "$@" && [ "$(grep -caxF "Subject: $3" "$WORLD/$1/var/mail/$2")" -eq 1 ]
}

# Usage: swaks_sends TITLE OPTION...
swaks_sends() {
	local title=$1
	shift
	sends "$title" swaks --server "$SERVER4" --timeout 20 --ehlo laptop "${sender_options[@]}" \
		--data @/root/message "$@"
}

# Usage: relay_scan NETNS: nmap's result.
relay_scan() {
	log_mark
	did "$1" "nmap --script smtp-open-relay"
	transcript=$(in_machine laptop "$1" nmap -v -v -n -Pn -sT -p 25 --script smtp-open-relay --script-args \
		"smtp-open-relay.domain=example.net,smtp-open-relay.from=joe,smtp-open-relay.to=anna,smtp-open-relay.ip=$SERVER4" \
		"$SERVER4" 2>&1) || true
	grep '^|' <<<"$transcript" | saw
}

# Usage: bodies_are SUBJECT N SHA256: of the messages in joe's mailbox.
bodies_are() {
	[ "$(python3 "$TOP/tests/system/clients/mbox-bodies.py" "$WORLD/server/var/mail/joe" "$1" |
		sort | uniq -c | tr -s ' ')" = " $2 $3" ]
}

packages_install laptop "$DEBS/clients"
gate_configure
exec_in_machine server server smtpgate-auth &
clients_auth_pid=$!
exec_in_machine server server smtpgate --listen &
clients_listener_pid=$!
wait_for 10 listens server 587 ||
	cannot "smtpgate --listen did not start: $(tail -n 1 "$WORLD/server/var/log/syslog")"
table_fresh

chapter "nmap looks for an open relay"

step "a stranger's scan: all attempts are refused"
relay_scan stranger
expect "nmap found no open relay" grep -q "Server doesn't seem to be an open relay, all tests failed" <<<"$transcript"
expect "and the gate denied attempts" log_has "$(decision "$STRANGER4" deny)"
expect_no_log "$(decision "$STRANGER4" permit)"

step "joe's scan after a POP login: he may relay, from any sender"
pop_login joe "$SERVER4" joe joespassword
relay_scan joe
expect "nmap may relay" grep -qE 'Server is an open relay \([0-9]+/16 tests\)' <<<"$transcript"
expect "without tricks, too" grep -qF 'MAIL FROM:<joe@example.net> -> RCPT TO:<anna@example.net>' <<<"$transcript"

chapter "Mail programs, after a POP login"

pop_login joe "$SERVER4" joe joespassword
swaks_sends "swaks"
swaks_sends "swaks --tls" --tls
swaks_sends "swaks --pipeline" --pipeline
swaks_sends "swaks --tls --pipeline" --tls --pipeline
sends "curl" curl -sS --max-time 20 --mail-from joe@example.org --mail-rcpt anna@example.net \
	--upload-file /root/message "smtp://$SERVER4/laptop"
sends "msmtp" msmtp --host="$SERVER4" --tls=on --tls-trust-file=/root/mail.crt --tls-host-override=mail.example.org \
	--from=joe@example.org anna@example.net
# shellcheck disable=SC2016 # the shell of the laptop expands it
sends "openssl s_client" sh -c '{
	printf "EHLO laptop\r\nMAIL FROM:<joe@example.org>\r\nRCPT TO:<anna@example.net>\r\nDATA\r\n"
	cat /root/message
	printf ".\r\nQUIT\r\n"
	} | openssl s_client -quiet -verify_return_error -CAfile /root/mail.crt -starttls smtp -connect "$1:25"' - "$SERVER4"

chapter "Mail programs with a password"

table_fresh
password=(--auth-user joe --auth-password joespassword)
for mechanism in PLAIN LOGIN; do
	swaks_sends "swaks --tls -a $mechanism" --port 587 --tls --auth "$mechanism" "${password[@]}"
	swaks_sends "swaks --tls-on-connect -a $mechanism" --port 465 --tls-on-connect --auth "$mechanism" "${password[@]}"
done
swaks_sends "swaks --tls --pipeline -a PLAIN" --port 587 --tls --pipeline --auth PLAIN "${password[@]}"
for mechanism in PLAIN LOGIN; do
	sends "curl smtps AUTH=$mechanism" curl -sS --max-time 20 --cacert /root/mail.crt --resolve "mail.example.org:465:$SERVER4" \
		--user joe:joespassword --login-options "AUTH=$mechanism" --mail-from joe@example.org \
		--mail-rcpt anna@example.net --upload-file /root/message smtps://mail.example.org:465/laptop
done
sends "msmtp --auth=plain" msmtp --host="$SERVER4" --port=587 --tls=on --tls-trust-file=/root/mail.crt \
	--tls-host-override=mail.example.org --auth=plain --user=joe --passwordeval='echo joespassword' \
	--from=joe@example.org anna@example.net
sends "msmtp --auth=login, TLS at once" msmtp --host="$SERVER4" --port=465 --tls=on --tls-starttls=off \
	--tls-trust-file=/root/mail.crt --tls-host-override=mail.example.org --auth=login --user=joe \
	--passwordeval='echo joespassword' --from=joe@example.org anna@example.net
sends "Python's smtplib" python3 -c '
import smtplib, ssl, sys
with smtplib.SMTP(sys.argv[1], 587, timeout=20) as smtp:
    smtp.starttls(context=ssl.create_default_context(cafile="/root/mail.crt"))
    smtp.login("joe", "joespassword")
    smtp.sendmail("joe@example.org", ["anna@example.net"], open("/root/message", "rb").read())
' mail.example.org

chapter "Without a network, and from another mail server"

step "swaks --pipe starts the gate"
transcript=$(on_server swaks --pipe smtpgate --timeout 20 --from root@example.org --to joe@example.org \
	--header "Subject: $report_title" 2>&1) || true
send_outcome | saw
expect "the message is accepted" replied 250
expect "it arrives in joe's mailbox" arrived_once server joe "$report_title"

for level in none encrypt; do
	step "Postfix's own client brings joe a message, smtp_tls_security_level = $level"
	on_remote postconf -e "smtp_tls_security_level = $level"
	on_remote postfix reload 2>/dev/null
	log_mark
	printf 'Subject: %s\n\nHello joe.\n' "$report_title" |
		in_machine remote remote sendmail -f anna@example.net joe@example.org
	expect "it arrives in joe's mailbox" arrived_once server joe "$report_title"
	expect_log "smtpgate\[[0-9]+\]: message client=${REMOTE4//./\\.} .*result=accepted|smtpgate\[[0-9]+\]: message client=$REMOTE6 .*result=accepted"
	[ "$level" = none ] || expect_log 'smtpgate\[[0-9]+\]: tls client='
done

chapter "Large"

on_server postconf -e message_size_limit=60000000 mailbox_size_limit=0 recipient_delimiter=+
on_server postfix reload 2>/dev/null
cp "$TOP/tests/system/clients/smtp-large.py" "$WORLD/laptop/root/"
log_mark
step "a message of 50 MB"
transcript=$(in_machine laptop stranger python3 /root/smtp-large.py "$SERVER4" someone@example.com "$report_title" \
	50000000 joe@example.org 2>&1) || true
saw <<<"$transcript"
expect "it arrives whole, once" wait_for 30 bodies_are "$report_title" 1 "$transcript"

step "a message to a thousand recipients"
transcript=$(in_machine laptop stranger python3 /root/smtp-large.py "$SERVER4" someone@example.com "$report_title" \
	1000 joe+1..1000@example.org 2>&1) || true
saw <<<"$transcript"
expect "each gets it whole, once" wait_for 60 bodies_are "$report_title" 1000 "$transcript"

kill "$clients_listener_pid" "$clients_auth_pid"
wait "$clients_listener_pid" "$clients_auth_pid" || true
layer_configure server
table_fresh
