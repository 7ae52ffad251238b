# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Bring back what an earlier run changed.

undo_run() {
	[ -d "$PLAN" ] || {
		say "Nothing was set up by $PROGRAM; there is nothing to undo."
		return
	}
	if [ ! -e "$PLAN/undoing" ] && [ "$DO" = undo ]; then
		undo_can
		undo_ask
	fi
	: >"$PLAN/undoing"
	store_get
	store_pause undo-begun
	undo_conflicts=0
	starter_stop "$STARTER"
	[ -z "$OLD_STARTER" ] || starter_stop "$OLD_STARTER"
	starter_forget_auth
	store_pause undo-stopped
	while IFS= read -r undo_path; do
		undo_file "$undo_path"
		store_pause "undo:$undo_path"
	done <"$PLAN/paths"
	while IFS= read -r undo_path; do
		rmdir "/$undo_path" 2>/dev/null || true
	done <"$PLAN/dirs"
	group_leave
	store_pause undo-groups
	! starter_has_systemd || systemctl daemon-reload
	undo_reload
	if [ "$undo_conflicts" -gt 0 ]; then
		fail 1 "correct these files and run \"$PROGRAM --undo\" again"
	fi
	rm -rf "$PLAN.old" "$PLAN" "$STAGE"
	say "All changes of $PROGRAM are undone."
	[ ! -d "$STORE/edited" ] || say "Files of $PROGRAM that were edited since are in $STORE/edited."
}

# Nothing begins that cannot end.
undo_can() {
	undo_conflicts=0
	while IFS= read -r undo_path; do
		if ! hunks_reverse "/$undo_path" "$undo_path" "$STORE/undone"; then
			undo_conflicts=$((undo_conflicts + 1))
			say "/$undo_path was edited in lines of $PROGRAM; the lines before are in $PLAN/base/$undo_path"
		fi
		rm -f "$STORE/undone"
	done <"$PLAN/paths"
	[ "$undo_conflicts" -eq 0 ] ||
		fail 1 "nothing was changed; take these edits back, and run \"$PROGRAM --undo\" again"
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

# A run that should have changed what an earlier one did: back to the earlier one.
update_back() {
	while IFS= read -r undo_path; do
		if [ ! -e "$PLAN/was/$undo_path" ]; then
			rm -f "/$undo_path"
		elif ! cmp -s "$PLAN/was/$undo_path" "/$undo_path"; then
			store_put "$PLAN/was/$undo_path" "/$undo_path"
		fi
	done <"$PLAN/paths"
	update_starter=$STARTER
	store_disagree
	store_get
	[ "$update_starter" = "$STARTER" ] || starter_stop "$update_starter"
	case $MTA in
	postfix) pf_reload ;;
	exim) ex_reload ;;
	esac || true
	[ -z "$(processes_of dovecot)" ] || doveadm reload || true
	starter_start
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
