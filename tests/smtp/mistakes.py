# SPDX-License-Identifier: ISC
"""Mistakes that administrators make, and what smtpgate -t says of each.

Each row is a title, the change to a site that works, the exit status, and all
lines on standard error without "smtpgate: ".  FILE is the configuration, DIR a
directory with files, BACKEND and RELAY are the mail server's two listeners.  A
change is options of [smtpgate]; "text" is appended to the file, "policy" are
options of [smtp], "words" are further arguments.  dialogue_check.py runs them;
"mistakes.py" alone prints the table.
"""

ROWS = [
    ("an option misspelt",
     {"text": "[table]\nwindwo = 15m\n"},
     78,
     "FILE:11: unknown option 'windwo' in [table]; did you mean 'window'?"),
    ("a section misspelt",
     {"text": "[smtpgat]\n"},
     78,
     "FILE:10: unknown section [smtpgat]; did you mean [smtpgate]?"),
    ("a section that does not exist",
     {"text": "[pop3]\n"},
     78,
     "FILE:10: unknown section '[pop3]'; there are [table], [popauthd], "
     "[smtpgate], [smtpgate-auth], [smtp], [submission] and [submissions]"),
    ("an option in the wrong section",
     {"text": "[table]\nbackend = 127.0.0.1:25\n"},
     78,
     "FILE:11: unknown option 'backend' in [table]; it belongs to [smtpgate]"),
    ("an option twice",
     {"text": "[popauthd]\nsweep_every = 1s\nsweep_every = 2s\n"},
     78,
     "FILE:12: [popauthd] sweep_every is given twice; the first is in line "
     "11"),
    ("no equals sign",
     {"text": "[table]\nwindow 15m\n"},
     78,
     "FILE:11: neither 'option = value' nor a [section]: 'window 15m'; put "
     "'=' between option and value"),
    ("listen without anything",
     {"text": "[submission]\nlisten\n"},
     78,
     "FILE:11: neither 'option = value' nor a [section]: 'listen'; put '=' "
     "between option and value"),
    ("a section without its bracket",
     {"text": "[submission\n"},
     78,
     "FILE:10: section without its ']': '[submission'"),
    ("text behind a section",
     {"text": "[submission] listen = [::]:587\n"},
     78,
     "FILE:10: text after a section's ']': '[submission] listen = "
     "[::]:587'; write options on lines of their own"),
    ("an indented line below no list",
     {"text": "[table]\nwindow = 15m\n  1h\n"},
     78,
     "FILE:12: an indented line continues the option above, but 'window' is "
     "no list; remove the white space before '1h'"),
    ("a duration without unit",
     {"text": "[table]\nwindow = 15\n"},
     78,
     "FILE:11: [table] window = '15' is no duration; write numbers with the "
     "units d h m s, like 45s, 15m or 1h30m (10s to 7d)"),
    ("a duration in weeks",
     {"text": "[table]\nwindow = 1w\n"},
     78,
     "FILE:11: [table] window = '1w' is no duration; write numbers with the "
     "units d h m s, like 45s, 15m or 1h30m (10s to 7d)"),
    ("a negative duration",
     {"text": "[table]\nwindow = -5m\n"},
     78,
     "FILE:11: [table] window = '-5m' is no duration; write numbers with "
     "the units d h m s, like 45s, 15m or 1h30m (10s to 7d)"),
    ("a duration of nothing",
     {"text": "[table]\nwindow = 0s\n"},
     78,
     "FILE:11: [table] window = '0s' is out of range; 10s to 7d fits"),
    ("a number in words",
     {"max_errors": "twenty"},
     78,
     "FILE:8: [smtpgate] max_errors = 'twenty' is no number; a whole number "
     "from 1 to 1000 fits"),
    ("a number too large",
     {"max_errors": "100000"},
     78,
     "FILE:8: [smtpgate] max_errors = '100000' is out of range; 1 to 1000 "
     "fits"),
    ("neither yes nor no",
     {"bind_sender": "maybe"},
     78,
     "FILE:8: [smtpgate] bind_sender = 'maybe' is neither 'yes' nor 'no'"),
    ("a choice misspelt",
     {"backend_identity": "xcleint"},
     78,
     "FILE:8: [smtpgate] backend_identity = 'xcleint' is unknown; there are "
     "'none', 'xclient' and 'proxy'"),
    ("auth by a program that there is not",
     {"auth": "sasl"},
     78,
     "FILE:8: [smtpgate] auth = 'sasl' is unknown; there are 'none', 'pam' "
     "and 'dovecot:/PATH' (107 bytes of path at most)"),
    ("a network with host bits",
     {"relay_networks": "192.0.2.1/24"},
     78,
     "FILE:8: [smtpgate] relay_networks has '192.0.2.1/24', which is no "
     "network, because bits are set after the prefix; write 192.0.2.0/24"),
    ("an IPv6 network with host bits",
     {"relay_networks": "2001:db8::1/64"},
     78,
     "FILE:8: [smtpgate] relay_networks has '2001:db8::1/64', which is no "
     "network, because bits are set after the prefix; write 2001:db8::/64"),
    ("a range of addresses",
     {"relay_networks": "192.0.2.1-192.0.2.9"},
     78,
     "FILE:8: [smtpgate] relay_networks has '192.0.2.1-192.0.2.9', which is "
     "no network; write 192.0.2.0/24, 2001:db8::/32 or an address"),
    ("a network by name",
     {"relay_networks": "office.example.org"},
     78,
     "FILE:8: [smtpgate] relay_networks has 'office.example.org', which is "
     "no network; write 192.0.2.0/24, 2001:db8::/32 or an address"),
    ("an address in brackets",
     {"relay_networks": "[::1]/128"},
     78,
     "FILE:8: [smtpgate] relay_networks has '[::1]/128', which is no "
     "network; write 192.0.2.0/24, 2001:db8::/32 or an address"),
    ("a backend by name",
     {"backend": "mail.example.org:25"},
     78,
     "FILE:6: [smtpgate] backend = 'mail.example.org:25' is no endpoint; "
     "write ADDRESS:PORT, [IPV6]:PORT (numbers, no names) or unix:/PATH "
     "(107 bytes at most)"),
    ("a backend without port",
     {"backend": "127.0.0.1"},
     78,
     "FILE:6: [smtpgate] backend = '127.0.0.1' is no endpoint; write "
     "ADDRESS:PORT, [IPV6]:PORT (numbers, no names) or unix:/PATH (107 "
     "bytes at most)"),
    ("a socket without unix:",
     {"backend_relay": "/var/spool/postfix/public/x"},
     78,
     "FILE:7: [smtpgate] backend_relay = '/var/spool/postfix/public/x' is "
     "no endpoint; write ADDRESS:PORT, [IPV6]:PORT (numbers, no names) or "
     "unix:/PATH (107 bytes at most)"),
    ("a domain with a blank in its quotes",
     {"local_domains": "\"example.org\""},
     78,
     "FILE:5: [smtpgate] local_domains has '\"example.org\"', which is no "
     "domain: only letters, digits, hyphens and dots are allowed"),
    ("a domain in Latin-1",
     {"local_domains": None,
      "text": "[smtpgate]\nlocal_domains = example.org, bücher.example\n"},
     78,
     "FILE:10: [smtpgate] local_domains: 'bücher.example' is no "
     "international domain, so its mail is refused; write it in UTF-8, or "
     "as xn--..."),
    ("a host name that is none",
     {"hostname": "mail_example!org"},
     78,
     "FILE:4: [smtpgate] hostname = 'mail_example!org' is no host name: "
     "only letters, digits, hyphens and dots are allowed"),
    ("a relative path",
     {"sender_map": "senders"},
     78,
     "FILE:8: [smtpgate] sender_map = 'senders' is no absolute path; write "
     "one that starts with '/'"),
    ("a comment behind a value",
     {"max_errors": "20 # more"},
     78,
     "FILE:8: [smtpgate] max_errors = '20 # more' is no number; a whole "
     "number from 1 to 1000 fits; a comment after a value starts with ' ;'"),
    ("three mistakes at once",
     {"text": "[table]\nwindwo = 15m\n[popauthd]\nsweep_every = 2h\n"
              "[pop3]\n"},
     78,
     "FILE:11: unknown option 'windwo' in [table]; did you mean 'window'?",
     "FILE:13: [popauthd] sweep_every = '2h' is out of range; 1s to 1h fits",
     "FILE:14: unknown section '[pop3]'; there are [table], [popauthd], "
     "[smtpgate], [smtpgate-auth], [smtp], [submission] and [submissions]"),
    ("no backend",
     {"backend": None,
      "backend_relay": None},
     78,
     "FILE: no backend; name the mail server in [smtpgate], for example "
     "backend = 127.0.0.1:10025"),
    ("a backend_relay without backend",
     {"backend": None},
     78,
     "FILE:6: [smtpgate] backend_relay without backend; set backend, which "
     "serves clients that may not relay"),
    ("the backend decides, and relays",
     {"local_domains": "backend",
      "backend_relay": None},
     78,
     "FILE:5: [smtpgate] local_domains = backend needs a backend_relay that "
     "is not backend, so that backend relays for no client"),
    ("senders bound to nothing",
     {"local_domains": "backend",
      "bind_sender": "yes"},
     78,
     "FILE:8: [smtpgate] bind_sender needs local_domains with names, or a "
     "sender_map"),
    ("a PAM timeout shorter than the delay",
     {"text": "[smtpgate-auth]\ndelay = 5s\ntimeout = 5s\n"},
     78,
     "FILE:12: [smtpgate-auth] timeout must be more than delay"),
    ("no local domains",
     {"local_domains": None},
     1,
     "warning: FILE: [smtpgate] local_domains: it is empty: mail from "
     "outside is refused; list your domains, or set local_domains = backend"),
    ("a sender_map that is missing",
     {"sender_map": "DIR/missing"},
     78,
     "FILE:8: [smtpgate] sender_map: DIR/missing: No such file or "
     "directory; correct the path, or make the file"),
    ("a local_domains_file that is missing",
     {"local_domains_file": "DIR/missing"},
     78,
     "FILE:8: [smtpgate] local_domains_file: DIR/missing: No such file or "
     "directory; correct the path, or make the file"),
    ("a local_domains_file that is a directory",
     {"local_domains_file": "DIR"},
     78,
     "FILE:8: [smtpgate] local_domains_file: DIR: it is no regular file; "
     "correct the path, or make the file"),
    ("a local_domains_file without a line",
     {"local_domains_file": "DIR/empty"},
     1,
     "warning: DIR/empty: it has no line, so the gate refuses with 451 what "
     "depends on it; write a line, or remove the option"),
    ("a local_domains_file with bad lines",
     {"local_domains_file": "DIR/domains"},
     1,
     "warning: DIR/domains:2: 'bücher.example' is no domain: not a valid "
     "international domain; write it in UTF-8",
     "warning: DIR/domains:3: 'no domain' is no domain: only letters, "
     "digits, hyphens and dots are allowed"),
    ("a sender_map with a bad line",
     {"sender_map": "DIR/senders"},
     1,
     "warning: DIR/senders:2: 'sales' is not an address (or @domain) and "
     "its users; write an address, or @ and a domain, and then the users"),
    ("a file that only root can read",
     {"local_domains_file": "DIR/private",
      "policy": {"tls": "none", "listen": "192.0.2.25:2500"}},
     78,
     "FILE:8: [smtpgate] local_domains_file: DIR/private: user smtpgate may "
     "not read it; run: chgrp smtpgate DIR/private && chmod g+r DIR/private"),
    ("a table that is missing",
     {"table": "DIR/grants"},
     1,
     "warning: FILE:2: [table] path: no client with a login may relay: "
     "DIR/grants: there is no table; start popauthd"),
    ("a certificate that is missing",
     {"tls_certificates": "DIR/missing.crt:DIR/missing.key",
      "policy": {}},
     78,
     "FILE:8: [smtpgate] tls_certificates: DIR/missing.crt: No such file or "
     "directory; correct the path, or make the file",
     "FILE:8: [smtpgate] tls_certificates: DIR/missing.key: No such file or "
     "directory; correct the path, or make the file"),
    ("a key of another certificate",
     {"tls_certificates": "DIR/a.crt:DIR/b.key",
      "policy": {}},
     78,
     "FILE:8: [smtpgate] tls_certificates: DIR/b.key: it does not belong to "
     "DIR/a.crt; name the key of that certificate"),
    ("a key of another type",
     {"tls_certificates": "DIR/a.crt:DIR/rsa.key",
      "policy": {}},
     78,
     "FILE:8: [smtpgate] tls_certificates: DIR/rsa.key: it does not belong "
     "to DIR/a.crt; name the key of that certificate"),
    ("a certificate without its key",
     {"tls_certificates": "DIR/a.crt",
      "policy": {}},
     78,
     "FILE:8: [smtpgate] tls_certificates: DIR/a.crt: it has no key; name "
     "the file of the key after a colon, CERTIFICATE:KEY"),
    ("a comma for the colon",
     {"tls_certificates": "DIR/a.crt, DIR/a.key",
      "policy": {}},
     78,
     "FILE:8: [smtpgate] tls_certificates: DIR/a.crt: it has no key; name "
     "the file of the key after a colon, CERTIFICATE:KEY",
     "FILE:8: [smtpgate] tls_certificates: DIR/a.key: it has a key and no "
     "certificate; write CERTIFICATE:KEY with a colon, not a comma"),
    ("a key with a passphrase",
     {"tls_certificates": "DIR/a.crt:DIR/locked.key",
      "policy": {}},
     78,
     "FILE:8: [smtpgate] tls_certificates: DIR/locked.key: the key has a "
     "passphrase, and no user is there to type it; remove it with: openssl "
     "pkey -in OLD -out NEW"),
    ("a certificate that has expired",
     {"tls_certificates": "DIR/old.crt:DIR/old.key",
      "policy": {}},
     1,
     "warning: FILE:8: [smtpgate] tls_certificates: DIR/old.crt: the "
     "certificate has expired; renew it"),
    ("a key that everybody can read",
     {"tls_certificates": "DIR/a.crt:DIR/open.key",
      "policy": {}},
     1,
     "warning: FILE:8: [smtpgate] tls_certificates: DIR/open.key: every "
     "user of this machine can read the key; run chmod o= on it"),
    ("a certificate of another host",
     {"tls_certificates": "DIR/other.crt:DIR/other.key",
      "policy": {}},
     1,
     "warning: FILE:8: [smtpgate] tls_certificates: "
     "DIR/other.crt:DIR/other.key: no certificate is valid for the gate's "
     "hostname, so servers that verify it will not deliver; correct "
     "hostname, or get a certificate for it"),
    ("two certificates of one host",
     {"tls_certificates": "DIR/a.crt:DIR/a.key, DIR/b.crt:DIR/b.key",
      "policy": {}},
     1,
     "warning: FILE:8: [smtpgate] tls_certificates: DIR/b.crt:DIR/b.key: no "
     "client is ever shown this certificate, because earlier ones of the "
     "same key type have its names; remove it"),
    ("a key that only root can read",
     {"tls_certificates": "DIR/a.crt:DIR/root.key",
      "policy": {"listen": "192.0.2.25:2500"}},
     78,
     "FILE:8: [smtpgate] tls_certificates: DIR/root.key: user smtpgate may "
     "not read it; run: popauth-keys add mail DIR/a.crt DIR/root.key, and set "
     "tls_certificates = /etc/popauth/tls/mail.pem"),
    ("no certificate",
     {"policy": {}},
     1,
     "warning: FILE: [smtp] tls: no client is offered STARTTLS, because "
     "there is no certificate; set tls_certificates in [smtpgate], or tls = "
     "none here"),
    ("a backend that does not run",
     {"backend": "127.0.0.1:9"},
     78,
     "FILE:6: [smtpgate] backend: 127.0.0.1:9: Connection refused; check "
     "that the mail server runs and listens there"),
    ("a backend_relay that does not run",
     {"backend_relay": "127.0.0.1:9"},
     1,
     "warning: FILE:7: [smtpgate] backend_relay: 127.0.0.1:9: Connection "
     "refused; check that the mail server runs and listens there"),
    ("a backend_relay that is a file",
     {"backend_relay": "unix:DIR/a.crt"},
     1,
     "warning: FILE:7: [smtpgate] backend_relay: unix:DIR/a.crt: it is no "
     "socket; name the socket on which the mail server listens"),
    ("one backend for all, and it does not relay",
     {"backend_relay": None},
     1,
     "warning: FILE:6: [smtpgate] backend: BACKEND: it does not relay: '554 "
     "5.7.1 Relay access denied'; set backend_relay to a listener that "
     "relays"),
    ("the listeners exchanged",
     {"backend": "RELAY",
      "backend_relay": "BACKEND"},
     78,
     "FILE:6: [smtpgate] backend: RELAY: it relays for a stranger; "
     "configure it to refuse mail for foreign domains",
     "warning: FILE:7: [smtpgate] backend_relay: BACKEND: it does not "
     "relay: '554 5.7.1 Relay access denied'; Postfix: clear its "
     "restrictions in master.cf, for example -o "
     "smtpd_recipient_restrictions=; smtpgate(8) has the listener"),
    ("AUTH without TLS",
     {"auth": "pam",
      "policy": {"tls": "none", "offer_auth": "yes"},
      "text": "[smtpgate-auth]\nsocket = unix:DIR/auth\n"},
     1,
     "warning: FILE:11: [smtp] offer_auth: no client is offered AUTH, "
     "because there is no TLS and auth_plain_networks is empty; set tls = "
     "starttls here",
     "warning: FILE:8: [smtpgate] auth: DIR/auth: No such file or "
     "directory: no client can log in; start smtpgate-auth, for example: "
     "systemctl enable --now smtpgate-auth.socket"),
    ("AUTH without a program that checks",
     {"policy": {"tls": "none", "offer_auth": "yes"},
      "auth_plain_networks": "192.0.2.0/24"},
     1,
     "warning: FILE:11: [smtp] offer_auth: no client is offered AUTH, "
     "because no program checks passwords (auth = none); set auth in "
     "[smtpgate], for example auth = pam, or offer_auth = no here"),
    ("a program that checks, and no AUTH",
     {"auth": "pam"},
     1,
     "warning: FILE:8: [smtpgate] auth: no service offers AUTH; set "
     "offer_auth = yes in [smtp], or let submission listen"),
    ("Dovecot's socket is missing",
     {"auth": "dovecot:DIR/auth",
      "auth_plain_networks": "192.0.2.0/24",
      "policy": {"tls": "none", "offer_auth": "yes"}},
     1,
     "warning: FILE:8: [smtpgate] auth: DIR/auth: No such file or "
     "directory: no client can log in; check that Dovecot runs and listens "
     "there"),
    ("passwords of the internet without TLS",
     {"auth_plain_networks": "0.0.0.0/0"},
     78,
     "FILE:8: [smtpgate] auth_plain_networks: 0.0.0.0/0 is the internet, or "
     "a large part of it: passwords cross it without TLS; list your own "
     "networks only"),
    ("an open relay",
     {"relay_networks": "0.0.0.0/0"},
     78,
     "FILE:8: [smtpgate] relay_networks: 0.0.0.0/0 is the internet, or a "
     "large part of it: the gate relays for all of it; list your own "
     "networks only"),
    ("an open relay for IPv6",
     {"relay_networks": "::/0"},
     78,
     "FILE:8: [smtpgate] relay_networks: ::/0 is the internet, or a large "
     "part of it: the gate relays for all of it; list your own networks only"),
    ("a prefix length with a digit missing",
     {"relay_networks": "128.0.0.0/1"},
     78,
     "FILE:8: [smtpgate] relay_networks: 128.0.0.0/1 is the internet, or a "
     "large part of it: the gate relays for all of it; list your own "
     "networks only"),
    ("submission without a certificate",
     {"text": "[submission]\nlisten = [::]:587\noffer_auth = no\n"},
     78,
     "FILE: [submission] tls: the service must speak TLS, but there is no "
     "certificate; set tls_certificates in [smtpgate], or tls = none here"),
    ("an address to listen on twice",
     {"policy": {"tls": "none", "listen": "0.0.0.0:25, 192.0.2.25:25"}},
     78,
     "FILE:10: [smtp] listen: 192.0.2.25:25 is taken by 0.0.0.0:25 of "
     "[smtp]; remove one of them"),
    ("the gate before itself",
     {"policy": {"tls": "none", "listen": "127.0.0.1:9"},
      "backend_relay": "127.0.0.1:9"},
     78,
     "FILE:7: [smtpgate] backend_relay: 127.0.0.1:9 is the gate itself "
     "([smtp] listen); name the mail server's own listener, for example "
     "127.0.0.1:10025",
     "warning: FILE:7: [smtpgate] backend_relay: 127.0.0.1:9: Connection "
     "refused; check that the mail server runs and listens there"),
    ("a service that does not exist",
     {"words": ["-s", "smtps"]},
     64,
     "'smtps' is no service; did you mean submissions?; see smtpgate --help"),
    ("a test that listens",
     {"words": ["-l"]},
     64,
     "-t and -l exclude each other; check first, then listen; see smtpgate "
     "--help"),
    ("an option of the command misspelt",
     {"words": ["--jsn"]},
     64,
     "unknown option --jsn; see smtpgate --help"),
    ("a configuration that does not exist",
     {"words": ["-c", "/nonexistent.conf"]},
     78,
     "cannot read the configuration /nonexistent.conf: No such file or "
     "directory"),
]


def cell(text):
    return text.replace("|", "\\|").replace("\n", "; ").rstrip("; ")


def shown(change):
    return cell(", ".join(
        value if name == "text" else f"{name} = {value}"
        for name, value in change.items()))


if __name__ == "__main__":
    print("| mistake | change | what is said now | status |")
    print("|---|---|---|---|")
    for title, change, status, *lines in ROWS:
        print(f"| {title} | `{shown(change)}` | {cell('; '.join(lines))} "
              f"| {status} |")
