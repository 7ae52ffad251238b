# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Each package alone and all together: installed, installed again, removed,
# purged, installed and purged once more.  A POP login works at every stage, and
# only the files remain that should.

# The databases of apt and dpkg, logs, the lock of adduser, and files that servers write while they run.
NOT_COMPARED='^\./(proc|dev|tmp|root/debs|home|var/(lib/(dpkg|apt|dovecot|systemd/deb-systemd-helper-enabled)|cache|log|mail|spool)|run/(adduser|dovecot)|etc/(passwd|group|shadow|gshadow)-?)(/| )'

# Every file of the machine: kind, mode, owner, and the contents below /etc.
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

# The files that are there now and were not at first.
site_rest() {
	LC_ALL=C comm -13 "$WORLD/tree.first" <(site_tree) | cut -d ' ' -f 1 | sort -u
}

# No file that was there at first is gone or changed.
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

# The packages' configuration, which a removal keeps: dpkg's conffiles, and the files
# that the postinst made.
configuration_of() {
	local name
	for name in "$@"; do
		case $name in
		popauthd) echo ./etc/popauth/popauth.conf ;;
		smtpgate) echo ./etc/xinetd.d/smtpgate ;;
		esac
		# shellcheck disable=SC2016 # dpkg-query expands it
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
	expect "no other file is changed" others_are_untouched
	if [[ "$title" = *smtpgate* ]]; then
		expect "sockets, ports and xinetd's service are disabled" all_switched_off
	fi
	step "$title: installed again"
	expect "apt installs again" site_apt install --reinstall "${debs[@]}"
	joe_fetches "then"
	mapfile -t kept < <(configuration_of "$@")

	step "$title: removed, only its configuration remains"
	expect "apt removes" site_apt remove "$@"
	joe_fetches "then"
	expect "no other file is changed" others_are_untouched
	note "$(printf '%s ' "${kept[@]#.}")"
	# except for their directories, and AppArmor's files for the site
	expect "no other file remains" test -z "$(site_rest |
		grep -vxF -f <(printf '%s\n' "${kept[@]}" none) |
		grep -vE '^\./(etc/(popauth|apparmor\.d(/local(/usr\.sbin\.[a-z-]+)?)?|systemd/system(/.*)?)|run/(popauth|smtpgate)(/.*)?)$')"

	step "$title: purged, no file remains"
	# apt has forgotten a package that left no configuration
	expect "dpkg purges" on_pop dpkg --purge "$@"
	joe_fetches "then"
	expect "no file remains" rest_is ""
	site_rest | saw
	expect "no other file is changed" others_are_untouched

	step "$title: installed once more, and purged at once"
	expect "apt installs" site_apt install "${debs[@]}"
	joe_fetches "then"
	expect "apt purges" site_apt purge "$@"
	joe_fetches "then"
	expect "no file remains" rest_is ""
	# shellcheck disable=SC2086 # a list of words
	expect "only these accounts remain: ${accounts:-none}" accounts_are $accounts
}

chapter "Packages are installed and removed, and joe fetches his mail"

site_make
layer_configure pop dovecot
pop_start 110 dovecot -F
site_tree >"$WORLD/tree.first"
site_accounts >"$WORLD/accounts.first"

step "before the first one: the line in /etc/pam.d/pop3 names a missing module"
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

step "the module is removed, its line has -account optional: joe can log in, nothing is logged"
missing_module "-account optional pam_popauth.so"
expect "the login succeeds" logged_in
expect_no_log 'pam_popauth'

step "the module is removed, its line has account required: no login succeeds, as README.Debian says"
missing_module "account required pam_popauth.so"
expect "the login fails" not logged_in

pop_machine_end
