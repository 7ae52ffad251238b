/* SPDX-License-Identifier: ISC */
/*
 * gate - what holds for the whole life of a gate process: set by main() in
 * its first phases, only read afterwards (but see session_run()).
 */
#ifndef SMTPGATE_GATE_H
#define SMTPGATE_GATE_H

#include "config/conf.h"
#include "decision/domains.h"
#include "shmcache/shmcache.h"
#include "smtpgate/wire/client.h"
#include "smtpgate/wire/tls.h"

#define GATE_USER "smtpgate"
#define GATE_HOSTNAME_BYTES 256

struct gate {
	struct conf conf;
	char hostname[GATE_HOSTNAME_BYTES];
	struct domains domains;
	int sender_map;         /* lines.h; -1: none */
	struct shmcache *table; /* NULL: it cannot be read */
	int table_error;        /* then why, for shmcache_strerror() */
	const struct conf_service *service; /* in conf */
	const struct tls_library *tls;
	struct tls_keys *keys; /* NULL: no TLS */
	int stop_fd; /* readable when all sessions are to end; -1: none */
	struct client client;
};

#endif
