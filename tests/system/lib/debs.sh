# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Debian packages that a play installs into a machine: servers that conflict
# with one another and cannot be in one root.
#
# Contract: debs_fetch leaves in DEBS/NAME the packages of each
# debs/NAME.packages, and their dependencies beyond the root MAIL_ROOT.  They are
# fetched again when that list or the root changed, so that a second run costs
# nothing and needs no network.  All of them are 33 MB and take seconds,
# while a root for each would be 200 MB and half a minute.
# Needs: preflight.sh, root.sh, TOP.

DEBS=$TOP/build/$(of_release debs)
DEB_RECIPES=$TOP/tests/system/debs

debs_stamp() {
	{
		recipe_packages "$DEB_RECIPES/$1.packages"
		cat "$ROOTS/$MAIL_ROOT/var/lib/dpkg/status"
		declare -f debs_download
	} | sha256sum
}

debs_are_current() {
	[ "$(cat "$DEBS/$1/stamp" 2>/dev/null)" = "$(debs_stamp "$1")" ]
}

debs_fetch() {
	local recipe name lock missing=()
	mkdir -p "$DEBS"
	# no subshell: see root_make
	exec {lock}>"$DEBS/lock"
	flock "$lock" # two runs at once: one fetches, the other waits
	for recipe in "$DEB_RECIPES"/*.packages; do
		name=$(basename "$recipe" .packages)
		debs_are_current "$name" || missing+=("$name")
	done
	if [ ${#missing[@]} -gt 0 ]; then
		debs_lists
		progress "fetching the packages of ${missing[*]}"
		for name in "${missing[@]}"; do
			debs_download "$name"
		done
	fi
	exec {lock}>&-
}

# The lists of the release; this machine's apt has its own release's already.
debs_lists() {
	update_package_lists
	root_sources "$RELEASE" >"$DEBS/sources.list"
	debs_lists_from=()
	[ "$RELEASE" != "$(machine_release)" ] || return 0
	mkdir -p "$DEBS/lists/partial"
	debs_lists_from=(-o Dir::State::Lists="$DEBS/lists")
	apt-get -qq -o Dir::Etc::SourceList="$DEBS/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o APT::Update::Error-Mode=any "${debs_lists_from[@]}" update >&2 ||
		cannot "apt-get update of $RELEASE failed: make sure that this machine reaches its Debian mirror, then run this again."
}

# Download the packages that apt would install into the root, from Debian only,
# without the machine's own packages and sources.  Usage: debs_download NAME
debs_download() {
	local name=$1 new=$DEBS/$1.new packages
	rm -rf "$new"
	mkdir -p "$new/partial"
	mapfile -t packages < <(recipe_packages "$DEB_RECIPES/$name.packages")
	apt-get install --download-only -qq -y --no-install-recommends \
		-o Dir::Etc::SourceList="$DEBS/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::status="$ROOTS/$MAIL_ROOT/var/lib/dpkg/status" \
		"${debs_lists_from[@]}" \
		-o Dir::Cache="$new" \
		-o Dir::Cache::Archives="$new" \
		-o DPkg::Lock::Timeout=300 \
		"${packages[@]}" >"$DEBS/$name.log" 2>&1 ||
		cannot "apt could not fetch the packages of '$name': $(tail -n 1 "$DEBS/$name.log")"
	debs_stamp "$name" >"$new/stamp"
	rm -rf "${DEBS:?}/$name"
	mv "$new" "$DEBS/$name"
}
