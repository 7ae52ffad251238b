# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The plan on disk, so that a run that was killed can be completed or undone.
#
# $STORE/plan is what was agreed to; it is there from the moment of the answer
# "yes" until the end of an undo.  Files are named by their path, as plan/base/etc/...
#
#	base/      each file as it was without this program; missing: there was none
#	was/       as it was when the plan was made; base/ and an earlier plan
#	new-1/     as the first half of the steps wants it: port 25 stays
#	new-2/     as it is at the end
#	paths      the files, one a line, without the first "/"
#	dirs       directories that were made for them, the deepest first
#	groups     groups that the gate's user joins
#	settings   variables for the steps
#	steps      the steps that were done
#	complete   all of them
#	undoing    an undo began
#
# plan.new is a plan that is being made.  plan.old is the one before, until all
# steps of the new one are done.

STORE=${POPAUTH_SETUP_STATE:-/var/lib/popauth-setup}
PLAN=$STORE/plan

store_open() {
	mkdir -p "$STORE"
	chmod 700 "$STORE"
	if command -v flock >/dev/null; then
		exec 9>"$STORE/lock"
		flock -n 9 || fail 75 "another $PROGRAM is at work; wait for its end"
	fi
	if [ ! -d "$PLAN" ] && [ -d "$PLAN.old" ]; then
		mv "$PLAN.old" "$PLAN"
	fi
}

# A name for the files of a plan in the making.  Usage: store_begin
store_begin() {
	rm -rf "$PLAN.new"
	mkdir "$PLAN.new"
	: >"$PLAN.new/paths"
	: >"$PLAN.new/settings"
	: >"$PLAN.new/groups"
	# those that an earlier run made are still to be removed in the end
	cat "$PLAN/dirs" >"$PLAN.new/dirs" 2>/dev/null || : >"$PLAN.new/dirs"
}

# From now on a killed run is completed or undone.
store_agree() {
	sync -f "$PLAN.new" 2>/dev/null || sync
	rm -rf "$PLAN.old"
	[ ! -d "$PLAN" ] || mv "$PLAN" "$PLAN.old"
	mv "$PLAN.new" "$PLAN"
}

# All steps are done.
store_complete() {
	: >"$PLAN/complete"
	rm -rf "$PLAN.old"
}

# The steps did not succeed, and what they did is taken back: the plan before is the
# plan again.
store_disagree() {
	rm -rf "$PLAN.failed"
	mv "$PLAN" "$PLAN.failed"
	mv "$PLAN.old" "$PLAN"
	rm -rf "$PLAN.failed"
}

# Usage: store_set NAME VALUE
store_set() {
	printf "%s='%s'\n" "$1" "$(printf '%s' "$2" | sed "s/'/'\\\\''/g")" >>"$PLAN.new/settings"
}

store_get() {
	# shellcheck source=/dev/null
	. "$PLAN/settings"
}

store_is_done() {
	grep -qxF "$1" "$PLAN/steps" 2>/dev/null
}

store_mark() {
	printf '%s\n' "$1" >>"$PLAN/steps"
	store_pause "$1"
}

# For the tests: stop for good behind a step.
store_pause() {
	[ "${POPAUTH_SETUP_KILL_AFTER:-}" = "$1" ] || return 0
	kill -9 $$
	exit 137
}

# Put a file in place: a new one beside it, then a rename.  Mode and owner are
# those of the file that was there, or of SOURCE.  Usage: store_put SOURCE PATH
store_put() {
	store_put_dir=$(dirname "$2")
	[ -d "$store_put_dir" ] || mkdir -p "$store_put_dir"
	# a link stays a link
	store_put_path=$(readlink -f "$2")
	rm -f "$store_put_path.popauth-new"
	cp -p "$1" "$store_put_path.popauth-new"
	sync "$store_put_path.popauth-new" 2>/dev/null || true
	mv -f "$store_put_path.popauth-new" "$store_put_path"
}
