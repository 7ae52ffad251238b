# SPDX-License-Identifier: ISC
# Count the TAP of one group.
#
# Usage: awk -v group=NAME -v status=N -f tally.awk FILE.tap
# Prints "tally PASSED FAILED SKIPPED", and before it one line for each skip,
# with its reason, and for each failure.  These are failures too: fewer tests
# than planned, a skip without a reason, a group without any test, a command
# that failed although all its tests passed.

function fail(why) {
	print "FAILED " group ": " why
	failed++
}

/^1\.\.0 *# *[Ss][Kk][Ii][Pp]/ {
	skip_all = $0
	sub(/^1\.\.0 *# *[Ss][Kk][Ii][Pp][A-Za-z]* */, "", skip_all)
	skip("everything", skip_all)
	next
}

/^1\.\.[0-9]+/ {
	planned += substr($1, 4)
	next
}

/^not ok/ {
	seen++
	title = $0
	sub(/^not ok *[0-9]* *-? */, "", title)
	fail(title)
	next
}

/^ok/ {
	seen++
	title = $0
	sub(/^ok *[0-9]* *-? */, "", title)
	if (match(title, /# *[Ss][Kk][Ii][Pp][A-Za-z]* */)) {
		reason = substr(title, RSTART + RLENGTH)
		skip(substr(title, 1, RSTART - 1), reason)
	} else
		passed++
}

function skip(what, reason) {
	if (reason == "")
		fail("skipped without a reason: " what)
	else {
		print "skipped " group ": " what ": " reason
		skipped++
	}
}

END {
	if (seen < planned)
		fail("only " seen + 0 " of " planned " planned tests were run")
	if (seen + skipped == 0 && failed == 0)
		fail("no test was run")
	if (status != 0 && failed == 0)
		fail("ended with status " status)
	print "tally", passed + 0, failed + 0, skipped + 0
}
