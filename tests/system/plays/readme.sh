# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# README.md, "On a real server": its lines, without a change, on a machine with
# Dovecot, Postfix and xinetd and without popauth.

. "$TOP/tests/system/lib/readme.sh"

chapter "README.md, On a real server"

site_make
cp "$TOP/tests/system/machines/server/etc/postfix/main.cf" "$WORLD/pop/etc/postfix/"
mkdir -p "$WORLD/pop/root/popauth/build"
mv "$WORLD/pop/root/debs" "$WORLD/pop/root/popauth/build/deb"
on_pop postconf -F '*/*/chroot = n'
on_pop postconf -e inet_interfaces=all
pop_start 110 dovecot -F
pop_start 25 postfix start-fg
on_pop service xinetd start >/dev/null 2>&1 || true

step "its lines succeed"
readme_lines >"$WORLD/pop/root/lines"
while IFS= read -r line; do
	did pop "$line"
done <"$WORLD/pop/root/lines"
expect "there are some, and not more than five" grep -qx '[1-5]' <(wc -l <"$WORLD/pop/root/lines")
readme_status=0
readme_began=$SECONDS
on_pop env DEBIAN_FRONTEND=noninteractive sh -e -c 'cd /root/popauth && . /root/lines' \
	>"$WORLD/readme.out" 2>&1 <<<y || readme_status=$?
expect "each has status 0" test "$readme_status" -eq 0
[ "$readme_status" -eq 0 ] || tail -n 20 "$WORLD/readme.out" | saw
expect "popauthd is alive" wait_for 10 on_pop popauthctl status

step "popauthctl pam-check finds no mistake"
on_pop popauthctl pam-check 2>&1 | saw || true
expect "its status is 0" on_pop popauthctl pam-check

step "joe sends before a login: refused"
wait_for 10 listens pop 25 || true
send joe "$POP4" joe@example.org anna@example.net "README before"
expect "the reply says what to do" replied 550 "5.7.1 Relaying denied"

step "joe fetches his mail: granted"
pop_login joe "$POP4" joe joespassword
expect "the login succeeds" logged_in
expect_log "$(grant "$JOE4" joe)"
on_pop popauthctl list 2>&1 | saw
expect "popauthctl list shows it" grep -q "$JOE4 .*joe" <(on_pop popauthctl list)

step "joe sends again: relayed, and it arrives"
send joe "$POP4" joe@example.org anna@example.net "README after"
expect "the message is accepted" replied 250
expect "it arrives in anna's mailbox" arrived remote anna "README after"
note "From apt install to the first relayed mail: $(wc -l <"$WORLD/pop/root/lines") lines typed and one answer, $((SECONDS - readme_began)) seconds."

step "a stranger is refused, and may write to joe"
send stranger "$POP4" joe@example.org anna@example.net "README stranger"
expect "the reply is 550 5.7.1" replied 550 "5.7.1"
send stranger "$POP4" someone@example.com joe@example.org "README to joe"
expect "the message is accepted" replied 250
expect "it arrives in joe's mailbox" arrived pop joe "README to joe"

# Usage: joe_says PASSWORD: to the gate, from an address that needs no TLS.
joe_says() {
	login_options=(--auth PLAIN --auth-user joe --auth-password "$1")
	send joe "$POP4" joe@example.org anna@example.net "README password"
	login_options=()
}

step "without systemd smtpgate-auth is started like popauthd, and calls PAM"
printf '%s\n' '[smtpgate]' 'auth = pam' "auth_plain_networks = ${JOE4%.*}.0/24" \
	'[smtp]' 'offer_auth = yes' >>"$WORLD/pop/etc/popauth/popauth.conf"
on_pop popauthctl revoke "$JOE4" | saw
did pop "start-stop-daemon --start --background --exec /usr/sbin/smtpgate-auth"
on_pop start-stop-daemon --start --background --exec /usr/sbin/smtpgate-auth
expect "its socket is there" wait_for 10 on_pop test -S /run/smtpgate/auth.sock
joe_says joespassword
expect "the right password relays" replied 250
joe_says wrongpassword
expect "a wrong one is refused" grep -qE '^<\*\* +535' <<<"$transcript"

pop_machine_end
