# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The servers of the mail server (Dovecot, xinetd with smtpgate, Postfix,
# popauthd) and of the remote one (Postfix), started and stopped.
#
# Contract: each *_start returns when the server answers; a server that does not
# start ends the run with one sentence.  Pids that tests need are in variables.
# Needs: layer.sh, log.sh, wait.sh, preflight.sh.

popauthd_pid=
popauthd_status=
# the path of the table inside of the server, and for this script
TABLE_PATH=/run/popauth/grants
TABLE=$WORLD/server$TABLE_PATH

on_server() {
	in_machine server server "$@"
}

on_remote() {
	in_machine remote remote "$@"
}

# Usage: listens NETNS PORT
listens() {
	[ -n "$(ip netns exec "$1" ss -Hltn "sport = :$2")" ]
}

# Usage: packages_install MACHINE DIR...: all .debs of these, with apt.
packages_install() {
	local machine=$1 netns=$1
	shift
	# the laptop is in several networks, and has none of its own
	[ "$machine" != laptop ] || netns=joe
	rm -rf "$WORLD/$machine/root/debs"
	mkdir "$WORLD/$machine/root/debs"
	find "$@" -name '*.deb' ! -name '*-dbgsym_*' -exec cp -t "$WORLD/$machine/root/debs" {} +
	# there is no /dev/pts for apt to show its progress on
	in_machine "$machine" "$netns" sh -c 'DEBIAN_FRONTEND=noninteractive \
		apt-get install -qq -y -o Dpkg::Use-Pty=0 /root/debs/*.deb' \
		>"$WORLD/install.log" 2>&1 </dev/null || {
		cat "$WORLD/install.log" >&2
		cannot "packages could not be installed in '$machine', see above."
	}
}

# All RPM packages below DIR, by rpm, into a machine of Debian: their dependencies
# are there, and not known to rpm.  Debian's libpam looks for modules in
# /lib/security, too, and not in lib64.  Usage: rpms_install MACHINE DIR
rpms_install() {
	local machine=$1 packages
	ln -s ../lib64/security "$WORLD/$machine/usr/lib/security"
	mapfile -t packages < <(find "$2" -name '*.rpm' ! -name '*-debug*')
	if ! { rpm --root "$WORLD/$machine" --nodeps --install "${packages[@]}" &&
		in_machine "$machine" "$machine" systemd-sysusers; } >"$WORLD/install.log" 2>&1; then
		cat "$WORLD/install.log" >&2
		cannot "rpm could not install our packages in '$machine', see above."
	fi
}

# No package starts its server before that is configured.
# Usage: packages_start_nothing MACHINE
packages_start_nothing() {
	printf '#!/bin/sh\nexit 101\n' >"$WORLD/$1/usr/sbin/policy-rc.d"
	chmod +x "$WORLD/$1/usr/sbin/policy-rc.d"
}

# Usage: user_add MACHINE USER...; the password is USERspassword, as in the FAQ.
user_add() {
	local machine=$1 user
	shift
	for user in "$@"; do
		in_machine "$machine" "$machine" useradd --create-home --shell /usr/sbin/nologin "$user"
	done
	for user in "$@"; do
		printf '%s:%sspassword\n' "$user" "$user"
	done | in_machine "$machine" "$machine" chpasswd -c SHA256
}

# Usage: account_name N: user01, user02 ...
account_name() {
	printf 'user%02d\n' "$1"
}

popauthd_start() {
	exec_in_machine server server popauthd &
	popauthd_pid=$!
	# do not wait for its table: that of the last one may be there
	wait_for 60 grep -qaF "popauthd[$popauthd_pid]: started" \
		"$WORLD/server/var/log/syslog" ||
		cannot "popauthd did not start: $(tail -n 1 "$WORLD/server/var/log/syslog")"
}

# Usage: popauthd_stop SIGNAL; sets popauthd_status, the shell's $?.
popauthd_stop() {
	popauthd_status=0
	kill "-$1" "$popauthd_pid" 2>/dev/null || true
	wait "$popauthd_pid" 2>/dev/null || popauthd_status=$?
}

# A new table without any grant; the old one may be damaged.
table_fresh() {
	if [ -n "$popauthd_pid" ]; then
		popauthd_stop KILL
	fi
	rm -rf "$TABLE" "$TABLE".*
	popauthd_start
}

dovecot_start() {
	exec_in_machine server server dovecot -F &
	wait_for 60 listens server 110 || cannot "Dovecot did not start."
}

# Give the PAM passdb of a machine's Dovecot more options, in the syntax of its
# version (before 2.4, or 2.4).  Usage: dovecot_pam MACHINE OPTION=yes...
dovecot_pam() {
	local file=$WORLD/$1/etc/dovecot/conf.d/auth-system.conf.ext option
	shift
	if grep -q 'args = %s' "$file"; then
		sed -i "s/args = %s/args = $* %s/" "$file"
	else
		for option in "$@"; do
			sed -i "/service_name = /a\\  ${option/=/ = }" "$file"
		done
	fi
}

# Usage: postfix_start MACHINE PORT
postfix_start() {
	local machine=$1 port=$2
	# its own chroot would need a copy of /etc/hosts and of /dev/log
	in_machine "$machine" "$machine" postconf -F '*/*/chroot = n'
	exec_in_machine "$machine" "$machine" postfix start-fg &
	wait_for 60 listens "$machine" "$port" ||
		cannot "Postfix did not start on '$machine': $(tail -n 1 "$WORLD/$machine/var/log/syslog")"
}

# The README's two changes: port 25 to the gate, two listeners for it.
# Usage: postfix_make_room_for_gate MACHINE
postfix_make_room_for_gate() {
	local machine=$1
	in_machine "$machine" "$machine" postconf -MX smtp/inet
	cat "$WORLD/$machine/etc/postfix/master.cf.gate" >>"$WORLD/$machine/etc/postfix/master.cf"
	in_machine "$machine" "$machine" usermod -aG postdrop smtpgate
}

# The shipped file, switched on.
xinetd_start() {
	sed -i 's/^\(\s*disable\s*=\s*\)yes/\1no/' "$WORLD/server/etc/xinetd.d/smtpgate"
	exec_in_machine server server xinetd -dontfork -stayalive &
	wait_for 60 listens server 25 ||
		cannot "xinetd did not start: $(tail -n 1 "$WORLD/server/var/log/syslog")"
}

# Make the changes that pam-check prints, from the end of each file.
# Usage: pam_follow_advice MACHINE, which is on the network of its name
pam_follow_advice() {
	{ in_machine "$1" "$1" popauthctl --json pam-check || true; } | python3 -c '
import json, sys
for finding in json.load(sys.stdin)["findings"]:
    for edit in finding["edits"] if finding["severity"] == "to do" else []:
        path = sys.argv[1] + edit["file"]
        lines = [] if edit["edit"] == "create" else open(path).readlines()
        new = [edit["text"] + "\n"] if edit["text"] else []
        first = edit["line"] if edit["edit"] == "add" else max(edit["line"] - 1, 0)
        lines[first:edit["line"]] = new
        open(path, "w").writelines(lines)' "$WORLD/$1"
}
