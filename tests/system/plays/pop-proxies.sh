# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# popauth(7)'s recipes for proxies and TLS wrappers in front of a POP server, by
# the real programs: the client is granted, and not the proxy.
#
# The POP server is on the machine "pop", the proxy on "mta" or on "pop" itself.

PROXIES=$TOP/tests/system/machines/proxies/etc

# Usage: proxied_login METHOD HOST PORT: joe4 of joe's laptop; see $transcript
proxied_login() {
	log_mark
	did joe "a login by $1 at $2, port $3"
	transcript=$(printf 'login %s %s %s joe4 joe4spassword\n' "$@" |
		exec_in_machine laptop joe python3 /root/pop-logins.py 2>&1) || true
	saw <<<"$transcript"
}

# Usage: proxied_is_granted ADDRESS FROM: the login succeeded, and this address is
# granted alone
proxied_is_granted() {
	expect "the login succeeds" grep -q '^login in ' <<<"$transcript"
	expect "the client is granted, and no other" test "$(pop_granted)" = "$1 joe4"
	expect_log "$(grant "${JOE}" joe4).* from=$2"
}

# Usage: proxy_start MACHINE PORT COMMAND...; proxy_stop ends it
proxy_start() {
	local machine=$1 port=$2
	shift 2
	exec_in_machine "$machine" "$machine" "$@" >"$WORLD/proxy.log" 2>&1 &
	proxy_pid=$!
	wait_for 20 listens "$machine" "$port" ||
		cannot "'$*' did not start: $(tail -n 1 "$WORLD/proxy.log")"
}

proxy_stop() {
	kill "$proxy_pid"
	wait "$proxy_pid" 2>/dev/null || true
}

# A certificate for stunnel on pop.
proxy_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=mail.example.org -keyout "$WORLD/key.pem" -out "$WORLD/crt.pem" 2>/dev/null
	install -D -m 600 <(cat "$WORLD/key.pem" "$WORLD/crt.pem") "$WORLD/pop/etc/stunnel/mail.pem"
}

# popauth(7)'s file, in the foreground.  Usage: stunnel_start NAME
stunnel_start() {
	{
		printf '%s\n' "foreground = yes" "pid ="
		cat "$PROXIES/stunnel/$1.conf"
	} >"$WORLD/pop/etc/stunnel/$1.conf"
	proxy_start pop 995 stunnel4 "/etc/stunnel/$1.conf"
}

JOE=$JOE4
mta_machine proxies
pop_machine dovecot
packages_install pop "$DEBS/proxies"
proxy_certificate
cp "$PROXIES/dovecot/haproxy.conf" "$WORLD/pop/etc/dovecot/conf.d/95-recipe.conf"
cat >>"$WORLD/pop/etc/dovecot/local.conf" <<-'END'
	service pop3-login {
	  inet_listener pop3s {
	    port = 0
	  }
	}
END
pop_start 110 dovecot -F

chapter "HAProxy on another machine"
for protocol in send-proxy-v2 send-proxy; do
	for address in "$MTA4" "$MTA6"; do
		step "HAProxy with $protocol, at $address: the client is granted"
		sed -e "s/send-proxy-v2/$protocol/" \
			"$PROXIES/haproxy/haproxy.cfg" >"$WORLD/mta/etc/haproxy/haproxy.cfg"
		proxy_start mta 110 haproxy -db -f /etc/haproxy/haproxy.cfg
		pop_table_fresh
		JOE=$JOE4 granted=$JOE4
		[ "$address" = "$MTA4" ] || JOE=$JOE6 granted=${JOE6%:*}:/64
		proxied_login pass "$address" 110
		proxied_is_granted "$granted" rhost
		proxy_stop
	done
done
JOE=$JOE4

step "HAProxy that passes nothing on: its own address is granted"
sed -e 's/10110 send-proxy-v2/110/' "$PROXIES/haproxy/haproxy.cfg" >"$WORLD/mta/etc/haproxy/haproxy.cfg"
proxy_start mta 110 haproxy -db -f /etc/haproxy/haproxy.cfg
pop_table_fresh
proxied_login pass "$MTA4" 110
expect "the login succeeds" grep -q '^login in ' <<<"$transcript"
expect "the proxy is granted" test "$(pop_granted)" = "$MTA4 joe4"

step "and with never_grant the log says that it is not, once"
printf '[table]\nnever_grant = %s\n' "$MTA4" >"$WORLD/pop/etc/popauth/conf.d/never.conf"
pop_table_fresh
proxied_login pass "$MTA4" 110
expect_log "pam_popauth\([^)]*\): no-grant client=$MTA4 user=joe4 .*never granted.*PROXIES in popauth\(7\)"
proxied_login pass "$MTA4" 110
expect "the login succeeds" grep -q '^login in ' <<<"$transcript"
expect_no_log 'pam_popauth'
expect "there is no grant" test "$(pop_granted)" = ""
rm "$WORLD/pop/etc/popauth/conf.d/never.conf"
proxy_stop

chapter "nginx on another machine"
step "nginx with proxy_protocol: the client is granted"
{
	cat <<-'END'
		load_module modules/ngx_mail_module.so;
		daemon off;
		events { }
		http {
		  access_log off;
		  server {
		    listen 127.0.0.1:9000;
		    location /auth {
		      add_header Auth-Status OK;
	END
	printf '      add_header Auth-Server %s;\n      add_header Auth-Port 10110;\n' "$POP4"
	printf '      return 200;\n    }\n  }\n}\n'
	cat "$PROXIES/nginx/mail.conf"
} >"$WORLD/mta/etc/nginx/nginx.conf"
proxy_start mta 110 nginx
pop_table_fresh
proxied_login pass "$MTA4" 110
proxied_is_granted "$JOE4" rhost
proxy_stop

chapter "stunnel on the same machine"
step "stunnel with protocol = proxy: the client is granted"
stunnel_start pop3s
pop_table_fresh
proxied_login pop3s "$POP4" 995
proxied_is_granted "$JOE4" rhost
JOE=$JOE6
pop_table_fresh
proxied_login pop3s "$POP6" 995
proxied_is_granted "${JOE6%:*}:/64" rhost
JOE=$JOE4
proxy_stop

step "stunnel that passes nothing on: no grant, and the log says so"
sed -i -e '/^protocol/d' -e 's/10110/110/' "$WORLD/pop/etc/stunnel/pop3s.conf"
proxy_start pop 995 stunnel4 /etc/stunnel/pop3s.conf
pop_table_fresh
proxied_login pop3s "$POP4" 995
expect "the login succeeds" grep -q '^login in ' <<<"$transcript"
expect "there is no grant" test "$(pop_granted)" = ""
expect_log 'pam_popauth\(pop3:account\): no-grant client=127.0.0.1 user=joe4 .*many clients may share it'
proxy_stop

chapter "A host in login_trusted_networks"
step "a trusted host names the client, and another host cannot"
pop_stop
printf 'login_trusted_networks = %s\n' "$MTA4" >"$WORLD/pop/etc/dovecot/conf.d/96-recipe.conf"
pop_start 110 dovecot -F
pop_table_fresh
cat >"$WORLD/xclient.py" <<-'END'
	import socket, sys
	host, client, user = sys.argv[1:]
	with socket.create_connection((host, 110), timeout=20) as sock:
	    replies = sock.makefile("r")
	    replies.readline()
	    for line in f"XCLIENT ADDR={client} PORT=1234", f"USER {user}", f"PASS {user}spassword", "QUIT":
	        sock.sendall(line.encode() + b"\r\n")
	        replies.readline()
END
on_mta python3 - "$POP4" 203.0.113.9 joe4 <"$WORLD/xclient.py"
expect "the address that it named is granted" test "$(pop_granted)" = "203.0.113.9 joe4"
pop_table_fresh
exec_in_machine laptop stranger python3 - "$POP4" 203.0.113.9 joe4 <"$WORLD/xclient.py" &
wait $!
expect "of another host it is the host's own" test "$(pop_granted)" = "$STRANGER4 joe4"

chapter "perdition"
step "perdition -a asks PAM itself: the client is granted"
sed '/pam_popauth/d' "$WORLD/pop/etc/pam.d/pop3" >"$WORLD/pop/etc/pam.d/perdition"
printf 'account optional pam_popauth.so\n' >>"$WORLD/pop/etc/pam.d/perdition"
proxy_start pop 1110 perdition -F - -P POP3 -l 1110 -s 127.0.0.1 -p 110 -a --ssl_mode none --no_daemon -f ''
pop_table_fresh
proxied_login pass "$POP4" 1110
proxied_is_granted "$JOE4" rhost
proxy_stop
pop_stop

chapter "stunnel that starts popa3d"
pop_machine popa3d
packages_install pop "$DEBS/proxies"
proxy_certificate
cp "$PROXIES/pam.d/popa3d" "$WORLD/pop/etc/pam.d/popa3d"
stunnel_start popa3d
step "under stunnel's exec the client is in the environment, and is granted"
pop_table_fresh
proxied_login pop3s "$POP4" 995
proxied_is_granted "$JOE4" env
proxy_stop
step "and without TLS it is on descriptor 0"
pop_start 110 popa3d -D
pop_table_fresh
proxied_login pass "$POP4" 110
proxied_is_granted "$JOE4" fd0
pop_machine_end
mta_machine_end
