# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# One POP server after another on the machine "pop", and the matrix of the grants.
#
# Contract: pop_machine NAME makes a new machine, with the packages of
# debs/NAME.packages, our own, the files of machines/NAME/, users, and a syslog.
# pop_start COMMAND... starts a server on it and waits for its port, pop_stop
# ends it; pop_try makes one row of the matrix; pop_matrix prints all of them.
# Needs: layer.sh, log.sh, net.sh, servers.sh, checks.sh, report.sh, debs.sh.
#
# A row is a server as it is configured now.  Two clients, joe and stranger, make
# at the same moment all logins that must be refused, and the grants are checked;
# then all that must succeed, and the grants are checked again.  A cell is an
# attempt over a family:
#
#    4    an IPv4 socket
#    6    an IPv6 socket
#    m    an IPv4 client at a socket for both, which sees a mapped address
#
# Each client has its own account for each family, so that a grant of the wrong
# user or of the wrong address is seen.

POP_CLIENTS=(joe stranger)
POP_ATTEMPTS=(right wrong unknown expired)
declare -A POP_FAMILY=([4]="IPv4" [6]="IPv6" [m]="mapped IPv4")
declare -A POP_ADDRESS=([4]=$POP4 [6]=$POP6 [m]=$POP4)
declare -A POP_CLIENT_ADDRESS=(
	[joe4]=$JOE4 [joe6]=$JOE6 [joem]=$JOE4
	[stranger4]=$STRANGER4 [stranger6]=$STRANGER6 [strangerm]=$STRANGER4
)
POP_USERS=("${!POP_CLIENT_ADDRESS[@]}" gone)
POP_MATRIX=()

pop_server_pid=

on_pop() {
	in_machine pop pop "$@"
}

# Usage: pop_machine NAME
pop_machine() {
	local name=$1
	pop_machine_end
	layer_make pop "$MAIL_ROOT"
	log_start pop
	log_watch pop
	packages_start_nothing pop
	packages_install pop "$PACKAGES" "$DEBS/$name"
	# not even the configuration of the root's own POP server stays
	[ "$name" = dovecot ] || pop_purge_dovecot
	layer_configure pop "$name"
	user_add pop "${POP_USERS[@]}"
	on_pop chage -E 1 gone
	cp "$TOP/tests/system/clients/pop-logins.py" "$WORLD/laptop/root/"
}

pop_purge_dovecot() {
	# shellcheck disable=SC2016 # for dpkg-query
	on_pop dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 'dovecot-*' |
		sed -n 's/^ii *//p' >"$WORLD/pop/root/purge"
	on_pop sh -c 'xargs dpkg --purge </root/purge' >"$WORLD/purge.log" 2>&1 ||
		cannot "Dovecot could not be removed from 'pop': $(tail -n 1 "$WORLD/purge.log")"
}

pop_machine_end() {
	log_watch server
	pop_server_pid=
	if mountpoint -q "$WORLD/pop"; then
		layer_remove pop
	fi
}

# Usage: pop_start PORT COMMAND...: a server that stays in the foreground, or
# ends when its children are at work.
pop_start() {
	local port=$1
	shift
	exec_in_machine pop pop "$@" &
	pop_server_pid=$!
	wait_for 60 listens pop "$port" ||
		cannot "'$*' did not start: $(tail -n 1 "$WORLD/pop/var/log/syslog")"
}

# Only for a server that stays in the foreground.
pop_stop() {
	kill "$pop_server_pid"
	wait "$pop_server_pid" || true
}

# openbsd-inetd instead of xinetd, by apt.
pop_replace_xinetd() {
	packages_install pop "$DEBS/openbsd-inetd"
	layer_configure pop "$1"
}

# Usage: pop_pam_check TITLE: the tool knows this server's service.
pop_pam_check() {
	step "$1: popauthctl pam-check finds no mistake"
	did pop "popauthctl pam-check"
	on_pop popauthctl pam-check 2>&1 | saw || true
	expect "its status is 0" on_pop popauthctl pam-check
}

# A separate popauthd, with an empty table.
pop_table_fresh() {
	kill -KILL "$(cat "$WORLD/pop/run/popauthd.pid" 2>/dev/null)" 2>/dev/null || true
	rm -rf "$WORLD/pop/run/popauth"
	# not a job of this shell, which would report its end
	(exec_in_machine pop pop sh -c 'echo $$ >/run/popauthd.pid; exec popauthd' &)
	wait_for 10 on_pop popauthctl status || cannot "popauthd did not start on 'pop'."
}

# "ADDRESS USER" of all grants.
pop_granted() {
	on_pop popauthctl --json list | python3 -c '
import json, sys
for grant in json.load(sys.stdin)["grants"]:
    print(grant["address"], grant["user"])' | sort
}

# Usage: pop_jobs "ATTEMPT..." CLIENT METHOD FAMILY:PORT...
pop_jobs() {
	local attempts=$1 client=$2 method=$3 family listener attempt user password
	shift 3
	for listener in "$@"; do
		family=${listener%%:*}
		for attempt in $attempts; do
			user=$(pop_user "$client" "$attempt" "$family")
			password=${user}spassword
			[ "$attempt" != wrong ] || password=wrongpassword
			printf '%s\n' "$attempt$family $method ${POP_ADDRESS[$family]} ${listener##*:} $user $password"
		done
	done
}

# All attempts at the same moment; leaves the answers in pop.CLIENT.
# Usage: pop_knock "ATTEMPT..." METHOD FAMILY:PORT...
pop_knock() {
	local attempts=$1 client pids=()
	shift
	for client in "${POP_CLIENTS[@]}"; do
		pop_jobs "$attempts" "$client" "$@" >"$WORLD/pop.jobs.$client"
		exec_in_machine laptop "$client" python3 /root/pop-logins.py \
			<"$WORLD/pop.jobs.$client" >>"$WORLD/pop.$client" &
		pids+=($!)
	done
	wait "${pids[@]}" || true
}

# Usage: pop_outcome CLIENT ATTEMPT-AND-FAMILY in|refused
pop_outcome() {
	grep -qE "^$2 $3 " "$WORLD/pop.$1"
}

# Usage: pop_user CLIENT ATTEMPT FAMILY
pop_user() {
	case $2 in
	right | wrong) echo "$1$3" ;;
	unknown) echo "nobody$3" ;;
	expired) echo gone ;;
	esac
}

# A grant as pop_granted would list it: for IPv6 the network.
# Usage: pop_grant_of CLIENT ATTEMPT FAMILY
pop_grant_of() {
	local address=${POP_CLIENT_ADDRESS[$1$3]}
	[ "$3" != 6 ] || address=${address%:*}:/64
	printf '%s %s\n' "$address" "$(pop_user "$@")"
}

# Usage: pop_cell_right FAMILY SOURCE
pop_cell_right() {
	local family=$1 source=$2 client user
	for client in "${POP_CLIENTS[@]}"; do
		user=$client$family
		expect "$user can log in" pop_outcome "$client" "right$family" in
		expect "the user is granted at this address" \
			grep -qxF "$(pop_grant_of "$client" right "$family")" <<<"$pop_granted_then"
		expect "the module's line says from=$source" \
			log_wait "$(grant "${POP_CLIENT_ADDRESS[$user]}" "$user").* from=$source"
	done
}

# Usage: pop_cell_refused ATTEMPT FAMILY
pop_cell_refused() {
	local attempt=$1 family=$2 client
	for client in "${POP_CLIENTS[@]}"; do
		expect "$client is refused" pop_outcome "$client" "$attempt$family" refused
		expect "the user is not granted" \
			not grep -qxF "$(pop_grant_of "$client" "$attempt" "$family")" <<<"$pop_granted_before"
		# PAM refused it, for this reason
		[ "$attempt" != wrong ] || expect "PAM found the password wrong" \
			log_wait "pam_unix\([^)]*:auth\): authentication failure;.* user=$client$family\$"
	done
	[ "$attempt" != expired ] || expect "PAM found the account expired" \
		log_wait 'pam_unix\([^)]*:account\): account gone has expired'
}

# Usage: pop_try TITLE SOURCE METHOD FAMILY:PORT...
pop_try() {
	local title=$1 source=$2 method=$3 pop_granted_before pop_granted_then
	local attempt family listener client cells=() cell expected=()
	shift 2
	pop_table_fresh
	log_mark
	rm -f "$WORLD"/pop.{joe,stranger}
	pop_knock "wrong unknown expired" "$@"
	pop_granted_before=$(pop_granted)
	pop_knock right "$@"
	pop_granted_then=$(pop_granted)
	shift

	for attempt in "${POP_ATTEMPTS[@]}"; do
		declare -A of_family=([4]=. [6]=. [m]=.)
		for listener in "$@"; do
			family=${listener%%:*}
			step "$title, ${POP_FAMILY[$family]}: $(pop_sentence "$attempt")"
			if [ "$attempt" = right ]; then
				pop_cell_right "$family" "$source"
				cell=+
			else
				pop_cell_refused "$attempt" "$family"
				cell=-
			fi
			[ ${#report_wrong[@]} -eq 0 ] || cell=!
			of_family[$family]=$cell
		done
		cells+=("${of_family[4]}  ${of_family[6]}  ${of_family[m]}")
	done

	step "$title: there is no other grant"
	for listener in "$@"; do
		family=${listener%%:*}
		for client in "${POP_CLIENTS[@]}"; do
			expected+=("$(pop_grant_of "$client" right "$family")")
		done
	done
	expect "after the refused logins the list is empty" \
		test "$pop_granted_before" = ""
	expect "the list has the right logins and no other" \
		test "$pop_granted_then" = "$(printf '%s\n' "${expected[@]}" | sort)"
	[ ${#report_wrong[@]} -eq 0 ] || pop_show
	POP_MATRIX+=("$(printf '%-38s  %s   %s   %s   %s   %s' "$title" "${cells[@]}" "$source")")
}

# A line before the module's refuses the account, and the stack goes on: as
# libpam-ldapd does in common-account.
# Usage: pop_try_refused TITLE SERVICE METHOD FAMILY:PORT...
pop_try_refused() {
	local title=$1 service=$WORLD/pop/etc/pam.d/$2 listener client
	shift 2
	step "$title: an account that is refused while its stack goes on is not granted"
	sed -i '/^account.*pam_popauth/i account [success=ok user_unknown=ignore default=bad] pam_debug.so acct=acct_expired' "$service"
	pop_table_fresh
	log_mark
	rm -f "$WORLD"/pop.{joe,stranger}
	pop_knock right "${@}"
	shift
	for listener in "$@"; do
		for client in "${POP_CLIENTS[@]}"; do
			expect "$client is refused" pop_outcome "$client" "right${listener%%:*}" refused
		done
	done
	expect "the list is empty" test "$(pop_granted)" = ""
	expect_no_log 'pam_popauth\([^)]*\): '
	[ ${#report_wrong[@]} -eq 0 ] || pop_show
	sed -i '/pam_debug/d' "$service"
}

pop_sentence() {
	case $1 in
	right) echo "the right password is granted" ;;
	wrong) echo "a wrong password is refused and not granted" ;;
	unknown) echo "an unknown user is refused and not granted" ;;
	expired) echo "an expired account is refused and not granted" ;;
	esac
}

# The details of a row that failed.
pop_show() {
	local client
	for client in "${POP_CLIENTS[@]}"; do
		did "$client" "pop-logins.py"
		saw <"$WORLD/pop.$client"
	done
	did pop "popauthctl list"
	saw <<<"$pop_granted_then"
}

pop_matrix() {
	local row
	report_close_step
	report_line ""
	report_line "Who is granted, of two clients: + granted at the right address; - refused and"
	report_line "not granted; ! neither; . the server has no such socket.  4 IPv4, 6 IPv6,"
	report_line "m IPv4 mapped into IPv6.  The last column: where the module had the address from."
	report_line ""
	report_line "$(printf '%-38s  %-9s %-9s %-9s %-9s %s' "" right wrong unknown expired from)"
	report_line "$(printf '%-38s  %-9s %-9s %-9s %-9s' "" "4  6  m" "4  6  m" "4  6  m" "4  6  m")"
	for row in "${POP_MATRIX[@]}"; do
		report_line "$row"
	done
}
