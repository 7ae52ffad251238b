# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Lists of networks, from the mail server's spelling into popauth's.

# Postfix: 127.0.0.0/8 [::1]/128 /FILE.  Usage: networks_of_postfix WORD...
# Sets NETWORKS, and NETWORKS_REST: words that only Postfix can read.
networks_of_postfix() {
	NETWORKS=
	NETWORKS_REST=
	for network in "$@"; do
		case $network in
		!*)
			# an exception, which a list of networks cannot have
			NETWORKS=
			NETWORKS_REST="$*"
			return
			;;
		/*)
			if [ -r "$network" ]; then
				# shellcheck disable=SC2046 # words
				networks_take $(sed 's/#.*//' "$network" | tr ',' ' ')
			else
				NETWORKS_REST="$NETWORKS_REST $network"
			fi
			;;
		*) networks_take "$network" ;;
		esac
	done
	NETWORKS=${NETWORKS#, }
}

networks_take() {
	for network in "$@"; do
		case $network in
		\[::ffff:*) ;; # clients by mapped addresses are IPv4 clients here
		\[*\]*) networks_add "$(printf '%s' "$network" | tr -d '[]')" ;;
		*:*/*[!0-9]* | *[a-zA-Z]*:* | *[!0-9./]*) NETWORKS_REST="$NETWORKS_REST $network" ;;
		*) networks_add "$network" ;;
		esac
	done
}

networks_add() {
	NETWORKS="$NETWORKS, $1"
}
