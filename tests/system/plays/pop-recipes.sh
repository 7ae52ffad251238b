# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The recipes of popauth(7) for Dovecot: a service for POP3 alone, users whom PAM
# does not know, refusals after PAM, sessions that stay open.

# A file of popauth(7), as the release's Dovecot reads it.  Usage: recipe FILE
recipe() {
	local files=$TOP/tests/system/machines/recipes
	if [ -e "$files.${RELEASE-}/etc/$1" ]; then
		cat "$files.$RELEASE/etc/$1"
	else
		cat "$files/etc/$1"
	fi
}

# Usage: recipe_login CLIENT METHOD PORT USER PASSWORD; its outcome is in $transcript
recipe_login() {
	local client=$1
	shift
	log_mark
	did "$client" "a login by $1 as $3"
	transcript=$(printf 'login %s %s %s %s %s\n' "$1" "$POP4" "$2" "$3" "$4" |
		exec_in_machine laptop "$client" python3 /root/pop-logins.py 2>&1) || true
	saw <<<"$transcript"
}

recipe_is() {
	grep -q "^login $1 " <<<"$transcript"
}

# Usage: granted_is "ADDRESS USER"...: these and no others, at last.
granted_is() {
	wait_for 10 granted_now "$(printf '%s\n' "$@" | sort)"
}

granted_now() {
	[ "$(pop_granted)" = "$1" ]
}

# Dovecot with these recipes; "NAME:imap" is one for IMAP.
# Usage: recipe_dovecot NAME...
recipe_dovecot() {
	local n=90 name protocol
	rm -f "$WORLD"/pop/etc/dovecot/conf.d/9[0-9]-recipe.conf
	for name in "$@"; do
		protocol=pop3
		[ "${name%:imap}" = "$name" ] || protocol=imap
		recipe "dovecot/${name%:imap}.conf" | sed "s/pop3/$protocol/g" \
			>"$WORLD/pop/etc/dovecot/conf.d/$n-recipe.conf"
		n=$((n + 1))
	done
	pop_table_fresh
	pop_start 110 dovecot -F
}

# Users that only Dovecot knows, in a file and in a database.
recipe_users() {
	on_pop adduser --quiet --system --group --no-create-home --home /srv/vmail vmail
	install -d -o "$(on_pop id -u vmail)" -g "$(on_pop id -g vmail)" "$WORLD/pop/srv/vmail"
	cat >"$WORLD/pop/etc/dovecot/users" <<-'END'
		virt:{PLAIN}virtspassword::::::
		closed:{PLAIN}closedspassword::::::nologin
		fenced:{PLAIN}fencedspassword::::::allow_nets=192.0.2.0/24
		boss:{PLAIN}bossspassword::::::
	END
	printf 'admin:{PLAIN}adminspassword::::::\n' >"$WORLD/pop/etc/dovecot/masters"
	on_pop python3 - <<-'END'
		import sqlite3
		db = sqlite3.connect("/etc/dovecot/users.db")
		db.execute("create table users (name text, password text)")
		db.execute("insert into users values ('sqluser', '{PLAIN}sqluserspassword')")
		db.commit()
	END
	chmod a+r "$WORLD/pop/etc/dovecot/"{users,masters,users.db}
	recipe dovecot/sql.conf.ext >"$WORLD/pop/etc/dovecot/sql.conf.ext"
	sed -i 's/^!include auth-system/#&/' "$WORLD/pop/etc/dovecot/conf.d/10-auth.conf"
}

recipe_is_open() {
	on_pop doveadm who -1 | grep -q "$1"
}

# Usage: recipe_refuses CLIENT USER PASSWORD WHY
recipe_refuses() {
	step "$recipe_title: $4 is refused and not granted"
	recipe_login "$1" pass 110 "$2" "$3"
	expect "the login fails" recipe_is refused
	recipe_login "$1" imap 143 "$2" "$3"
	expect "so does IMAP" recipe_is refused
	expect_no_log '[ :]grant client='
	expect "there is no grant" granted_is
}

# The same for both ways to record.
recipe_try() {
	recipe_refuses joe virt wrongpassword "a wrong password"
	recipe_refuses joe nosuch nosuchspassword "an unknown user"
	recipe_refuses joe fenced fencedspassword "a user from outside of allow_nets"
	step "$recipe_title: the right password is granted, over POP3 and IMAP"
	recipe_login joe pass 110 virt virtspassword
	expect "the login succeeds" recipe_is in
	expect "the client is granted" granted_is "$JOE4 virt"
	recipe_login stranger imap 143 virt virtspassword
	expect "so does IMAP" recipe_is in
	expect "its client is granted too" granted_is "$JOE4 virt" "$STRANGER4 virt"
}

pop_machine dovecot
chapter "Dovecot: a service for POP3 alone"
recipe dovecot/apart.conf >"$WORLD/pop/etc/dovecot/conf.d/auth-system.conf.ext"
printf '%s required pam_deny.so\n' auth account >"$WORLD/pop/etc/pam.d/other"
sed '/pam_popauth/d' "$WORLD/pop/etc/pam.d/pop3" >"$WORLD/pop/etc/pam.d/dovecot"
rm "$WORLD/pop/etc/pam.d/imap"
recipe_dovecot
step "only POP3 is recorded, and PAM's 'other', which denies, is never asked"
recipe_login joe pass 110 joe4 joe4spassword
expect "POP3 succeeds" recipe_is in
expect "and is granted" granted_is "$JOE4 joe4"
recipe_login stranger imap 143 joe4 joe4spassword
expect "IMAP succeeds" recipe_is in
for protocol in sieve submission smtp doveadm; do
	expect "$protocol succeeds" on_pop doveadm auth test -x service="$protocol" joe4 joe4spassword
done
expect "none of them is granted" granted_is "$JOE4 joe4"
pop_stop
if grep -q '%{if;' "$WORLD/pop/etc/dovecot/conf.d/auth-system.conf.ext"; then
	step "with popauth(7)'s expression for both, IMAP is recorded too"
	sed -i 's/%{if;.*/%{if;%s;~;^(pop3|imap)$;%s;dovecot}/' "$WORLD/pop/etc/dovecot/conf.d/auth-system.conf.ext"
	expect "the page has it" grep -qF '.Li %{if;%s;~;^(pop3|imap)$;%s;dovecot}' "$TOP/doc/popauth.7"
	cp "$WORLD/pop/etc/pam.d/pop3" "$WORLD/pop/etc/pam.d/imap"
	recipe_dovecot
	recipe_login joe pass 110 joe4 joe4spassword
	expect "POP3 succeeds" recipe_is in
	recipe_login stranger imap 143 joe4 joe4spassword
	expect "IMAP succeeds" recipe_is in
	expect "both are granted" granted_is "$JOE4 joe4" "$STRANGER4 joe4"
	expect "SMTP AUTH succeeds" on_pop doveadm auth test -x service=smtp joe4 joe4spassword
	pop_stop
fi

recipe_users
recipe_title="a post-login script"
chapter "Dovecot: $recipe_title"
recipe_dovecot virtual postlogin postlogin:imap
recipe_try
step "$recipe_title: users of a database are granted, and the log has who granted them"
recipe_login joe pass 110 sqluser sqluserspassword
expect "the login succeeds" recipe_is in
expect "the client is granted" granted_is "$JOE4 virt" "$JOE4 sqluser" "$STRANGER4 virt"
expect_log "popauthctl\[[0-9]+\]: grant client=$JOE4 user=sqluser from=popauthctl by=dovecot"
step "$recipe_title: a master user's login grants nothing"
recipe_login joe pass 110 'boss*admin' adminspassword
expect "the login succeeds" recipe_is in
expect "there is no other grant" granted_is "$JOE4 virt" "$JOE4 sqluser" "$STRANGER4 virt"
step "$recipe_title: a login that Dovecot refuses after the password is not granted"
pop_table_fresh
recipe_login joe pass 110 closed closedspassword
expect "the login fails" recipe_is refused
expect "there is no grant" granted_is
step "$recipe_title: without a table the login goes on, and the log says why"
on_pop mv /run/popauth/grants /run/popauth-grants
recipe_login joe pass 110 virt virtspassword
expect "the login succeeds" recipe_is in
expect_log 'dovecot: .*there is no table; start popauthd'
on_pop mv /run/popauth-grants /run/popauth/grants
pop_stop

recipe_title="a second passdb"
chapter "Dovecot: $recipe_title"
recipe pam.d/popauth >"$WORLD/pop/etc/pam.d/popauth"
recipe_dovecot virtual recording recording:imap
recipe_try
step "$recipe_title: a master user's login grants nothing"
recipe_login joe pass 110 'boss*admin' adminspassword
expect "the login succeeds" recipe_is in
expect "there is no other grant" granted_is "$JOE4 virt" "$STRANGER4 virt"
step "$recipe_title: SMTP AUTH goes on without it"
expect "a password is accepted" on_pop doveadm auth test -x service=smtp -x rip=198.51.100.99 virt virtspassword
expect "there is no other grant" granted_is "$JOE4 virt" "$STRANGER4 virt"
pop_stop
recipe_dovecot virtual recording-sql
step "$recipe_title, of a database: the right password is granted and a wrong one is not"
recipe_login joe pass 110 sqluser wrongpassword
expect "the wrong one is refused" recipe_is refused
expect "there is no grant" granted_is
recipe_login joe pass 110 sqluser sqluserspassword
expect "the right one is accepted" recipe_is in
expect "the client is granted" granted_is "$JOE4 sqluser"

chapter "Dovecot: IMAP sessions"
step "a session that stays open is granted anew by popauth(7)'s command"
exec_in_machine laptop joe python3 -c "
import imaplib, sys
connection = imaplib.IMAP4('$POP4')
connection.login('virt', 'virtspassword')
sys.stdin.read()
" < <(sleep infinity) &
recipe_idle=$!
expect "the session is open" wait_for 10 recipe_is_open virt
pop_table_fresh
sed -n '/^doveadm -f tab who/,/^done/p' "$TOP/doc/popauth.7" >"$WORLD/pop/root/renew"
expect "the command succeeds" on_pop sh -e /root/renew
expect "the client is granted" granted_is "$JOE4 virt"
kill "$recipe_idle"
pop_stop
pop_machine_end
