# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# From a bare machine to a running world: the common part of make demo and the
# system tests.
#
# Contract: prepare_machine checks and installs; build_packages makes the .debs
# in PACKAGES; prepare_world makes them and the root; enter_world PLAY... runs
# world in new namespaces and returns its status.  Ctrl-C, a kill, even a kill -9
# of the caller ends the run and all its processes.
# Needs: preflight.sh, root.sh, TOP.

prepare_machine() {
	require_root
	require_debian
	require_namespaces
	require_space "$TOP" 300
	install_missing "$TOP/tests/lib/packages"
}

build_packages() {
	progress "building the Debian packages"
	mkdir -p "$TOP/build"
	local root=
	if [ "$RELEASE" != "$(machine_release)" ]; then
		root=$RELEASE
		root_make "$root"
	fi
	BUILD_ROOT=$root DEB_BUILD_OPTIONS=nocheck "$TOP/debian/build-debs" "$PACKAGES" >"$PACKAGES.log" 2>&1 ||
		cannot "debian/build-debs failed: $(tail -n 3 "$PACKAGES.log" | tr '\n' ' ')(all of it in ${PACKAGES#"$TOP"/}.log)"
}

prepare_world() {
	build_packages
	root_make "$MAIL_ROOT"
	mkdir -p "$TOP/build/world"
}

world_pid=

# Usage: enter_world PLAY...
enter_world() {
	local status=0
	trap 'world_end; exit 130' INT
	trap 'world_end; exit 143' TERM HUP
	# In the background, so that the traps run at once.  The two death
	# signals make the chain: this shell, unshare, pid 1, all others.
	setpriv --pdeathsig KILL unshare --mount --pid --net --uts --ipc \
		--fork --kill-child --mount-proc "$TOP/tests/system/world" "$@" \
		</dev/null &
	world_pid=$!
	# for tests/system/at
	[ "${HOLD:-0}" != 1 ] || printf '%s\n' "$world_pid" >"$TOP/build/world.pid"
	wait "$world_pid" || status=$?
	trap - INT TERM HUP
	return "$status"
}

world_end() {
	trap '' INT TERM HUP
	kill -KILL "$world_pid" 2>/dev/null || true
	wait "$world_pid" 2>/dev/null || true
}
