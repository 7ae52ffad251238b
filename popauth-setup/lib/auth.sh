# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# SMTP AUTH on port 25: if the mail server offers it there now, or --auth asks.

AUTH=none
AUTH_PLAIN=

auth_plan() {
	auth_now=no
	if [ "$MTA" = postfix ] && [ "$(pf_value "$PF_FIRST" smtpd_sasl_auth_enable)" = yes ]; then
		auth_now=yes
	fi
	[ "$auth_now" = yes ] || [ "$WANT_AUTH" = yes ] || return 0
	auth_plan_server
	[ "$AUTH" != none ] || return 0
	if [ "$auth_now" = yes ] && [ "$(pf_value "$PF_FIRST" smtpd_tls_auth_only)" != yes ]; then
		AUTH_PLAIN="0.0.0.0/0, ::/0"
		note "Postfix offers AUTH without TLS on port 25, and so will the gate (auth_plain_networks); set smtpd_tls_auth_only = yes in main.cf and run this again to end that"
	elif [ -z "$TLS_CERTIFICATES" ]; then
		problem "AUTH needs a certificate: give --certificate FILE:KEY"
	fi
	found AUTH "on port 25, passwords by $AUTH"
}

# Who checks the passwords.
auth_plan_server() {
	auth_type=dovecot
	if [ "$auth_now" = yes ]; then
		auth_type=$(pf_value "$PF_FIRST" smtpd_sasl_type)
	elif [ ! -d "$DV" ]; then
		auth_type=pam
	fi
	case $auth_type in
	dovecot)
		dv_dropin "# The gate asks here about passwords.
service auth {
  unix_listener auth-smtpgate {
    mode = 0660
    group = $GATE_USER
  }
}"
		AUTH=dovecot:$(dv_conf -h base_dir)/auth-smtpgate
		;;
	pam) AUTH=pam ;;
	cyrus) auth_plan_cyrus ;;
	*) problem "Postfix offers AUTH on port 25 by $auth_type, which the gate cannot ask" ;;
	esac
}

# Cyrus SASL asks PAM through saslauthd, or has a database of its own.
auth_plan_cyrus() {
	auth_conf=$PF/sasl/smtpd.conf
	if grep -qsE '^pwcheck_method:[[:space:]]*saslauthd' "$auth_conf" &&
		grep -qsE '^MECHANISMS="?pam' "$STAGE/etc/default/saslauthd"; then
		AUTH=pam
	else
		problem "Postfix offers AUTH on port 25 by Cyrus SASL with passwords of its own; the gate can ask PAM or Dovecot.  Move AUTH to port 587 (submission), and set smtpd_sasl_auth_enable = no in main.cf"
	fi
}
