# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Twenty users of one office open their mail programs at the same moment.

burst_dir=$WORLD/pop-burst
mkdir -p "$burst_dir"

all_logged_in() {
	[ "$(grep -l '^< +OK Logged in' "$burst_dir"/* | wc -l)" -eq "$OFFICE4_COUNT" ]
}

all_granted() {
	local i
	for ((i = 0; i < OFFICE4_COUNT; i++)); do
		on_server popauthctl check "$(office_address "$i")" "$(account_name $((i + 1)))" || return 1
	done
}

table_fresh

step "$OFFICE4_COUNT POP3 logins at once from $OFFICE4_COUNT addresses are all granted"
log_mark
did joe "curl -u user01:user01spassword --interface $(office_address 0) pop3://$SERVER4/ & ..."
burst_pids=()
for ((i = 0; i < OFFICE4_COUNT; i++)); do
	user=$(account_name $((i + 1)))
	in_machine laptop joe curl -sS -v --max-time 30 --interface "$(office_address "$i")" \
		-u "$user:${user}spassword" "pop3://$SERVER4/" >"$burst_dir/$user" 2>&1 &
	burst_pids+=($!)
done
wait "${burst_pids[@]}" || true
sed -i 's/\r$//' "$burst_dir"/*
expect "all log in" all_logged_in
expect "each address is granted to its user" all_granted
note "$(log_count 'pam_popauth\([^)]*\): grant ') grants logged"
expect_log "$(grant "$(office_address 0)" user01)"
