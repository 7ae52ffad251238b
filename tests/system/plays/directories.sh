# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Debian's packages for SSSD, LDAP and Kerberos change common-account.  What
# pam-check says about them, and whether Dovecot's logins are recorded as it
# says.  No directory is there: the users are local, and each module answers as
# it does then, or as pam_debug.so.

# A machine with Dovecot and one such package, which pam-auth-update sets up.
# Usage: directory_machine NAME MODULE
directory_machine() {
	local name=$1 module=$2
	pop_machine dovecot
	packages_install pop "$DEBS/$name"
	step "lib$name: pam-auth-update put its module into common-account"
	grep -E '^account' "$WORLD/pop/etc/pam.d/common-account" | saw
	expect "the module is there" grep -q "^account.*$module" "$WORLD/pop/etc/pam.d/common-account"
}

# Usage: directory_logins TITLE: all of the matrix, then a refusal by the module.
directory_logins() {
	pop_start 110 dovecot -F
	pop_try "$1" rhost pass 4:110 6:110
	step "$1: a login that the directory refuses is not granted"
	pop_table_fresh
	sed -i "s/^account.*$2.*/account required pam_debug.so acct=acct_expired/" \
		"$WORLD/pop/etc/pam.d/common-account"
	rm -f "$WORLD"/pop.{joe,stranger}
	pop_knock right pass 4:110
	expect "joe is refused" pop_outcome joe right4 refused
	expect "the list is empty" test "$(pop_granted)" = ""
	pop_stop
}

chapter "SSSD"
directory_machine sss pam_sss.so
step "libpam-sss: after the include the line is not reached, and pam-check says so"
did pop "popauthctl pam-check"
said=$(on_pop popauthctl pam-check) || true
saw <<<"$said"
expect "the line that ends the stack is named" \
	grep -q 'good login never reaches the module, because /etc/pam.d/common-account:[0-9]* (pam_localuser.so)' <<<"$said"
pop_table_fresh
pop_start 110 dovecot -F
pop_knock right pass 4:110
expect "joe logs in" pop_outcome joe right4 in
expect "and is not granted" test "$(pop_granted)" = ""
pop_stop
pam_follow_advice pop
pop_pam_check "libpam-sss, advice followed"
directory_logins "Dovecot, libpam-sss" pam_localuser.so

chapter "LDAP"
directory_machine ldapd pam_ldap.so
pop_pam_check "libpam-ldapd"
directory_logins "Dovecot, libpam-ldapd" pam_ldap.so

chapter "Kerberos"
directory_machine krb5 pam_krb5.so
pop_pam_check "libpam-krb5"
directory_logins "Dovecot, libpam-krb5" pam_krb5.so

pop_machine_end
