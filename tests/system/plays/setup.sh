# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# popauth-setup on sites as people have them: what worked before works afterwards,
# and --undo brings everything back.  Some need packages of DEBS.

. "$TOP/tests/setup/fixtures.sh"
. "$TOP/tests/setup/site.sh"
. "$TOP/tests/setup/accidents.sh"

chapter "popauth-setup"
setup_prepare
# an address that a site may refuse
ip -n stranger address add "${STRANGER4%.*}.99/32" dev eth0

for setup_fixture in ${SETUP_SITES-stock virtual_files virtual_sqlite submission auth25 old_style postscreen milter nat exim_split exim_unsplit passwd_file}; do
	setup_site "$setup_fixture"
	setup_story "$setup_fixture"
done
setup_matrix

if [ "${SETUP_ACCIDENTS:-yes}" = yes ]; then
	chapter "popauth-setup is killed, refused, or late"
	setup_site stock
	setup_kills
	setup_undo_kills
	setup_later_edits
	setup_update
	setup_certbot
	setup_refusals
	setup_removal
fi
pop_machine_end
