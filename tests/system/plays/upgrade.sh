# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A later version is installed, and the former one again, while users log in
# and send: no login fails, no message is refused, no grant is lost.
#
# No service manager runs in these machines: the play restarts popauthd, as
# systemd does for the package's postinst.

UPGRADE_LOGINS=2000
UPGRADE_AT_ONCE=8
upgrade_joe=$(office_address 0)
upgrade_conf=$WORLD/server/etc/popauth/popauth.conf

# Eight users, so that none has more sessions than Dovecot allows.
upgrade_jobs() {
	local i user
	for ((i = 0; i < UPGRADE_LOGINS; i++)); do
		user=$(account_name $((i % UPGRADE_AT_ONCE + 1)))
		printf 'login%04d pass %s 110 %s %s\n' "$i" "$SERVER4" "$user" "${user}spassword"
	done
}

upgrade_is_running() {
	kill -0 "$logins_pid" 2>/dev/null
}

# Usage: upgrade_install VERSION DIR
upgrade_install() {
	did server "apt-get install ./*.deb    # of $1"
	rm -rf "$WORLD/server/root/debs"
	mkdir "$WORLD/server/root/debs"
	find "$2" -name '*.deb' ! -name '*-dbgsym_*' -exec cp -t "$WORLD/server/root/debs" {} +
	expect "apt installs $1" on_server sh -c 'DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y -o Dpkg::Use-Pty=0 --allow-downgrades install /root/debs/*.deb </dev/null'
	expect "the gate is the new one" grep -qx "smtpgate $1" <(on_server smtpgate -V)
}

# Usage: upgrade_restart VERSION EVENT: popauthd's event about the table.
upgrade_restart() {
	log_mark
	popauthd_stop TERM
	expect "popauthd ends with 0" test "$popauthd_status" -eq 0
	popauthd_start
	expect_log "popauthd\\[[0-9]+\\]: $2"
	expect_log "popauthd\\[[0-9]+\\]: started .*$1"
}

# Usage: upgrade_to VERSION DIR
upgrade_to() {
	local started=$SECONDS
	upgrade_install "$1" "$2"
	upgrade_restart "$1" table-kept
	expect "an earlier grant is still valid" may_relay "$upgrade_joe" joe
	expect "users were logging in all the time" upgrade_is_running
	note "took $((SECONDS - started)) s"
}

# To another layout.  Between the new files and the new daemon no client is granted,
# and none gets a permanent refusal.  Usage: upgrade_layout VERSION DIR
upgrade_layout() {
	upgrade_install "$1" "$2"
	send joe "$SERVER4" joe@example.org anna@example.net "a table of before"
	expect "joe gets 451" replied 451
	send stranger "$SERVER4" someone@example.com joe@example.org "a table of before"
	expect "mail for our own domain is accepted" replied 250
	pop_login joe "$SERVER4" joe joespassword
	expect "joe can log in" logged_in
	expect_log "no-grant client=$JOE4 .*table of another version"
	upgrade_restart "$1" table-replaced
	expect "the old grant is gone" may_not_relay "$upgrade_joe" joe
	pop_login joe "$SERVER4" joe joespassword
	send joe "$SERVER4" joe@example.org anna@example.net "a table of now"
	expect "after another login joe is relayed" replied 250
	expect "users were logging in all the time" upgrade_is_running
}

# Users log in; all of them succeed.  Their results: $WORLD/upgrade.logins
logins_begin() {
	upgrade_jobs >"$WORLD/upgrade.jobs"
	exec_in_machine laptop joe python3 /root/pop-logins.py "$UPGRADE_AT_ONCE" \
		<"$WORLD/upgrade.jobs" >"$WORLD/upgrade.logins" 2>&1 &
	logins_pid=$!
}

logins_end() {
	wait "$logins_pid" || true
	note "$(cut -d ' ' -f 2 "$WORLD/upgrade.logins" | sort | uniq -c | tr -s ' ')"
	expect "all logins succeed" test "$(grep -c '^login[0-9]* in ' "$WORLD/upgrade.logins")" -eq "$UPGRADE_LOGINS"
	grep -v '^login[0-9]* in ' "$WORLD/upgrade.logins" | head -n 5 | saw || true
}

upgrade_now=$(on_server smtpgate -V | cut -d ' ' -f 2)
sed -i 's/^window = .*/window = 15m/' "$upgrade_conf"
table_fresh
from_office "$upgrade_joe" pop_login joe "$SERVER4" joe joespassword
pop_login joe "$SERVER4" joe joespassword
cp "$TOP/tests/system/clients/pop-logins.py" "$TOP/tests/system/clients/smtp-stream.py" "$WORLD/laptop/root/"
mkfifo "$WORLD/stream.end"
exec 8<>"$WORLD/stream.end"
exec_in_machine laptop joe python3 /root/smtp-stream.py "$SERVER4" "during an upgrade" \
	<"$WORLD/stream.end" >"$WORLD/stream.out" 2>&1 &
stream_pid=$!
logins_begin

step "the later version is installed while users log in and send"
upgrade_to "$upgrade_now.1" "$TOP/build/deb-next"
step "the former version is installed again"
upgrade_to "$upgrade_now" "$PACKAGES"

step "$UPGRADE_LOGINS logins meanwhile: none failed"
logins_end

step "messages sent meanwhile: each was relayed, and arrives"
echo >&8
wait "$stream_pid" || true
saw <"$WORLD/stream.out"
upgrade_taken=$(sed -n 's/^taken //p' "$WORLD/stream.out")
all_relayed() {
	[ "$(grep -cxF "Subject: during an upgrade" "$WORLD/remote/var/mail/anna")" -eq "$upgrade_taken" ]
}
expect "there were some" test "${upgrade_taken:-0}" -ge 20
expect "none failed" not grep -q '^failed' "$WORLD/stream.out"
expect "all are in anna's mailbox" wait_for 60 all_relayed

step "a version of another layout: joe logs in once more, no other user is affected"
logins_begin
upgrade_layout "$upgrade_now.2" "$TOP/build/deb-layout"
step "the former layout again: joe logs in once more"
upgrade_layout "$upgrade_now" "$PACKAGES"
step "$UPGRADE_LOGINS logins meanwhile: none failed"
logins_end

layer_configure server
table_fresh
