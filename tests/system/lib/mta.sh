# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# One MTA after another behind the gate, on the machine "mta", and the matrix
# of attacks.
#
# Contract: mta_machine NAME makes a new machine, with the packages of
# debs/NAME.packages, our own, the files of machines/NAME/, a user joe, and a
# syslog; it delivers example.org there, and all other mail to the machine
# "remote", which has anna's mailbox.  spool_make MACHINE PATH gives a spool that
# can be full; mta_start COMMAND... starts the MTA, and again when it ends;
# mta_dialogues TITLE runs the dialogues that depend on the MTA, each test a line
# of TAP, and makes one column of the matrix of their attacks; mta_matrix prints
# it.  postfix_refuses makes the server's Postfix refuse by name, as the other
# MTAs do, for the random dialogues (tests/smtp/dialogue_random.py).
#
# Of the environment: DIALOGUES and SEED, how many random dialogues with each MTA,
# and which; ONLY, the tests to run in place of those that depend on the MTA.
# Needs: layer.sh, log.sh, net.sh, servers.sh, report.sh, debs.sh.

# The tests of tests/smtp that depend on the MTA behind the gate.
MTA_DIALOGUES=(Attack. RandomDialogues Accident. Message.test OfTheMta ThroughTheMta OnTheMta real_mta)
MTA_TITLES=()

on_mta() {
	in_machine mta mta "$@"
}

# Usage: mta_machine NAME
mta_machine() {
	local name=$1
	mta_machine_end
	layer_make mta "$MAIL_ROOT"
	log_start mta
	log_watch mta
	packages_start_nothing mta
	packages_install mta "$PACKAGES" "$DEBS/$name"
	layer_configure mta "$name"
	user_add mta joe
}

mta_machine_end() {
	log_watch server
	if mountpoint -q "$WORLD/mta"; then
		layer_remove mta
	fi
}

# Usage: spool_make MACHINE PATH, inside of it, before the MTA is started.
spool_make() {
	local spool=$WORLD/$1$2 copy=$WORLD/spool.$1
	cp -a "$spool" "$copy"
	mount -t tmpfs -o size=64m spool "$spool"
	cp -a "$copy/." "$spool/"
	chown --reference="$copy" "$spool"
	chmod --reference="$copy" "$spool"
	rm -rf "$copy"
}

# Usage: mta_start COMMAND...: returns when it listens for the gate.  It is
# started again when it ends, as a service manager would do.
mta_start() {
	# shellcheck disable=SC2016 # the machine's shell expands it
	exec_in_machine mta mta sh -c 'while :; do "$@"; sleep 0.1; done' - "$@" &
	disown
	wait_for 60 listens mta 2525 ||
		cannot "'$*' did not start: $(tail -n 1 "$WORLD/mta/var/log/syslog")"
}

# Usage: mta_dialogues TITLE MACHINE ARGUMENT... (of tests/smtp/run)
mta_dialogues() {
	local title=$1 machine=$2
	shift 2
	[ -z "${ONLY:-}" ] || MTA_DIALOGUES=("$ONLY")
	MTA_TITLES+=("$title")
	report_program mta_run "$title" nsenter --net="/run/netns/$machine" "$TOP/tests/smtp/run" \
		--root "$WORLD/$machine" --domain example.org --user joe \
		--far anna@example.net --far-mailbox "$WORLD/remote/var/mail/anna" \
		--log "$WORLD/$machine/var/log/syslog" \
		--dialogues "${DIALOGUES:-100}" --seed "${SEED:-1}" "$@" "${MTA_DIALOGUES[@]}"
}

# Usage: refuses STAGE KIND DOMAIN: a restriction of Postfix
refuses() {
	printf 'check_%s_access inline:{ { %s4@%s = 450 4.7.1 Not now }, { %s5@%s = 550 5.7.1 No } }' \
		"$2" "$1" "$3" "$1" "$3"
}

# Usage: postfix_refuses, before it is started
postfix_refuses() {
	on_server postconf -e "smtpd_delay_reject = no" "smtpd_error_sleep_time = 0" \
		"smtpd_sender_restrictions = $(refuses mail sender b.example)" \
		"smtpd_recipient_restrictions = $(refuses rcpt recipient example.org)" \
		"smtpd_data_restrictions = $(refuses data sender b.example)" \
		"smtpd_end_of_data_restrictions = $(refuses end sender b.example)"
}

# Usage: mta_run TITLE COMMAND...: its TAP, with the title in each line.
mta_run() {
	local title=$1
	shift
	"$@" | sed -E "s/^((not )?ok [0-9]+ - )/\1$title: /" | tee "$WORLD/mta.$title.tap"
}

# Usage: mta_cell TITLE ATTACK
mta_cell() {
	local line
	line=$(grep -E "^(not )?ok [0-9]+ - $1: Attack: $2( #|:|\$)" "$WORLD/mta.$1.tap" | sort -r | head -n 1)
	case $line in
	"") echo "?" ;;
	not*) echo "!" ;;
	*SKIP*) echo "." ;;
	*) echo "+" ;;
	esac
}

mta_matrix() {
	local attack title row
	report_close_step
	report_line ""
	report_line "Each attack on an MTA behind the gate: + nothing smuggled, relayed or executed,"
	report_line "and the session in step; ! not so; . not tried."
	report_line ""
	report_line "$(printf '%-76s' "")$(printf ' %-10s' "${MTA_TITLES[@]}")"
	while read -r attack; do
		row=$(printf '%-76s' "$attack")
		for title in "${MTA_TITLES[@]}"; do
			row+=$(printf ' %-10s' "$(mta_cell "$title" "$attack")")
		done
		report_line "$row"
	done < <(sed -n -E 's/^(not )?ok [0-9]+ - [^:]*: Attack: ([^#:]*[^#: ]).*/\2/p' "$WORLD"/mta.*.tap | sort -u)
}
