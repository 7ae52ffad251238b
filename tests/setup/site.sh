# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# One site before popauth-setup, behind the gate, and after an undo.
#
# Contract: setup_prepare makes, once, what all sites are made of; setup_site NAME
# makes the machine "pop" by fixture_NAME and starts its servers.  setup_probe PHASE
# asks the cells of this site, with real clients; setup_compare says of each cell
# whether it is as it was; setup_matrix prints all of them.
# Needs: fixtures.sh, and what the world has.

SETUP_CELLS=(starttls local alias unknown relay own machine sendmail)
SETUP_MATRIX=()
SETUP_ARRIVES=(local alias virtual own machine sendmail submission auth granted)

# A machine with our packages and a Postfix, configured by debconf.
setup_prepare() {
	site_make
	# where a release needs another
	[ ! -d "$TOP/tests/system/machines/dovecot.$RELEASE" ] ||
		cp "$TOP/tests/system/machines/dovecot.$RELEASE/etc/dovecot/local.conf" "$WORLD/pop/etc/dovecot/"
	packages_start_nothing pop
	mapfile -t setup_debs < <(site_debs libpam-popauth popauthd smtpgate)
	site_apt install "${setup_debs[@]}" || cannot "our packages do not install: $(tail -n 1 "$WORLD/apt.log")"
	fixture_postfix
	cp "$TOP/tests/setup/probe.py" "$WORLD/pop/root/"
	cp "$TOP/tests/setup/probe.py" "$WORLD/laptop/root/"
	cp -a "$WORLD/pop.upper" "$WORLD/setup.base"
	pop_machine_end
}

# Usage: setup_site NAME
setup_site() {
	setup_name=$1
	FIXTURE_CELLS=()
	SETUP_START="/etc/init.d/postfix start"
	pop_machine_end
	layer_make pop "$MAIL_ROOT" "$WORLD/setup.base"
	log_start pop
	log_watch pop
	on_pop postconf -e "mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128 $OFFICE_NET"
	"fixture_$setup_name"
	setup_cells=("${SETUP_CELLS[@]}" "${FIXTURE_CELLS[@]}")
	# shellcheck disable=SC2086 # a command and its argument
	on_pop $SETUP_START >/dev/null 2>&1
	wait_for 20 listens pop 25 ||
		cannot "the mail server of '$setup_name' did not start: $(tail -n 1 "$WORLD/pop/var/log/syslog")"
	exec_in_machine pop pop dovecot -F &
	disown
	wait_for 10 listens pop 110 || cannot "Dovecot of '$setup_name' did not start."
}

# Which client asks a cell.
setup_client() {
	case $1 in
	machine | sendmail) echo "pop pop 127.0.0.1 127.0.0.1" ;;
	own) echo "laptop joe $POP4 $(office_address 0)" ;;
	listed) echo "laptop stranger $POP4 ${STRANGER4%.*}.99" ;;
	submission | auth) echo "laptop joe $POP4 $JOE4" ;;
	granted) echo "laptop joe $POP4 $JOE4" ;;
	*) echo "laptop stranger $POP4 $STRANGER4" ;;
	esac
}

# Usage: setup_probe PHASE [CELL...]: "CELL ANSWER" of each into $WORLD/setup.PHASE
setup_probe() {
	local phase=$1 cell machine netns server source asked
	shift
	[ $# -gt 0 ] || set -- "${setup_cells[@]}"
	asked=("$@")
	: >"$WORLD/setup.$phase"
	: >"$WORLD/setup.$phase.err"
	while read -r machine netns server source; do
		mapfile -t cells < <(for cell in "${asked[@]}"; do
			[ "$(setup_client "$cell")" != "$machine $netns $server $source" ] ||
				[ "$cell" = dkim ] || echo "$cell"
		done)
		[ ${#cells[@]} -gt 0 ] || continue
		in_machine "$machine" "$netns" timeout 120 python3 /root/probe.py "$server" "$source" \
			"$setup_name $phase" "${cells[@]}" \
			</dev/null >>"$WORLD/setup.$phase" 2>>"$WORLD/setup.$phase.err" || true
	done < <(for cell in "${asked[@]}"; do setup_client "$cell"; done | sort -u)
	setup_arrivals "$phase" "${asked[@]}"
}

# A message that was accepted arrives; a signed one is signed.
setup_arrivals() {
	local phase=$1 cell
	shift
	for cell in "$@"; do
		[[ " ${SETUP_ARRIVES[*]} " = *" $cell "* ]] || continue
		grep -qx "$cell yes" "$WORLD/setup.$phase" || continue
		setup_arrived "$phase" "$cell" ||
			sed -i "s/^$cell yes\$/$cell lost/" "$WORLD/setup.$phase"
	done
	[[ " $* " != *" dkim "* ]] || echo "dkim $(setup_is_signed "$phase" own && setup_is_signed "$phase" machine && echo yes || echo no)" \
		>>"$WORLD/setup.$phase"
}

setup_arrived() {
	case $2 in
	local | alias | virtual) arrived pop joe "$setup_name $1 $2" ;;
	*) arrived remote anna "$setup_name $1 $2" ;;
	esac
}

# Usage: setup_is_signed PHASE CELL
setup_is_signed() {
	awk -v subject="Subject: $setup_name $1 $2" '
		/^From / { signed = 0 }
		/^DKIM-Signature:/ { signed = 1 }
		$0 == subject { found = signed }
		END { exit !found }' "$WORLD/remote/var/mail/anna"
}

setup_answer() {
	sed -n "s/^$2 //p" "$WORLD/setup.$1"
}

# Each cell has the answer that it had before.  Usage: setup_compare TITLE PHASE
setup_compare() {
	local title=$1 phase=$2 cell before after row=
	step "$title: each of ${#setup_cells[@]} cells is as before"
	for cell in "${setup_cells[@]}"; do
		before=$(setup_answer before "$cell")
		after=$(setup_answer "$phase" "$cell")
		# a refusal may become a better one, from later to no
		[ "$before" != later ] || [ "$after" != no ] || before=no
		expect "$cell: before ${before:-nothing}, now ${after:-nothing}" test "$before" = "$after"
		row+=$(printf ' %-17s' "$cell $before/$after")
	done
	[ ${#report_wrong[@]} -eq 0 ] || saw <"$WORLD/setup.$phase.err"
	SETUP_MATRIX+=("$(printf '%-15s' "$setup_name")$row")
}

setup_matrix() {
	local row
	report_close_step
	report_line ""
	report_line "Each site before and behind the gate, CELL BEFORE/AFTER:"
	report_line ""
	for row in "${SETUP_MATRIX[@]}"; do
		report_line "$row"
	done
}

# Every file of /etc: kind, mode, owner, target, contents.
setup_tree() {
	(
		cd "$WORLD/pop/etc" || exit
		find . -printf '%p %y %m %U %G %l\n'
		find . -type f -exec sha256sum {} +
	) | LC_ALL=C sort
}

# Usage: setup_runs OPTION...; its output is in $WORLD/setup.out
setup_runs() {
	did pop "popauth-setup $*"
	setup_status=0
	on_pop popauth-setup "$@" >"$WORLD/setup.out" 2>&1 </dev/null || setup_status=$?
}

setup_undone() {
	diff "$WORLD/tree.before" <(setup_tree) | head -n 10 | saw
	diff -q "$WORLD/tree.before" <(setup_tree)
}

# Before anything is set up, what should work works, and the rest is refused.
setup_works() {
	local cell answer
	for cell in "${setup_cells[@]}"; do
		answer=$(setup_answer before "$cell")
		case $cell:$answer in
		unknown:no | virtual_unknown:no | listed:no | blocked_sender:no | relay:no | relay:later) ;;
		starttls:[0-9a-f][0-9a-f][0-9a-f]*) ;;
		*:yes) ;;
		*) return 1 ;;
		esac
	done
}

# Set up, compare, again, undo.  Usage: setup_story TITLE
setup_story() {
	local title=$1
	setup_probe before
	step "$title: the site works"
	expect "each cell has a good answer" setup_works
	[ ${#report_wrong[@]} -eq 0 ] || cat "$WORLD/setup.before" "$WORLD/setup.before.err" | saw
	setup_tree >"$WORLD/tree.before"
	step "$title: popauth-setup succeeds"
	setup_runs --yes
	expect "its status is 0" test "$setup_status" -eq 0
	[ "$setup_status" -eq 0 ] || tail -n 30 "$WORLD/setup.out" | saw
	setup_probe after
	setup_compare "$title" after
	step "$title: after a POP login joe's address relays"
	pop_login joe "$POP4" joe joespassword
	expect "the login succeeds" logged_in
	setup_probe login granted
	expect "his message is accepted and arrives" test "$(setup_answer login granted)" = yes
	step "$title: a second run has nothing to change"
	setup_runs --yes
	expect "its status is 0" test "$setup_status" -eq 0
	expect "it says so" grep -q 'nothing to change' "$WORLD/setup.out"
	step "$title: --undo brings back every file of /etc"
	setup_runs --undo --yes
	expect "its status is 0" test "$setup_status" -eq 0
	expect "each file is as it was, with mode and owner" setup_undone
	setup_probe undone starttls machine
	expect "the mail server has port 25 again" test "$(setup_answer undone machine)" = yes
}
