/* SPDX-License-Identifier: ISC */
/*
 * The arguments of MAIL and RCPT, a line, and a domain: if one is accepted,
 * written again and read once more, the result is the same.
 */
#include "decision/idn.h"
#include "smtpgate/syntax/envelope.h"
#include "smtpgate/syntax/utf8.h"
#include "smtpgate/wire/line.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const struct ehlo all = {.has_size = true,
    .has_8bitmime = true,
    .has_dsn = true,
    .has_smtputf8 = true};

static const struct idn *idn;

static void
check_mail(const char *argument)
{
	char line[ENVELOPE_MAIL_BYTES], again[ENVELOPE_MAIL_BYTES];
	struct envelope_mail mail;

	if (envelope_parse_mail(argument, &all, &mail) != ENVELOPE_OK)
		return;
	envelope_format_mail(&mail, &all, line);
	if (!mail.sender.is_null && strchr(line, '@') == NULL)
		abort();
	if (envelope_parse_mail(line + strlen("MAIL "), &all, &mail) !=
	    ENVELOPE_OK)
		abort();
	if (strcmp(envelope_format_mail(&mail, &all, again), line) != 0)
		abort();
}

static void
check_rcpt(const char *argument)
{
	char line[ENVELOPE_RCPT_BYTES], again[ENVELOPE_RCPT_BYTES];
	struct envelope_rcpt rcpt;

	if (envelope_parse_rcpt(argument, &all, true, &rcpt) != ENVELOPE_OK)
		return;
	envelope_format_rcpt(&rcpt, &all, line);
	if (envelope_parse_rcpt(line + strlen("RCPT "), &all, true, &rcpt) !=
	    ENVELOPE_OK)
		abort();
	if (strcmp(envelope_format_rcpt(&rcpt, &all, again), line) != 0)
		abort();
	/* A path that is not dangerous has one @ and one meaning. */
	if (!path_local_is_dangerous(&rcpt.recipient) &&
	    rcpt.recipient.domain[0] != '\0' &&
	    strchr(line, '@') != strrchr(line, '@') && rcpt.orcpt[0] == '\0')
		abort();
}

/* The ASCII name of a domain is its own ASCII name, and may be listed. */
static void
check_domain(const char *domain)
{
	char ascii[CONF_DOMAIN_BYTES], again[CONF_DOMAIN_BYTES];

	if (idn_to_ascii(idn, domain, ascii) != 0)
		return;
	if (!idn_is_ascii(ascii) || idn_to_ascii(idn, ascii, again) != 0 ||
	    strcmp(again, ascii) != 0)
		abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char why[IDN_WHY_BYTES];

	(void)argc;
	(void)argv;
	idn = idn_load(why);
	if (idn == NULL)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line line;

	line_init(&line);
	line_feed(&line, (const char *)data, size);
	if ((line.flaws & ~(unsigned)LINE_8BIT) != 0 ||
	    !utf8_is_valid(line.text))
		return 0;
	check_mail(line.text);
	check_rcpt(line.text);
	check_domain(line.text);
	return 0;
}
