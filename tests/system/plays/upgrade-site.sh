# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A site whose administrator edited our files is upgraded without a terminal: dpkg
# asks nothing, grants and configuration stay.  The packages of before are the new
# ones, with popauth.conf and xinetd's file as conffiles, as they once were.

old_debs=$WORLD/old-debs

# Usage: old_package NAME TEMPLATE CONFFILE: a package in which dpkg keeps CONFFILE
# with another text.
old_package() {
	local tree=$WORLD/old
	rm -rf "$tree"
	dpkg-deb -R "$TOP/build/deb/$1"_*_"$(dpkg --print-architecture)".deb "$tree"
	mkdir -p "$tree$(dirname "$3")"
	{
		echo "# all options, as of version 0.0.9"
		cat "$tree$2"
	} >"$tree$3"
	echo "$3" >>"$tree/DEBIAN/conffiles"
	sed -i -e 's/^Version: .*/Version: 0.0.9/' -e 's/popauthd (= [^)]*)/popauthd (= 0.0.9)/' \
		"$tree/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$tree" "$old_debs" >/dev/null
}

# Usage: dpkg_installs NAME...: as unattended-upgrades does, and without a terminal.
dpkg_installs() {
	local debs
	mapfile -t debs < <(site_debs "$@")
	on_pop env DEBIAN_FRONTEND=noninteractive dpkg -i "${debs[@]}" >"$WORLD/dpkg.log" 2>&1 </dev/null
}

# The configuration as dpkg and the administrator left it.
site_configuration() {
	(cd "$WORLD/pop/etc" && sha256sum popauth/popauth.conf popauth/conf.d/* xinetd.d/smtpgate pam.d/smtpgate)
}

chapter "Our files were edited, and an upgrade asks nothing"

site_make
mkdir "$old_debs"
old_package popauthd /usr/share/popauth/popauth.conf /etc/popauth/popauth.conf
old_package smtpgate /usr/share/popauth/smtpgate.xinetd /etc/xinetd.d/smtpgate

step "no package needs systemd"
expect "none depends on it" not grep -qw systemd \
	<(for deb in "$TOP"/build/deb/*.deb; do dpkg-deb -f "$deb" Pre-Depends Depends; done)

step "the packages of before are installed, and configured by hand"
site_version "$old_debs"
expect "dpkg installs them" dpkg_installs popauthd smtpgate
# shellcheck disable=SC2016 # dpkg-query expands it
expect "popauth.conf is dpkg's" on_pop sh -c 'dpkg-query -W -f \${Conffiles} popauthd | grep -q "/etc/popauth/popauth.conf"'
printf '%s\n' '[smtpgate]' 'local_domains = example.org' 'backend = 127.0.0.1:2525' \
	>>"$WORLD/pop/etc/popauth/popauth.conf"
sed -i 's/disable.*= yes/disable = no/' "$WORLD/pop/etc/xinetd.d/smtpgate"
printf '[table]\nwindow = 20m\n' >"$WORLD/pop/etc/popauth/conf.d/50-site.conf"
site_configuration >"$WORLD/configuration"
on_pop start-stop-daemon --start --background --exec /usr/sbin/popauthd
expect "popauthd is alive" wait_for 10 on_pop popauthctl status
expect "joe has a grant" on_pop popauthctl grant "$JOE4" joe

step "they are upgraded"
site_version "$PACKAGES"
expect "dpkg ends with 0" dpkg_installs popauthd smtpgate
grep -v '^(Reading\|^Preparing\|^Unpacking\|^Setting up' "$WORLD/dpkg.log" | saw || true
# shellcheck disable=SC2016 # dpkg-query expands it
expect "all are configured" not grep -qv '^ii' <(on_pop dpkg-query -W -f '${db:Status-Abbrev}\n' popauthd smtpgate)
expect "the configuration is what it was" diff "$WORLD/configuration" <(site_configuration)
expect "no copy of dpkg's is left" test -z \
	"$(find "$WORLD/pop/etc" -name '*.dpkg-*' -newer "$WORLD/configuration")"
expect "the configuration is in effect" on_pop sh -c 'popauthctl config | grep -qx "window = 20m"'
expect "joe's grant is there" on_pop popauthctl check "$JOE4" joe

step "installed again: as before"
expect "dpkg ends with 0" dpkg_installs popauthd smtpgate
expect "the configuration is what it was" diff "$WORLD/configuration" <(site_configuration)

step "a file that was deleted: popauth.conf comes back, xinetd's does not"
rm "$WORLD/pop/etc/popauth/popauth.conf" "$WORLD/pop/etc/xinetd.d/smtpgate"
expect "dpkg ends with 0" dpkg_installs popauthd smtpgate
expect "popauth.conf is the shipped one" cmp "$WORLD/pop/etc/popauth/popauth.conf" "$TOP/config/popauth.conf"
expect "xinetd starts no gate" not test -e "$WORLD/pop/etc/xinetd.d/smtpgate"

step "purged: only the site's own file remains"
expect "apt purges" site_apt purge popauthd smtpgate
expect "in /etc/popauth" test "$(cd "$WORLD/pop/etc/popauth" && find . -type f)" = ./conf.d/50-site.conf
on_pop start-stop-daemon --stop --exec /usr/sbin/popauthd >/dev/null 2>&1 || true

step "a new site: the gate is off, the configuration is the shipped one"
rm -r "$WORLD/pop/etc/popauth"
expect "dpkg ends with 0" dpkg_installs popauthd smtpgate
expect "popauth.conf" cmp "$WORLD/pop/etc/popauth/popauth.conf" "$TOP/config/popauth.conf"
expect "xinetd's file" cmp "$WORLD/pop/etc/xinetd.d/smtpgate" "$TOP/smtpgate/smtpgate.xinetd"
expect "it is off" grep -qE '^\s*disable\s*=\s*yes$' "$WORLD/pop/etc/xinetd.d/smtpgate"
expect "the users are there" on_pop sh -c 'id popauth && id -nG smtpgate | grep -qw popauth && getent group popauth-grant'

pop_machine_end
