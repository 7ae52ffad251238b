/* SPDX-License-Identifier: ISC */
/* ehlo: what is offered on. */
#include "smtpgate/syntax/ehlo.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct ehlo ehlo;

static void
parse(const char *text)
{
	struct response response;

	response_init(&response);
	response.code = 250;
	response.len =
	    (size_t)snprintf(response.text, sizeof(response.text), "%s", text);
	ehlo_parse(&response, &ehlo);
}

static struct ehlo_own own;

static const char *
offer(void)
{
	static char wire[EHLO_OFFER_BYTES];

	cr_assert_eq(ehlo_offer(&ehlo, &own, "gate", wire), strlen(wire));
	return wire;
}

Test(smtpgate_ehlo, what_is_understood_is_offered_on)
{
	parse("mta\nSIZE 10240000\n8bitmime\nENHANCEDSTATUSCODES\n");
	cr_expect_str_eq(offer(), "250-gate\r\n250-PIPELINING\r\n250-SIZE "
				  "10240000\r\n250-8BITMIME\r\n"
				  "250 ENHANCEDSTATUSCODES\r\n");
}

Test(smtpgate_ehlo, starttls_is_the_gates_own)
{
	parse("mta\nSTARTTLS\n");
	cr_expect_null(strstr(offer(), "STARTTLS"));
	own.has_starttls = true;
	cr_expect_not_null(strstr(offer(), "STARTTLS\r\n"));
}

Test(smtpgate_ehlo, what_is_not_understood_is_not)
{
	parse("mta\nPIPELINING\nVRFY\nETRN\nSTARTTLS\nAUTH PLAIN LOGIN\n"
	      "BINARYMIME\nDELIVERBY\nPRDR\nPIPECONNECT\nXCLIENT NAME ADDR\n"
	      "XFORWARD NAME\n8BITMIMES\nSIZES\n");
	cr_expect_str_eq(offer(), "250-gate\r\n250 PIPELINING\r\n");
}

Test(smtpgate_ehlo, the_first_line_is_a_name_and_no_extension)
{
	parse("SIZE 5\n");
	cr_expect_not(ehlo.has_size);
	parse("8BITMIME hello\nENHANCEDSTATUSCODES\n");
	cr_expect_not(ehlo.has_8bitmime);
	cr_expect(ehlo.has_enhancedstatuscodes);
}

Test(smtpgate_ehlo, a_size_without_a_number_is_offered_without)
{
	parse("mta\nSIZE\n");
	cr_expect_str_eq(offer(), "250-gate\r\n250-PIPELINING\r\n250 SIZE\r\n");
	parse("mta\nSIZE lots\n");
	cr_expect_str_eq(offer(), "250-gate\r\n250-PIPELINING\r\n250 SIZE\r\n");
	parse("mta\nSIZE 123456789012345678901\n");
	cr_expect_str_eq(offer(), "250-gate\r\n250-PIPELINING\r\n250 SIZE\r\n");
}

Test(smtpgate_ehlo, xclient_attributes_are_known_by_name)
{
	parse("mta\nXCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN\n");
	cr_expect_eq(ehlo.xclient, EHLO_XCLIENT_NAME | EHLO_XCLIENT_ADDR |
				       EHLO_XCLIENT_PROTO | EHLO_XCLIENT_HELO |
				       EHLO_XCLIENT_PORT | EHLO_XCLIENT_LOGIN |
				       EHLO_XCLIENT_REVERSE_NAME);
	parse("mta\nXCLIENT ADDR DESTADDR DESTPORT REVERSE_NAME\n");
	cr_expect_eq(ehlo.xclient, EHLO_XCLIENT_ADDR | EHLO_XCLIENT_DESTADDR |
				       EHLO_XCLIENT_DESTPORT |
				       EHLO_XCLIENT_REVERSE_NAME);
	parse("mta\nXCLIENT\n");
	cr_expect_eq(ehlo.xclient, 0);
}

Test(smtpgate_ehlo, smtputf8_needs_8bitmime)
{
	parse("mta\nSMTPUTF8\n");
	cr_expect_not(ehlo.has_smtputf8);
	parse("mta\nSMTPUTF8\n8BITMIME\n");
	cr_expect(ehlo.has_smtputf8);
}

Test(smtpgate_ehlo, empty_lines_and_blanks_do_no_harm)
{
	parse("mta\n\n  \n  SIZE   7  \n");
	cr_expect_str_eq(ehlo.size_max, "7");
	parse("");
	cr_expect_str_eq(offer(), "250-gate\r\n250 PIPELINING\r\n");
}

Test(smtpgate_ehlo, auth_is_the_gates_own)
{
	parse("mta\nAUTH CRAM-MD5\n");
	cr_expect_not(ehlo.has_auth);
	cr_expect_null(strstr(offer(), "AUTH"));
	own.mechanisms = "PLAIN LOGIN";
	cr_expect_not_null(strstr(offer(), "AUTH PLAIN LOGIN\r\n"));
}
