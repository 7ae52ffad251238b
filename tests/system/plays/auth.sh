# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# SMTP AUTH: joe logs in with his password, by PAM and by Dovecot, and other
# clients cannot.  joe's network may log in without TLS here.

# Longer than PAM and a busy machine need for one password.
AUTH_DELAY_MS=2000
AUTH_MAX_FAILURES=50
N_GUESSES=10000
auth_pid=

# Usage: auth_configure AUTH [TIMEOUT]: options of popauth.conf; the gate reads it
# for each client.
auth_configure() {
	cat "$TOP/tests/system/machines/server/etc/popauth/popauth.conf" - \
		>"$WORLD/server/etc/popauth/popauth.conf" <<-END
			auth = $1
			auth_plain_networks = ${JOE4%.*}.0/24
			[smtp]
			offer_auth = yes
			listen = $SERVER4:2500
			[smtpgate-auth]
			delay = $((AUTH_DELAY_MS / 1000))s
			timeout = ${2:-1m}
			max_user_failures = 5
			max_failures = $AUTH_MAX_FAILURES
		END
}

auth_start() {
	exec_in_machine server server smtpgate-auth &
	auth_pid=$!
	wait_for 10 test -S "$WORLD/server/run/smtpgate/auth.sock" ||
		cannot "smtpgate-auth did not start: $(tail -n 1 "$WORLD/server/var/log/syslog")"
}

# Returns its exit status.
auth_stop() {
	kill "$auth_pid"
	wait "$auth_pid"
}

# Usage: auth_reload AUTH TIMEOUT
auth_reload() {
	auth_configure "$@"
	log_mark
	kill -HUP "$auth_pid"
	expect_log 'smtpgate-auth\[[0-9]+\]: reloaded'
}

# How often the PAM stack was asked: a log line may be lost in a flood of them.
times_asked() {
	grep -c '^asked$' "$WORLD/server/root/asked" || true
}

# Usage: send_as MECHANISM USER PASSWORD SUBJECT: joe's laptop, to anna
send_as() {
	login_options=(--auth "$1" --auth-user "$2" --auth-password "$3")
	send joe "$SERVER4" joe@example.org anna@example.net "$4"
	login_options=()
}

# swaks says "authentication failed" and gives up.
not_logged_in() {
	grep -qE "^<\*\* +$1" <<<"$transcript"
}

# Usage: guesses N_AT_ONCE, from source_address
guesses() {
	in_machine laptop joe python3 /root/auth-guesses.py "$SERVER4" 2500 "$N_GUESSES" "$1" "$source_address"
}

auth_line() {
	printf 'smtpgate\[[0-9]+\]: auth client=%s .* user=%s mechanism=%s tls=no result=%s' \
		"${JOE4//./\\.}" "$1" "$2" "$3"
}

auth_configure pam
auth_start
table_fresh

chapter "SMTP AUTH by PAM"

for mechanism in PLAIN LOGIN; do
	step "joe logs in with AUTH $mechanism: his mail is relayed"
	send_as "$mechanism" joe joespassword "Hello by $mechanism"
	expect "the message is accepted" replied 250
	expect_log "$(auth_line joe "$mechanism" ok)"
	expect_log "smtpgate\[[0-9]+\]: rcpt client=${JOE4//./\\.} .* user=joe via=auth .*result=permit"
	expect_log "smtpgate-auth\[[0-9]+\]: auth client=${JOE4//./\\.} session=.* user=joe tls=no result=ok"
	expect "it arrives in anna's mailbox" arrived remote anna "Hello by $mechanism"

	step "the wrong password with AUTH $mechanism is refused, and in no log"
	send_as "$mechanism" joe "Xwrong-$mechanism" "Wrong by $mechanism"
	expect "the reply is 535" not_logged_in 535
	expect_log "$(auth_line joe "$mechanism" denied)"
	expect_log "smtpgate-auth\[[0-9]+\]: auth .*user=joe .*result=denied stage=auth"
	expect_no_log "Xwrong|$(printf 'Xwrong-%s' "$mechanism" | base64)"
done

step "a login makes no grant: the next session may not relay without it"
expect "popauthctl check says no" may_not_relay "$JOE4"
send joe "$SERVER4" joe@example.org anna@example.net "$report_title"
expect "the reply is 550 and names POP and AUTH" replied 550 "then send within ${WINDOW_S}s, or log in"

step "wrong, unknown, expired, locked, no password, system account: the same reply at the same time"
on_server chage -E 1 user05
on_server usermod -L user06
on_server useradd nopass
note "user05 is expired, user06 locked, nopass has no password; all but joe's and root's are right"
transcript=$(in_machine laptop joe python3 - "$SERVER4" joe:wrong nobody-here:wrong \
	user05:user05spassword user06:user06spassword nopass:x root:x \
	<"$TOP/tests/system/clients/auth-times.py" 2>&1) || true
saw <<<"$transcript"
expect "all six get the same reply" \
	test "$(cut -d ' ' -f 3- <<<"$transcript" | sort | uniq -c | tr -s ' ')" = " 6 535 5.7.8 Wrong user name or password"
# shellcheck disable=SC2016 # $2 is awk's
expect "none sooner than after $AUTH_DELAY_MS ms" \
	awk -v least="$AUTH_DELAY_MS" '$2 < least { bad = 1 } END { exit bad }' <<<"$transcript"
# shellcheck disable=SC2016 # load delays all of them in the same way
expect "none a whole delay later" \
	awk -v most="$((2 * AUTH_DELAY_MS))" '$2 >= most { bad = 1 } END { exit bad }' <<<"$transcript"
on_server chage -E -1 user05
on_server usermod -U user06

step "after five wrong passwords not even the right one is tried, for this user at this address"
in_machine laptop joe python3 - "$SERVER4" user07:a user07:b user07:c user07:d user07:e \
	<"$TOP/tests/system/clients/auth-times.py" 2>&1 | saw
send_as PLAIN user07 user07spassword "$report_title"
expect "the reply is 421" not_logged_in 421
expect_log "smtpgate-auth\[[0-9]+\]: auth .*user=user07 .*result=too-many stage=limit"
from_office "$(office_address 1)" send_as PLAIN user07 user07spassword "$report_title"
expect "from another address the user may log in" replied 250

step "ten thousand guesses from many connections: only as many as the limit are tried"
sed -i '1i auth optional pam_exec.so quiet log=/root/asked /bin/echo asked' "$WORLD/server/etc/pam.d/smtpgate"
# a place is free only a moment after its client has left
sed -i '/^auth_plain_networks/a max_connections_per_client = 500' "$WORLD/server/etc/popauth/popauth.conf"
exec_in_machine server server smtpgate --listen &
guessed_listener_pid=$!
wait_for 10 listens server 2500 ||
	cannot "smtpgate --listen did not start: $(tail -n 1 "$WORLD/server/var/log/syslog")"
cp "$TOP/tests/system/clients/auth-guesses.py" "$WORLD/laptop/root/"
log_mark
begin_s=$SECONDS
transcript=$(from_office "$(office_address 2)" guesses 20) || true
note "$N_GUESSES guesses, 20 at once, in $((SECONDS - begin_s)) s; their replies:"
saw <<<"$transcript"
expect "$AUTH_MAX_FAILURES of them were tried" test "$(grep -w 535 <<<"$transcript")" = "$AUTH_MAX_FAILURES 535"
expect "PAM checked no other" test "$(times_asked)" -eq "$AUTH_MAX_FAILURES"
expect "all others got 421" test "$(grep -w 421 <<<"$transcript")" = "$((N_GUESSES - AUTH_MAX_FAILURES)) 421"
from_office "$(office_address 1)" send_as PLAIN user08 user08spassword "$report_title"
expect "another address may log in" replied 250
kill "$guessed_listener_pid"
wait "$guessed_listener_pid" || true

step "without TLS AUTH is offered to the listed network only"
transcript=$(in_machine laptop stranger swaks --server "$SERVER4" --ehlo laptop --auth PLAIN \
	--auth-user joe --auth-password joespassword --from joe@example.org --to anna@example.net 2>&1) || true
expect "AUTH is not offered" grep -q '^\*\*\* Host did not advertise authentication' <<<"$transcript"

step "a PAM stack that hangs for one user is killed, and joe can log in meanwhile"
auth_reload pam 15s
cat >"$WORLD/server/etc/pam.d/smtpgate" <<-'END'
	auth [success=1 default=ignore] pam_succeed_if.so quiet user != user08
	auth required pam_exec.so quiet /bin/sleep 61
	@include common-auth
	@include common-account
END
log_mark
in_machine laptop joe python3 - "$SERVER4" user08:x \
	<"$TOP/tests/system/clients/auth-times.py" >"$WORLD/hanging" 2>&1 &
hanging_pid=$!
expect "it hangs" wait_for 10 pgrep -f '^/bin/sleep 61'
mark_of_hang=$log_mark_bytes
send_as PLAIN joe joespassword "$report_title"
expect "joe's message is accepted" replied 250
log_mark_bytes=$mark_of_hang
wait "$hanging_pid" || true
saw <"$WORLD/hanging"
expect "the other user gets 454" grep -q ' 454 4.7.0 ' "$WORLD/hanging"
expect_log 'smtpgate-auth\[[0-9]+\]: timeout pid='
expect "the hanging process is gone" wait_for 10 not pgrep -f '^/bin/sleep 61'

step "without its PAM service no user can log in, and the log has the reason"
rm "$WORLD/server/etc/pam.d/smtpgate"
send_as PLAIN joe joespassword "$report_title"
expect "the reply is 454" not_logged_in 454
expect_log 'smtpgate-auth\[[0-9]+\]: auth .*result=unavailable stage=service msg="there is no /etc/pam.d/smtpgate'
cp "$TOP/smtpgate-auth/smtpgate.pam" "$WORLD/server/etc/pam.d/smtpgate"

step "another local user cannot ask smtpgate-auth"
transcript=$(on_server setpriv --reuid joe --regid joe --clear-groups \
	python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect("/run/smtpgate/auth.sock")' 2>&1) || true
tail -n 1 <<<"$transcript" | saw
expect "it is forbidden" grep -q 'Permission denied' <<<"$transcript"

step "smtpgate-auth stops: mail without a login is accepted, a login gets 454"
expect "it ends with status 0" auth_stop
send_as PLAIN joe joespassword "$report_title"
expect "the reply is 454" not_logged_in 454
expect_log "$(auth_line joe PLAIN unavailable) msg=\"smtpgate-auth is not running; start it\""
send stranger "$SERVER4" someone@example.com joe@example.org "$report_title"
expect "mail for joe is accepted" replied 250

chapter "SMTP AUTH by Dovecot"

auth_configure dovecot:/run/dovecot/auth-client
for mechanism in PLAIN LOGIN; do
	step "joe logs in with AUTH $mechanism by Dovecot: his mail is relayed"
	send_as "$mechanism" joe joespassword "Hello by Dovecot's $mechanism"
	expect "the message is accepted" replied 250
	expect_log "$(auth_line joe "$mechanism" ok)"
	expect "it arrives in anna's mailbox" arrived remote anna "Hello by Dovecot's $mechanism"

	step "the wrong password with AUTH $mechanism by Dovecot is refused"
	send_as "$mechanism" joe wrongpassword "$report_title"
	expect "the reply is 535" not_logged_in 535
	expect_log "$(auth_line joe "$mechanism" denied)"
	# Dovecot got the client's address
	expect_log "pam_unix\(smtp:auth\): authentication failure;.* rhost=${JOE4//./\\.} +user=joe"
done

layer_configure server
