# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The second half: the steps.  Each of them can be repeated.

setup_run() {
	if [ -e "$PLAN/undoing" ] || { [ -d "$PLAN" ] && [ ! -e "$PLAN/complete" ]; }; then
		setup_resume
		return
	fi
	look_options
	store_begin
	stage_open
	look
	plan
	say_problems
	plan_settings
	if plan_is_empty; then
		rm -rf "$PLAN.new" "$STAGE"
		say ""
		say "All of it is set up already; there is nothing to change."
		return
	fi
	setup_propose
	if [ "$DRY_RUN" = yes ]; then
		rm -rf "$PLAN.new" "$STAGE"
		say "Nothing was changed (--dry-run)."
		return
	fi
	agreed "Do this?" || fail 1 "nothing was changed; only the answer y (or --yes) changes something"
	rm -rf "$STAGE"
	store_agree
	apply_all
}

setup_propose() {
	say ""
	say "Proposed:"
	stage_diff
	while IFS= read -r setup_group; do
		say "User $GATE_USER joins group $setup_group."
	done <"$PLAN.new/groups"
	say "Then the mail server leaves port 25, and the gate takes it."
	say ""
}

# A run was killed.
setup_resume() {
	if [ -e "$PLAN/undoing" ]; then
		say "An undo did not end; it is completed now."
		undo_run
		return
	fi
	say "An earlier run did not end; it is completed now (\"$PROGRAM --undo\" takes it back)."
	[ "$DRY_RUN" = no ] || return 0
	agreed "Complete it?" || fail 1 "nothing was changed; only the answer y (or --yes) changes something"
	apply_all
}

# Usage: step NAME COMMAND...
step() {
	step_name=$1
	shift
	! store_is_done "$step_name" || return 0
	# in a shell of its own, where the first command that fails ends the step
	set +e
	(set -e && "$@")
	step_status=$?
	set -e
	if [ "$step_status" -ne 0 ]; then
		say ""
		say "This did not work ($step_name); all of it is taken back."
		if [ -e "$PLAN.old/complete" ]; then
			update_back
			fail 1 "the gate works as before this run"
		fi
		undo_run
		fail 1 "nothing has changed; the mail server works as before"
	fi
	store_mark "$step_name"
}

apply_all() {
	store_get
	store_pause agreed
	step files apply_files 1
	step groups group_join
	step configuration apply_configuration
	step daemons starter_daemons
	step dovecot apply_dovecot
	step listeners apply_listeners
	step test apply_test
	step port-files apply_files 2
	step port-free apply_leave
	step old-gate apply_old_gate
	step gate apply_gate
	store_complete
	apply_hint
}

# Usage: apply_files PHASE
apply_files() {
	while IFS= read -r apply_path; do
		apply_new=$PLAN/new-$1/$apply_path
		if [ -e "$apply_new" ]; then
			cmp -s "$apply_new" "/$apply_path" || store_put "$apply_new" "/$apply_path"
		else
			rm -f "/$apply_path"
		fi
		store_pause "files-$1:$apply_path"
	done <"$PLAN/paths"
}

# Options of the site in other files may be wrong.
apply_configuration() {
	popauthd -t >/dev/null
}

apply_dovecot() {
	[ -n "$(processes_of dovecot)" ] || return 0
	doveconf -n >/dev/null
	doveadm reload
	case $AUTH in
	dovecot:*) wait_until 10 test -S "${AUTH#dovecot:}" ;;
	esac
}

# The mail server opens the gate's listeners, and keeps port 25.
apply_listeners() {
	case $MTA in
	postfix)
		postfix check && pf_reload &&
			wait_until 20 apply_sockets_are_there
		;;
	exim) exim_open ;;
	esac
}

pf_reload() {
	postfix reload >/dev/null 2>&1 || postfix start >/dev/null 2>&1 9>&-
}

apply_sockets_are_there() {
	sed -n 's/^backend.*= unix:\(.*\)/\1/p' "$CONF" | while IFS= read -r apply_socket; do
		[ -S "$apply_socket" ] || exit 1
	done
}

apply_test() {
	say "smtpgate -t:"
	apply_status=0
	smtpgate -t >"$STORE/test" 2>&1 || apply_status=$?
	# the mail server has just read its new listeners, perhaps on a busy machine
	if [ "$apply_status" -gt 1 ]; then
		sleep 3
		apply_status=0
		smtpgate -t >"$STORE/test" 2>&1 || apply_status=$?
	fi
	sed 's/^/  /' "$STORE/test"
	rm -f "$STORE/test"
	# 1: it works in part, and the warnings say which
	[ "$apply_status" -le 1 ]
}

apply_leave() {
	case $MTA in
	postfix) pf_reload && wait_until 20 apply_port_is_free ;;
	exim) exim_leave ;;
	esac
}

# Free, or the gate's already.
apply_port_is_free() {
	case $(port_owner 25) in
	master | exim4 | exim) return 1 ;;
	esac
}

# An earlier run had another way to start the gate.
apply_old_gate() {
	[ -n "$OLD_STARTER" ] && [ "$OLD_STARTER" != "$STARTER" ] || return 0
	starter_stop "$OLD_STARTER"
}

apply_gate() {
	starter_start
	for apply_address in $LISTEN; do
		case $apply_address in
		0.0.0.0 | '[::]') apply_address=127.0.0.1 ;;
		esac
		wait_until 20 apply_greets "$(printf '%s' "$apply_address" | tr -d '[]')" || {
			say "The gate does not answer on port 25 of $apply_address."
			return 1
		}
	done
}

apply_greets() {
	case $(port_owner 25) in
	xinetd | smtpgate | systemd) ;;
	*) return 1 ;;
	esac
	case $(port_greeting "$1" 25) in
	220*) return 0 ;;
	esac
	return 1
}

apply_hint() {
	say ""
	say "The gate has port 25.  Try:"
	say "  popauthctl pam-check       does the POP server record logins?"
	say "  popauthctl list            after a POP login: who may relay"
	say "\"$PROGRAM --undo\" brings everything back."
	starter_has_systemd || say "Without systemd, start popauthd at boot as you start your other daemons."
}
