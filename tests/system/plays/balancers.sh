# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# HAProxy in front of the gate: implicit TLS through it, and its health checks.

BALANCER_CLIENTS=25
BALANCER_KINDS=("v1" "v2" "v2 with TLVs")

balancer_configure() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org \
		-keyout "$WORLD/key.pem" -out "$WORLD/crt.pem" 2>/dev/null
	install -m 600 <(cat "$WORLD/key.pem" "$WORLD/crt.pem") "$WORLD/server/etc/popauth/balanced.pem"
	{
		cat "$WORLD/server/etc/popauth/popauth.conf"
		printf '%s\n' "proxy_from = 127.0.0.1" "tls_certificates = /etc/popauth/balanced.pem"
	} >"$WORLD/server/etc/popauth/balanced.conf"
	{
		sed '/^backend/d' "$WORLD/server/etc/popauth/balanced.conf"
		printf '%s\n' "backend = 127.0.0.1:2527" "backend_identity = proxy" \
			"[smtp]" "listen = 127.0.0.1:2626"
	} >"$WORLD/server/etc/popauth/checked.conf"
	printf '%s\n' "[submissions]" "listen = 127.0.0.1:2465" >>"$WORLD/server/etc/popauth/balanced.conf"
	# Postfix behind a PROXY header
	cat >>"$WORLD/server/etc/postfix/master.cf" <<-END
		127.0.0.1:2527 inet n - n - 0 smtpd
		  -o mynetworks=
		  -o smtpd_upstream_proxy_protocol=haproxy
		  -o smtpd_relay_restrictions=reject_unauth_destination
	END
	cat >"$WORLD/server/etc/xinetd.balanced" <<-END
		service balanced
		{
		    type = UNLISTED
		    port = 2466
		    bind = 127.0.0.1
		    socket_type = stream
		    protocol = tcp
		    wait = no
		    user = root
		    server = /usr/sbin/smtpgate
		    server_args = -s submissions -c /etc/popauth/balanced.conf
		    instances = UNLIMITED
		    per_source = UNLIMITED
		    cps = 1000 1
		}
	END
	cat >"$WORLD/server/etc/haproxy.cfg" <<-END
		global
		    stats socket /run/haproxy.sock
		defaults
		    mode tcp
		    timeout connect 5s
		    timeout client 20s
		    timeout server 20s
		    unique-id-format %ci:%cp
		$(balancer_listens 4461 "listener" 2465)
		$(balancer_listens 4471 "inetd" 2466)
		listen ehlo
		    bind 127.0.0.1:4481
		    option smtpchk EHLO balancer.example
		    server gate 127.0.0.1:2626 check inter 500ms send-proxy-v2
		listen connect
		    bind 127.0.0.1:4482
		    server gate 127.0.0.1:2626 check inter 500ms send-proxy
	END
}

# Usage: balancer_listens FIRST-PORT NAME GATE-PORT: one for each kind
balancer_listens() {
	local i options=("send-proxy" "send-proxy-v2" "send-proxy-v2 proxy-v2-options crc32c,unique-id")
	for i in 0 1 2; do
		printf 'listen %s-%s\n    bind %s:%s\n    server gate 127.0.0.1:%s %s\n' \
			"$2" "$i" "$SERVER4" "$(($1 + i))" "$3" "${options[$i]}"
	done
}

# Usage: balancer_stat PROXY COLUMN: of HAProxy's view of the gate
balancer_stat() {
	on_server python3 - "$@" <<-'END'
		import csv, socket, sys
		with socket.socket(socket.AF_UNIX) as sock:
		    sock.connect("/run/haproxy.sock")
		    sock.sendall(b"show stat\n")
		    text = sock.makefile().read()
		for row in csv.DictReader(text.removeprefix("# ").splitlines()):
		    if row["pxname"] == sys.argv[1] and row["svname"] == "gate":
		        print(row[sys.argv[2]])
	END
}

balancer_says() {
	[ "$(balancer_stat "$1" "$2")" = "$3" ]
}

packages_start_nothing server
packages_install server "$DEBS/balancer"
balancer_configure
on_server postfix reload 2>/dev/null
exec_in_machine server server smtpgate --listen -c /etc/popauth/balanced.conf &
balancer_pids=($!)
exec_in_machine server server smtpgate --listen -c /etc/popauth/checked.conf &
balancer_pids+=($!)
exec_in_machine server server xinetd -dontfork -stayalive -f /etc/xinetd.balanced -pidfile /run/balanced.pid &
balancer_pids+=($!)
for port in 2465 2626 2466 2527; do
	wait_for 10 listens server "$port" ||
		cannot "port $port is not open: $(tail -n 1 "$WORLD/server/var/log/syslog")"
done
exec_in_machine server server haproxy -db -f /etc/haproxy.cfg >"$WORLD/haproxy.log" 2>&1 &
balancer_pids+=($!)
wait_for 10 listens server 4461 || cannot "HAProxy did not start: $(tail -n 1 "$WORLD/haproxy.log")"

for port in 4461 4471; do
	for kind in 0 1 2; do
		step "implicit TLS through HAProxy, ${BALANCER_KINDS[$kind]}, $([ $port = 4461 ] && echo listener || echo xinetd)"
		log_mark
		transcript=$(exec_in_machine laptop joe python3 - "$SERVER4" $((port + kind)) "$BALANCER_CLIENTS" \
			<"$TOP/tests/system/clients/tls-greetings.py" 2>&1) || true
		saw <<<"$transcript"
		expect "all clients are served" grep -qx "served $BALANCER_CLIENTS" <<<"$transcript"
		expect_log "smtpgate\[[0-9]+\]: tls client=$JOE4 .* version="
	done
done

step "HAProxy's health check by EHLO finds the gate UP, with backend_identity = proxy"
log_mark
expect "the check succeeds" wait_for 10 balancer_says ehlo check_status L7OK
sleep 2 # for four checks
expect "so do later ones" balancer_says ehlo check_status L7OK
expect "the gate is UP" balancer_says ehlo status UP
expect "and never was DOWN" balancer_says ehlo chkdown 0
expect_no_log 'smtpgate\[[0-9]+\]: backend '

step "HAProxy's check by a connection is no early talker"
expect "the gate is UP" balancer_says connect status UP
expect_log 'smtpgate\[[0-9]+\]: disconnect client=127.0.0.1 .* reason=eof commands=0 '
expect_no_log 'reason=early-talker'
kill "${balancer_pids[@]}"
wait "${balancer_pids[@]}" 2>/dev/null || true
