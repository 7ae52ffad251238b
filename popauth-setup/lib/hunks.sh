# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Take the changes of a plan back from a file that may have been edited since.
#
# A file that is byte for byte one of the plan's versions becomes its base.  In any
# other file, each change between the base and the plan's version is looked up: its
# new lines, one after another, are replaced by the old ones.  The lines around
# it may have changed; the new lines themselves may not.

# Usage: hunks_reverse FILE PATH OUT: FILE is the one that is there, PATH its
# name in the plan.  OUT is missing afterwards if there was no such file.
# Returns 1 if it cannot be done.
hunks_reverse() {
	rm -f "$3"
	for hunks_version in was new-1 new-2 base; do
		hunks_is "$1" "$PLAN/$hunks_version/$2" || continue
		[ ! -e "$PLAN/base/$2" ] || cp -p "$PLAN/base/$2" "$3"
		return 0
	done
	# somebody else removed it, and it shall not come back
	[ -e "$1" ] || return 0
	# there was none before; what was written into it since is kept elsewhere
	if [ ! -e "$PLAN/base/$2" ]; then
		hunks_edited "$1" "$2"
		return 0
	fi
	hunks_nearest "$1" "$2"
	diff "$PLAN/base/$2" "$hunks_from" >"$STORE/hunks" || true
	cp -p "$1" "$3"
	if awk -f "$LIB/hunks.awk" "$STORE/hunks" "$1" >"$3.out"; then
		cat "$3.out" >"$3"
		rm -f "$3.out" "$STORE/hunks"
		return 0
	fi
	rm -f "$3" "$3.out" "$STORE/hunks"
	return 1
}

# A copy of a file of this program that was edited since.
hunks_edited() {
	case $2 in
	etc/popauth/tls/*) return 0 ;; # renewed by certbot's hook
	esac
	mkdir -p "$STORE/edited/$(dirname "$2")"
	cp -p "$1" "$STORE/edited/$2"
}

# The same bytes, or both missing.
hunks_is() {
	if [ -e "$1" ]; then
		cmp -s "$1" "$2"
	else
		[ ! -e "$2" ]
	fi
}

# Which version was edited: the one with the fewest differences.
hunks_nearest() {
	hunks_best=
	hunks_from=$PLAN/base/$2
	for hunks_version in new-2 new-1 was base; do
		[ -e "$PLAN/$hunks_version/$2" ] || continue
		hunks_n=$(diff "$1" "$PLAN/$hunks_version/$2" | wc -l)
		if [ -z "$hunks_best" ] || [ "$hunks_n" -lt "$hunks_best" ]; then
			hunks_best=$hunks_n
			hunks_from=$PLAN/$hunks_version/$2
		fi
	done
}
