# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Exim, in Debian's configuration, split or not.
#
# All changes are macros in a file that Debian's configuration reads first.  Exim gets
# two more ports on the loopback interface, on which the gate names the client
# (PROXY).  On the first, the rules of port 25 hold.  On the second each client is
# one of relay_from_hosts.  The ACLs stay as they are: unknown users are refused as
# before.

EX=$STAGE/etc/exim4
EX_CONF=$STORE/exim.conf

ex_program() {
	command -v exim4 || command -v exim
}

# Usage: ex_option NAME: its value, as Exim prints it
ex_option() {
	"$(ex_program)" -C "$EX_CONF" -bP "$1" 2>/dev/null |
		sed -n -e 's/^[^=]*= *//p' -e 's/^no_.*/no/p' | head -n 1
}

# The items of a list of Exim's, one a line.
ex_list() {
	awk -v list="$1" 'BEGIN {
		sep = ":"
		if (list ~ /^ *<./) {
			sub(/^ *</, "", list)
			sep = substr(list, 1, 1)
			list = substr(list, 2)
		}
		if (sep == ":")
			gsub(/::/, "\001", list)
		n = split(list, item, sep == "|" ? "[|]" : sep)
		for (i = 1; i <= n; i++) {
			gsub(/\001/, ":", item[i])
			gsub(/^[ \t]+|[ \t]+$/, "", item[i])
			if (item[i] != "")
				print item[i]
		}
	}'
}

# "ADDRESS PORT" of each socket on which Exim listens.
ex_sockets() {
	ex_ports=$(ex_list "$(ex_option daemon_smtp_ports)" |
		sed 's/^smtp$/25/; s/^submission$/587/; s/^s*smtps$/465/; s/^submissions$/465/' | paste -sd ' ')
	ex_list "$(ex_option local_interfaces)" | awk -v ports="$ex_ports" '
		{ address = $1; port = "" }
		/^\[/ {
			port = address
			sub(/^.*\][:.]?/, "", port)
			sub(/^\[/, "", address)
			sub(/\].*/, "", address)
		}
		!/^\[/ && (/^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ || /:.*\.[0-9]+$/) {
			port = address
			sub(/.*\./, "", port)
			sub(/\.[0-9]+$/, "", address)
		}
		{
			n = split(port == "" ? ports : port, each, " ")
			for (i = 1; i <= n; i++)
				print address, each[i]
		}'
}

exim_look() {
	HOST_NAME=
	if [ -e "$EX/exim4.conf" ] || ! command -v update-exim4.conf >/dev/null; then
		problem "Exim has a configuration of its own here, and not Debian's; set the gate up by hand, as popauth(7) says"
		return
	fi
	if ! update-exim4.conf -d "$EX" -o "$EX_CONF" 2>"$STORE/exim.err"; then
		problem "update-exim4.conf finds a mistake: $(tail -n 1 "$STORE/exim.err")"
		return
	fi
	HOST_NAME=$(ex_option primary_hostname)
	LISTEN=$(ex_sockets | awk '$2 == 25 { print $1 ~ /:/ ? ($1 ~ /^::0?$/ ? "[::]" : "[" $1 "]") : $1 }' | sort -u)
	! printf '%s\n' "$LISTEN" | grep -qxF '[::]' || ! printf '%s\n' "$LISTEN" | grep -qxF 0.0.0.0 || LISTEN='[::]'
	EX_RELAY=$("$(ex_program)" -C "$EX_CONF" -bP +relay_from_hosts 2>/dev/null | sed -n 's/^hostlist relay_from_hosts *= *//p')
	EX_RELAY=$(ex_list "$EX_RELAY" | paste -sd ';' | sed 's/;/ ; /g')
	ex_look_networks
	found Exim "$(ex_version), port 25 of $(printf '%s' "$LISTEN" | tr '\n' ' ')"
	found networks "$NETWORKS${NETWORKS_REST:+; Exim alone knows$NETWORKS_REST}"
	ex_look_tls
	ex_look_losses
}

ex_version() {
	"$(ex_program)" -bV | sed -n 's/^Exim version \([^ ]*\).*/\1/p'
}

ex_look_networks() {
	printf '%s\n' "$EX_RELAY" | sed 's/ ; /\n/g' >"$STORE/nets"
	NETWORKS=
	NETWORKS_REST=
	while IFS= read -r ex_item; do
		case $ex_item in
		!*)
			NETWORKS=
			NETWORKS_REST=" $EX_RELAY"
			break
			;;
		*[!0-9a-fA-F:./]* | '') NETWORKS_REST="$NETWORKS_REST $ex_item" ;;
		*) networks_add "$ex_item" ;;
		esac
	done <"$STORE/nets"
	rm -f "$STORE/nets"
	NETWORKS=${NETWORKS#, }
}

ex_look_tls() {
	[ -n "$(ex_option tls_advertise_hosts)" ] || return 0
	ex_certificate=$(ex_option tls_certificate)
	case $ex_certificate in
	/*) tls_add "$ex_certificate" "$(ex_option tls_privatekey)" ;;
	'') note "Exim makes its certificate itself at each start; name one by --certificate to offer STARTTLS" ;;
	*) problem "Exim's tls_certificate is an expression; name the certificate by --certificate" ;;
	esac
}

# What Exim does on port 25 and the gate would not, or that stands in the way.
ex_look_losses() {
	"$(ex_program)" -bV | grep -qw PROXY ||
		problem "this Exim cannot learn the client's address from the gate (PROXY); install exim4-daemon-heavy first, it has the same configuration"
	[ -z "$(ex_option hosts_proxy)" ] ||
		problem "Exim has hosts_proxy: a balancer stands before it; set the gate up by hand, as popauth(7) says"
	if "$(ex_program)" -C "$EX_CONF" -bP authenticators 2>/dev/null | grep -qE '^server_(condition|secret|socket|prompts|realm) = .' &&
		[ "$WANT_AUTH" = no ]; then
		problem "Exim offers AUTH on port 25, and the gate cannot ask Exim about passwords; give --auth, and the gate asks PAM or Dovecot"
	fi
	# shellcheck source=/dev/null
	if (. "$STAGE/etc/default/exim4" && case "${SMTPLISTENEROPTIONS:-}${COMMONOPTIONS:-}" in *-oX*) ;; *) exit 1 ;; esac) 2>/dev/null; then
		problem "/etc/default/exim4 has -oX, which hides local_interfaces; move these ports into dc_local_interfaces of update-exim4.conf.conf"
	fi
	case " $EX_RELAY " in
	*" 0.0.0.0/0 "* | *" ::/0 "* | *" * "*) problem "relay_from_hosts has every address: this mail server is an open relay.  Correct that first" ;;
	esac
}

# The file that Debian's configuration reads first.
ex_file() {
	if grep -q "^dc_use_split_config='true'" "$EX/update-exim4.conf.conf"; then
		echo "/etc/exim4/conf.d/main/000_$PROGRAM"
	else
		echo /etc/exim4/exim4.conf.localmacros
	fi
}

exim_plan() {
	EX_IN=$(port_free 2525)
	EX_OUT=$(port_free $((EX_IN + 1)))
	if [ -d "$PLAN" ]; then
		EX_IN=$(sed -n 's/^backend = 127.0.0.1://p' "$PLAN/new-2$CONF")
		EX_OUT=$(sed -n 's/^backend_relay = 127.0.0.1://p' "$PLAN/new-2$CONF")
	fi
	GATE_IDENTITY=proxy
	BACKEND=127.0.0.1:$EX_IN
	BACKEND_RELAY=127.0.0.1:$EX_OUT
	EX_FILE=$(ex_file)
	EX_BEFORE=$(cat "$STAGE$EX_FILE" 2>/dev/null || true)
	if printf '%s\n' "$EX_BEFORE" | grep -qE '^(MAIN_LOCAL_INTERFACES|MAIN_RELAY_NETS)'; then
		problem "$EX_FILE sets MAIN_LOCAL_INTERFACES or MAIN_RELAY_NETS; move them to update-exim4.conf.conf (dc_local_interfaces, dc_relay_nets)"
		return
	fi
	ex_write "$(ex_sockets)"
}

# The second half: the same without port 25.
exim_plan_leave() {
	ex_write "$(ex_sockets | awk '$2 != 25')"
}

# Usage: ex_write "ADDRESS PORT..."
ex_write() {
	ex_interfaces=$(printf '%s\n' "$1" | awk 'NF == 2 { printf "[%s]:%s ; ", $1, $2 }')
	{
		[ -z "$EX_BEFORE" ] || printf '%s\n' "$EX_BEFORE"
		cat <<-END
			# By $PROGRAM; "$PROGRAM --undo" removes it.  Port $EX_IN is for clients without
			# rights, $EX_OUT relays.  The gate names the client on both.
			MAIN_LOCAL_INTERFACES = <; ${ex_interfaces}[127.0.0.1]:$EX_IN ; [127.0.0.1]:$EX_OUT
			MAIN_RELAY_NETS = <; \${if eq{\$received_port}{$EX_OUT}{0.0.0.0/0 ; ::/0}{$EX_RELAY}}
			hosts_proxy = \${if or{{eq{\$received_port}{$EX_IN}}{eq{\$received_port}{$EX_OUT}}}{127.0.0.1}{}}
		END
		grep -q '^smtp_accept_max *=' "$EX_CONF" || echo "smtp_accept_max = 0"
	} >"$STORE/macros"
	stage_write "$EX_FILE" <"$STORE/macros"
	rm -f "$STORE/macros"
}

# ---- the steps --------------------------------------------------------------

ex_reload() {
	update-exim4.conf && kill -HUP "$(cat /run/exim4/exim.pid)"
}

ex_has_ports() {
	sed -n 's/^backend.*= 127.0.0.1:\(.*\)/\1/p' "$CONF" | while IFS= read -r ex_port; do
		port_is_taken "$ex_port" || exit 1
	done
}

exim_open() {
	ex_reload && wait_until 20 ex_has_ports
}

exim_leave() {
	ex_reload && wait_until 20 apply_port_is_free
}

exim_back() {
	ex_reload && wait_until 20 undo_has_port
}
