# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The log daemon does not read, and its queue is full: nothing waits for it.
#
# Postfix, Dovecot and xinetd would wait for it themselves.  They log to files
# here, as popauth(7) recommends.

LOADED_S=${LOADED_S:-8}
# Either is enough, since other work of the machine is in it: a median of a few
# milliseconds is soon many times as long.
SLOWER_MAX=3 # times
SLOWER_MAX_MS=100
N_GROWN=${N_GROWN:-2500}
server_etc=$WORLD/server/etc
declare -A running stopped

xinetd_stop() {
	local pid
	pid=$(on_server pidof xinetd)
	kill "$pid"
	wait_for 10 eval '! listens server 25'
}

# Usage: servers_restart: they read where they are to log
servers_restart() {
	on_server postfix stop 2>/dev/null || true
	postfix_start server 2525
	on_server doveadm stop
	wait_for 10 eval '! listens server 110'
	dovecot_start
	xinetd_stop
	xinetd_start
}

# Usage: load ARRAY: a row of the client for each kind
load() {
	local -n rows=$1
	local kind row
	while read -r kind row; do
		# shellcheck disable=SC2004 # the keys are words
		rows[$kind]=$row
		note "$kind: $row"
	done < <(in_machine laptop joe python3 /root/load.py "$SERVER4" "$LOADED_S" 2>"$WORLD/load.err")
	saw <"$WORLD/load.err"
}

# Usage: ratio_of KIND: how many times as long it takes as before
ratio_of() {
	local median median_before
	read -r _ median _ <<<"${stopped[$1]}"
	read -r _ median_before _ <<<"${running[$1]}"
	awk -v now="$median" -v before="$median_before" 'BEGIN { printf("%.2f", (before > 0) ? now / before : 99) }'
}

# Usage: as_fast KIND: nothing failed, and it is as fast as before
as_fast() {
	local median median_before
	read -r _ median _ <<<"${stopped[$1]}"
	read -r _ median_before _ <<<"${running[$1]}"
	served "$1" &&
		awk -v now="$median" -v before="$median_before" -v times="$SLOWER_MAX" -v ms="$SLOWER_MAX_MS" \
			'BEGIN { exit !(now <= before * times || now <= before + ms) }'
}

all_as_fast() {
	local kind
	for kind in pop gate listener auth wrong; do
		as_fast "$kind" || return
	done
}

load_stopped() {
	kill -STOP "${log_pids[server]}"
	log_fill
	load stopped
}

# Usage: served KIND: nothing failed
served() {
	local count failed
	read -r count _ _ failed <<<"${stopped[$1]}"
	[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
}

# A session of a gate that xinetd started, over all of the play.
held_open() {
	coproc held { exec_in_machine laptop stranger busybox nc "$SERVER4" 25; }
	held_in=${held[0]} held_out=${held[1]}
	read -r -t 60 -u "$held_in" _
}

# Usage: held_says COMMAND CODE
held_says() {
	local reply=
	printf '%s\r\n' "$1" >&"$held_out"
	until [[ $reply == "$2 "* ]]; do
		read -r -t 60 -u "$held_in" reply || return 1
	done
}

log_fill() {
	on_server python3 - <<-END
		import socket
		# one sender's buffer does not fill the queue
		for _ in range(10):
		    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		    log.connect("/dev/log")
		    try:
		        while True:
		            log.send(b"<22>fill: the queue", socket.MSG_DONTWAIT)
		    except BlockingIOError:
		        pass
	END
}

# Usage: grow: N_GROWN logins from as many addresses, at a table of the first size;
# how long they took is in grown_ms
grow() {
	local row
	row=$(on_server python3 /root/dovecot-logins.py /run/dovecot/auth-client "$N_GROWN" joe joespassword) || true
	read -r n_logged_in grown_ms <<<"${row:-0 0}"
	note "$n_logged_in logins in $grown_ms ms; the table has $(slots) slots"
}

slots() {
	on_server popauthctl --json status | sed -n 's/.*"total": *\([0-9]*\).*/\1/p'
}

# Usage: all_are_there N_SLOTS: each login has its grant, in a table that had N_SLOTS
all_are_there() {
	expect "each login is accepted" test "$n_logged_in" -eq "$N_GROWN"
	expect "the table has grown" test "$(slots)" -gt "$1"
	expect "no grant is lost" status_says "may relay now: +$N_GROWN addresses, $N_GROWN logins"
	expect "none is forced out" status_says "ended: .* 0 forced out"
}

# The same with the log daemon running, and stopped.
grow_both() {
	local n_slots
	table_fresh
	n_slots=$(slots)
	grow
	all_are_there "$n_slots"
	grown_before_ms=$grown_ms
	table_fresh
	kill -STOP "${log_pids[server]}"
	log_fill
	note "the log daemon is stopped"
	grow
	all_are_there "$n_slots"
	kill -CONT "${log_pids[server]}"
	note "$(awk -v now="$grown_ms" -v before="$grown_before_ms" 'BEGIN { printf("%.2f", now / before) }') times as long"
}

as_fast_grown() {
	[ "$grown_ms" -le $((SLOWER_MAX * grown_before_ms)) ]
}

# The log daemon has read all that was sent before.
log_drained() {
	local mark=drained-$RANDOM$RANDOM
	# syslog(3) waits for room
	on_server busybox logger "$mark"
	expect "the log daemon reads again" wait_for 30 log_has "$mark"
}

cp -r "$server_etc/dovecot" "$server_etc/xinetd.d" "$server_etc/xinetd.conf" "$WORLD/" # of before
printf 'log_path = /var/log/dovecot.log\n' >>"$server_etc/dovecot/local.conf"
sed -i 's/log_type.*/log_type = FILE \/var\/log\/xinetd.log/' "$server_etc/xinetd.d/smtpgate"
sed -i 's/^{/{\n\tlog_type = FILE \/var\/log\/xinetd.log/' "$server_etc/xinetd.conf"
# the sessions send no message, so Postfix would slow them down
on_server postconf -e 'maillog_file = /var/log/postfix.log' 'in_flow_delay = 0'
servers_restart
cat >>"$server_etc/popauth/popauth.conf" <<-END
	auth = pam
	auth_plain_networks = ${JOE4%.*}.0/24
	[smtp]
	offer_auth = yes
	listen = $SERVER4:2500
END
exec_in_machine server server smtpgate-auth &
log_auth_pid=$!
wait_for 10 test -S "$WORLD/server/run/smtpgate/auth.sock" || cannot "smtpgate-auth did not start."
exec_in_machine server server smtpgate --listen &
log_gate_pid=$!
wait_for 10 listens server 2500 || cannot "smtpgate --listen did not start."
cp "$TOP/tests/system/clients/load.py" "$WORLD/laptop/root/"
table_fresh

chapter "A log daemon that does not read"

step "logins and sessions while the log daemon reads"
load running
held_open
expect "a session of xinetd's gate is open" held_says "EHLO held" 250

step "the log daemon is stopped, its queue is full: all go on as fast"
did server "kill -STOP the log daemon"
load_stopped
for ((i = 0; i < 2; i++)); do
	! all_as_fast || break
	note "once more: the machine may have had other work"
	kill -CONT "${log_pids[server]}"
	log_drained
	load running
	load_stopped
done
for kind in pop gate listener auth wrong; do
	note "$kind: $(ratio_of "$kind") times as long"
	expect "$kind: none fails, at most $SLOWER_MAX times or $SLOWER_MAX_MS ms longer" as_fast "$kind"
done
expect "joe's login is granted" may_relay "$JOE4" joe
expect "MAIL in the open session" held_says "MAIL FROM:<someone@example.com>" 250
expect "RCPT in the open session" held_says "RCPT TO:<joe@example.org>" 250

step "the log daemon is stopped: popauthd sweeps, reloads, ends and starts"
on_server popauthctl grant 203.0.113.200 sweeped
sed -i 's/^window = .*/window = 10s/' "$server_etc/popauth/popauth.conf"
kill -HUP "$popauthd_pid" || true
expect "the new window holds" wait_for 30 status_says "window: +10s"
expect "the grants are removed" wait_for 30 table_is_empty
on_server popauthctl grant 203.0.113.200 sweeped
expect "and the next one" wait_for 30 table_is_empty
kill "$popauthd_pid" || true
expect "it ends at SIGTERM" wait_for 30 eval "! kill -0 $popauthd_pid"
sed -i "s/^window = .*/window = ${WINDOW_S}s/" "$server_etc/popauth/popauth.conf"
exec_in_machine server server popauthd &
popauthd_pid=$!
expect "it starts" wait_for 30 status_says "window: +${WINDOW_S}s"

step "the log daemon is stopped: the supervisor of the listener reloads"
kill -HUP "$log_gate_pid" || true
LOADED_S=2 load stopped
expect "clients are served" served listener

step "the log daemon reads again: each program says how many lines are missing"
did server "kill -CONT the log daemon"
log_mark
kill -CONT "${log_pids[server]}"
log_drained
LOADED_S=2 load stopped
expect_log 'pam_popauth\(pop3:account\): grant .* lost=[0-9]+$'
expect_log 'smtpgate-auth\[[0-9]+\]: .* lost=[0-9]+$'
expect_log "smtpgate\[[0-9]+\]: .* client=${JOE4//./\\.} .* lost=[0-9]+$"
expect "RCPT in the open session" held_says "RCPT TO:<joe@example.org>" 250
expect_log "smtpgate\[[0-9]+\]: rcpt client=${STRANGER4//./\\.} .* lost=[0-9]+$"
kill -HUP "$popauthd_pid" || true
expect_log 'popauthd\[[0-9]+\]: .* lost=[0-9]+$'

step "a log daemon that was started anew gets the lines of a session that was open before"
did server "the log daemon is restarted"
log_restart server
log_mark
expect "RCPT in the open session" held_says "RCPT TO:<joe@example.org>" 250
expect_log "smtpgate\[[0-9]+\]: rcpt client=${STRANGER4//./\\.} "
expect "its end" held_says QUIT 221
expect_log "smtpgate\[[0-9]+\]: disconnect client=${STRANGER4//./\\.} "

sed -i 's/^window = .*/window = 1h/' "$server_etc/popauth/popauth.conf"
cp "$TOP/tests/system/clients/dovecot-logins.py" "$WORLD/server/root/"

step "the table grows by logins while the log daemon is stopped: as fast, and no grant is lost"
grow_both
as_fast_grown || grow_both # the machine may have had other work
expect "at most $SLOWER_MAX times as long" as_fast_grown

step "the log daemon is stopped: listener and smtpgate-auth end at SIGTERM"
kill -STOP "${log_pids[server]}"
log_fill
kill "$log_gate_pid" "$log_auth_pid" || true
expect "the listener ends" wait_for 30 eval "! kill -0 $log_gate_pid"
expect "smtpgate-auth ends" wait_for 30 eval "! kill -0 $log_auth_pid"
kill -CONT "${log_pids[server]}"

kill -KILL "$log_gate_pid" "$log_auth_pid" 2>/dev/null || true
rm -rf "$server_etc/dovecot" "$server_etc/xinetd.d" "$WORLD/server/run/smtpgate/auth.sock"
mv "$WORLD/dovecot" "$WORLD/xinetd.d" "$WORLD/xinetd.conf" "$server_etc/"
on_server postconf -X maillog_file in_flow_delay
servers_restart
layer_configure server
