/* SPDX-License-Identifier: ISC */
/*
 * admission - whether a listener serves one more client.
 *
 * The shrinking limit is a dynamic threshold: with P places of which F are
 * free, and a limit of L each, k attackers hold L * F / (P / 2) places each.
 * With the defaults (P = 450, L = 50) ten hold 31 each and leave 140 free;
 * a hundred leave 23.
 * Source: Choudhury and Hahne, Dynamic queue length thresholds for
 * shared-memory packet switches (1998).
 */
#include "smtpgate/listener/admission.h"

#include "common/cidr.h"

/* Of max_connections, for clients that hold a right. */
#define RESERVE_PART 10

/* In the 16-byte form: an IPv4 /24, and what a site gets of IPv6 (RFC 6177). */
#define WIDER_BITS_V4 120
#define WIDER_BITS_V6 48

#define WIDER_TIMES 2

void
admission_networks(const struct addr *client, const struct client_rules *rules,
    struct admission_networks *networks_out)
{
	networks_out->client = networks_out->wider = *client;
	networks_out->wider_bits =
	    addr_is_v4(client) ? WIDER_BITS_V4 : WIDER_BITS_V6;
	client_mask(&networks_out->client, rules);
	addr_mask(&networks_out->wider, networks_out->wider_bits);
}

/* Places for clients without a right. */
static uint32_t
n_common(const struct conf_smtpgate *conf)
{
	return conf->max_connections - conf->max_connections / RESERVE_PART;
}

/* How many of n_free places one client without a right may have. */
static uint32_t
share_of(const struct conf_smtpgate *conf, uint32_t n_free)
{
	uint32_t half = n_common(conf) / 2;
	uint64_t share = conf->max_connections_per_client;

	if (n_free < half)
		share = share * n_free / half;
	return share > 0 ? (uint32_t)share : 1;
}

enum admission
admission_decide(const struct conf_smtpgate *conf,
    const struct scoreboard_tally *tally, bool has_right)
{
	uint32_t max = has_right ? conf->max_connections : n_common(conf);
	uint32_t share = conf->max_connections_per_client;

	if (tally->n_busy > max)
		return ADMISSION_TOO_MANY;
	if (share >= conf->max_connections)
		return ADMISSION_GRANTED;
	if (!has_right)
		share = share_of(conf, max - tally->n_busy);
	if (tally->n_client > share)
		return ADMISSION_TOO_MANY_OF_CLIENT;
	if (!has_right && tally->n_wider > share * WIDER_TIMES)
		return ADMISSION_TOO_MANY_OF_CLIENT;
	return ADMISSION_GRANTED;
}

bool
admission_is_crowded(const struct conf_smtpgate *conf, uint32_t n_busy)
{
	return n_busy > n_common(conf) / 2;
}
