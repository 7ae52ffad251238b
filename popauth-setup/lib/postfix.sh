# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What Postfix does on port 25 now, read by postconf from the staging tree.

PF=$STAGE/etc/postfix

# Usage: pf_param NAME: its value in main.cf, variables expanded
pf_param() {
	postconf -c "$PF" -hx "$1" 2>/dev/null
}

# The same for a service, whose -o options come first.  Usage: pf_value SERVICE NAME
pf_value() {
	pf_own=$(postconf -c "$PF" -hxP "$1/$2" 2>/dev/null)
	if [ -n "$pf_own" ] || postconf -c "$PF" -P "$1/$2" 2>/dev/null | grep -q .; then
		printf '%s\n' "$pf_own"
	else
		pf_param "$2"
	fi
}

# Services on port 25, as "NAME/inet", one a line.
pf_port25() {
	postconf -c "$PF" -M 2>/dev/null | awk '
		$2 == "inet" && $1 ~ /^(.*:)?(smtp|25)$/ { print $1 "/inet" }'
}

# Usage: pf_field SERVICE N: a column of its line, from 1
pf_field() {
	postconf -c "$PF" -M "$1" | awk -v n="$2" 'NR == 1 { print $n }'
}

# Its -o options, as postconf writes them.  Usage: pf_options SERVICE
pf_options() {
	postconf -c "$PF" -M "$1" | awk '
		{ line = line " " $0 }
		END {
			for (i = 1; i <= 8; i++)
				sub(/^ *[^ ]+/, "", line)
			print line
		}'
}

# Postfix 3.5 and later read the PROXY protocol as the gate writes it.  By it
# Postfix looks the client's name up itself; by XCLIENT each client is "unknown".
pf_reads_proxy() {
	pf_version=$(pf_param mail_version)
	case $pf_version in
	[0-2].* | 3.[0-4] | 3.[0-4][.-]*) return 1 ;;
	esac
}

# What Postfix does now.  Sets PF_*, HOST_NAME and NETWORKS*.
pf_look() {
	PF_SERVICES=$(pf_port25)
	if [ -z "$PF_SERVICES" ]; then
		problem "Postfix has no service on port 25 in master.cf"
		return
	fi
	PF_FIRST=$(printf '%s\n' "$PF_SERVICES" | head -n 1)
	PF_COMMAND=$(pf_field "$PF_FIRST" 8)
	case $PF_COMMAND in
	smtpd) PF_SMTPD=$PF_FIRST ;;
	postscreen)
		PF_SMTPD=smtpd/pass
		postconf -c "$PF" -M smtpd/pass >/dev/null 2>&1 ||
			problem "postscreen is on port 25, and master.cf has no service smtpd pass"
		;;
	*)
		problem "master.cf has '$PF_COMMAND' on port 25, which $PROGRAM does not know; set the gate up by hand, as popauth(7) says"
		return
		;;
	esac
	HOST_NAME=$(pf_param myhostname)
	# shellcheck disable=SC2046 # words
	networks_of_postfix $(pf_value "$PF_SMTPD" mynetworks | tr ',' ' ')
	pf_look_around
	pf_say
	pf_look_tls
	pf_look_losses
}

# Where it listens: PF_LISTEN, addresses for the gate, one a line.
pf_look_around() {
	PF_PROTOCOLS=$(pf_param inet_protocols)
	PF_LISTEN=$(for pf_service in $PF_SERVICES; do
		pf_name=${pf_service%/inet}
		case $pf_name in
		*:*) printf '%s\n' "${pf_name%:*}" ;;
		*) pf_param inet_interfaces | tr -s ', ' '\n' ;;
		esac
	done | sed '/^$/d' | pf_addresses | sort -u)
	# one socket for both families is enough
	! printf '%s\n' "$PF_LISTEN" | grep -qxF '[::]' || PF_LISTEN='[::]'
}

pf_has_family() {
	case $PF_PROTOCOLS in
	*all* | *"$1"*) return 0 ;;
	esac
	return 1
}

# Interfaces as Postfix names them, from standard input, to addresses.
pf_addresses() {
	while IFS= read -r pf_interface; do
		case $pf_interface in
		all | '*')
			if pf_has_family ipv6 && [ -e /proc/net/if_inet6 ]; then
				echo '[::]'
			else
				echo 0.0.0.0
			fi
			;;
		loopback-only | localhost)
			! pf_has_family ipv4 || echo 127.0.0.1
			! pf_has_family ipv6 || echo '[::1]'
			;;
		\[*\] | *.*.*.*[0-9]) printf '%s\n' "$pf_interface" ;;
		*:*) printf '[%s]\n' "$pf_interface" ;;
		*) getent ahosts "$pf_interface" | awk '/STREAM/ { print $1 ~ /:/ ? "[" $1 "]" : $1 }' ;;
		esac
	done
}

pf_say() {
	found Postfix "$(pf_param mail_version), $PF_COMMAND on port 25 of $(printf '%s' "$PF_LISTEN" | tr '\n' ' ')"
	found domains "$(for pf_list in mydestination virtual_alias_domains virtual_mailbox_domains relay_domains; do
		pf_param "$pf_list"
	done | tr -s ', \n' '\n' | sed '/^$/d' | awk '!seen[$0]++' | paste -sd ' ')"
	found networks "${NETWORKS:-none}${NETWORKS_REST:+; Postfix alone knows$NETWORKS_REST}"
	pf_milters=$(pf_value "$PF_SMTPD" smtpd_milters)
	[ -z "$pf_milters" ] || found milters "$pf_milters"
	for pf_service in submission:587 submissions:465; do
		! port_is_taken "${pf_service#*:}" ||
			found "${pf_service%:*}" "port ${pf_service#*:} stays as it is"
	done
}

# The certificates that clients get on port 25 now, and TLS_MODE.
pf_look_tls() {
	TLS_MODE=starttls
	pf_level=$(pf_value "$PF_FIRST" smtpd_tls_security_level)
	if [ -z "$pf_level" ]; then
		pf_level=none
		[ "$(pf_value "$PF_FIRST" smtpd_use_tls)" != yes ] || pf_level=may
		[ "$(pf_value "$PF_FIRST" smtpd_enforce_tls)" != yes ] || pf_level=encrypt
	fi
	case $pf_level in
	none) return ;;
	encrypt) TLS_MODE=required ;;
	esac
	pf_chain=$(pf_value "$PF_FIRST" smtpd_tls_chain_files | tr ',' ' ')
	if [ -n "$pf_chain" ]; then
		pf_take_chain "$pf_chain"
	else
		for pf_kind in '' ec; do
			pf_cert=$(pf_value "$PF_FIRST" "smtpd_tls_${pf_kind}cert_file")
			[ "$pf_cert" != none ] || continue
			tls_add "$pf_cert" "$(pf_value "$PF_FIRST" "smtpd_tls_${pf_kind}key_file")"
		done
	fi
	pf_look_sni
}

# Files as smtpd_tls_chain_files has them: a key, then its certificates, in one file or
# in the files that follow.  Usage: pf_take_chain "FILE..."
pf_take_chain() {
	pf_key=
	for pf_file in $1; do
		if ! grep -q 'BEGIN CERTIFICATE' "$pf_file" 2>/dev/null; then
			pf_key=$pf_file
		elif [ -n "$pf_key" ]; then
			tls_add "$pf_file" "$pf_key"
			pf_key=
		else
			tls_add "$pf_file"
		fi
	done
}

# Certificates of more host names: the source file of each table.
pf_look_sni() {
	for pf_map in $(pf_value "$PF_FIRST" tls_server_sni_maps | tr ',' ' '); do
		pf_file=${pf_map#*:}
		if [ ! -r "$pf_file" ]; then
			problem "the certificates of tls_server_sni_maps = $pf_map cannot be read; list them with --certificate"
			continue
		fi
		sed -e 's/#.*//' "$pf_file" | while read -r _ pf_chain; do
			printf '%s\n' "$pf_chain" | tr ',' ' '
		done >"$STORE/sni"
		while IFS= read -r pf_chain; do
			pf_take_chain "$pf_chain"
		done <"$STORE/sni"
		rm -f "$STORE/sni"
	done
}

# What Postfix does for clients on port 25 and the gate would not.
pf_look_losses() {
	PF_LISTS=
	for pf_stage in client helo sender relay recipient data end_of_data; do
		PF_LISTS="$PF_LISTS $(pf_value "$PF_SMTPD" "smtpd_${pf_stage}_restrictions")"
	done
	for pf_word in permit_tls_clientcerts permit_tls_all_clientcerts; do
		! restrict_has "$PF_LISTS" "$pf_word" ||
			problem "Postfix relays for clients with a certificate ($pf_word); they cannot show one behind the gate.  Move them to a port of their own (submission), or remove $pf_word"
	done
	! restrict_has "$PF_LISTS" reject_plaintext_session ||
		problem "Postfix has reject_plaintext_session, and the gate's connections to it have no TLS; remove it, and the gate requires TLS from clients (tls = required)"
	[ -z "$(pf_value "$PF_FIRST" smtpd_upstream_proxy_protocol)" ] ||
		problem "a balancer stands before port 25 (smtpd_upstream_proxy_protocol); list it in proxy_from by hand, as popauth.conf(5) says"
	case ",$NETWORKS," in
	*,0.0.0.0/0,* | *,\ 0.0.0.0/0,* | *,\ ::/0,* | *,::/0,*)
		problem "mynetworks has every address: this mail server is an open relay.  Correct that first"
		;;
	esac
}
