# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# smtpgate -t with the real Postfix, smtpgate-auth and certificates: each step is
# a configuration of which it used to say "ok", and what it says now.

chapter "smtpgate -t"

CHECK_CONF=/etc/popauth/check.conf
TABLE_FILE=$WORLD/server/etc/popauth/check.conf

# Listeners that a site may have, beside the two of README.md.
# Usage: check_listener PORT OPTION...: for master.cf
check_listener() {
	local port=$1 option
	shift
	printf '127.0.0.1:%s inet n - n - - smtpd\n' "$port"
	for option in syslog_name=postfix/"$port" smtpd_client_connection_count_limit=0 "$@"; do
		printf '  -o { %s }\n' "$option"
	done
}
XCLIENT=smtpd_authorized_xclient_hosts=127.0.0.1
{
	check_listener 2601 mynetworks=
	check_listener 2602 mynetworks= smtpd_upstream_proxy_protocol=haproxy
	check_listener 2603 mynetworks= "$XCLIENT" inet_protocols=ipv4
	check_listener 2604 mynetworks= "$XCLIENT" \
		"smtpd_relay_restrictions = check_client_access static:permit, reject_unauth_destination" \
		"smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
	check_listener 2605 mynetworks= "$XCLIENT" \
		"smtpd_client_restrictions = check_reverse_client_hostname_access inline:{ bad.example=REJECT }"
	check_listener 2606 mynetworks= "$XCLIENT" \
		"smtpd_sender_restrictions = reject_unknown_client_hostname"
	check_listener 2607 mynetworks= "$XCLIENT" \
		"smtpd_relay_restrictions = check_client_access static:permit, reject_unauth_destination"
} >>"$WORLD/server/etc/postfix/master.cf"
on_server postfix reload 2>/dev/null
for port in 2601 2602 2603 2604 2605 2606 2607; do
	wait_for 10 listens server "$port" || cannot "Postfix does not listen on port $port."
done

# Usage: check_site SECTION OPTION=VALUE...: the server's configuration, with these
# in place of its own options; "[section]" begins another section.
check_site() {
	local line section=smtpgate
	declare -A site=([hostname]=mail.example.org [local_domains]=example.org
		[backend]=127.0.0.1:2525
		[backend_relay]=unix:/var/spool/postfix/public/smtpgate)
	local rest=()
	for line; do
		case $section:$line in
		*:\[*) section=${line#[} rest+=("$line") ;;
		smtpgate:*) site[${line%%=*}]=${line#*=} ;;
		*) rest+=("$line") ;;
		esac
	done
	{
		printf '[smtpgate]\n'
		for line in "${!site[@]}"; do
			printf '%s = %s\n' "$line" "${site[$line]}"
		done
		# a service without TLS, so that nothing is missing
		[[ " ${rest[*]} " == *"[smtp]"* ]] || printf '[smtp]\ntls = none\n'
		[ ${#rest[@]} -eq 0 ] || printf '%s\n' "${rest[@]}"
	} >"$TABLE_FILE"
}

# Usage: check_says STATUS PATTERN: of the configuration that check_site wrote.
check_says() {
	local wanted=$1 pattern=$2 status=0 said
	did server "smtpgate -t -c $CHECK_CONF"
	said=$(on_server smtpgate -t -c "$CHECK_CONF" 2>&1) || status=$?
	saw <<<"$said"
	expect "its status is $wanted, and not $status" test "$status" -eq "$wanted"
	expect "it says: $pattern" grep -qE "$pattern" <<<"$said"
}

step "README's two listeners are fine, by XCLIENT and by PROXY"
check_site
check_says 0 " is fine$"
check_site backend=127.0.0.1:2602 backend_identity=proxy
check_says 0 " is fine$"

step "the test can be recognised in the mail log"
log_mark
check_site
check_says 0 " is fine$"
expect_log "postfix/gate/smtpd\[[0-9]+\]: NOQUEUE: reject: .* to=<smtpgate-test@example.com> .*helo=<smtpgate-test.example.com>"

step "1: a service that listens has no certificate: the gate does not start"
check_site "[submission]" "listen = 127.0.0.1:587"
check_says 78 "\[submission\] tls: the service must speak TLS, but there is no certificate; set tls_certificates"

# Usage: check_certificate NAME: /etc/ssl/check-NAME.crt and .key
check_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org \
		-keyout "$WORLD/server/etc/ssl/check-$1.key" \
		-out "$WORLD/server/etc/ssl/check-$1.crt" 2>/dev/null
	on_server chgrp smtpgate "/etc/ssl/check-$1.key"
	on_server chmod 640 "/etc/ssl/check-$1.key"
}
check_certificate a
check_certificate b
certificate=/etc/ssl/check-a.crt:/etc/ssl/check-a.key

step "2: auth = pam, and smtpgate-auth does not run: no client can log in"
check_site tls_certificates=$certificate auth=pam "[submission]" "listen = 127.0.0.1:587"
check_says 1 "auth: /run/smtpgate/auth.sock: (No such file or directory|Connection refused): no client can log in; start smtpgate-auth"
exec_in_machine server server smtpgate-auth -c "$CHECK_CONF" &
check_auth_pid=$!
wait_for 10 test -S "$WORLD/server/run/smtpgate/auth.sock" || cannot "smtpgate-auth did not start."
log_mark
check_says 0 " is fine$"
check_says 0 " is fine$"
expect_no_log "smtpgate-auth.*bad-request"
kill "$check_auth_pid"
wait "$check_auth_pid" || true

step "3: backend_identity = proxy, and Postfix does not expect it: no client is served"
check_site backend=127.0.0.1:2601 backend_identity=proxy
check_says 78 "backend: 127.0.0.1:2601: it does not accept the PROXY header of the gate .*; Postfix: set smtpd_upstream_proxy_protocol = haproxy"
check_site backend=127.0.0.1:2602
check_says 78 "backend: 127.0.0.1:2602: .*if it waits for a PROXY header, set the identity to proxy"
check_site backend=127.0.0.1:2601
check_says 78 "it does not offer XCLIENT to the gate; Postfix: set smtpd_authorized_xclient_hosts"

step "4: AUTH is offered without TLS, or without a program that checks passwords"
check_site auth=pam "[smtp]" "offer_auth = yes"
check_says 1 "\[smtp\] offer_auth: no client is offered AUTH, because there is no TLS and auth_plain_networks is empty; set tls_certificates"
check_site tls_certificates=$certificate "[smtp]" "offer_auth = yes"
check_says 1 "\[smtp\] offer_auth: no client is offered AUTH, because no program checks passwords"

step "5: relay_networks is the internet: an open relay"
check_site relay_networks=0.0.0.0/0
check_says 78 "relay_networks: 0.0.0.0/0 is the internet, or a large part of it: the gate relays for all of it"
check_site relay_networks=::/0
check_says 78 "relay_networks: ::/0 is the internet"
check_site relay_networks="10.0.0.0/8, 192.0.2.0/24, fc00::/7, 2001:db8::/32"
check_says 0 " is fine$"

step "6: old restrictions of main.cf hold on the relay listener too: it does not relay"
check_site backend_relay=127.0.0.1:2604
check_says 1 "backend_relay: 127.0.0.1:2604: it does not relay: '554 5.7.1 <smtpgate-test@example.com>: Relay access denied'; Postfix: clear its restrictions"
check_site backend=127.0.0.1:2607
check_says 78 "backend: 127.0.0.1:2607: it relays for a stranger"

step "7: a key, a file or a socket that the gate's user cannot open"
on_server chgrp root /etc/ssl/check-a.key
# xinetd, which is on here, starts the gate as root
check_site tls_certificates=$certificate "[smtp]"
check_says 0 " is fine$"
check_site tls_certificates=$certificate "[smtp]" "listen = $SERVER4:2500"
check_says 78 "tls_certificates: /etc/ssl/check-a.key: user smtpgate may not read it; run: popauth-keys add mail /etc/ssl/check-a.crt /etc/ssl/check-a.key, and set tls_certificates = /etc/popauth/tls/mail.pem"
on_server groupadd --system check-cert
on_server chgrp check-cert /etc/ssl/check-a.key
check_says 78 "; run: adduser smtpgate check-cert"
on_server usermod -aG check-cert smtpgate
check_says 0 " is fine$"
on_server mkdir -m 700 /etc/check-live
on_server ln -s /etc/ssl/check-a.crt /etc/ssl/check-a.key /etc/check-live/
on_server ln -s /etc/check-live/check-a.key /etc/ssl/check-link.key
check_site tls_certificates=/etc/ssl/check-a.crt:/etc/ssl/check-link.key "[smtp]" "listen = $SERVER4:2500"
check_says 78 "/etc/ssl/check-link.key: user smtpgate may not open /etc/check-live; run: popauth-keys add mail "
on_server gpasswd -d smtpgate postdrop >/dev/null
check_site
check_says 1 "backend_relay: unix:/var/spool/postfix/public/smtpgate: Permission denied: user smtpgate may not open /var/spool/postfix/public; run: adduser smtpgate postdrop"
on_server usermod -aG postdrop smtpgate
check_site "[smtp]" "tls = none" "listen = $SERVER4:2500"
on_server chmod 600 "$CHECK_CONF"
check_says 78 "$CHECK_CONF: user smtpgate may not open $CHECK_CONF; run: chgrp smtpgate"
on_server chmod 644 "$CHECK_CONF"

step "Postfix without IPv6 serves IPv4 clients only"
check_site backend=127.0.0.1:2603
check_says 1 "it refuses XCLIENT for a client with an IPv6 address: .*; set inet_protocols = all"
check_site backend=127.0.0.1:2603 "[smtp]" "tls = none" "listen = 0.0.0.0:25"
check_says 0 " is fine$"

step "rules of Postfix that need the client's host name, which XCLIENT does not give"
check_site backend=127.0.0.1:2605
check_says 1 "Postfix's smtpd_client_restrictions has check_reverse_client_hostname_access, which needs the client's host name; XCLIENT gives none; set the identity to proxy"
check_site backend=127.0.0.1:2606
check_says 78 "it refuses every client, because XCLIENT gives no host name: '450 4.7.25"

step "certificates that no client is shown, and keys of others"
check_site tls_certificates="$certificate, /etc/ssl/check-b.crt:/etc/ssl/check-b.key" "[smtp]"
check_says 1 "tls_certificates: /etc/ssl/check-b.crt:/etc/ssl/check-b.key: no client is ever shown this certificate"
check_site tls_certificates=/etc/ssl/check-a.crt:/etc/ssl/check-b.key "[smtp]"
check_says 78 "tls_certificates: /etc/ssl/check-b.key: it does not belong to /etc/ssl/check-a.crt"
