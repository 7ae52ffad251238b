# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Wait for a condition, no longer than needed.

# Usage: wait_for SECONDS COMMAND...
# Returns 0 as soon as COMMAND succeeds, 1 when it did not within SECONDS.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}
