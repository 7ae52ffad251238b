# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# popauthctl pam-check on a server with Dovecot: its findings, whether its advice
# cures them, and a test login.

pop3_service=$WORLD/server/etc/pam.d/pop3

# Usage: pam_check_ends STATUS [OPTION...]; its output is in $said.
pam_check_ends() {
	local wanted=$1 status=0
	shift
	said=$(on_server popauthctl pam-check "$@" 2>&1 </dev/null) || status=$?
	[ "$status" -eq "$wanted" ]
}

said_so() {
	grep -qE -- "$1" <<<"$said"
}

# Usage: test_login PASSWORD SERVICE USER ADDRESS; its output in $said.
test_login() {
	local password=$1
	shift
	said=$(on_server popauthctl pam-check --test "$@" 2>&1 <<<"$password")
}

table_fresh

step "pam-check finds no mistake on the server of the story"
did server "popauthctl pam-check"
expect "it ends with 0" pam_check_ends 0
saw <<<"$said"
expect "POP3 logins are recorded" said_so '^pop3 +recorded '
expect "Dovecot does not use its shared service" said_so '^dovecot +not used '

step "without the module's line pam-check prints it, and the printed line helps"
sed -i /pam_popauth/d "$pop3_service"
did server "popauthctl pam-check"
expect "it ends with 1" pam_check_ends 1
saw <<<"$said"
expect "the line is printed" said_so '^ +account optional pam_popauth.so$'
pam_follow_advice server
expect "with the line it ends with 0" pam_check_ends 0
pop_login joe "$SERVER4" joe joespassword
expect_log "$(grant "$JOE4" joe)"

step "a line that good logins do not reach is named, and is really not reached"
{
	printf '@include common-auth\naccount sufficient pam_localuser.so\n'
	printf '@include common-account\naccount optional pam_popauth.so\n'
} >"$pop3_service"
did server "popauthctl pam-check"
expect "it ends with 1" pam_check_ends 1
saw <<<"$said"
expect "the line is not reached" said_so "pop3:4: a good login never reaches the module, because /etc/pam.d/pop3:2"
from_office "$(office_address 4)" pop_login joe "$SERVER4" user05 user05spassword
expect "the user logs in" logged_in
expect "and is not granted" may_not_relay "$(office_address 4)"
pam_follow_advice server
expect "with the line where it says it ends with 0" pam_check_ends 0
from_office "$(office_address 4)" pop_login joe "$SERVER4" user05 user05spassword
expect "and the user is granted" may_relay "$(office_address 4)"
layer_configure server

step "a line that libpam cannot read is named, and no user can log in"
sed -i '1i %PAM-1.0' "$pop3_service"
did server "popauthctl pam-check"
expect "it ends with 1" pam_check_ends 1
saw <<<"$said"
expect "the line is named" said_so 'pop3:1: unknown type "%PAM-1.0"'
pop_login joe "$SERVER4" joe joespassword
expect "joe cannot log in" not logged_in
layer_configure server

step "an option that the module refuses is reported as the module logs it"
sed -i 's/pam_popauth\.so.*/pam_popauth.so form=fd0 from=rhosts/' "$pop3_service"
did server "popauthctl pam-check"
expect "it ends with 1" pam_check_ends 1
saw <<<"$said"
refused='option="from=rhosts"' ignored='option="form=fd0"'
expect "the value is refused" said_so "^to do: pop3: .*pop3:[0-9]+: the module refuses $refused"
expect "the unknown option is noted" said_so "^note: pop3: .*pop3:[0-9]+: the module ignores $ignored"
log_mark
pop_login joe "$SERVER4" joe joespassword
expect_log "option-ignored $ignored"
expect_log "no-grant .*$refused"
layer_configure server

step "a test login reports its grant, and grants nothing"
log_mark
did server "popauthctl pam-check --test pop3 user06 203.0.113.77"
expect "it ends with 0" test_login user06spassword pop3 user06 203.0.113.77
saw <<<"$said"
expect "the module would log a grant" said_so "^log .*grant client=203.0.113.77 user=user06 service=pop3"
expect "for a window" said_so "would be granted: 203.0.113.77, for ${WINDOW_S}s"
expect "the address may not relay" may_not_relay 203.0.113.77
expect_no_log 'grant client=203.0.113.77'
expect "no scratch file is left" test -z "$(find "$WORLD/server/tmp" -name 'popauthctl.*')"

step "a wrong password, an expired account and loopback would not be granted"
expect "a wrong password: status 1" not test_login wrong pop3 user06 203.0.113.77
expect "it is refused at auth" said_so '^auth +Authentication failure'
expect "that is the reason" said_so '^would not be granted: the service refuses the login'
on_server chage -E 1 user05
expect "an expired account: status 1" not test_login user05spassword pop3 user05 203.0.113.77
expect "it is refused at account" said_so '^log .*account user05 has expired'
expect "and not granted" said_so '^would not be granted'
on_server chage -E -1 user05
expect "loopback: status 1" not test_login user06spassword pop3 user06 127.0.0.1
expect "the reason is the address" said_so '^would not be granted: this address is never granted'
expect "which the module logs" said_so '^log .*no-grant client=127.0.0.1'
sed -i 's/pam_popauth\.so.*/& users=nosuch/' "$pop3_service"
expect "a user who is excluded: status 1" not test_login user06spassword pop3 user06 203.0.113.77
expect "the reason is in the log" said_so '^log .*users= or group= excludes the user'
sed -i /pam_popauth/d "$pop3_service"
expect "without the line: status 1" not test_login user06spassword pop3 user06 203.0.113.77
expect "the reason is the place" said_so '^would not be granted: the login does not come to a line of the module'
layer_configure server

step "the shell completes addresses and users that hold a grant"
on_server popauthctl grant 192.0.2.17 joe >"$WORLD/example.out"
# Usage: completes WORD...: bash's completions of the last one.
completes() {
	# shellcheck disable=SC2016 # for the bash there
	on_server bash -c '. /usr/share/bash-completion/completions/popauthctl
		COMP_WORDS=(popauthctl "$@") COMP_CWORD=$#
		_popauthctl && echo "${COMPREPLY[*]}"' bash "$@"
}
expect "an address" test "$(completes revoke 192.0.2)" = 192.0.2.17
expect "and the user there" test "$(completes revoke 192.0.2.17 "")" = joe
