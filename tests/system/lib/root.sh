# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Throw-away Debian roots below build/roots/, made once and then only read.
#
# Contract: root_make NAME leaves build/roots/NAME, a root with the packages
# of roots/NAME.packages (answers to debconf in roots/NAME.debconf), of the
# machine's own Debian release or the one in roots/NAME.release, and of the
# architectures in roots/NAME.architectures, if there is one.  It is made again
# when one of these, root_bootstrap or the machine's release changed, so that a
# second run costs nothing and needs no network.  A run that is interrupted leaves
# NAME.new, which the next one removes.
#
# RELEASE of the environment is the Debian release of a run's machines (default:
# this machine's own).  The root "mail" of another is mail-RELEASE, and RELEASE
# the one in which our packages are built for it.
# Needs: preflight.sh, TOP.
#
# The packages come from the machine's own sources: those repositories of its apt
# whose origin is Debian, so that no third party's package gets into the root,
# with the proxy and validity settings of that apt.

ROOTS=$TOP/build/roots
RECIPES=$TOP/tests/system/roots

# The names in a list of packages.  Usage: recipe_packages FILE
recipe_packages() {
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"
}

root_packages() {
	recipe_packages "$RECIPES/$1.packages"
}

machine_release() {
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:?}")
}

RELEASE=${RELEASE:-$(machine_release)}

# Usage: of_release NAME: NAME, or NAME-RELEASE
of_release() {
	[ "$RELEASE" = "$(machine_release)" ] && printf '%s\n' "$1" || printf '%s\n' "$1-$RELEASE"
}

MAIL_ROOT=$(of_release mail)
# where our packages of it are
PACKAGES=$TOP/build/$(of_release deb)

root_release() {
	cat "$RECIPES/$1.release" 2>/dev/null || machine_release
}

root_stamp() {
	{
		root_release "$1"
		root_packages "$1"
		cat "$RECIPES/$1.debconf" "$RECIPES/$1.architectures" 2>/dev/null || true
		declare -f root_bootstrap
	} | sha256sum
}

# Debian's own repositories as this machine's apt knows them: "deb ..." lines; for
# another release, the same mirrors.  Usage: root_sources [RELEASE]
root_sources() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	apt-get indextargets 'Created-By: Packages' 'Origin: Debian' 'Component: main' \
		--format "deb [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) main" |
		sed -E "s/ $(machine_release)(-[a-z]+)? main\$/ ${1-$(machine_release)}\\1 main/" |
		sort -u
}

# The settings with which the machine's apt reaches them.
root_apt_options() {
	apt-config dump |
		sed -n -E '/^Acquire::(http|https|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date)\>/p'
}

# The program, for the architectures of the root that root_make makes.
mmdebstrap() {
	command mmdebstrap ${root_architectures:+--architectures="$root_architectures"} "$@"
}

# Usage: root_is_current NAME
root_is_current() {
	[ -d "$ROOTS/$1" ] &&
		[ "$(cat "$ROOTS/$1.stamp" 2>/dev/null)" = "$(root_stamp "$1")" ]
}

# Usage: root_make NAME
root_make() {
	local name=$1 lock
	mkdir -p "$ROOTS"
	# no subshell: update_package_lists sets a variable
	exec {lock}>"$ROOTS/$name.lock"
	flock "$lock" # two runs at once: one makes it, the other waits
	root_architectures=$(cat "$RECIPES/$name.architectures" 2>/dev/null || true)
	root_is_current "$name" || root_bootstrap "$name"
	exec {lock}>&-
}

# Usage: root_bootstrap NAME
root_bootstrap() {
	local name=$1 new=$ROOTS/$1.new log=$ROOTS/$1.log packages sources hook=()
	require_space "$ROOTS" 1500
	update_package_lists
	sources=$(root_sources "$(root_release "$name")")
	[ -n "$sources" ] ||
		cannot "apt knows no repository of Debian here: add one to /etc/apt/sources.list, then run this again."
	packages=$(root_packages "$name" | paste -sd,)
	progress "making the root '$name' (a minute or so; log in ${log#"$TOP"/})"
	rm -rf --one-file-system "$new"
	root_apt_options >"$ROOTS/$name.apt.conf"
	[ ! -f "$RECIPES/$name.debconf" ] ||
		hook=(--essential-hook="chroot \"\$1\" debconf-set-selections <\"$RECIPES/$name.debconf\"")
	# man pages and translations are half of such a root, and not needed
	mmdebstrap --mode=root --variant=apt \
		--include="$packages" \
		--aptopt="$ROOTS/$name.apt.conf" \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		"${hook[@]}" \
		"$(root_release "$name")" "$new" - <<<"$sources" 2>&1 |
		tee "$log" | sed -n 's/^I: /   /p' >&2 ||
		cannot "mmdebstrap failed, its reasons are at the end of $log."
	rm -rf --one-file-system "${ROOTS:?}/$name"
	mv "$new" "$ROOTS/$name"
	root_stamp "$name" >"$ROOTS/$name.stamp"
}
