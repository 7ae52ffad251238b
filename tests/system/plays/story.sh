# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The FAQ's story: refused, logged in, relayed, and after the window refused
# again.  One list of steps for make demo and make check.

# Usage: joe_is_refused TITLE CLIENT SERVER SUBJECT
joe_is_refused() {
	local title=$1 client=$2 server=$3 subject=$4
	step "$title"
	send joe "$server" joe@example.org anna@example.net "$subject"
	expect "the reply is 550 5.7.1 Relaying denied" replied 550 "5.7.1 Relaying denied"
	expect_log "$(decision "$client" deny)"
}

# Usage: joe_logs_in TITLE CLIENT SERVER
joe_logs_in() {
	local title=$1 client=$2 server=$3
	step "$title"
	pop_login joe "$server" joe joespassword
	expect "the login succeeds" logged_in
	expect_log "$(grant "$client" joe)"
	expect "popauthctl check says yes" may_relay "$client"
}

# Usage: joe_is_relayed TITLE CLIENT SERVER SUBJECT
joe_is_relayed() {
	local title=$1 client=$2 server=$3 subject=$4
	step "$title"
	send joe "$server" joe@example.org anna@example.net "$subject"
	expect "the message is accepted" replied 250
	expect_log "$(decision "$client" permit)"
	expect "it arrives in anna's mailbox" arrived remote anna "$subject"
	show_arrival remote anna "$subject"
}

# Usage: until_relayed IPv4|IPv6 JOE STRANGER SERVER
until_relayed() {
	local family=$1 joe=$2 stranger=$3 server=$4
	local hello="Hello Anna, over $family" offer="An offer over $family"
	chapter "$family: joe is at $joe, a stranger at $stranger, the server at $server"

	joe_is_refused "joe sends before any login, $family: refused" \
		"$joe" "$server" "$hello"

	step "a wrong password is refused and grants nothing, $family"
	pop_login joe "$server" joe wrongpassword
	expect "the login fails" not logged_in
	expect_log 'pam_unix\(pop3:auth\): authentication failure;.*user=joe'
	expect_no_log "$(grant "$joe" joe)"
	expect "popauthctl check says no" may_not_relay "$joe"
	joe_is_refused "joe sends after the wrong password, $family: still refused" \
		"$joe" "$server" "$hello"

	joe_logs_in "joe checks his mail, $family: his address is granted" \
		"$joe" "$server"
	joe_is_relayed "joe sends the same message again, $family: relayed" \
		"$joe" "$server" "$hello"

	step "a stranger sends to the same place, $family: refused"
	send stranger "$server" joe@example.org anna@example.net "$offer"
	expect "the reply is 550 5.7.1 Relaying denied" replied 550 "5.7.1 Relaying denied"
	expect_log "$(decision "$stranger" deny)"

	step "a stranger sends to joe, $family: mail for a local domain is accepted from all clients"
	send stranger "$server" someone@example.com joe@example.org "$offer"
	expect "the message is accepted" replied 250
	expect_log "$(decision "$stranger" permit)"
	expect "it arrives in joe's mailbox" arrived server joe "$offer"
	show_arrival server joe "$offer"
}

note "The window is $WINDOW_S seconds here instead of 15 minutes."
until_relayed IPv4 "$JOE4" "$STRANGER4" "$SERVER4"
until_relayed IPv6 "$JOE6" "$STRANGER6" "$SERVER6"

chapter "The window ends"

step "popauthctl lists the grants"
server_says popauthctl list
expect "joe's IPv4 address" listed "$JOE4" joe
expect "joe's IPv6 network" listed "${JOE6%:*}:(/64)?" joe

step "anna answers: her mail server delivers to joe without any grant"
log_mark
did remote "sendmail -f anna@example.net joe@example.org"
printf 'Subject: Hello Joe\n\nThank you.\n' |
	on_remote sendmail -f anna@example.net joe@example.org
expect_log "$(decision "($REMOTE4|$REMOTE6)" permit)"
expect "it arrives in joe's mailbox" arrived server joe "Hello Joe"
show_arrival server joe "Hello Joe"

step "after the window the reaper has evicted the grants"
log_mark
note "waiting for the end of $WINDOW_S seconds since the last login"
expect "joe's IPv4 address may not relay any more" \
	wait_for $((WINDOW_S + 10)) may_not_relay "$JOE4"
expect "joe's IPv6 address may not relay any more" \
	wait_for $((WINDOW_S + 10)) may_not_relay "$JOE6"
expect "nothing is left in the table" wait_for 5 table_is_empty
expect_log 'popauthd\[[0-9]+\]: sweep evicted='
server_says popauthctl list
server_says popauthctl status

joe_is_refused "joe sends after the window, IPv4: refused" \
	"$JOE4" "$SERVER4" "Late, over IPv4"
joe_is_refused "joe sends after the window, IPv6: refused" \
	"$JOE6" "$SERVER6" "Late, over IPv6"

chapter "A new login permits relaying again"

joe_logs_in "joe checks his mail again, IPv4" "$JOE4" "$SERVER4"
joe_is_relayed "joe sends after the new login, IPv4: relayed" \
	"$JOE4" "$SERVER4" "Late, over IPv4"
joe_logs_in "joe checks his mail again, IPv6" "$JOE6" "$SERVER6"
joe_is_relayed "joe sends after the new login, IPv6: relayed" \
	"$JOE6" "$SERVER6" "Late, over IPv6"
