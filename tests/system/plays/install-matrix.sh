# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Each package alone and all together: installed, installed again, removed,
# purged, installed and purged once more.  A POP login works at every stage, and
# nothing of them is left that should not be.

# apt's and dpkg's own books, logs, and what servers write while they run.
NOT_COMPARED='^\./(proc|dev|tmp|root/debs|home|var/(lib/(dpkg|apt|dovecot|systemd/deb-systemd-helper-enabled)|cache|log|mail|spool)|run/dovecot|etc/(passwd|group|shadow|gshadow)-?)(/| )'

# Every file of the machine: kind, mode, owner, and of /etc the contents.
site_tree() {
	(
		cd "$WORLD/pop" || exit
		find . -path ./proc -prune -o -path ./dev -prune -o -printf '%p %y %m %U %G\n'
		find ./etc -type f -exec sha256sum {} + | sed -E 's/^(.*)  (.*)$/\2 \1/'
	) | grep -vE "$NOT_COMPARED" | LC_ALL=C sort
}

site_accounts() {
	(cd "$WORLD/pop/etc" && cut -d: -f1 passwd group | sort -u)
}

# What is there now and was not at first.
site_rest() {
	LC_ALL=C comm -13 "$WORLD/tree.first" <(site_tree) | cut -d ' ' -f 1 | sort -u
}

# Of what was there at first nothing is gone or changed.
others_are_untouched() {
	local gone
	gone=$(LC_ALL=C comm -23 "$WORLD/tree.first" <(site_tree))
	saw <<<"$gone"
	[ -z "$gone" ]
}

# Usage: rest_is LINE...
rest_is() {
	local rest
	rest=$(site_rest)
	diff <(printf '%s\n' "$@" | sed '/^$/d' | sort -u) <(printf '%s\n' "$rest" | sed '/^$/d')
}

# The conffiles of the packages, which a removal leaves, and their directories.
conffiles_of() {
	local name
	for name in "$@"; do
		on_pop dpkg-query -W -f '${Conffiles}\n' "$name" | sed -n 's/^ \([^ ]*\) .*/.\1/p'
	done
}

accounts_are() {
	diff <(printf '%s\n' "$@" | sed '/^$/d' | sort -u) \
		<(comm -13 "$WORLD/accounts.first" <(site_accounts))
}

all_switched_off() {
	! find "$WORLD/pop/etc/systemd/system" -name '*smtpgate*' 2>/dev/null | grep . &&
		grep -qE '^\s*disable\s*=\s*yes$' "$WORLD/pop/etc/xinetd.d/smtpgate" &&
		! listens pop 25 && ! listens pop 465 && ! listens pop 587
}

# Usage: joe_fetches STAGE
joe_fetches() {
	pop_login joe "$POP4" joe joespassword
	expect "a POP login works $1" logged_in
}

# Usage: matrix_row ACCOUNTS PACKAGE...
matrix_row() {
	local accounts=$1 debs title
	shift
	title="$*"
	mapfile -t debs < <(site_debs "$@")

	step "$title: installed"
	expect "apt installs" site_apt install "${debs[@]}"
	joe_fetches "then"
	expect "nobody else's file is touched" others_are_untouched
	if [[ "$title" = *smtpgate* ]]; then
		expect "sockets, ports and xinetd's service are off" all_switched_off
	fi
	step "$title: installed again"
	expect "apt installs again" site_apt install --reinstall "${debs[@]}"
	joe_fetches "then"
	mapfile -t kept < <(conffiles_of "$@")

	step "$title: removed, its configuration is left and nothing else"
	expect "apt removes" site_apt remove "$@"
	joe_fetches "then"
	expect "nobody else's file is touched" others_are_untouched
	note "$(printf '%s ' "${kept[@]#.}")"
	# directories of what is left, and what AppArmor's packages leave for the site
	expect "conffiles alone are left" test -z "$(site_rest |
		grep -vxF -f <(printf '%s\n' "${kept[@]}" none) |
		grep -vE '^\./(etc/(popauth|apparmor\.d(/local(/usr\.sbin\.[a-z-]+)?)?|systemd/system(/.*)?)|run/(popauth|smtpgate)(/.*)?)$')"

	step "$title: purged, no file is left"
	# apt does not know a package any more that left no conffile
	expect "dpkg purges" on_pop dpkg --purge "$@"
	joe_fetches "then"
	expect "no file is left" rest_is ""
	site_rest | saw
	expect "nobody else's file is touched" others_are_untouched

	step "$title: installed once more, and purged at once"
	expect "apt installs" site_apt install "${debs[@]}"
	joe_fetches "then"
	expect "apt purges" site_apt purge "$@"
	joe_fetches "then"
	expect "no file is left" rest_is ""
	# shellcheck disable=SC2086 # a list of words
	expect "accounts are left as said: ${accounts:-none}" accounts_are $accounts
}

chapter "Packages come and go, and joe fetches his mail"

site_make
layer_configure pop dovecot
pop_start 110 dovecot -F
site_tree >"$WORLD/tree.first"
site_accounts >"$WORLD/accounts.first"

step "before any of it: the line in /etc/pam.d/pop3 names a module that is not there"
joe_fetches "then"
expect_log 'unable to dlopen\(pam_popauth\.so\)'

matrix_row "" libpam-popauth
matrix_row "popauth popauth-grant" popauthd
matrix_row "popauth popauth-grant smtpgate" popauthd smtpgate
matrix_row "popauth popauth-grant smtpgate" libpam-popauth popauthd smtpgate

# Usage: missing_module LINE
missing_module() {
	sed -i "s/^-\?account .*pam_popauth.so/$1/" "$WORLD/pop/etc/pam.d/pop3"
	pop_login joe "$POP4" joe joespassword
}

step "the module is gone, its line reads -account optional: joe gets in, nothing is logged"
missing_module "-account optional pam_popauth.so"
expect "the login succeeds" logged_in
expect_no_log 'pam_popauth'

step "the module is gone, its line reads account required: nobody gets in, as README.Debian says"
missing_module "account required pam_popauth.so"
expect "the login fails" not logged_in

pop_machine_end
