# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What starts the gate: xinetd, systemd, or nothing, for it can listen itself.

XINETD_SHIPPED=/etc/xinetd.d/smtpgate
XINETD_OURS=/etc/xinetd.d/popauth-setup

starter_has_systemd() {
	[ -d /run/systemd/system ]
}

# Services of the site that xinetd runs.
starter_xinetd_is_used() {
	command -v xinetd >/dev/null &&
		grep -lE '^[[:space:]]*disable[[:space:]]*=[[:space:]]*no' "$STAGE"/etc/xinetd.d/* 2>/dev/null |
		grep -q .
}

starter_look() {
	if [ -n "$WANT_START" ]; then
		STARTER=$WANT_START
	elif starter_has_systemd; then
		STARTER=systemd
		! starter_xinetd_is_used || STARTER=xinetd
	elif command -v xinetd >/dev/null; then
		STARTER=xinetd
	else
		STARTER=listen
	fi
	case $STARTER in
	xinetd) command -v xinetd >/dev/null || problem "xinetd is not installed; give --start listen" ;;
	systemd) starter_has_systemd || problem "systemd does not run here; give --start xinetd or --start listen" ;;
	esac
	case $STARTER in
	xinetd) found start "xinetd, as in $XINETD_OURS" ;;
	systemd) found start "systemd, smtpgate.service" ;;
	listen) found start "smtpgate --listen, without a service manager" ;;
	esac
}

# Usage: starter_plan; LISTEN has the addresses, one a line
starter_plan() {
	[ "$STARTER" = xinetd ] || return 0
	{
		echo "# By $PROGRAM, from $XINETD_SHIPPED; \"$PROGRAM --undo\" removes it."
		starter_n=
		for starter_address in $LISTEN; do
			starter_xinetd "$starter_address" "$starter_n"
			starter_n=-$((${starter_n#-} + 1))
		done
	} >"$STORE/xinetd"
	stage_write "$XINETD_OURS" <"$STORE/xinetd"
	rm -f "$STORE/xinetd"
}

# The shipped service, enabled, at one address.  Usage: starter_xinetd ADDRESS SUFFIX
starter_xinetd() {
	starter_flags=IPv6
	starter_bind=
	case $1 in
	'[::]') ;;
	0.0.0.0) starter_flags=IPv4 ;;
	\[*\]) starter_bind=$(printf '%s' "$1" | tr -d '[]') ;;
	*)
		starter_flags=IPv4
		starter_bind=$1
		;;
	esac
	sed -e '/^[[:space:]]*#/d' -e '/^$/d' \
		-e 's/^\([[:space:]]*disable[[:space:]]*=\).*/\1 no/' \
		-e "s/^\([[:space:]]*id[[:space:]]*=\).*/\1 $PROGRAM$2/" \
		-e "s/^\([[:space:]]*flags[[:space:]]*=\).*/\1 $starter_flags/" \
		${starter_bind:+-e "s/^\([[:space:]]*\)socket_type.*/&\n\1bind		= $starter_bind/"} \
		"$STAGE$XINETD_SHIPPED"
}

# The gate takes port 25, or reads its configuration again.
starter_start() {
	case $STARTER in
	xinetd)
		if [ -n "$(processes_of xinetd)" ]; then
			starter_xinetd_reload
		elif starter_has_systemd; then
			systemctl start xinetd.service
		elif [ -x /etc/init.d/xinetd ]; then
			/etc/init.d/xinetd start >/dev/null 9>&-
		else
			xinetd -stayalive 9>&-
		fi
		;;
	systemd)
		systemctl daemon-reload
		systemctl enable --quiet smtpgate.service
		systemctl restart smtpgate.service
		;;
	listen)
		starter_stop listen
		starter_background smtpgate --listen
		;;
	esac
}

starter_xinetd_reload() {
	for starter_pid in $(processes_of xinetd); do
		kill -HUP "$starter_pid"
	done
}

# The gate leaves port 25.  Usage: starter_stop HOW
starter_stop() {
	case $1 in
	xinetd)
		rm -f "$XINETD_OURS"
		starter_xinetd_reload
		[ "${XINETD_RAN:-yes}" = yes ] || starter_stop_xinetd
		;;
	systemd)
		systemctl stop smtpgate.service || true
		[ "${UNIT_WAS_ENABLED:-no}" = yes ] || systemctl disable --quiet smtpgate.service || true
		;;
	listen) starter_stop_listener ;;
	esac
	# the mail server must not find the port taken
	wait_until 60 starter_has_left ||
		fail 69 "$(port_owner 25) does not leave port 25; stop it and run $PROGRAM again"
}

starter_has_left() {
	case $(port_owner 25) in
	xinetd | smtpgate | systemd) return 1 ;;
	esac
}

starter_stop_xinetd() {
	if starter_has_systemd; then
		systemctl stop xinetd.service
	else
		for starter_pid in $(processes_of xinetd); do
			kill "$starter_pid"
		done
	fi
}

# Not a gate that xinetd started for one client.
starter_listeners() {
	for starter_pid in $(processes_of smtpgate); do
		! tr '\0' ' ' <"/proc/$starter_pid/cmdline" | grep -q -e '--listen' || echo "$starter_pid"
	done 2>/dev/null
}

starter_stop_listener() {
	for starter_pid in $(starter_listeners); do
		kill "$starter_pid" 2>/dev/null || true
	done
}

# A program that goes on when this one ends.  Usage: starter_background COMMAND...
starter_background() {
	setsid "$@" </dev/null >/dev/null 2>&1 9>&- &
}

# Usage: starter_is_enabled UNIT: prints yes or no
starter_is_enabled() {
	if starter_has_systemd && systemctl is-enabled --quiet "$1" 2>/dev/null; then
		echo yes
	else
		echo no
	fi
}

# What starter_daemons switched on for AUTH by PAM.
starter_forget_auth() {
	[ "$AUTH" = pam ] || return 0
	if ! starter_has_systemd; then
		for starter_pid in $(processes_of smtpgate-auth); do
			kill "$starter_pid" 2>/dev/null || true
		done
	elif [ "${AUTH_WAS_ENABLED:-no}" = no ]; then
		systemctl disable --quiet --now smtpgate-auth.socket || true
	fi
}

# popauthd and, for AUTH by PAM, smtpgate-auth.
starter_daemons() {
	if starter_has_systemd; then
		systemctl enable --quiet --now popauthd.service
		[ "$AUTH" != pam ] || systemctl enable --quiet --now smtpgate-auth.socket
		return
	fi
	[ -n "$(processes_of popauthd)" ] || starter_background popauthd
	wait_until 10 popauthctl status || fail 69 "popauthd did not start; \"popauthd -e\" shows why"
	[ "$AUTH" = pam ] || return 0
	[ -n "$(processes_of smtpgate-auth)" ] || starter_background smtpgate-auth
}
