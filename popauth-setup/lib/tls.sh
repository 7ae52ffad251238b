# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Certificates and their keys: which, and how the gate can read them.
#
# Under xinetd the gate reads keys as root.  As a unit it runs as user smtpgate from
# the start; then it needs the group of the key, or a copy.

TLS_CERTIFICATES=

# Usage: tls_add CERTIFICATE [KEY]
tls_add() {
	[ -n "$1" ] || return 0
	if [ ! -r "$1" ]; then
		note "the certificate $1 is not there; STARTTLS does not work with it now either"
		return 0
	fi
	tls_pair=$1
	[ -z "${2:-}" ] || [ "$2" = "$1" ] || tls_pair=$1:$2
	case ", $TLS_CERTIFICATES, " in
	*", $tls_pair, "*) ;;
	*) TLS_CERTIFICATES="$TLS_CERTIFICATES${TLS_CERTIFICATES:+, }$tls_pair" ;;
	esac
}

# Can user smtpgate read FILE, by itself or in GROUP?
tls_is_readable() {
	setpriv --reuid "$GATE_USER" --regid "$GATE_USER" --groups "${2:-$GATE_USER}" \
		cat "$1" >/dev/null 2>&1
}

# Let the gate's user read the keys.
tls_plan_access() {
	[ "$STARTER" != xinetd ] || return 0
	tls_new=
	tls_rest=$TLS_CERTIFICATES
	while [ -n "$tls_rest" ]; do
		tls_pair=${tls_rest%%, *}
		tls_rest=${tls_rest#"$tls_pair"}
		tls_rest=${tls_rest#, }
		tls_plan_pair "${tls_pair%%:*}" "${tls_pair#*:}"
		tls_new="$tls_new${tls_new:+, }$tls_pair"
	done
	TLS_CERTIFICATES=$tls_new
}

# Usage: tls_plan_pair CERTIFICATE KEY; may change tls_pair
tls_plan_pair() {
	! tls_is_readable "$1" || ! tls_is_readable "$2" || return 0
	tls_group=$(stat -L -c %G "$2")
	if [ "$tls_group" != root ] && tls_is_readable "$1" "$tls_group" && tls_is_readable "$2" "$tls_group"; then
		found "key" "$2: user $GATE_USER joins group $tls_group"
		group_plan "$tls_group"
		return 0
	fi
	tls_plan_copy "$1" "$2"
}

# Only root can read it.  A copy for the gate, made again after each renewal by
# popauth-keys.  Usage: tls_plan_copy CERTIFICATE KEY
tls_plan_copy() {
	tls_name=$(basename "$1" | sed 's/\.[^.]*$//')
	case $1 in
	/etc/letsencrypt/live/*) tls_name=$(basename "$(dirname "$1")") ;;
	esac
	tls_name=$(printf '%s' "$tls_name" | sed -e 's/[^A-Za-z0-9._-]/-/g' -e 's/^\./-/')
	while [ -e "$STAGE/etc/popauth/tls/$tls_name.pem" ]; do
		tls_name=$tls_name-2
	done
	tls_copy=/etc/popauth/tls/$tls_name.pem
	if ! popauth-keys print "$1" "$2" >"$STORE/copy" 2>"$STORE/copy.said"; then
		problem "$(sed 's/^popauth-keys: //' "$STORE/copy.said")"
		rm -f "$STORE/copy" "$STORE/copy.said"
		return 0
	fi
	found "key" "$2: a copy for the gate in $tls_copy, kept up to date by popauth-keys"
	stage_edits "$tls_copy"
	install -m 640 -g "$GATE_USER" /dev/null "$STAGE$tls_copy"
	cat "$STORE/copy" >"$STAGE$tls_copy"
	rm -f "$STORE/copy" "$STORE/copy.said"
	case $1 in
	/etc/letsencrypt/*)
		# as popauth-keys writes it
		stage_write /etc/letsencrypt/renewal-hooks/deploy/popauth-keys 755 <<-END
			#!/bin/sh
			# By popauth-keys: certbot runs it after each renewal.
			exec $(command -v popauth-keys) update
		END
		;;
	esac
	tls_pair=$tls_copy
}
