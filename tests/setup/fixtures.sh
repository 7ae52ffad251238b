# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Sites as people have them: each fixture changes a Debian machine with Postfix
# ("Internet Site") or Exim, and Dovecot, before its servers start.
#
# Contract: fixture_NAME configures the machine "pop"; FIXTURE_CELLS gets the cells
# of probe.py that this site has beyond those of every site.  A fixture's comment
# says what the site is.  Debian's own files are edited as an administrator would.

# The office of the site: joe's namespace has these addresses.
OFFICE_NET=198.51.100.96/27

pop_append() {
	cat >>"$WORLD/pop$1"
}

# Debian's answers to debconf, and a smarthost without a name server.
fixture_postfix() {
	echo mail.example.org >"$WORLD/pop/etc/mailname"
	printf '%s\n' 'postfix postfix/main_mailer_type select Internet Site' \
		'postfix postfix/mailname string mail.example.org' \
		'postfix postfix/destinations string example.org, mail.example.org, localhost' |
		on_pop debconf-set-selections
	on_pop env DEBIAN_FRONTEND=noninteractive dpkg-reconfigure postfix >"$WORLD/setup.log" 2>&1 </dev/null
	on_pop postconf -e "relayhost = [$REMOTE4]" "mydestination = example.org, mail.example.org, localhost"
	echo 'info: joe' >>"$WORLD/pop/etc/aliases"
	on_pop newaliases
}

# Debian's Postfix and Dovecot, as installed.
fixture_stock() {
	:
}

# Domains that no system account stands for: files and their tables.
fixture_virtual_files() {
	FIXTURE_CELLS=(virtual virtual_unknown)
	on_pop postconf -e "virtual_alias_domains = hash:/etc/postfix/vdomains" \
		"virtual_alias_maps = hash:/etc/postfix/virtual"
	echo 'virtual.example yes' >"$WORLD/pop/etc/postfix/vdomains"
	echo 'joe@virtual.example joe' >"$WORLD/pop/etc/postfix/virtual"
	on_pop postmap /etc/postfix/vdomains /etc/postfix/virtual
}

# The same in a data base.
fixture_virtual_sqlite() {
	FIXTURE_CELLS=(virtual virtual_unknown)
	fixture_debs sqlite
	on_pop python3 - <<-'END'
		import sqlite3
		db = sqlite3.connect("/etc/postfix/mail.sqlite")
		db.execute("create table domain (name text)")
		db.execute("create table alias (address text, goto text)")
		db.execute("insert into domain values ('virtual.example')")
		db.execute("insert into alias values ('joe@virtual.example', 'joe@example.org')")
		db.commit()
	END
	printf 'dbpath = /etc/postfix/mail.sqlite\nquery = %s\n' \
		"SELECT name FROM domain WHERE name = '%s'" >"$WORLD/pop/etc/postfix/domains.cf"
	printf 'dbpath = /etc/postfix/mail.sqlite\nquery = %s\n' \
		"SELECT goto FROM alias WHERE address = '%s'" >"$WORLD/pop/etc/postfix/aliases.cf"
	on_pop postconf -e "virtual_alias_domains = proxy:sqlite:/etc/postfix/domains.cf" \
		"virtual_alias_maps = proxy:sqlite:/etc/postfix/aliases.cf"
}

# Port 587 with Dovecot's SASL, by Debian's lines in master.cf.
fixture_submission() {
	FIXTURE_CELLS=(submission)
	fixture_sasl
	pop_append /etc/postfix/master.cf <<-'END'
		submission inet n       -       y       -       -       smtpd
		  -o syslog_name=postfix/submission
		  -o smtpd_tls_security_level=encrypt
		  -o smtpd_sasl_auth_enable=yes
		  -o smtpd_tls_auth_only=yes
		  -o smtpd_reject_unlisted_recipient=no
		  -o smtpd_client_restrictions=$mua_client_restrictions
		  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
		  -o milter_macro_daemon_name=ORIGINATING
	END
}

fixture_sasl() {
	on_pop postconf -e smtpd_sasl_type=dovecot smtpd_sasl_path=private/auth
	pop_append /etc/dovecot/local.conf <<-'END'
		auth_mechanisms = plain login
		service auth {
		  unix_listener /var/spool/postfix/private/auth {
		    mode = 0660
		    user = postfix
		    group = postfix
		  }
		}
	END
}

# AUTH on port 25, as before there was a port 587.
fixture_auth25() {
	FIXTURE_CELLS=(auth)
	fixture_sasl
	on_pop postconf -e smtpd_sasl_auth_enable=yes smtpd_tls_auth_only=yes
}

# A main.cf from the time before smtpd_relay_restrictions, with rules for clients
# and senders.
fixture_old_style() {
	FIXTURE_CELLS=(blocked_sender)
	echo 'blocked.example 554 we do not like you' >"$WORLD/pop/etc/postfix/senders"
	on_pop postmap /etc/postfix/senders
	on_pop postconf -X smtpd_relay_restrictions
	on_pop postconf -e "smtpd_helo_required = yes" \
		"smtpd_client_restrictions = permit_mynetworks, reject_unknown_reverse_client_hostname" \
		"smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/senders" \
		"smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, reject_unlisted_recipient"
	# each client has a name, but for joe on the road
	echo "$STRANGER4 stranger.example.com" >>"$WORLD/pop/etc/hosts"
}

# postscreen on port 25, with a list of clients.
fixture_postscreen() {
	FIXTURE_CELLS=(listed)
	on_pop sed -i -E -e 's/^smtp +inet .* smtpd$/#&/' \
		-e 's/^#(smtp +inet .* postscreen)$/\1/' -e 's/^#(smtpd +pass .*)/\1/' \
		-e 's/^#(dnsblog +unix .*)/\1/' -e 's/^#(tlsproxy +unix .*)/\1/' /etc/postfix/master.cf
	echo "${STRANGER4%.*}.99/32 reject" >"$WORLD/pop/etc/postfix/access.cidr"
	on_pop postconf -e "postscreen_access_list = permit_mynetworks, cidr:/etc/postfix/access.cidr" \
		postscreen_denylist_action=enforce postscreen_greet_wait=1s
}

# OpenDKIM signs what the site's own networks send.
fixture_milter() {
	FIXTURE_CELLS=(dkim)
	fixture_debs opendkim
	mkdir -p "$WORLD/pop/etc/dkimkeys"
	on_pop openssl genrsa -out /etc/dkimkeys/mail.private 2048 2>/dev/null
	on_pop chown opendkim:opendkim /etc/dkimkeys/mail.private
	cat >"$WORLD/pop/etc/opendkim.conf" <<-END
		Syslog yes
		UserID opendkim
		Mode sv
		Domain example.org
		Selector mail
		KeyFile /etc/dkimkeys/mail.private
		Socket local:/var/spool/postfix/opendkim/opendkim.sock
		InternalHosts 127.0.0.1, ::1, $OFFICE_NET
		UMask 0002
	END
	on_pop install -d -o opendkim -g postfix -m 2750 /var/spool/postfix/opendkim
	on_pop gpasswd -a postfix opendkim >/dev/null
	on_pop postconf -e smtpd_milters=unix:opendkim/opendkim.sock non_smtpd_milters=unix:opendkim/opendkim.sock
	exec_in_machine pop pop opendkim -f &
	disown
	wait_for 10 test -S "$WORLD/pop/var/spool/postfix/opendkim/opendkim.sock"
}

# Behind a NAT: one address of its own, a list of networks in a file, IPv4 only, a name of
# its own.
fixture_nat() {
	printf '%s\n' "# the office" "$OFFICE_NET" >"$WORLD/pop/etc/postfix/networks"
	on_pop postconf -e "inet_interfaces = $POP4, 127.0.0.1" inet_protocols=ipv4 \
		myhostname=mx.example.org proxy_interfaces=203.0.113.200 \
		"mynetworks = 127.0.0.0/8, /etc/postfix/networks"
}

# Usage: fixture_debs NAME: the packages of tests/system/debs/NAME.packages
fixture_debs() {
	packages_install pop "$DEBS/$1"
}

# Debian's Exim, "internet site"; the configuration split into many files, or not.
# Usage: fixture_exim_as true|false
fixture_exim_as() {
	fixture_debs exim
	cat >"$WORLD/pop/etc/exim4/update-exim4.conf.conf" <<-END
		dc_eximconfig_configtype='smarthost'
		dc_other_hostnames='example.org ; mail.example.org'
		dc_local_interfaces=''
		dc_readhost=''
		dc_relay_domains=''
		dc_minimaldns='false'
		dc_relay_nets='$OFFICE_NET'
		dc_smarthost='$REMOTE4'
		CFILEMODE='644'
		dc_use_split_config='$1'
		dc_hide_mailname='false'
		dc_mailname_in_oh='true'
		dc_localdelivery='mail_spool'
	END
	cp "$WORLD/pop/etc/ssl/certs/ssl-cert-snakeoil.pem" "$WORLD/pop/etc/exim4/exim.crt"
	cp "$WORLD/pop/etc/ssl/private/ssl-cert-snakeoil.key" "$WORLD/pop/etc/exim4/exim.key"
	on_pop chown root:Debian-exim /etc/exim4/exim.crt /etc/exim4/exim.key
	chmod 640 "$WORLD/pop/etc/exim4/exim.key"
	SETUP_START="/etc/init.d/exim4 start"
}

fixture_exim_split() {
	fixture_exim_as true
	echo 'MAIN_TLS_ENABLE = yes' >"$WORLD/pop/etc/exim4/conf.d/main/000_localmacros"
	on_pop update-exim4.conf
}

fixture_exim_unsplit() {
	fixture_exim_as false
	echo 'MAIN_TLS_ENABLE = yes' >"$WORLD/pop/etc/exim4/exim4.conf.localmacros"
	on_pop update-exim4.conf
}

# Users in a password file of Dovecot alone, whom PAM does not know; joe is one of
# them, with another password.
fixture_passwd_file() {
	on_pop sed -i 's/^!include auth-system/#&/; s/^#\(!include auth-passwdfile\)/\1/' /etc/dovecot/conf.d/10-auth.conf
	echo "joe:{PLAIN}joespassword:$(on_pop id -u joe):$(on_pop id -g joe)::/home/joe::" |
		pop_append /etc/dovecot/users
	on_pop usermod -p '*' joe
}
