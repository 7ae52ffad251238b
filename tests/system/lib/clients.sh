# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The mail programs of joe, of a stranger and of the remote MTA's users.
#
# Contract: each function marks the log, runs a real client on the laptop of
# the namespace named first, reports the command (report.sh), and leaves the
# client's output in $transcript.  It returns 0 for every reply of the server:
# the steps check that with replied and arrived.
# Needs: layer.sh, log.sh, report.sh, wait.sh, net.sh.

transcript=
# one of the office's addresses; empty: the laptop's own
source_address=
# options of swaks for a login
login_options=()

# Usage: pop_login WHO SERVER USER PASSWORD
pop_login() {
	local who=$1 server user=$3 password=$4
	server=$(url_host "$2")
	log_mark
	did "$who${source_address:+ ($source_address)}" "curl -v -u $user:$password pop3://$server/"
	transcript=$(in_machine laptop "$who" curl -sS -v --max-time 20 \
		${source_address:+--interface "$source_address"} \
		-u "$user:$password" "pop3://$server/" 2>&1 | tr -d '\r') || true
	# the answer to the password, not the server's greeting
	grep -E '^< (\+OK Logged|-ERR)|^curl:' <<<"$transcript" | saw
}

# An address as a URL has it: IPv6 in brackets.
url_host() {
	case $1 in
	*:*) printf '[%s]\n' "$1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

logged_in() {
	grep -q '^< +OK Logged in' <<<"$transcript"
}

# Usage: send WHO SERVER FROM TO SUBJECT
send() {
	local who=$1 server=$2 from=$3 to=$4 subject=$5
	log_mark
	did "$who${source_address:+ ($source_address)}" "swaks --server $server${login_options[*]:+ ${login_options[*]}} --from $from --to $to --header 'Subject: $subject'"
	transcript=$(in_machine laptop "$who" swaks --server "$server" --timeout 20 --ehlo laptop \
		${source_address:+--local-interface "$source_address"} \
		"${login_options[@]}" \
		--from "$from" --to "$to" --header "Subject: $subject" 2>&1) || true
	send_outcome | saw
}

# The refusal, or else the reply to the message itself.
send_outcome() {
	grep -E '^(<\*\*|\*\*\*)' <<<"$transcript" ||
		grep -A 1 -E '^ -> \.$' <<<"$transcript" | tail -n 1
}

# Usage: replied CODE [TEXT]: the outcome was this, with TEXT in it.
replied() {
	local line
	line=$(send_outcome | grep -E "^<(-|\*\*)  ?$1[ -]") &&
		grep -qiF -- "${2-}" <<<"$line"
}

# Usage: from_office ADDRESS pop_login|send ...
from_office() {
	source_address=$1
	shift
	"$@"
	source_address=
}

mailbox_has() {
	grep -qsxF -- "Subject: $3" "$WORLD/$1/var/mail/$2"
}

# Usage: arrived MACHINE USER SUBJECT, within ten seconds.
arrived() {
	wait_for 10 mailbox_has "$@"
}

# The header lines of a message that show its way.
show_arrival() {
	local machine=$1 user=$2 subject=$3
	mailbox_has "$machine" "$user" "$subject" || return 0
	note "in $user's mailbox on '$machine':"
	awk -v subject="Subject: $subject" '
		/^From / { text = "" }
		/^Received:|^\t|^Return-Path:|^Subject:/ { text = text $0 "\n" }
		$0 == subject { printf "%s", text; exit }
	' "$WORLD/$machine/var/mail/$user" | saw
}
