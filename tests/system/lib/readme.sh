# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# README.md, "On a real server": the blocks below a comment "run", one after
# another.
# Needs: TOP.

readme_lines() {
	awk '/^## / { here = $0 == "## On a real server" }
	     here && $0 == "<!-- run -->" { run = 1; next }
	     run && /^    / { begun = 1; print substr($0, 5); next }
	     run && begun { run = begun = 0 }' "$TOP/README.md"
}
