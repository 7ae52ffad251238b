# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Exim in Debian's configuration.

exim_look() {
	problem "Exim is the mail server here; set the gate up by hand, as popauth(7) says"
}
