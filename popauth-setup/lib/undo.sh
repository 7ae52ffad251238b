# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Bring back what an earlier run changed.

undo_run() {
	[ -d "$PLAN" ] || {
		say "Nothing was set up by $PROGRAM; there is nothing to undo."
		return
	}
	[ -e "$PLAN/undoing" ] || [ "$DO" != undo ] || undo_ask
	: >"$PLAN/undoing"
	store_get
	store_pause undo-begun
	undo_conflicts=0
	starter_stop
	store_pause undo-stopped
	while IFS= read -r undo_path; do
		undo_file "$undo_path"
		store_pause "undo:$undo_path"
	done <"$PLAN/paths"
	group_leave
	store_pause undo-groups
	undo_reload
	if [ "$undo_conflicts" -gt 0 ]; then
		fail 1 "correct these files and run \"$PROGRAM --undo\" again"
	fi
	rm -rf "$PLAN" "$STAGE"
	say "All changes of $PROGRAM are undone."
}

undo_ask() {
	say "These files become as they were, except for later edits in other lines:"
	sed 's,^,  /,' "$PLAN/paths"
	if [ "$DRY_RUN" = yes ]; then
		say "Nothing was changed (--dry-run)."
		exit 0
	fi
	agreed "Do this?" || fail 1 "nothing was changed; only the answer y (or --yes) changes something"
}

# Usage: undo_file PATH
undo_file() {
	if ! hunks_reverse "/$1" "$1" "$STORE/undone"; then
		undo_conflicts=$((undo_conflicts + 1))
		say "/$1 was edited in lines of $PROGRAM; its lines before are in $PLAN/base/$1"
		return
	fi
	if [ ! -e "$STORE/undone" ]; then
		rm -f "/$1"
	elif ! cmp -s "$STORE/undone" "/$1"; then
		store_put "$STORE/undone" "/$1"
	fi
	rm -f "$STORE/undone"
}

undo_reload() {
	case $MTA in
	postfix)
		pf_reload && wait_until 20 undo_has_port
		;;
	exim) exim_back ;;
	esac || say "The mail server does not listen on port 25; see its log."
	[ -z "$(processes_of dovecot)" ] || doveadm reload || true
}

undo_has_port() {
	! apply_port_is_free
}
