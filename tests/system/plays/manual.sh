# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The examples of the manual pages, run on the server without a change.

examples=$WORLD/server/root/examples
mkdir "$examples"
PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/manual/examples.py" "$examples"

# Usage: example_ends FILE STATUS...: as a shell script it ends with one of these.
example_ends() {
	local file=$1 status=0 wanted
	shift
	on_server sh -e "/root/examples/$file" >"$WORLD/example.out" 2>&1 </dev/null || status=$?
	for wanted in "${@:-0}"; do
		[ "$status" -ne "$wanted" ] || return 0
	done
	saw <"$WORLD/example.out"
	note "its status is $status"
	return 1
}

# Usage: example_is_read FILE: the programs that it configures accept it.
example_is_read() {
	on_server popauthctl -c "/root/examples/$1" status >"$WORLD/example.out" 2>&1 ||
		{ saw <"$WORLD/example.out" && return 1; }
}

# Usage: example_is_right FILE SERVICE: pam-check finds no mistake in it.
example_is_right() {
	local file=$1 service=$2 root=$WORLD/server/root/examples/root
	mkdir -p "$root/etc/pam.d"
	cp "$WORLD"/server/etc/pam.d/common-* "$root/etc/pam.d"
	cp "$examples/$file" "$root/etc/pam.d/$service"
	# what the page asks for beside the service file
	[ "$service" != mailutils ] ||
		echo 'auth { authentication clear; authentication pam; }' >"$root/etc/mailutils.conf"
	{ on_server popauthctl --json pam-check --root /root/examples/root "$service" || true; } >"$WORLD/example.out"
	python3 -c '
import json, sys
report = json.load(sys.stdin)
sys.exit(any(finding["service"] == sys.argv[1] and finding["severity"] == "to do"
             for finding in report["findings"]) or
         not any(service["service"] == sys.argv[1] and service["state"] == "recorded"
                 for service in report["services"]))' "$service" <"$WORLD/example.out" ||
		{ saw <"$WORLD/example.out" && return 1; }
}

table_fresh
on_server popauthctl grant 192.0.2.17 joe >"$WORLD/example.out"
while read -r number kind place words; do
	case $kind in
	shell)
		step "$place: $(head -n 1 "$examples/$number.shell")"
		# shellcheck disable=SC2086 # its statuses
		expect "it ends with the status that the page has" example_ends "$number.shell" $words
		;;
	pam)
		step "$place: an example of /etc/pam.d/$words"
		expect "pam-check finds no mistake" example_is_right "$number.pam" "$words"
		;;
	conf)
		step "$place: an example of popauth.conf"
		expect "the programs accept it" example_is_read "$number.conf"
		;;
	esac
done <"$examples/index"
