# SPDX-License-Identifier: ISC
# Make popauth.conf(5) from its frame and reference.conf.  The comments of that
# file document the options; a test compares it with the table of options.
#
# Usage: awk -f manual.awk RS= reference.conf RS='\n' popauth.conf.5.in
#
# In reference.conf a comment directly precedes its [section] or its options
# ("#name = default"); empty lines separate these.  In the frame, the options
# replace the line '.\" OPTIONS'.

function end_list() {
	if (in_list)
		options = options ".El\n"
	in_list = 0
}

function add_option(line,    name, value) {
	name = line
	sub(/^#/, "", name)
	sub(/ .*/, "", name)
	value = line
	sub(/^#[a-z0-9_]+ = ?/, "", value)
	if (!in_list)
		options = options ".Bl -tag -width Ds\n"
	in_list = 1
	options = options ".It Ic " name " No =" \
		(value == "" ? "" : " Li " value) "\n"
}

# One sentence a line, broken where it is long.  No line of prose may become a
# request.
function add_text(text,    i, j, n, n_words, sentences, words, line) {
	gsub(/\.  +/, ".\n", text)
	n = split(text, sentences, "\n")
	for (i = 1; i <= n; i++) {
		gsub(/\\/, "\\e", sentences[i])
		n_words = split(sentences[i], words, " ")
		line = ""
		for (j = 1; j <= n_words; j++) {
			if (length(line words[j]) > 76) {
				add_line(line)
				line = ""
			}
			line = line (line == "" ? "" : " ") words[j]
		}
		add_line(line)
	}
}

function add_line(line) {
	options = options (line ~ /^[.']/ ? "\\&" : "") line "\n"
}

FILENAME ~ /\.conf$/ {
	n_lines = split($0, lines, "\n")
	text = example = ""
	is_about = 0
	for (i = 1; i <= n_lines; i++) {
		if (lines[i] ~ /^# Example: /)
			example = substr(lines[i], length("# Example: ") + 1)
		else if (lines[i] ~ /^# /)
			text = text (text == "" ? "" : text ~ /\.$/ ? "  " : " ") \
				substr(lines[i], 3)
		else if (lines[i] ~ /^\[/) {
			end_list()
			gsub(/[][]/, "", lines[i])
			options = options ".Ss Section " lines[i] "\n"
			is_about = 1
		} else if (lines[i] ~ /^#[a-z]/) {
			add_option(lines[i])
			is_about = 1
		}
	}
	# A comment without option or section is the head of the file.
	if (is_about && text != "")
		add_text(text)
	if (is_about && example != "")
		options = options "For example:\n.Li " example "\n"
	next
}

/^\.\\" OPTIONS/ {
	end_list()
	printf "%s", options
	next
}

{ print }
