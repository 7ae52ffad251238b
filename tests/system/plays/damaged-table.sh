# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The table file is damaged in many ways: logins succeed, no mail is relayed, local
# mail is accepted, and one clear line of each program has the reason.

# Usage: only_relaying_fails HOW
# One step, with the table damaged.
only_relaying_fails() {
	step "the table is $1: logins succeed, relaying is denied, local mail is accepted"
	pop_login joe "$SERVER4" joe joespassword
	expect "the login succeeds" logged_in
	expect_log 'pam_popauth\([^)]*\): .*table'
	expect "one line of the module reports it" test "$(log_count 'pam_popauth\(')" -eq 1
	send joe "$SERVER4" joe@example.org anna@example.net "$report_title"
	expect "relaying is denied" replied '[45][0-9][0-9]'
	expect_log 'smtpgate\[[0-9]+\]: table '
	expect "one line of the gate reports it" \
		test "$(log_count 'smtpgate\[[0-9]+\]: table ')" -eq 1
	expect_log 'smtpgate\[[0-9]+\]: rcpt .* result=defer .* right=table-unreadable'
	send stranger "$SERVER4" someone@example.com joe@example.org "$report_title"
	expect "a message for a local domain is accepted" replied 250
	expect "it arrives in joe's mailbox" arrived server joe "$report_title"
	expect "no process crashed" nothing_crashed
}

# Usage: broken HOW COMMAND...: a new table, damaged by COMMAND.
broken() {
	local how=$1
	shift
	table_fresh
	crash_watch
	note ""
	did server "$*"
	on_server "$@"
	only_relaying_fails "$how"
	mended_by_restart "$how"
}

mended_by_restart() {
	step "the table was $1: after a start popauthd makes a new one"
	popauthd_stop TERM
	popauthd_start
	pop_login joe "$SERVER4" joe joespassword
	expect_log "$(grant "$JOE4" joe)"
	expect "joe may relay" may_relay "$JOE4"
}

table_bytes=$(stat -c %s "$TABLE")

broken "truncated" truncate -s 100 "$TABLE_PATH"
broken "empty" truncate -s 0 "$TABLE_PATH"
broken "zeroed" dd if=/dev/zero of="$TABLE_PATH" bs="$table_bytes" count=1 conv=notrunc status=none
broken "random bytes" dd if=/dev/urandom of="$TABLE_PATH" bs="$table_bytes" count=1 iflag=fullblock conv=notrunc status=none
broken "owned by another user" chown joe "$TABLE_PATH"
broken "writable by everybody" chmod 666 "$TABLE_PATH"
broken "a symlink" sh -c "mv $TABLE_PATH $TABLE_PATH.real; ln -s grants.real $TABLE_PATH"
broken "absent" rm "$TABLE_PATH"

# A table that outlived a reboot can only be on a disk, not on /run's tmpfs.
# A mount over the kernel's boot id, while popauthd starts, acts as another boot.
boot_id=$WORLD/server/proc/sys/kernel/random/boot_id
cat /proc/sys/kernel/random/uuid >"$WORLD/other-boot-id"
on_server install -d -o root -g popauth -m 750 /var/lib/popauth
sed -i 's|^\[table\]|&\npath = /var/lib/popauth/grants|' "$WORLD/server/etc/popauth/popauth.conf"
sed -i 's|pam_popauth.so|& table=/var/lib/popauth/grants|' "$WORLD/server/etc/pam.d/pop3"
mount --bind "$WORLD/other-boot-id" "$boot_id"
popauthd_stop TERM
popauthd_start
umount "$boot_id"
crash_watch
only_relaying_fails "on a disk and of another boot"

mended_by_restart "of another boot"

layer_configure server
popauthd_stop TERM

step "a table in a directory with other files: popauthd refuses and changes nothing"
sed -i 's|^\[table\]|&\npath = /run/grants|' "$WORLD/server/etc/popauth/popauth.conf"
did server popauthd
popauthd_refuses=$(on_server popauthd 2>&1) && status=0 || status=$?
saw <<<"$popauthd_refuses"
expect "it ends with 73" test "$status" -eq 73
expect "it reports the reason" grep -q '/run: it has other files' <<<"$popauthd_refuses"
expect "all users may still enter it" test "$(stat -c %a:%u:%g "$WORLD/server/run")" = 755:0:0
layer_configure server

table_fresh

step "popauthd cannot enter the directory: it ends, and reports the reason"
log_mark
did server "chmod 700 ${TABLE_PATH%/*}"
on_server chmod 700 "${TABLE_PATH%/*}"
expect_log 'popauthd\[[0-9]+\]: table-lost msg="Permission denied; restart popauthd'
popauthd_stop TERM
expect "its status is 69" test "$popauthd_status" -eq 69
mended_by_restart "out of reach"

table_fresh
