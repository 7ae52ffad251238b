/* SPDX-License-Identifier: ISC */
/*
 * What stands behind MAIL and RCPT, and a line: what is taken, written anew
 * and read once more, is the same.
 */
#include "smtpgate/envelope.h"
#include "smtpgate/line.h"
#include "smtpgate/punycode.h"
#include "smtpgate/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const struct ehlo all = {.has_size = true,
    .has_8bitmime = true,
    .has_dsn = true,
    .has_smtputf8 = true};

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
	/* One that is not dangerous has one @ and no more to read. */
	if (!path_local_is_dangerous(&rcpt.recipient) &&
	    rcpt.recipient.domain[0] != '\0' &&
	    strchr(line, '@') != strrchr(line, '@') && rcpt.orcpt[0] == '\0')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line line;
	char unicode[1024];

	line_init(&line);
	line_feed(&line, (const char *)data, size);
	if ((line.flaws & ~(unsigned)LINE_8BIT) != 0 ||
	    !utf8_is_valid(line.text))
		return 0;
	check_mail(line.text);
	check_rcpt(line.text);
	if (punycode_decode(line.text, unicode, sizeof(unicode)) == 0 &&
	    strlen(unicode) >= sizeof(unicode))
		abort();
	return 0;
}
