# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# popauth-setup is killed, refused, or has to go back after later edits.
# Needs: site.sh

# The steps of a run, in order, as its journal names them.
setup_steps() {
	echo agreed
	sed 's,^,files-1:,' "$WORLD/pop/var/lib/popauth-setup/plan/paths"
	sed -n '/^port-files$/q;p' "$WORLD/pop/var/lib/popauth-setup/plan/steps"
	sed 's,^,files-2:,' "$WORLD/pop/var/lib/popauth-setup/plan/paths"
	sed -n '/^port-files$/,$p' "$WORLD/pop/var/lib/popauth-setup/plan/steps"
}

# Usage: setup_is_killed STEP OPTION...; what it said is shown if it lives
setup_is_killed() {
	local after=$1
	shift
	setup_status=0
	on_pop env POPAUTH_SETUP_KILL_AFTER="$after" popauth-setup --yes "$@" \
		>"$WORLD/setup.out" 2>&1 </dev/null || setup_status=$?
	[ "$setup_status" -eq 137 ]
}

# The mail server or the gate answers, and a local program can send.
setup_has_mail() {
	setup_probe now machine
	[ "$(setup_answer now machine)" = yes ]
}

# Usage: setup_gate_has_port
setup_gate_has_port() {
	# shellcheck disable=SC2016 # the machine's shell expands it
	grep -q ' ESMTP' <(on_pop timeout 10 bash -c 'exec 3<>/dev/tcp/127.0.0.1/25; read -r line <&3; echo "$line"') &&
		grep -q '^service smtp' "$WORLD/pop/etc/xinetd.d/popauth-setup"
}

# Killed behind each step; the next run undoes it, and for each second step one
# completes it.
setup_kills() {
	local after n=0 steps
	setup_tree >"$WORLD/tree.before"
	setup_runs --yes
	mapfile -t steps < <(setup_steps)
	setup_runs --undo --yes
	step "killed behind each of ${#steps[@]} steps: the next run completes or undoes"
	expect "there are some" test "${#steps[@]}" -ge 12
	for after in "${steps[@]}"; do
		expect "it dies behind $after" setup_is_killed "$after"
		n=$((n + 1))
		if [ $((n % 2)) -eq 0 ]; then
			setup_runs --yes
			expect "behind $after: the next run completes it" test "$setup_status" -eq 0
			expect "behind $after: the gate has the port" setup_gate_has_port
		fi
		setup_runs --undo --yes
		expect "behind $after: it is undone" test "$setup_status" -eq 0
		expect "behind $after: each file is as it was" setup_undone
	done
	expect "local programs can send" setup_has_mail
}

# An undo is killed, too.
setup_undo_kills() {
	local after
	step "an undo that was killed is completed by the next run"
	for after in undo-begun undo-stopped undo:etc/postfix/master.cf undo-groups; do
		setup_runs --yes
		expect "it is set up" test "$setup_status" -eq 0
		expect "it dies behind $after" setup_is_killed "$after" --undo
		setup_runs --yes
		expect "behind $after: the next run completes the undo" test "$setup_status" -eq 0
		expect "behind $after: each file is as it was" setup_undone
	done
}

# Edits elsewhere in the same files stay, and the rest comes back.
setup_later_edits() {
	local file
	step "--undo after later edits in the same files"
	setup_runs --yes
	for file in postfix/master.cf dovecot/conf.d/auth-system.conf.ext; do
		cp -p "$WORLD/pop/etc/$file" "$WORLD/edited"
		sed -i -e '1i # edited at the top' -e '$a # edited at the end' "$WORLD/pop/etc/$file"
	done
	# the line below the one that was changed
	sed -i 's/^#smtp  *inet .* postscreen$/# edited: &/' "$WORLD/pop/etc/postfix/master.cf"
	setup_runs --undo --yes
	expect "its status is 0" test "$setup_status" -eq 0
	[ "$setup_status" -eq 0 ] || saw <"$WORLD/setup.out"
	for file in postfix/master.cf dovecot/conf.d/auth-system.conf.ext; do
		expect "$file has the edits" test "$(grep -c '^# edited' "$WORLD/pop/etc/$file")" -ge 2
		sed -i -e '/^# edited at/d' -e 's/^# edited: //' "$WORLD/pop/etc/$file"
	done
	expect "without them each file is as it was" setup_undone
}

# After a change of main.cf the next run follows it, and an undo knows the way back.
setup_update() {
	step "mynetworks and the certificate change: a second run follows, and --undo goes back"
	setup_tree >"$WORLD/tree.before"
	cp -p "$WORLD/pop/etc/postfix/main.cf" "$WORLD/main.cf"
	setup_runs --yes
	on_pop postconf -e "mynetworks = 127.0.0.0/8 10.9.0.0/16" "smtpd_tls_security_level = none"
	setup_runs --yes
	expect "its status is 0" test "$setup_status" -eq 0
	expect "the new network may relay" on_pop popauthctl check 10.9.1.2
	setup_probe now starttls machine
	expect "there is no STARTTLS" test "$(setup_answer now starttls)" = no
	expect "local programs can send" test "$(setup_answer now machine)" = yes
	setup_runs --undo --yes
	expect "it is undone" test "$setup_status" -eq 0
	cp -p "$WORLD/main.cf" "$WORLD/pop/etc/postfix/main.cf"
	on_pop postfix reload >/dev/null 2>&1
	expect "without the change each file is as it was" setup_undone
}

# Keys as certbot makes them: only root can enter their directory.
setup_certbot() {
	local live=$WORLD/pop/etc/letsencrypt/live/mail.example.org
	step "certbot's key and a gate that does not run as root: a copy, renewed by certbot's hook"
	mkdir -p "$live"
	chmod 700 "$WORLD/pop/etc/letsencrypt/live"
	setup_certificate "$live"
	on_pop postconf -e smtpd_tls_cert_file=/etc/letsencrypt/live/mail.example.org/fullchain.pem \
		smtpd_tls_key_file=/etc/letsencrypt/live/mail.example.org/privkey.pem
	on_pop postfix reload >/dev/null 2>&1
	setup_tree >"$WORLD/tree.before"
	setup_probe before starttls
	setup_runs --yes --start listen
	expect "its status is 0" test "$setup_status" -eq 0
	[ "$setup_status" -eq 0 ] || tail -n 20 "$WORLD/setup.out" | saw
	setup_probe after starttls
	expect "clients get the same certificate" \
		test "$(setup_answer before starttls)" = "$(setup_answer after starttls)"
	setup_certificate "$live"
	expect "the hook succeeds" on_pop /etc/letsencrypt/renewal-hooks/deploy/popauth-keys
	expect "clients get the new one" wait_for 10 setup_has_new_certificate
	setup_runs --undo --yes
	rm -r "$live"
	expect "only the certificate differs" test -z "$(diff "$WORLD/tree.before" <(setup_tree) |
		grep -v 'letsencrypt/live/mail' | grep '^[<>]')"
	cp -p "$WORLD/main.cf" "$WORLD/pop/etc/postfix/main.cf"
	rm -r "$WORLD/pop/etc/letsencrypt"
	on_pop postfix reload >/dev/null 2>&1
}

# Usage: setup_certificate DIRECTORY
setup_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
		-subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org \
		-keyout "$1/privkey.pem" -out "$1/fullchain.pem" 2>/dev/null
}

setup_has_new_certificate() {
	setup_probe now starttls
	[ "$(setup_answer now starttls)" != "$(setup_answer before starttls)" ]
}

# Nothing is changed by a dry run, by the answer no, or at a site that would lose something.
setup_refusals() {
	step "--dry-run and the answer no change nothing"
	setup_tree >"$WORLD/tree.before"
	setup_runs --dry-run
	expect "--dry-run has status 0" test "$setup_status" -eq 0
	expect "it shows the new line of master.cf" grep -q '^+smtpgate ' "$WORLD/setup.out"
	setup_runs
	expect "no answer has status 1" test "$setup_status" -eq 1
	expect "each file is as it was" setup_undone

	step "clients with certificates would lose their right: nothing is changed, and it says why"
	on_pop postconf -e "smtpd_relay_restrictions = permit_mynetworks, permit_tls_clientcerts, reject_unauth_destination"
	setup_tree >"$WORLD/tree.before"
	setup_runs --yes
	expect "its status is 1" test "$setup_status" -eq 1
	expect "it names the rule" grep -q 'permit_tls_clientcerts' "$WORLD/setup.out"
	expect "each file is as it was" setup_undone
	on_pop postconf -e "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination"

	step "smtpgate -t finds a mistake: all is taken back before port 25 changes hands"
	printf '[smtpgate]\nno_such_option = 1\n' >"$WORLD/pop/etc/popauth/conf.d/60-local.conf"
	setup_tree >"$WORLD/tree.before"
	setup_runs --yes
	expect "its status is 1" test "$setup_status" -eq 1
	expect "it shows the mistake" grep -q 'no_such_option' "$WORLD/setup.out"
	expect "each file is as it was" setup_undone
	expect "local programs can send" setup_has_mail
	rm "$WORLD/pop/etc/popauth/conf.d/60-local.conf"
}

# A package that is removed leaves no site without mail.
setup_removal() {
	step "apt removes smtpgate: the mail server has port 25 again"
	setup_tree >"$WORLD/tree.before"
	setup_runs --yes
	expect "it is set up" test "$setup_status" -eq 0
	expect "apt removes it" site_apt remove smtpgate
	expect "local programs can send" setup_has_mail
	expect "master.cf is as it was" not grep -q smtpgate "$WORLD/pop/etc/postfix/master.cf"
}
