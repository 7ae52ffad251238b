# SPDX-License-Identifier: ISC
# Reverse changes in a file.  Usage: awk -f hunks.awk DIFF FILE
#
# DIFF is the output of "diff OLD NEW".  In FILE, which was NEW and may have been
# edited, the lines of NEW become those of OLD.  Status 1: some are not there.

FNR == 1 {
	n_file++
}

n_file == 1 && /^[0-9]/ {
	n_hunks++
	next
}

n_file == 1 && /^< / {
	old[n_hunks, ++n_old[n_hunks]] = substr($0, 3)
	next
}

n_file == 1 && /^> / {
	new[n_hunks, ++n_new[n_hunks]] = substr($0, 3)
	next
}

n_file == 1 {
	next
}

{
	line[++n_lines] = $0
}

function is_here(hunk, at,    i) {
	for (i = 1; i <= n_new[hunk]; i++)
		if (at + i - 1 > n_lines || line[at + i - 1] != new[hunk, i])
			return 0
	return 1
}

END {
	at = 1
	for (hunk = 1; hunk <= n_hunks; hunk++) {
		# lines that are only removed leave no trace to find
		if (n_new[hunk] == 0)
			exit 1
		while (at <= n_lines && !is_here(hunk, at))
			print line[at++]
		if (at > n_lines)
			exit 1
		for (i = 1; i <= n_old[hunk]; i++)
			print old[hunk, i]
		at += n_new[hunk]
	}
	while (at <= n_lines)
		print line[at++]
}
