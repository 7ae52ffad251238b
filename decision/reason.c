/* SPDX-License-Identifier: ISC */
/*
 * Placeholders of a reply: %c the client, %w the window; %a ", or log in" where
 * the client can; %l what a client does for whom a POP login is no way.
 */
#include "decision/reason.h"

#include "common/template.h"

#define CHECK_AGAIN "then send within %w%a"
#define FOR_NOW "451 4.3.0 Relaying denied for now: "

/* Arrays and not pointers: these would be relocated, and so be private memory
 * of each gate. */
struct row {
	char word[24];
	char sentence[96];
	char reply[176];
	char cure[112];
};

static const struct row rows[REASON_COUNT] = {
    [REASON_LOCAL] = {.word = "local",
	.sentence = "the recipient's domain is local"},

    [REASON_FOREIGN_DOMAIN] = {.word = "foreign-domain",
	.sentence = "the recipient's domain is not local"},
    [REASON_ADDRESS_LITERAL] = {.word = "address-literal",
	.sentence = "the recipient's domain is an address that local_domains "
		    "does not list"},
    [REASON_SOURCE_ROUTE] = {.word = "source-route",
	.sentence = "the recipient has a source route, which another mail "
		    "server may follow"},
    [REASON_DANGEROUS_LOCAL_PART] = {.word = "dangerous-local-part",
	.sentence = "another mail server may read the local part as a further "
		    "address"},
    [REASON_NOT_KNOWN] = {.word = "not-known",
	.sentence = "it is not known whether the recipient's domain is local",
	.reply = FOR_NOW "cannot check whether the domain is local; try again "
			 "later",
	.cure = "see local_domains_file, and the domains lines in the log"},
    [REASON_ASKED_BACKEND] = {.word = "asked-backend",
	.sentence = "the mail server knows whether the recipient's domain is "
		    "local"},
    [REASON_SERVICE] = {.word = "service",
	.sentence = "the service accepts mail only from clients that may relay",
	.reply = "550 5.7.1 Only users may send here: %c must check mail (POP) "
		 "first, then send within %w, or log in"},

    [REASON_NO_LOGIN] = {.word = "no-login",
	.sentence = "no login within the window",
	.reply = "550 5.7.1 Relaying denied for %c: check your mail (POP) "
		 "first, " CHECK_AGAIN,
	.cure = "look for a grant or no-grant line of the module; the user may "
		"have another address there"},
    [REASON_WINDOW_OVER] = {.word = "window-over",
	.sentence = "the window of the last login is over",
	.reply = "550 5.7.1 Relaying denied for %c: your last mail check (POP) "
		 "is too long ago; check your mail again, " CHECK_AGAIN,
	.cure = "the user has to check mail again"},
    [REASON_REVOKED] = {.word = "revoked",
	.sentence = "the grant was revoked",
	.reply = "550 5.7.1 Relaying denied for %c: the right to send was "
		 "revoked; check your mail (POP) again, " CHECK_AGAIN,
	.cure = "the next login grants again"},
    [REASON_NEVER_GRANTED] = {.word = "never-granted",
	.sentence = "this address is never granted, because many clients may "
		    "share it",
	.reply = "550 5.7.1 Relaying denied for %c: checking mail (POP) does "
		 "not open this address; %l",
	.cure = "see PROXIES in popauth(7); or list it in relay_networks, or "
		"let its users log in (SMTP AUTH)"},
    [REASON_UNKNOWN_CLIENT] = {.word = "unknown-client",
	.sentence = "the client's address is not known",
	.reply = "550 5.7.1 Relaying denied: client address unknown"},
    [REASON_SENDER] = {.word = "sender",
	.sentence = "the client may relay, but not for this envelope sender",
	.reply = "550 5.7.1 Relaying denied for %c: no user who may send as "
		 "this sender has checked mail (POP) from there",
	.cure = "see bind_sender and sender_map"},
    [REASON_BLOCKED] = {.word = "blocked",
	.sentence =
	    "a rule of the administrator blocks the user or the address",
	.reply = "550 5.7.1 Relaying denied for %c: the administrator has "
		 "blocked this user or address; ask the administrator",
	.cure = "see popauthctl rules"},
    [REASON_SCOPE] = {.word = "scope",
	.sentence = "the permit of the address is for other senders or "
		    "recipients",
	.reply = "550 5.7.1 Relaying denied for %c: the permit of this address "
		 "is for other senders or recipients",
	.cure = "see popauthctl rules"},
    [REASON_TABLE] = {.word = "table-unreadable",
	.sentence = "the table of grants cannot be read",
	.reply = FOR_NOW "cannot check whether %c has checked mail (POP); try "
			 "again later",
	.cure = "see the table line in the log, and popauthctl status"},
    [REASON_FOREIGN_CLOCK] = {.word = "foreign-clock",
	.sentence = "this process has the clock of another time namespace",
	.reply = FOR_NOW "cannot check whether %c has checked mail (POP); try "
			 "again later",
	.cure = "run popauthd, the POP server and the gate without a time "
		"namespace"},

    [REASON_MAX_RECIPIENTS] = {.word = "max-recipients",
	.sentence = "the message has more recipients than max_recipients",
	.reply = "452 4.5.3 Too many recipients; send to the others "
		 "separately"},
    [REASON_ONE_RECIPIENT] = {.word = "one-recipient",
	.sentence = "a message without a sender may have one recipient only",
	.reply = "452 4.5.3 A message without a sender may have only one "
		 "recipient"},
    [REASON_UNKNOWN_RECIPIENT] = {.word = "unknown-recipient",
	.sentence = "the mail server has no such mailbox"},
    [REASON_BACKEND_RELAYING] = {.word = "backend-relaying",
	.sentence = "the gate permits it, and the mail server does not relay "
		    "there",
	.cure = "see the restrictions of backend_relay's listener, and "
		"local_domains"},
    [REASON_BACKEND] = {.word = "backend",
	.sentence = "the mail server refused it; its reply has the reason"},
    [REASON_BACKEND_FAILED] = {.word = "backend-failed",
	.sentence = "the mail server failed before it answered"},
};

const char *
reason_word(enum reason reason)
{
	return rows[reason].word;
}

const char *
reason_sentence(enum reason reason)
{
	return rows[reason].sentence;
}

const char *
reason_cure(enum reason reason)
{
	return rows[reason].cure;
}

static const char *
word_of(char placeholder, const void *arg)
{
	const struct reason_words *words = arg;

	switch (placeholder) {
	case 'c':
		return words->client;
	case 'w':
		return words->window;
	case 'a':
		return words->can_log_in ? ", or log in" : "";
	case 'l':
		return words->can_log_in ? "log in to send"
					 : "ask your postmaster";
	default:
		return "";
	}
}

size_t
reason_reply(enum reason reason, const struct reason_words *words,
    char text[REASON_REPLY_BYTES])
{
	return template_fill(
	    rows[reason].reply, word_of, words, text, REASON_REPLY_BYTES);
}
