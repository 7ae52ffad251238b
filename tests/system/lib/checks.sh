# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Checks of the plays: log lines, and the answers of popauthctl.
# Needs: servers.sh, net.sh, report.sh, TOP.

# How long a grant holds here, as the server is configured.
WINDOW_S=$(sed -n 's/^window = \([0-9]*\)s$/\1/p' "$TOP/tests/system/machines/server/etc/popauth/popauth.conf")

# Usage: decision CLIENT permit|deny: a pattern for the gate's log line.
decision() {
	printf 'smtpgate\[[0-9]+\]: rcpt client=%s .*result=%s' "${1//./\\.}" "$2"
}

# Usage: grant CLIENT USER: a pattern for the module's log line of a login.
grant() {
	printf 'pam_popauth\([^)]*\): grant client=%s user=%s ' "${1//./\\.}" "$2"
}

# Usage: may_relay CLIENT [USER]
may_relay() {
	on_server popauthctl check "$@"
}

# It must answer "no": a failure is no answer.
may_not_relay() {
	local status=0
	on_server popauthctl check "$@" || status=$?
	[ "$status" -eq 1 ]
}

# Usage: listed CLIENT USER: popauthctl list shows the grant.
listed() {
	grep -qE "^ *$1 +$2 " <(on_server popauthctl list)
}

# A command of the administrator, shown with its output.
server_says() {
	did server "$*"
	on_server "$@" 2>&1 | saw
}

# No process of the server crashed since crash_watch: neither the syslog (Dovecot
# about its workers, xinetd about the gate) nor the shell that started popauthd
# reports a crash.
crash_watch() {
	crash_watch_bytes=$(stat -c %s "$WORLD/server/var/log/syslog")
}

nothing_crashed() {
	! grep -qaE 'signal[ =][0-9]|SIG(SEGV|BUS|ABRT)|segfault|core dumped' \
		<(tail -c "+$((crash_watch_bytes + 1))" "$WORLD/server/var/log/syslog") &&
		popauthd_is_well
}

# It runs, or ended with a status and not by a signal.
popauthd_is_well() {
	kill -0 "$popauthd_pid" 2>/dev/null && return
	wait "$popauthd_pid" || [ $? -lt 128 ]
}

# Usage: status_says PATTERN: a line of popauthctl status begins so.
status_says() {
	grep -qE "^$1" <(on_server popauthctl status)
}

# No slot is in use, live or expired.
table_is_empty() {
	status_says 'room: +0 of [0-9]+ slots live \(0%\), 0 expired'
}
