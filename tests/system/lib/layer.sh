# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Machines made of a read-only root and a layer in memory above it.
#
# Contract: layer_make MACHINE ROOT mounts $WORLD/MACHINE, layer_remove MACHINE
# ends all processes on its network and unmounts it; layer_configure MACHINE
# copies the files of machines/MACHINE/ into it: those that its administrator
# would change; then those of machines/MACHINE.RELEASE/, where a release needs
# others.  All changes end with the mount namespace; the root below never changes.  in_machine MACHINE NETNS COMMAND... runs COMMAND in it, on that
# network, with an environment of its own.
# Needs: WORLD (a tmpfs of this run's own mount namespace), root.sh, net.sh, wait.sh.

# ABOVE: the saved upper layer of an earlier machine.
# Usage: layer_make MACHINE ROOT [ABOVE]
layer_make() {
	local machine=$1 root=$2 above=${3:+$(basename "$3"):}
	(
		cd "$WORLD" || exit
		mkdir -p "lower/$root" "$machine.upper" "$machine.work" "$machine"
		# relative names: no ':' or ',' of the path reaches the options
		mount --bind "$ROOTS/$root" "lower/$root"
		mount -t overlay "$machine" -o "lowerdir=${above}lower/$root,upperdir=$machine.upper,workdir=$machine.work" "$machine"
	) ||
		cannot "the kernel does not mount an overlay here: run it where overlayfs works (in a container: with --privileged)."
	mount -t proc proc "$WORLD/$machine/proc"
	mount -t tmpfs -o mode=755 run "$WORLD/$machine/run"
	layer_devices "$WORLD/$machine/dev"
	# no name server is ever asked
	: >"$WORLD/$machine/etc/resolv.conf"
	net_hosts >"$WORLD/$machine/etc/hosts"
}

layer_remove() {
	local machine=$1
	wait_for 10 layer_is_quiet "$machine" ||
		cannot "processes of the machine '$machine' do not end."
	umount --recursive --lazy "$WORLD/$machine"
	rm -rf "$WORLD/$machine.upper" "$WORLD/$machine.work"
}

layer_is_quiet() {
	local pids
	mapfile -t pids < <(ip netns pids "$1")
	[ ${#pids[@]} -eq 0 ] && return
	kill -KILL "${pids[@]}"
	return 1
}

# The device nodes of the host, bound: mknod is not allowed everywhere.
layer_devices() {
	local dev=$1 name
	mount -t tmpfs -o mode=755 dev "$dev"
	for name in null zero full random urandom tty; do
		: >"$dev/$name"
		mount --bind "/dev/$name" "$dev/$name"
	done
	ln -s /proc/self/fd "$dev/fd"
}

# Copy the configuration of MACHINE; FILES: of that name instead.
# Usage: layer_configure MACHINE [FILES]
layer_configure() {
	local files=$TOP/tests/system/machines/${2-$1}
	cp -r "$files/." "$WORLD/$1/"
	[ ! -d "$files.$RELEASE" ] || cp -r "$files.$RELEASE/." "$WORLD/$1/"
}

# Usage: exec_in_machine MACHINE NETNS COMMAND...
# Use it in a subshell or before an '&': each program executes the next, so that
# $! is the pid of COMMAND itself.
exec_in_machine() {
	local machine=$1 netns=$2
	shift 2
	exec nsenter --net="/run/netns/$netns" chroot "$WORLD/$machine" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		"$@"
}

in_machine() {
	(exec_in_machine "$@")
}
