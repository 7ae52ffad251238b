# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Lists of restrictions in Postfix (smtpd_*_restrictions), read as words.

# Does LIST have WORD?  Usage: restrict_has "LIST" WORD
restrict_has() {
	case " $(printf '%s' "$1" | tr ',\t\n' '   ') " in
	*" $2 "*) return 0 ;;
	esac
	return 1
}

# Would LIST refuse a client that is in mynetworks, whatever it sends?  True if one of
# the words that follow stands before permit_mynetworks.
# Usage: restrict_refuses_own "LIST" WORD...
restrict_refuses_own() {
	restrict_list=$(printf '%s' "$1" | tr ',\t\n' '   ')
	shift
	for restrict_word in $restrict_list; do
		[ "$restrict_word" != permit_mynetworks ] || return 1
		for restrict_bad in "$@"; do
			[ "$restrict_word" != "$restrict_bad" ] || return 0
		done
	done
	return 1
}
