# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The dialogues of tests/smtp, exact to the byte, with this server's gate and
# Postfix.

report_program nsenter --net=/run/netns/server "$TOP/tests/smtp/run" \
	--root "$WORLD/server" \
	--backend 127.0.0.1:2525 \
	--backend-relay unix:/var/spool/postfix/public/smtpgate \
	--domain example.org --user joe --mailbox /var/mail/joe \
	--far anna@example.net --far-mailbox "$WORLD/remote/var/mail/anna" \
	--log "$WORLD/server/var/log/syslog"
