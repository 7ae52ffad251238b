# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The staging tree: the site's configuration without this program's earlier
# changes, and what is made of it.
#
# stage_open copies the parts of /etc that may be changed into $STAGE/etc, and
# takes earlier changes back there.  Commands that read a configuration are
# given its directory in the stage.  stage_edits FILE remembers that FILE (with its
# path, /etc/...) is about to be edited; stage_keep PHASE saves the edited files
# as new-PHASE of the plan.

STAGE=$STORE/stage

STAGE_DIRS="etc/postfix etc/exim4 etc/dovecot etc/pam.d etc/xinetd.d etc/popauth/conf.d
etc/popauth/tls etc/letsencrypt/renewal-hooks"
STAGE_FILES="etc/xinetd.conf etc/default/exim4 etc/default/saslauthd"

stage_open() {
	rm -rf "$STAGE"
	mkdir -p "$STAGE/etc"
	for stage_path in $STAGE_DIRS $STAGE_FILES; do
		[ -e "/$stage_path" ] || continue
		mkdir -p "$STAGE/$(dirname "$stage_path")"
		cp -a "/$stage_path" "$STAGE/$(dirname "$stage_path")/"
	done
	# programs that look below $STAGE for more than configuration
	for stage_path in usr lib lib64 bin sbin var; do
		[ ! -e "/$stage_path" ] || ln -s "/$stage_path" "$STAGE/$stage_path"
	done
	[ ! -d "$PLAN" ] || stage_undo
}

# Take the changes of an earlier plan back, in the stage.
stage_undo() {
	while IFS= read -r stage_path; do
		if hunks_reverse "/$stage_path" "$stage_path" "$STAGE/undone"; then
			rm -f "$STAGE/$stage_path"
			[ ! -e "$STAGE/undone" ] || cp -p "$STAGE/undone" "$STAGE/$stage_path"
		else
			problem "/$stage_path was edited where an earlier run of $PROGRAM had changed it; run \"$PROGRAM --undo\" first"
		fi
		rm -f "$STAGE/undone"
		stage_remember "$stage_path"
	done <"$PLAN/paths"
}

# Usage: stage_remember PATH, without the first "/"
stage_remember() {
	! grep -qxF "$1" "$PLAN.new/paths" || return 0
	printf '%s\n' "$1" >>"$PLAN.new/paths"
	stage_note_dirs "$(dirname "$1")"
	stage_copy "$STAGE/$1" "$PLAN.new/base/$1"
	stage_copy "/$1" "$PLAN.new/was/$1"
}

# Directories that are not there yet, the deepest first.
stage_note_dirs() {
	stage_dir=$1
	while [ ! -d "/$stage_dir" ]; do
		grep -qxF "$stage_dir" "$PLAN.new/dirs" || printf '%s\n' "$stage_dir" >>"$PLAN.new/dirs"
		stage_dir=$(dirname "$stage_dir")
	done
}

stage_copy() {
	[ -e "$1" ] || return 0
	mkdir -p "$(dirname "$2")"
	cp -pL "$1" "$2"
}

# Usage: stage_edits /PATH
stage_edits() {
	stage_remember "${1#/}"
	mkdir -p "$STAGE$(dirname "$1")"
}

# Replace a file in the stage by standard input; its mode stays.
# Usage: stage_write /PATH [MODE]
stage_write() {
	stage_edits "$1"
	cat >"$STAGE/written"
	[ -e "$STAGE$1" ] || install -m "${2:-644}" /dev/null "$STAGE$1"
	cat "$STAGE/written" >"$STAGE$1"
	rm -f "$STAGE/written"
}

# Usage: stage_keep PHASE
stage_keep() {
	mkdir -p "$PLAN.new/new-$1"
	while IFS= read -r stage_path; do
		stage_copy "$STAGE/$stage_path" "$PLAN.new/new-$1/$stage_path"
	done <"$PLAN.new/paths"
}

# Is a file of the plan other than now?
stage_differs() {
	if [ -e "$PLAN.new/new-2/$1" ]; then
		! cmp -s "$PLAN.new/new-2/$1" "/$1"
	else
		[ -e "/$1" ]
	fi
}

stage_changes() {
	while IFS= read -r stage_path; do
		! stage_differs "$stage_path" || printf '%s\n' "$stage_path"
	done <"$PLAN.new/paths"
}

# The difference to what is there now.
stage_diff() {
	stage_changes | while IFS= read -r stage_path; do
		stage_old=/$stage_path
		stage_new=$PLAN.new/new-2/$stage_path
		[ -e "$stage_old" ] || stage_old=/dev/null
		[ -e "$stage_new" ] || stage_new=/dev/null
		case $stage_path in
		etc/popauth/tls/*)
			say "/$stage_path: certificate and key, which are not shown"
			continue
			;;
		esac
		diff -U 2 --label "/$stage_path" --label "/$stage_path (proposed)" \
			"$stage_old" "$stage_new" || true
	done
}
