# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Every POP server of Debian that uses PAM, and which of its clients are granted.

# Usage: under_both_inetds NAME TITLE: a server that an inetd starts.
under_both_inetds() {
	local name=$1 title=$2
	pop_machine "$name"
	pop_pam_check "$title"
	pop_start 1110 xinetd -dontfork -stayalive
	pop_try "$title, xinetd" fd0 pass 4:110 6:110 m:1110
	pop_stop
	pop_replace_xinetd "$name"
	pop_start 1110 inetd -i
	pop_try "$title, openbsd-inetd" fd0 pass 4:110 6:110 m:1110
}

# Usage: joe4_sends_to_anna, over IPv4
joe4_sends_to_anna() {
	send joe "$POP4" joe4@example.org anna@example.net "$report_title"
}

chapter "Dovecot"
pop_machine dovecot
pop_pam_check "Dovecot"
pop_start 110 dovecot -F
pop_try "Dovecot" rhost pass 4:110 6:110
pop_try "Dovecot, AUTH PLAIN" rhost plain 4:110 6:110
pop_try "Dovecot, POP3S" rhost pop3s 4:995 6:995
pop_try "Dovecot, IMAP" rhost imap 4:143 6:143
pop_try_refused "Dovecot" pop3 pass 4:110 6:110
pop_stop

# only a session line
sed -i -e '/^account.*pam_popauth/d' -e '$a session optional pam_popauth.so' \
	"$WORLD/pop/etc/pam.d/pop3"
dovecot_pam pop session=yes
pop_start 110 dovecot -F
pop_try "Dovecot, session=yes, session line" rhost pass 4:110 6:110
pop_stop

# pam_setcred, which Dovecot calls before it detects an expired account; it
# calls a module by its auth line
layer_configure pop dovecot
sed -i '1i auth optional pam_popauth.so' "$WORLD/pop/etc/pam.d/pop3"
dovecot_pam pop setcred=yes session=yes
pop_start 110 dovecot -F
pop_try "Dovecot, setcred=yes session=yes" rhost pass 4:110 6:110
pop_stop

# the worker reads /etc/shadow and writes the table, and is not root
layer_configure pop dovecot
on_pop adduser --quiet --system --no-create-home --home /nonexistent popworker
cat >>"$WORLD/pop/etc/dovecot/local.conf" <<-'END'
	service auth-worker {
	  user = popworker
	  group = shadow
	  extra_groups = popauth,popauth-grant
	}
END
pop_start 110 dovecot -F
pop_try "Dovecot, its worker not root" rhost pass 4:110 6:110
step "Dovecot, its worker not root: only user popworker called PAM"
workers=(pgrep --ns "$pop_server_pid" --nslist net -f '^dovecot/auth -w')
expect "a worker runs as popworker" "${workers[@]}" -u "$(on_pop id -u popworker)"
expect "and none as root" not "${workers[@]}" -u 0
pop_stop

chapter "Courier"
pop_machine courier
pop_pam_check "Courier"
# more logins at once than on a small server
sed -i -e 's/^MAXPERIP=.*/MAXPERIP=40/' -e "s/^PORT=.*/PORT=$POP4.110,$POP6.110,1110/" \
	"$WORLD/pop/etc/courier/pop3d"
sed -i 's/^daemons=.*/daemons=20/' "$WORLD/pop/etc/courier/authdaemonrc"
for user in "${POP_USERS[@]}"; do
	on_pop setpriv --reuid "$user" --regid "$user" --clear-groups \
		maildirmake.courier "/home/$user/Maildir"
done
on_pop install -d -m 775 -o root -g courier /run/courier
on_pop install -d -m 750 -o courier -g courier /run/courier/authdaemon
on_pop authdaemond start
pop_start 1110 pop3d start
pop_try "Courier" rhost pass 4:110 6:110 m:1110
pop_try_refused "Courier" pop3 pass 4:110

chapter "popa3d"
under_both_inetds popa3d popa3d
step "popa3d and smtpgate, both under openbsd-inetd: refused, logged in, relayed"
cp -r "$TOP/tests/system/machines/server/etc/"{postfix,popauth} "$WORLD/pop/etc/"
postfix_make_room_for_gate pop
postfix_start pop 2525
pop_table_fresh
joe4_sends_to_anna
expect "before the login it is refused" replied 550 "5.7.1 Relaying denied"
pop_knock right pass 4:110
expect "the login succeeds" pop_outcome joe right4 in
joe4_sends_to_anna
expect "after the login it is accepted" replied 250
expect_log "$(decision "$JOE4" permit)"
expect "it arrives in anna's mailbox" arrived remote anna "$report_title"
show_arrival remote anna "$report_title"
from_office "$(office_address 0)" joe4_sends_to_anna
expect "from another address it is refused" replied 550 "5.7.1 Relaying denied"
on_pop postfix stop
pop_stop
pop_start 110 popa3d -D
pop_try "popa3d -D" fd0 pass 4:110
pop_try_refused "popa3d" popa3d pass 4:110

chapter "solid-pop3d"
under_both_inetds solid solid-pop3d
pop_stop
pop_start 110 solid-pop3d
pop_try "solid-pop3d, a daemon" fd0 pass 6:110 m:110
pop_try_refused "solid-pop3d" solid-pop3d pass 6:110

chapter "mailutils"
under_both_inetds mailutils mailutils-pop3d
pop_stop
pop_start 1110 pop3d --daemon --foreground
pop_try "mailutils-pop3d, a daemon" socket pass 4:110 6:110 m:1110
pop_try_refused "mailutils" mailutils pass 4:110
pop_stop

chapter "Cyrus"
pop_machine cyrus
# PAM through saslauthd, which must not cache logins (-c)
sed -i -e 's/^sasl_pwcheck_method:.*/sasl_pwcheck_method: saslauthd/' \
	-e 's/^popminpoll:.*/popminpoll: 0/' -e '$a sasl_mech_list: PLAIN LOGIN' \
	"$WORLD/pop/etc/imapd.conf"
sed -i '/^OPTIONS=/s/-c //' "$WORLD/pop/etc/default/saslauthd"
pop_pam_check "Cyrus, saslauthd"
on_pop install -d -o cyrus -g mail /run/cyrus /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket
on_pop install -d -m 710 -o root -g sasl /run/saslauthd
on_pop saslauthd -a pam -m /run/saslauthd -n 20
pop_start 110 /usr/lib/cyrus/bin/master
pop_try "Cyrus, saslauthd" unix pass 4:110 6:110
pop_try "Cyrus, saslauthd, AUTH PLAIN" unix plain 4:110 6:110
pop_try_refused "Cyrus" pop pass 4:110
pop_stop

pop_matrix
pop_machine_end
