# SPDX-License-Identifier: ISC
# Name the PAM service in each "passdb { driver = pam }" of a Dovecot 2.3 file.
# Variables: service, the new name; base, the old one, if args has it.

function flush(    i, at, text) {
	if (is_pam && !has_args) {
		# below the driver, indented as it is
		for (i = 1; i <= n; i++) {
			print block[i]
			if (i == driver_at) {
				text = block[i]
				sub(/driver.*/, "args = " service, text)
				print text
			}
		}
	} else {
		for (i = 1; i <= n; i++) {
			if (is_pam && i == args_at)
				block[i] = renamed(block[i])
			print block[i]
		}
	}
	n = 0
}

function renamed(text,    last) {
	sub(/[ \t]+$/, "", text)
	last = text
	sub(/.*[ \t]/, "", last)
	if (last == base)
		return substr(text, 1, length(text) - length(last)) service
	return text " " service
}

/^[ \t]*passdb[ \t]*\{/ {
	depth = 1
	is_pam = has_args = n = 0
	block[++n] = $0
	next
}

depth > 0 {
	block[++n] = $0
	if ($0 ~ /^[ \t]*driver[ \t]*=[ \t]*pam[ \t]*$/) {
		is_pam = 1
		driver_at = n
	}
	if ($0 ~ /^[ \t]*args[ \t]*=/) {
		has_args = 1
		args_at = n
	}
	if ($0 ~ /^[ \t]*\}/) {
		depth = 0
		flush()
	}
	next
}

{
	print
}

END {
	for (i = 1; i <= n; i++)
		print block[i]
}
