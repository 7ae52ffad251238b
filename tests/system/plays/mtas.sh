# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Exim, sendmail and OpenSMTPD behind the gate, each configured as popauth(7)
# says: rights that begin and end, accidents, and every known attack on each of
# them and on Postfix (smtp-dialogues has the rest for Postfix).
#
# Each accident is possible with each MTA, but only Exim and Postfix have BDAT.
# OpenSMTPD serves all sessions with one process: when it is killed, the whole MTA
# ends, its deliveries too.

DOORS=(--backend 127.0.0.1:2525 --backend-relay 127.0.0.1:2526)

# Usage: connects_from NETNS ADDRESS PORT
connects_from() {
	ip netns exec "$1" timeout 5 bash -c ": <'/dev/tcp/$2/$3'"
}

# A client that connects to the MTA without the gate.
# Usage: tries_directly TITLE SWAKS-OPTION...
tries_directly() {
	local title=$1 port
	shift
	step "$title: a stranger can connect to neither of its doors"
	expect "from here the first is open" connects_from mta 127.0.0.1 2525
	for port in 2525 2526; do
		expect "port $port is closed to him" not connects_from stranger "$MTA4" "$port"
	done

	step "$title: its first door relays for no client, not even for its own machine"
	transcript=$(on_mta swaks --server 127.0.0.1:2525 --timeout 20 "$@" \
		--from joe@example.org --to anna@example.net 2>&1) || true
	send_outcome | saw
	expect "the recipient is refused" replied 550
}

# Usage: looks_into_queue TITLE COMMAND...: the command prints nothing, or 0, when
# the queue is empty.
looks_into_queue() {
	step "$1: no message waits in its queue"
	shift
	expect "the queue is empty" wait_for 20 queue_is_empty "$@"
	on_mta "$@" 2>&1 | head -n 5 | saw
}

queue_is_empty() {
	not grep -qvx 0 <(on_mta "$@" 2>&1)
}

forged=(--proxy-version 2 --proxy-family AF_INET --proxy-protocol STREAM --proxy-command PROXY
	--proxy-source 127.0.0.1 --proxy-source-port 1025 --proxy-dest 127.0.0.1 --proxy-dest-port 25)

chapter "Exim"
mta_machine exim
spool_make mta /var/spool/exim4
mta_start exim4 -bdf -q5s
MTA_DIALOGUES+=(postmaster_without_a_domain)
mta_dialogues Exim mta --identity proxy --refuses mail,rcpt,data,end --mailbox /home/joe/Maildir/ "${DOORS[@]}" \
	--mta-may-die --mta-spool "$WORLD/mta/var/spool/exim4"
tries_directly Exim "${forged[@]}"
looks_into_queue Exim exim4 -bpc

chapter "sendmail"
mta_machine sendmail
on_mta sh -c 'm4 /usr/share/sendmail/cf/m4/cf.m4 /etc/mail/sendmail.mc >/etc/mail/sendmail.cf'
on_mta install -d -o smmta -g smmsp /var/lib/sendmail/host_status
spool_make mta /var/spool/mqueue
mta_start /usr/libexec/sendmail/sendmail -bD -q5s
mta_dialogues sendmail mta --identity none --refuses mail,rcpt,data,end --mailbox /home/joe/Maildir/ "${DOORS[@]}" \
	--mta-may-die --mta-spool "$WORLD/mta/var/spool/mqueue"
tries_directly sendmail
# Count control files: a process that was killed before it accepted a message may
# leave a file with the message's bytes, which -bp lists, too.
looks_into_queue sendmail find /var/spool/mqueue -name '[qQh]f*'

chapter "OpenSMTPD"
mta_machine opensmtpd
on_mta sed -i -E 's/^listen .*/& filter named/' /etc/smtpd.conf # for the random dialogues
on_mta install -d -m 711 /var/spool/smtpd # as OpenSMTPD would make it
spool_make mta /var/spool/smtpd
mta_start smtpd -F
mta_dialogues OpenSMTPD mta --identity proxy --refuses mail,rcpt,data,end --mailbox /home/joe/Maildir/ "${DOORS[@]}" \
	--mta-may-die --mta-redelivers --mta-spool "$WORLD/mta/var/spool/smtpd"
tries_directly OpenSMTPD "${forged[@]}"
looks_into_queue OpenSMTPD smtpctl show queue
mta_machine_end

chapter "Postfix"
MTA_DIALOGUES=(Attack.)
mta_dialogues Postfix server --dialogues 0 --mailbox /var/mail/joe \
	--backend 127.0.0.1:2525 --backend-relay unix:/var/spool/postfix/public/smtpgate

mta_matrix
