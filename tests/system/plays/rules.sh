# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Rules of the administrator: block and permit, in running sessions, over a
# reboot, and when they cannot be read.

RULES=$WORLD/server/var/lib/popauth/rules

# Usage: talk_begin; talk COMMAND: one session of joe's laptop.
talk_begin() {
	mkfifo "$WORLD/talk.in"
	in_machine laptop joe python3 -c "$(cat "$TOP/tests/system/clients/smtp-session.py")" \
		"$SERVER4" 25 <"$WORLD/talk.in" >"$WORLD/talk.out" 2>&1 &
	talk_pid=$!
	exec 7>"$WORLD/talk.in"
	: >"$WORLD/talk.out"
	talked=0
	next_reply
}

next_reply() {
	talked=$((talked + 1))
	wait_for 20 has_lines "$talked" || true
	transcript=$(sed -n "${talked}p" "$WORLD/talk.out")
	saw <<<"$transcript"
}

has_lines() {
	[ "$(wc -l <"$WORLD/talk.out")" -ge "$1" ]
}

talk() {
	did joe "$1"
	printf '%s\n' "$1" >&7
	next_reply
}

joe_is_granted() {
	pop_login joe "$SERVER4" joe joespassword
	may_relay "$JOE4"
}

talk_end() {
	exec 7>&-
	wait "$talk_pid" || true
	rm "$WORLD/talk.in" "$WORLD/talk.out"
}

answered() {
	[[ $transcript == "$1"* ]]
}

# Usage: from_device FROM TO SUBJECT: the laptop of the stranger is a printer
from_device() {
	send stranger "$SERVER4" "$1" "$2" "$3"
}

# A reboot leaves /var, and nothing in /run.
reboot_table() {
	popauthd_stop TERM
	rm "$TABLE"
	popauthd_start
}

table_fresh

step "joe has logged in by POP; block joe ends it"
pop_login joe "$SERVER4" joe joespassword
expect_log "$(grant "$JOE4" joe)"
log_mark
server_says popauthctl block --for 1d --note "password stolen" joe
expect "his grant ended" may_not_relay "$JOE4"
expect_log 'popauthctl\[[0-9]+\]: block user=joe until=.* from=popauthctl by=root note="password stolen"'
send joe "$SERVER4" joe@example.org anna@example.net "$report_title"
expect "his mail is refused" replied 550 "5.7.1 Relaying denied"

step "a POP poll each second grants nothing, and the log says why"
for _ in 1 2 3; do
	pop_login joe "$SERVER4" joe joespassword
	expect "the login goes on" logged_in
	expect "he may not relay" may_not_relay "$JOE4"
	sleep 1
done
expect "one line says why" grep -qE \
	"pam_popauth\(pop3:[a-z]+\): no-grant client=$JOE4 user=joe .*reason=\"a rule blocks the login" \
	"$WORLD/server/var/log/syslog"
from_office "$(office_address 1)" pop_login joe "$SERVER4" user08 user08spassword
expect "another user is granted" may_relay "$(office_address 1)"
server_says popauthctl rules
expect "rules lists it" grep -q '^block joe, ends .*, by root: password stolen$' \
	<(on_server popauthctl rules)

step "the block outlives a reboot"
did server "reboot"
reboot_table
pop_login joe "$SERVER4" joe joespassword
expect "the login goes on" logged_in
expect "he may not relay" may_not_relay "$JOE4"

step "after unblock he is granted again"
server_says popauthctl unblock joe
pop_login joe "$SERVER4" joe joespassword
expect_log "$(grant "$JOE4" joe)"
expect "he may relay" may_relay "$JOE4"
expect "a second unblock has nothing to do" not on_server popauthctl unblock joe

step "in a running session the block holds at the next RCPT"
talk_begin
talk "EHLO laptop"
talk "MAIL FROM:<joe@example.org>"
expect "MAIL is accepted" answered "250"
talk "RCPT TO:<anna@example.net>"
expect "the first RCPT is accepted" answered "250"
on_server popauthctl block "${JOE4%.*}.0/24" >/dev/null
talk "RCPT TO:<bert@example.net>"
expect "the second is refused" answered "550 5.7.1 Relaying denied"
expect "and says why" grep -q "the administrator has blocked" <<<"$transcript"
talk "RCPT TO:<joe@example.org>"
expect "a local recipient is accepted" answered "250"
talk "RSET"
talk "MAIL FROM:<joe@example.org>"
on_server popauthctl unblock "${JOE4%.*}.0/24" >/dev/null
# Within a second after a revocation no login is granted.
expect "he is granted again" wait_for 10 joe_is_granted
talk "RSET"
talk "MAIL FROM:<joe@example.org>"
talk "RCPT TO:<anna@example.net>"
expect "after unblock and a login it is accepted" answered "250"
talk "QUIT"
talk_end

step "a device without a login: a permit lets it send to one domain as one sender"
from_device scan@example.org anna@example.net "$report_title before"
expect "before it is refused" replied 550 "5.7.1 Relaying denied"
expect "a permit needs an end" not on_server popauthctl permit "$STRANGER4"
expect "a permit is not for a user" not on_server popauthctl permit --for 1h joe
expect "nor for the internet" not on_server popauthctl permit --for 1h 0.0.0.0/0
expect "nor for all of IPv6" not on_server popauthctl permit --for 1h ::/0
expect "and nothing was written" test ! -s "$RULES"
log_mark
server_says popauthctl permit --for 1h --sender scan@example.org --to example.net \
	--note "the scanner" "$STRANGER4"
expect_log "popauthctl\[[0-9]+\]: permit net=$STRANGER4/32 until="
from_device scan@example.org anna@example.net "$report_title"
expect "it is accepted" replied 250
expect_log "smtpgate\[[0-9]+\]: rcpt client=$STRANGER4 .* via=permit .* result=permit"
expect "it arrives" arrived remote anna "$report_title"
from_device other@example.org anna@example.net "$report_title"
expect "another sender is refused" replied 550 "5.7.1 Relaying denied"
from_device scan@example.org x@example.com "$report_title"
expect "another domain is refused" replied 550 "the permit of this address is for other"
expect_log "smtpgate\[[0-9]+\]: rcpt client=$STRANGER4 .* result=deny reason=scope"

step "a permit ends at its time"
on_server popauthctl unpermit "$STRANGER4" >/dev/null
on_server popauthctl permit --for 15s "$STRANGER4" >/dev/null
from_device a@example.org anna@example.net "$report_title short"
expect "it is accepted" replied 250
expect "its time comes" wait_for 30 may_not_relay "$STRANGER4"
from_device a@example.org anna@example.net "$report_title late"
expect "after its time it is refused" replied 550 "5.7.1 Relaying denied"

step "a file that cannot be read changes nothing, and a new table permits nobody"
on_server popauthctl block ann >/dev/null
echo 'blok user=joe until=0 note=' >>"$RULES"
pop_login joe "$SERVER4" joe joespassword
expect "joe may relay" may_relay "$JOE4"
log_mark
reboot_table
expect_log 'popauthd\[[0-9]+\]: rules-unreadable msg="/var/lib/popauth/rules:[0-9]+: not a rule'
log_mark
pop_login joe "$SERVER4" joe joespassword
expect "the login goes on" logged_in
expect_log 'no-grant client=.* reason="the rules of blocks and permits cannot be read'
send joe "$SERVER4" joe@example.org anna@example.net "$report_title"
expect "relaying is denied for now" replied 451
send stranger "$SERVER4" someone@example.com joe@example.org "$report_title"
expect "local mail is accepted" replied 250
expect "popauthctl names the line" grep -q 'rules:[0-9]*: not a rule' \
	<(on_server popauthctl rules 2>&1)
log_mark
sed -i '$d' "$RULES"
expect_log 'popauthd\[[0-9]+\]: rules msg='
pop_login joe "$SERVER4" joe joespassword
expect_log "$(grant "$JOE4" joe)"
on_server popauthctl unblock ann >/dev/null
