# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The first half: what is here, and the plan.

MTA=
OLD_STARTER=
BACKEND=
BACKEND_RELAY=
GATE_IDENTITY=
HOST_NAME=
NETWORKS=
TLS_MODE=starttls
LISTEN=

look() {
	say "Found:"
	look_mta
	[ ! -d "$DV" ] || ! command -v doveconf >/dev/null || dv_look
	if [ -n "$WANT_CERTIFICATE" ]; then
		TLS_CERTIFICATES=
		tls_add "${WANT_CERTIFICATE%%:*}" "${WANT_CERTIFICATE#*:}"
		[ -n "$TLS_CERTIFICATES" ] || problem "the certificate $WANT_CERTIFICATE cannot be read"
	fi
	found certificates "${TLS_CERTIFICATES:-none; port 25 has no STARTTLS}"
	starter_look
}

look_mta() {
	if [ -d "$PF" ] && command -v postconf >/dev/null; then
		MTA=postfix
		pf_look
		LISTEN=${PF_LISTEN:-}
	elif command -v exim4 >/dev/null || command -v exim >/dev/null; then
		MTA=exim
		exim_look
	else
		problem "neither Postfix nor Exim is here; popauth(7) says how other mail servers are set up"
	fi
	[ -d "$PLAN" ] || look_port
}

# Nothing was set up yet: port 25 has to be the mail server's.
look_port() {
	look_owner=$(port_owner 25)
	case $MTA:$look_owner in
	postfix:master | exim:exim4 | exim:exim) ;;
	*:xinetd | *:smtpgate | *:systemd)
		problem "the gate has port 25 already; it was set up by hand, and $PROGRAM would not know how to bring that back"
		;;
	*:) problem "no program listens on port 25; start the mail server first" ;;
	*) problem "'$look_owner' listens on port 25, and not the mail server" ;;
	esac
}

# Make both halves of the plan in the stage.
plan() {
	tls_plan_access
	[ -z "$PROBLEMS" ] || return 0
	case $MTA in
	postfix) pf_plan ;;
	exim) exim_plan ;;
	esac
	[ ! -d "$DV" ] || ! command -v doveconf >/dev/null || dv_plan
	pam_plan
	auth_plan
	conf_plan
	# xinetd reads it later, but smtpgate -t looks who starts the gate
	starter_plan
	# where the gate has port 25 already, the mail server must not try to take it
	[ -d "$PLAN" ] || stage_keep 1
	case $MTA in
	postfix) pf_plan_leave ;;
	exim) exim_plan_leave ;;
	esac
	[ ! -d "$PLAN" ] || stage_keep 1
	stage_keep 2
	group_save
}

# The options of an earlier run hold until others are given, or an undo.
look_options() {
	[ -d "$PLAN" ] || return 0
	(
		store_get
		printf '%s\n' "look_auth=$WANT_AUTH" "look_imap=$WANT_IMAP" "look_certificate=$WANT_CERTIFICATE" "look_start=$STARTER"
	) >"$STORE/options"
	while IFS='=' read -r look_name look_value; do
		case $look_name:$look_value in
		look_auth:yes) WANT_AUTH=yes ;;
		look_imap:yes) WANT_IMAP=yes ;;
		look_certificate:?*) WANT_CERTIFICATE=${WANT_CERTIFICATE:-$look_value} ;;
		look_start:?*)
			[ -z "$WANT_START" ] || [ "$WANT_START" = "$look_value" ] || OLD_STARTER=$look_value
			WANT_START=${WANT_START:-$look_value}
			;;
		esac
	done <"$STORE/options"
	rm -f "$STORE/options"
}

plan_settings() {
	for look_name in MTA STARTER OLD_STARTER AUTH LISTEN WANT_AUTH WANT_IMAP WANT_CERTIFICATE; do
		eval "store_set $look_name \"\$$look_name\""
	done
	if [ -d "$PLAN" ]; then
		grep -E '^(XINETD_RAN|UNIT_WAS_ENABLED|AUTH_WAS_ENABLED)=' "$PLAN/settings" >>"$PLAN.new/settings" || true
		return
	fi
	store_set XINETD_RAN "$([ -z "$(processes_of xinetd)" ] && echo no || echo yes)"
	store_set UNIT_WAS_ENABLED "$(starter_is_enabled smtpgate.service)"
	store_set AUTH_WAS_ENABLED "$(starter_is_enabled smtpgate-auth.socket)"
}

plan_is_empty() {
	[ -e "$PLAN/complete" ] && [ -z "$(stage_changes)" ] &&
		cmp -s "$PLAN/groups" "$PLAN.new/groups" &&
		[ "$(grep -v ^OLD_STARTER "$PLAN/settings")" = "$(grep -v ^OLD_STARTER "$PLAN.new/settings")" ]
}
