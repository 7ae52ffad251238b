# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The module's line for POP servers other than Dovecot, where popauthctl pam-check
# advises it.

pam_check() {
	popauthctl --json pam-check --root "$STAGE" 2>/dev/null || true
}

# "FILE LINE TEXT" of each line that pam-check would add, last lines first, but for
# Dovecot's services.  Its JSON has one field a line.
pam_advice() {
	pam_check | awk '
		function value(text) {
			sub(/^[^:]*: "?/, "", text)
			sub(/"?,?$/, "", text)
			return text
		}
		/"severity":/ { todo = /to do/ }
		/"service":/ { service = value($0) }
		/"servers":/ && /Dovecot/ { dovecot[service] = 1 }
		/"edit":/ { edit = value($0) }
		/"file":/ { file = value($0) }
		/"line":/ { line = value($0) }
		/"text":/ && file != "" && todo && edit == "add" && !dovecot[service] {
			print file, line, value($0)
		}
		/}/ { file = edit = "" }' | sort -k1,1 -k2,2nr
}

pam_plan() {
	pam_advice >"$STORE/advice"
	while read -r pam_file pam_line pam_text; do
		pam_file=/${pam_file#"$STAGE"/}
		pam_file=/${pam_file#/}
		stage_edits "$pam_file"
		[ -e "$STAGE$pam_file" ] || install -m 644 /dev/null "$STAGE$pam_file"
		awk -v at="$pam_line" -v text="$pam_text" '
			at == 0 && NR == 1 { print text }
			{ print }
			NR == at { print text }' "$STAGE$pam_file" >"$STORE/pam"
		cat "$STORE/pam" >"$STAGE$pam_file"
	done <"$STORE/advice"
	rm -f "$STORE/advice" "$STORE/pam"
}
