# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The machine "pop" as a site without our packages: Dovecot serves POP3, joe is a
# user.
#
# Contract: site_make makes a new one; site_apt is apt-get on it; site_debs NAME...
# prints the paths there of the packages of these names, from PACKAGES or, after
# site_version DIR, from another directory.
# Needs: layer.sh, log.sh, servers.sh, pop.sh.

site_make() {
	pop_machine_end
	layer_make pop "$MAIL_ROOT"
	log_start pop
	log_watch pop
	site_version "$PACKAGES"
	install -D -m 0644 "$TOP/tests/system/machines/dovecot/etc/dovecot/local.conf" \
		"$WORLD/pop/etc/dovecot/local.conf"
	user_add pop joe
}

site_version() {
	rm -rf "$WORLD/pop/root/debs"
	mkdir "$WORLD/pop/root/debs"
	find "$1" -name '*.deb' ! -name '*-dbgsym_*' -exec cp -t "$WORLD/pop/root/debs" {} +
}

# Usage: site_debs NAME...
site_debs() {
	local name
	for name in "$@"; do
		(cd "$WORLD/pop" && printf '/%s\n' root/debs/"$name"_*.deb)
	done
}

# Usage: site_apt ARGUMENT...; its output is in $WORLD/apt.log
site_apt() {
	# there is no /dev/pts for apt to show its progress on
	on_pop env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		-o Dpkg::Use-Pty=0 "$@" >"$WORLD/apt.log" 2>&1 </dev/null
}
