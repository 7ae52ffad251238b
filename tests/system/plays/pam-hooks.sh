# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The places for the module's line under Dovecot, and logins that are never granted.

OFFICE=$(office_address 0)

table_fresh

step "an expired account with the right password is refused and not granted"
on_server chage -E 1 user05
pop_login joe "$SERVER4" user05 user05spassword
expect "the login fails" not logged_in
expect_log 'pam_unix\(pop3:account\): account user05 has expired'
expect_no_log 'pam_popauth\([^)]*\): grant '
expect "the address may not relay" may_not_relay "$JOE4"
on_server chage -E -1 user05

step "a line only in the session stack grants, too, but only after the right password"
sed -i -e '/^account.*pam_popauth/d' -e '$a session optional pam_popauth.so' \
	"$WORLD/server/etc/pam.d/pop3"
dovecot_pam server session=yes
on_server doveadm reload
pop_login joe "$SERVER4" joe wrongpassword
expect "the wrong password fails" not logged_in
expect "the address may not relay" may_not_relay "$JOE4"
pop_login joe "$SERVER4" joe joespassword
expect "the right one succeeds" logged_in
expect_log "$(grant "$JOE4" joe).*hook=session"
expect "the address may relay" may_relay "$JOE4"

step "a login from the server itself is never granted"
log_mark
for address in 127.0.0.1 "$SERVER4"; do
	did server "curl -u joe:joespassword pop3://$address/"
	on_server curl -sS -u joe:joespassword "pop3://$address/" >"$WORLD/curl.out" 2>&1 ||
		expect "the login at $address succeeds" false
	expect "$address may not relay" may_not_relay "$address"
	expect "and popauthctl says why" grep -q 'never granted, because many clients' <(on_server popauthctl check "$address")
done
expect_no_log 'pam_popauth\([^)]*\): grant '
expect "both are counted" status_says "refused: +2 "

step "an address that becomes the server's own loses its grant, and gets no other"
pop_login joe "$SERVER4" joe joespassword
expect "the login succeeds" logged_in
expect "the address may relay" may_relay "$JOE4"
log_mark
did server "ip address add $JOE4/32 dev lo"
ip -n server address add "$JOE4/32" dev lo
expect_log 'popauthd\[[0-9]+\]: own-addresses '
expect "the address may not relay" may_not_relay "$JOE4"
ip -n server address del "$JOE4/32" dev lo

step "with 600 own addresses popauthd starts, and grants none that comes later"
for i in {0..599}; do
	echo "address add 198.18.$((i / 100)).$((i % 100 * 2))/32 dev lo"
done >"$WORLD/addresses"
ip -n server -batch "$WORLD/addresses"
log_mark
popauthd_stop TERM
popauthd_start
expect_log 'popauthd\[[0-9]+\]: own-networks '
from_office "$OFFICE" pop_login joe "$SERVER4" joe joespassword
expect "another address may relay" may_relay "$OFFICE"
log_mark
ip -n server address add "$OFFICE/32" dev lo
expect_log 'popauthd\[[0-9]+\]: own-addresses '
expect "the new own address may not relay" may_not_relay "$OFFICE"
sed 's/^address add/address del/' "$WORLD/addresses" >"$WORLD/addresses.del"
ip -n server -batch "$WORLD/addresses.del"
ip -n server address del "$OFFICE/32" dev lo

layer_configure server
on_server doveadm reload
