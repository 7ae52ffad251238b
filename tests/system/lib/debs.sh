# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Debian packages that a play installs into a machine: servers that conflict
# with one another, and so cannot be in one root.
#
# Contract: debs_fetch NAME leaves in build/debs/NAME the packages of
# debs/NAME.packages, and what they need beyond the root "mail".  They are
# fetched anew when that list or the root changed, so that a second run costs
# nothing and needs no network.  All of them are some 35 MB and take seconds,
# where a root for each would be 200 MB and half a minute.
# Needs: preflight.sh, root.sh, TOP.

DEBS=$TOP/build/debs
DEB_RECIPES=$TOP/tests/system/debs

debs_stamp() {
	{
		recipe_packages "$DEB_RECIPES/$1.packages"
		cat "$ROOTS/mail/var/lib/dpkg/status"
		declare -f debs_download
	} | sha256sum
}

# Usage: debs_fetch NAME
debs_fetch() {
	local name=$1
	mkdir -p "$DEBS"
	(
		flock 9 # two runs at once: one fetches, the other waits
		[ "$(cat "$DEBS/$name/stamp" 2>/dev/null)" = "$(debs_stamp "$name")" ] ||
			debs_download "$name"
	) 9>"$DEBS/$name.lock"
}

debs_fetch_all() {
	local recipe
	for recipe in "$DEB_RECIPES"/*.packages; do
		debs_fetch "$(basename "$recipe" .packages)"
	done
}

# What apt would install into the root, from Debian alone; the machine's own
# packages and sources have no say.
debs_download() {
	local name=$1 new=$DEBS/$1.new packages
	update_package_lists
	progress "fetching the packages of '$name'"
	rm -rf "$new"
	mkdir -p "$new/partial"
	root_sources >"$DEBS/$name.list"
	mapfile -t packages < <(recipe_packages "$DEB_RECIPES/$name.packages")
	apt-get install --download-only -qq -y --no-install-recommends \
		-o Dir::Etc::SourceList="$DEBS/$name.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::status="$ROOTS/mail/var/lib/dpkg/status" \
		-o Dir::Cache::Archives="$new" \
		-o DPkg::Lock::Timeout=300 \
		"${packages[@]}" >"$DEBS/$name.log" 2>&1 ||
		cannot "apt could not fetch the packages of '$name': $(tail -n 1 "$DEBS/$name.log")"
	debs_stamp "$name" >"$new/stamp"
	rm -rf "${DEBS:?}/$name"
	mv "$new" "$DEBS/$name"
}
