# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# popauthd is killed in mid-story: no login and no message waits for it.

OFFICE_A=$(office_address 0)
OFFICE_B=$(office_address 1)

table_fresh

step "joe logs in, then popauthd is killed with -9"
pop_login joe "$SERVER4" joe joespassword
expect_log "$(grant "$JOE4" joe)"
joe_login_s=$SECONDS
did server "kill -9 $popauthd_pid"
popauthd_stop KILL
expect "the signal killed it" test "$popauthd_status" -eq $((128 + 9))
expect "its table stays" test -f "$TABLE"

step "popauthd dead: joe's grant is valid, his message arrives"
send joe "$SERVER4" joe@example.org anna@example.net "$report_title"
expect "the message is accepted" replied 250
expect "it arrives in anna's mailbox" arrived remote anna "$report_title"

step "popauthd dead: another user logs in and is granted"
from_office "$OFFICE_A" pop_login joe "$SERVER4" user01 user01spassword
expect "the login succeeds" logged_in
expect_log "$(grant "$OFFICE_A" user01)"
from_office "$OFFICE_A" send joe "$SERVER4" user01@example.org anna@example.net "$report_title"
expect "the message is accepted" replied 250

step "popauthd dead: a stranger is refused"
send stranger "$SERVER4" joe@example.org anna@example.net "$report_title"
expect "the reply is 550 5.7.1 Relaying denied" replied 550 "5.7.1 Relaying denied"

step "popauthd dead: joe's grant ends on time"
expect "after the window it is over" \
	wait_for $((WINDOW_S + 5)) may_not_relay "$JOE4"
lasted_s=$((SECONDS - joe_login_s))
note "it lasted $lasted_s seconds, the window is $WINDOW_S"
expect "it lasted its window" test "$lasted_s" -ge $((WINDOW_S - 1))
expect "and no longer" test "$lasted_s" -le $((WINDOW_S + 2))
send joe "$SERVER4" joe@example.org anna@example.net "$report_title"
expect "the gate refuses him" replied 550 "5.7.1 Relaying denied"

step "popauthd dead: popauthctl status says so, with status 1"
did server "popauthctl status"
status_code=0
on_server popauthctl status >"$WORLD/status" 2>&1 || status_code=$?
saw <"$WORLD/status"
expect "its exit status is 1" test "$status_code" -eq 1
expect "it says what to do" grep -q '^popauthctl: popauthd: it does not sweep; restart it$' "$WORLD/status"

step "popauthd started again: it keeps the live grant and removes the expired one"
from_office "$OFFICE_B" pop_login joe "$SERVER4" user02 user02spassword
expect_log "$(grant "$OFFICE_B" user02)"
did server popauthd
log_mark
popauthd_start
expect_log 'popauthd\[[0-9]+\]: sweep evicted='
expect "the live grant is still valid" may_relay "$OFFICE_B"
from_office "$OFFICE_B" send joe "$SERVER4" user02@example.org anna@example.net "$report_title"
expect "a message from the granted address is accepted" replied 250
expect "joe may still not relay" may_not_relay "$JOE4"
server_says popauthctl status

step "popauthd keeps the live grant after SIGTERM and a start, too"
popauthd_stop TERM
expect "its table stays" test -f "$TABLE"
popauthd_start
expect "the live grant is still valid" may_relay "$OFFICE_B"

step "popauthd reads its configuration again at SIGHUP"
server_conf=$WORLD/server/etc/popauth/popauth.conf
sed -i 's/^window = .*/window = 45s/' "$server_conf"
did server "kill -HUP $popauthd_pid"
kill -HUP "$popauthd_pid"
expect "the new window holds" wait_for 5 status_says "window: +45s"
sed -i 's/^window = .*/window = fortyfive/' "$server_conf"
log_mark
kill -HUP "$popauthd_pid"
expect_log 'popauthd\[[0-9]+\]: .*popauth.conf:[0-9]+: '
layer_configure server # popauthctl reads the file, too
expect "after a mistake in the file the window is unchanged" status_says "window: +45s"
kill -HUP "$popauthd_pid"
expect "the old window is back" wait_for 5 status_says "window: +${WINDOW_S}s"
