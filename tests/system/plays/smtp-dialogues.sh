# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The dialogues of tests/smtp, exact to the byte, with this server's gate and
# Postfix.

# a spool that can be full, and a new smtpd as soon as one was killed
on_server postfix stop 2>/dev/null
spool_make server /var/spool/postfix
on_server postconf -e "service_throttle_time = 1s"
postfix_refuses
postfix_start server 2525

report_program nsenter --net=/run/netns/server "$TOP/tests/smtp/run" \
	--root "$WORLD/server" \
	--backend 127.0.0.1:2525 \
	--backend-relay unix:/var/spool/postfix/public/smtpgate \
	--domain example.org --user joe --mailbox /var/mail/joe \
	--far anna@example.net --far-mailbox "$WORLD/remote/var/mail/anna" \
	--mta-may-die --mta-spool "$WORLD/server/var/spool/postfix" \
	--log "$WORLD/server/var/log/syslog" \
	--dialogues "${DIALOGUES:-700}" --seed "${SEED:-1}" --refuses mail,rcpt,data,end \
	${ONLY:+"$ONLY"}

step "a client without a reverse name is refused where Postfix refuses such: it does not have the gate's"
on_server postconf -e "smtpd_peername_lookup = yes" \
	"smtpd_client_restrictions = reject_unknown_reverse_client_hostname"
on_server postfix reload
send stranger "$SERVER4" someone@example.com joe@example.org "$report_title"
expect "the recipient is refused" replied 450 "cannot find your reverse hostname"
