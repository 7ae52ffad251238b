# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The syslog of each machine: a receiver, and the lines since a mark.
#
# Contract: log_start MACHINE gives the machine a /dev/log; its lines are in
# $WORLD/MACHINE/var/log/syslog; log_restart MACHINE gives it another.  The other
# functions read the log of the server, or of the machine that log_watch named.
# log_mark remembers its end; log_wait PATTERN waits for a line after the mark that
# matches (an extended regular expression), prints the first and returns 0, or
# returns 1 when there is none within LOG_PATIENCE_S.
# Needs: layer.sh, wait.sh.

LOG_PATIENCE_S=30 # of a step that fails; no other waits for its end
declare -A log_pids
log_mark_bytes=0
log_machine=server

log_start() {
	local machine=$1
	: >"$WORLD/$machine/var/log/syslog"
	log_receive "$machine"
}

log_receive() {
	local machine=$1
	# -n: in the foreground; it never rotates
	exec_in_machine "$machine" "$machine" busybox syslogd -n -O /var/log/syslog &
	log_pids[$machine]=$!
	disown # the shell need not report its end
	wait_for 10 test -S "$WORLD/$machine/dev/log" ||
		cannot "the syslog receiver of '$machine' did not start."
}

# Another receiver at another socket, as after a restart of the log daemon.
# Usage: log_restart MACHINE
log_restart() {
	kill "${log_pids[$1]}"
	rm -f "$WORLD/$1/dev/log"
	log_receive "$1"
}

# Usage: log_watch MACHINE
log_watch() {
	log_machine=$1
	log_mark
}

log_mark() {
	log_mark_bytes=$(stat -c %s "$WORLD/$log_machine/var/log/syslog")
}

log_since_mark() {
	tail -c "+$((log_mark_bytes + 1))" "$WORLD/$log_machine/var/log/syslog"
}

# Not through a pipe: grep ends at the first match, the writer would then die of
# SIGPIPE, and pipefail would report "no match".
log_has() {
	grep -qaE -- "$1" <(log_since_mark)
}

log_count() {
	grep -caE -- "$1" <(log_since_mark) || true
}

log_wait() {
	wait_for "$LOG_PATIENCE_S" log_has "$1" || return 1
	# without syslog's own "Nov 22 15:51:03 mail mail.info "
	grep -m 1 -aE -- "$1" <(log_since_mark) |
		sed -E 's/^[A-Z][a-z]{2} +[0-9]+ [0-9:]{8} [^ ]+ [a-z0-9]+\.[a-z]+ //'
}
