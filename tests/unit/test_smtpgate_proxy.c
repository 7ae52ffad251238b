/* SPDX-License-Identifier: ISC */
/* proxy: headers as they come, cut anywhere, and those that are none. */
#include "smtpgate/wire/proxy.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static struct stream stream;
static struct client client;
static int peer;

static void
set_up(void)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	cr_assert_eq(stream_init(&stream, fds[0], fds[0]), 0);
	peer = fds[1];
	client = (struct client){.is_known = true, .text = "192.0.2.80"};
}

TestSuite(smtpgate_proxy, .init = set_up);

static int
receive(const char *said, size_t n)
{
	cr_assert_eq((int)write(peer, said, n), (int)n);
	return proxy_receive(&stream, clock_mono_ms() + 50, &client);
}

#define RECEIVE(said) receive(said, sizeof(said) - 1)

static void
expect_rest(const char *rest)
{
	cr_expect_eq(stream.end - stream.begin, strlen(rest));
	cr_expect_eq(memcmp(stream.buf + stream.begin, rest, strlen(rest)), 0);
}

Test(smtpgate_proxy, version_1_names_an_ipv4_client)
{
	cr_assert_eq(
	    RECEIVE("PROXY TCP4 203.0.113.9 192.0.2.25 40000 25\r\nEHLO x\r\n"),
	    0);
	cr_expect_str_eq(client.text, "203.0.113.9");
	cr_expect_eq(client.port, 40000);
	cr_expect_eq(client.local_port, 25);
	cr_expect_str_eq(client.proxy, "192.0.2.80");
	expect_rest("EHLO x\r\n");
}

Test(smtpgate_proxy, version_1_names_an_ipv6_client)
{
	cr_assert_eq(
	    RECEIVE("PROXY TCP6 2001:db8::9 2001:db8::25 1 65535\r\n"), 0);
	cr_expect_str_eq(client.text, "2001:db8::9");
}

Test(smtpgate_proxy, version_2_names_a_client_and_its_tlvs_are_passed_over)
{
	static const char said[] = SIGNATURE
	    "\x21\x11\x01\x0c\xcb\x00\x71\x09\xc0\x00\x02\x19\x9c\x40\x00\x19";
	char tlv[256];

	memset(tlv, 'x', sizeof(tlv));
	cr_assert_eq((int)write(peer, said, sizeof(said) - 1), 28);
	cr_assert_eq((int)write(peer, tlv, sizeof(tlv)), 256);
	cr_assert_eq(RECEIVE("EHLO x\r\n"), 0);
	cr_expect_str_eq(client.text, "203.0.113.9");
	cr_expect_eq(client.port, 40000);
	cr_expect_eq(client.local_port, 25);
	expect_rest("EHLO x\r\n");
}

Test(smtpgate_proxy, local_unknown_and_unix_sockets_name_nobody)
{
	cr_assert_eq(RECEIVE(SIGNATURE "\x20\x11\0\0"), 0);
	cr_expect_not(client.is_known);
	cr_expect_str_eq(client.text, "unknown");
	cr_expect_str_eq(client.proxy, "192.0.2.80");
	cr_assert_eq(RECEIVE(SIGNATURE "\x21\0\0\0"), 0);
	cr_expect_not(client.is_known);
	cr_assert_eq(RECEIVE(SIGNATURE "\x21\x31\0\x02zz"), 0);
	cr_expect_not(client.is_known);
	cr_assert_eq(RECEIVE("PROXY UNKNOWN\r\n"), 0);
	cr_expect_not(client.is_known);
	cr_assert_eq(RECEIVE("PROXY UNKNOWN whatever it is\r\n"), 0);
	cr_expect_not(client.is_known);
}

Test(smtpgate_proxy, anything_else_is_refused)
{
	static const struct {
		const char *said;
		size_t n;
	} bad[] = {
#define BAD(text) {text, sizeof(text) - 1}
	    BAD("EHLO x\r\n"),
	    BAD("PROXY\r\n"),
	    BAD("proxy TCP4 "),
	    BAD("PROXY TCP4 203.0.113.9 192.0.2.25 40000\r\n"),
	    BAD("PROXY TCP4 203.0.113.9 192.0.2.25 40000 25 \r\n"),
	    BAD("PROXY TCP4 203.0.113.9 192.0.2.25 65536 25\r\n"),
	    BAD("PROXY TCP4 203.0.113.9 192.0.2.25 040 25\r\n"),
	    BAD("PROXY TCP4 203.0.113.9 192.0.2.25 -1 25\r\n"),
	    BAD("PROXY TCP4 203.0.113.9 192.0.2.25 1 25\n"),
	    BAD("PROXY TCP4 2001:db8::9 2001:db8::25 1 25\r\n"),
	    BAD("PROXY TCP6 203.0.113.9 192.0.2.25 1 25\r\n"),
	    BAD("PROXY TCP4 host.example 192.0.2.25 1 25\r\n"),
	    BAD("PROXY TCP4  203.0.113.9 192.0.2.25 1 25\r\n"),
	    BAD("PROXY TCP4 203.0.113.9\0 192.0.2.25 1 25\r\n"),
	    BAD("PROXY TCP4 "
		"0000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000\r\n"),
	    BAD(SIGNATURE "\x11\x11\0\x0c\1\2\3\4\1\2\3\4\0\1\0\1"),
	    BAD(SIGNATURE "\x22\x11\0\x0c\1\2\3\4\1\2\3\4\0\1\0\1"),
	    BAD(SIGNATURE "\x21\x11\0\x0b\1\2\3\4\1\2\3\4\0\1\0"),
	    BAD(SIGNATURE "\x21\x21\0\x0c\1\2\3\4\1\2\3\4\0\1\0\1"),
	    BAD("\r\n\r\n\0\r\nQUIX\n"),
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_up();
		cr_expect_eq(receive(bad[i].said, bad[i].n), -EPROTO, "%zu", i);
		cr_expect_str_eq(client.text, "192.0.2.80");
		cr_expect(client.is_known);
	}
}

Test(smtpgate_proxy, a_header_that_does_not_end_times_out)
{
	cr_expect_eq(RECEIVE("PROXY TCP4 203.0.113.9"), -ETIMEDOUT);
	cr_expect(client.is_known);
}

Test(smtpgate_proxy, a_balancer_that_closes_is_told)
{
	cr_assert_eq((int)write(peer, SIGNATURE, 5), 5);
	close(peer);
	cr_expect_eq(
	    proxy_receive(&stream, clock_mono_ms() + 50, &client), -EPIPE);
}

Test(smtpgate_proxy, a_header_may_come_in_pieces)
{
	static const char said[] = SIGNATURE
	    "\x21\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x19\x9c\x40\0\x19";

	cr_assert_eq((int)write(peer, said, 13), 13);
	cr_assert_eq(stream_fill(&stream, clock_mono_ms() + 50, -1), 0);
	cr_assert_eq((int)write(peer, said + 13, 15), 15);
	cr_assert_eq(proxy_receive(&stream, clock_mono_ms() + 50, &client), 0);
	cr_expect_str_eq(client.text, "203.0.113.9");
}

Test(smtpgate_proxy, what_is_written_can_be_read)
{
	static const char *const addrs[][2] = {{"203.0.113.9", "192.0.2.25"},
	    {"2001:db8::9", "2001:db8::25"}, {"203.0.113.9", "2001:db8::25"}};
	struct client told = {
	    .is_known = true, .port = 40000, .local_port = 25};
	uint8_t out[PROXY_V2_BYTES];
	size_t i, len;

	for (i = 0; i < 3; i++) {
		cr_assert_eq(addr_parse(addrs[i][0], &told.addr), 0);
		cr_assert_eq(addr_parse(addrs[i][1], &told.local), 0);
		len = proxy_format(&told, out);
		cr_expect_eq(len, i == 0 ? 28 : 52);
		cr_expect_eq(out[12], 0x21);
		cr_assert_eq(receive((char *)out, len), 0);
		cr_expect_str_eq(client.text, addrs[i][0]);
		cr_expect(addr_equal(&client.local, &told.local));
		cr_expect_eq(client.port, 40000);
		cr_expect_eq(client.local_port, 25);
	}
}

Test(smtpgate_proxy, for_an_unknown_client_the_header_is_local)
{
	uint8_t out[PROXY_V2_BYTES];

	client.is_known = false;
	cr_expect_eq(proxy_format(&client, out), 16);
	cr_expect_eq(memcmp(out, SIGNATURE "\x20\0\0\0", 16), 0);
}
