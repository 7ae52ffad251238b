# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# User smtpgate in more groups: the sockets and keys that it needs belong to them.
#
# gpasswd keeps the line before in /etc/group- and /etc/gshadow-; an undo
# restores these, too.

GATE_USER=smtpgate

group_has_gate() {
	id -nG "$GATE_USER" 2>/dev/null | tr ' ' '\n' | grep -qxF "$1"
}

# Usage: group_plan GROUP
group_plan() {
	[ -d "$PLAN" ] && grep -qxF "$1" "$PLAN/groups" || ! group_has_gate "$1" || return 0
	! grep -qxF "$1" "$PLAN.new/groups" || return 0
	printf '%s\n' "$1" >>"$PLAN.new/groups"
}

# The backups of the files of groups, as they were before the first change.
group_save() {
	for group_file in group- gshadow-; do
		if [ -d "$PLAN/groups-was" ]; then
			group_from=$PLAN/groups-was/$group_file
		else
			group_from=/etc/$group_file
		fi
		stage_copy "$group_from" "$PLAN.new/groups-was/$group_file"
	done
}

group_join() {
	while IFS= read -r group; do
		group_has_gate "$group" || gpasswd -a "$GATE_USER" "$group" >/dev/null
	done <"$PLAN/groups"
}

group_leave() {
	[ -s "$PLAN/groups" ] || return 0
	while IFS= read -r group; do
		! group_has_gate "$group" || gpasswd -d "$GATE_USER" "$group" >/dev/null
	done <"$PLAN/groups"
	for group_file in group- gshadow-; do
		if [ -e "$PLAN/groups-was/$group_file" ]; then
			cmp -s "$PLAN/groups-was/$group_file" "/etc/$group_file" ||
				store_put "$PLAN/groups-was/$group_file" "/etc/$group_file"
		else
			rm -f "/etc/$group_file"
		fi
	done
}
