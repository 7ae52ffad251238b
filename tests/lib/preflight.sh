# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The requirements of a build, and the packages that are missing.
#
# Contract: each require_* returns when the machine meets it; otherwise it ends
# the program with status 69 and one sentence that names the cure.  Only
# install_missing changes the machine; it lists the packages first.  Progress
# goes to stderr: stdout is for the results.

progress() {
	printf '== %s\n' "$*" >&2
}

cannot() {
	printf 'popauth: %s\n' "$*" >&2
	exit 69 # EX_UNAVAILABLE
}

require_root() {
	[ "$(id -u)" -eq 0 ] ||
		cannot "run it as root (sudo make ...): it makes namespaces, mounts and a Debian root."
}

require_debian() {
	command -v apt-get >/dev/null ||
		cannot "run it on Debian 12: there is no apt-get here to install what it needs."
}

# Namespaces of the kinds that tests/system/world needs later.
require_namespaces() {
	local reason
	reason=$(unshare --mount --pid --net --uts --ipc --fork true 2>&1) ||
		cannot "no namespaces can be made here ($reason): give it CAP_SYS_ADMIN and CAP_NET_ADMIN (in a container: start that with --privileged)."
}

# Usage: require_space DIR MEGABYTES
require_space() {
	local free
	free=$(df --output=avail -BM "$1" | tail -n 1 | tr -dc '0-9')
	[ "$free" -ge "$2" ] ||
		cannot "make room: $1 has $free MB free, $2 MB are needed."
}

# The names in lib/packages that dpkg does not know as installed.
missing_packages() {
	local name
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1" | while read -r name; do
		dpkg-query -W -f '${Status}\n' "$name" 2>/dev/null |
			grep -q '^install ok installed$' || printf '%s\n' "$name"
	done
}

# Update the package lists, once a run; this also shows that a mirror answers.
lists_are_fresh=no
update_package_lists() {
	[ "$lists_are_fresh" = no ] || return 0
	progress "reading the package lists of the mirror"
	apt-get -qq -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any \
		update >&2 ||
		cannot "apt-get update failed: make sure that this machine reaches its Debian mirror, then run this again."
	lists_are_fresh=yes
}

# Usage: install_missing FILE
install_missing() {
	local missing
	mapfile -t missing < <(missing_packages "$1")
	[ ${#missing[@]} -gt 0 ] || return 0
	progress "these Debian packages are missing here and will be installed: ${missing[*]}"
	update_package_lists
	progress "installing them (log in build/apt.log)"
	mkdir -p "$TOP/build"
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
		--no-install-recommends -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "${missing[@]}" \
		</dev/null >"$TOP/build/apt.log" 2>&1 ||
		cannot "apt-get could not install them: $(tail -n 1 "$TOP/build/apt.log") (all of it in build/apt.log)"
}
