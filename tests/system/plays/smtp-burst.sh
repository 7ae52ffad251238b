# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Many SMTP sessions at once through xinetd with the shipped file.

BURST_SESSIONS=200
PER_SOURCE=$(sed -n 's/^\s*per_source\s*=\s*//p' "$WORLD/server/etc/xinetd.d/smtpgate")

# Usage: burst SESSIONS SUBJECT [hold SECONDS], in a subshell or before an '&'
burst() {
	exec_in_machine laptop joe python3 - "$SERVER4" "$@" \
		<"$TOP/tests/system/clients/smtp-burst.py"
}

burst_said() {
	grep -qxF -- "$1" <<<"$transcript"
}

all_arrived() {
	[ "$(grep -cxF "Subject: $1" "$WORLD/server/var/mail/joe")" -eq "$BURST_SESSIONS" ]
}

step "$BURST_SESSIONS SMTP sessions open at once from five addresses: none is lost"
log_mark
transcript=$(burst "$BURST_SESSIONS" "$report_title" from \
	"$(office_address 0)" "$(office_address 1)" "$(office_address 2)" \
	"$(office_address 3)" "$(office_address 4)" 2>&1) || true
saw <<<"$transcript"
expect "all are greeted" burst_said "greeted $BURST_SESSIONS"
expect "each message is accepted" burst_said "taken $BURST_SESSIONS"
expect "all messages are in joe's mailbox" wait_for 60 all_arrived "$report_title"
expect_no_log 'xinetd.*(FAIL|[Dd]eactivat)'

step "more than $PER_SOURCE from one address: the others are rejected, another address is served"
log_mark
burst $((PER_SOURCE + 20)) "flood" hold 30 >"$WORLD/flood" 2>&1 &
flood_pid=$!
expect "the sessions are open" wait_for 30 grep -q '^greeted' "$WORLD/flood"
saw <"$WORLD/flood"
expect "as many as per_source are served" grep -qx "greeted $PER_SOURCE" "$WORLD/flood"
expect_log 'xinetd.*FAIL: smtpgate per_source_limit'
send stranger "$SERVER4" someone@example.com joe@example.org "$report_title"
expect "a message from another address is accepted meanwhile" replied 250
kill "$flood_pid"
wait "$flood_pid" 2>/dev/null || true
