# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Dovecot: a PAM service of its own for POP3, and nothing else moves.
#
# One PAM service checks the passwords of all protocols, by default "dovecot".  In
# Dovecot 2.3 the name of the service may depend on the protocol (%s); with a plain
# %s every protocol without a file of its own would end up in PAM's "other".
# Therefore only POP3 (and IMAP, with --imap) gets another name.  2.4 has settings for
# one protocol.

DV=$STAGE/etc/dovecot
DV_CONF=$DV/dovecot.conf
DV_DROPIN=/etc/dovecot/conf.d/95-popauth.conf

dv_conf() {
	doveconf -c "$DV_CONF" "$@" 2>/dev/null
}

dv_version() {
	dovecot --version | sed 's/ .*//'
}

dv_is_24() {
	case $(dv_version) in
	[01].* | 2.[0-3].* | 2.[0-3]) return 1 ;;
	esac
}

# The protocols whose logins permit relaying.
dv_protocols() {
	echo pop3
	[ "$WANT_IMAP" = no ] || echo imap
}

dv_look() {
	if ! dv_conf -n >"$STORE/doveconf"; then
		problem "Dovecot's configuration has a mistake; \"doveconf -n\" shows it"
		return
	fi
	dv_passdbs=$(dv_drivers)
	found Dovecot "$(dv_version), passwords by ${dv_passdbs:-nothing}"
}

# Do all users log in by PAM?
dv_is_pam_alone() {
	[ "$(printf '%s\n' "$dv_passdbs" | tr ' ' '\n' | sort -u)" = pam ]
}

# The drivers of all passdbs, in order.
dv_drivers() {
	awk '
		/^passdb / { here = 1; name = $2 }
		here && ($1 == "driver" || $1 == "passdb_driver") { printf "%s%s", sep, $3; sep = " "; here = 0 }
		here && /^}/ { if (name != "{") printf "%s%s", sep, name; sep = " "; here = 0 }
	' "$STORE/doveconf"
}

dv_plan() {
	if ! dv_is_pam_alone; then
		dv_plan_postlogin
	elif dv_is_24; then
		dv_plan_24
	else
		dv_plan_23
	fi
}

# Users whom PAM does not know: a script after the login records all of them.
dv_plan_postlogin() {
	for dv_protocol in $(dv_protocols); do
		dv_executable=$(dv_conf -h "service/$dv_protocol/executable")
		if [ "${dv_executable##*/}" != "$dv_protocol" ]; then
			note "Dovecot runs '$dv_executable' after a login; add popauth-postlogin there by hand, as popauth(7) says"
			continue
		fi
		found logins "Dovecot runs popauth-postlogin after each $dv_protocol login"
		dv_dropin "service $dv_protocol {
  executable = $dv_protocol $dv_protocol-postlogin
}
service $dv_protocol-postlogin {
  executable = script-login ${LIB%/setup}/popauth-postlogin
  user = $(dv_conf -h default_internal_user)
  extra_groups = popauth,popauth-grant
  unix_listener $dv_protocol-postlogin {
  }
}"
	done
}

# 2.4: the passdb's settings for one protocol, in a file of our own.
dv_plan_24() {
	dv_name=$(awk '
		/^passdb / { name = $2 }
		/^}/ { name = "" }
		name == "pam" { print name; exit }
		name != "" && $1 == "driver" && $3 == "pam" { print name; exit }' "$STORE/doveconf")
	dv_base=$(awk -v name="$dv_name" '
		/^passdb / { here = $2 == name }
		/^}/ { here = 0 }
		here && $1 ~ /^(passdb_)?(pam_)?service_name$/ { print $3 }' "$STORE/doveconf")
	# the short name is the setting only in a passdb that is called as its driver
	dv_setting=service_name
	[ "$dv_name" = pam ] || dv_setting=pam_service_name
	for dv_protocol in $(dv_protocols); do
		case ${dv_base:-dovecot} in
		*%*) dv_service=$dv_protocol ;;
		*)
			dv_service=$(dv_service_name "$dv_protocol")
			dv_dropin "protocol $dv_protocol {
  passdb $dv_name {
    $dv_setting = $dv_service
  }
}"
			;;
		esac
		dv_plan_service "$dv_service" "${dv_base:-dovecot}"
	done
}

# 2.3: the last word of "args" of the passdb.
dv_plan_23() {
	dv_base=$(awk '
		/^passdb / { here = 1; pam = 0; args = "" }
		here && $1 == "driver" { pam = $3 == "pam" }
		here && $1 == "args" { args = $NF; if ($NF ~ /=/) args = "" }
		here && /^}/ { if (pam) { print args == "" ? "dovecot" : args; exit }; here = 0 }
		' "$STORE/doveconf")
	case $dv_base in
	*%*)
		for dv_protocol in $(dv_protocols); do
			dv_plan_service "$dv_protocol" other
		done
		return
		;;
	esac
	dv_expression=
	for dv_protocol in $(dv_protocols); do
		dv_service=$(dv_service_name "$dv_protocol")
		dv_plan_service "$dv_service" "$dv_base"
		[ -n "$dv_expression" ] || dv_expression="%{if;%s;eq;$dv_protocol;$dv_service;$dv_base}"
	done
	# there is no "or" by names: both get services named alike
	[ "$WANT_IMAP" = no ] || dv_expression="%{if;%s;~;^(pop3|imap)\$;${dv_service%imap}%s;$dv_base}"
	grep -rlE '^[[:space:]]*driver[[:space:]]*=[[:space:]]*pam' "$DV" >"$STORE/passdbs" || true
	while IFS= read -r dv_file; do
		stage_edits "${dv_file#"$STAGE"}"
		awk -v service="$dv_expression" -v base="$dv_base" -f "$LIB/passdb.awk" "$dv_file" >"$STORE/passdb"
		cat "$STORE/passdb" >"$dv_file"
	done <"$STORE/passdbs"
	rm -f "$STORE/passdbs" "$STORE/passdb"
	dv_conf -n | grep -qF "$dv_expression" ||
		problem "the passdb with driver = pam was not found in /etc/dovecot; name the service of POP3 by hand, as popauth(7) says"
}

# A service that is free, or ours, for PROTOCOL.
dv_service_name() {
	if [ ! -e "$STAGE/etc/pam.d/$1" ] || grep -q pam_popauth "$STAGE/etc/pam.d/$1"; then
		echo "$1"
	else
		echo "popauth-$1"
	fi
}

# The file of SERVICE: as BASE, and recorded.  Usage: dv_plan_service SERVICE BASE
dv_plan_service() {
	[ ! -e "$STAGE/etc/pam.d/$1" ] || return 0
	stage_write "/etc/pam.d/$1" <<-END
		#%PAM-1.0
		# As /etc/pam.d/$2; and logins permit relaying.
		auth     include $2
		account  include $2
		account  optional pam_popauth.so
		password include $2
		session  include $2
	END
}

# More lines for a file of our own.  Usage: dv_dropin TEXT
dv_dropin() {
	grep -qE '^[[:space:]]*!include(_try)?[[:space:]]+conf\.d/\*\.conf' "$DV_CONF" ||
		problem "/etc/dovecot/dovecot.conf does not include conf.d/*.conf; add the line \"!include conf.d/*.conf\" at its end"
	{
		if [ -e "$STAGE$DV_DROPIN" ]; then
			cat "$STAGE$DV_DROPIN"
		else
			echo "# By $PROGRAM; \"$PROGRAM --undo\" removes it."
		fi
		printf '%s\n' "$1"
	} >"$STORE/dropin"
	stage_write "$DV_DROPIN" <"$STORE/dropin"
	rm -f "$STORE/dropin"
}
