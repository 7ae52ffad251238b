/* SPDX-License-Identifier: ISC */
/*
 * Redis over a unix socket, one command at a time.  Entries carry a time to
 * live, so that there is no sweep; the stamp is checked nevertheless, because
 * Redis' clock is not the bench's.
 *
 * The server is a child of the process that made the store, and ends with it.
 */
#include "tests/bench/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Debian has the program in redis-tools under this name; the package
 * redis-server adds a link, and a running service. */
#define REDIS_PROGRAM "/usr/bin/redis-check-rdb"
#define REDIS_START_MS 5000
#define TTL_S "86400"
#define PIPELINE 1000

struct handle {
	redisContext *context;
	pid_t server; /* 0: not ours */
	uint64_t bytes_empty;
};

static int
start_server(const char *dir, const char *socket, pid_t *server_out)
{
	const pid_t pid = fork();

	if (pid == -1)
		return -errno;
	if (pid == 0) {
		const int null_fd = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null_fd, STDOUT_FILENO);
		execl(REDIS_PROGRAM, "redis-server", "--port", "0",
		    "--unixsocket", socket, "--save", "", "--appendonly", "no",
		    "--daemonize", "no", "--dir", dir, (char *)NULL);
		_exit(127);
	}
	*server_out = pid;
	return 0;
}

static int
connect_to(const char *socket, redisContext **context_out)
{
	redisContext *context = redisConnectUnix(socket);

	if (context == NULL)
		return -ENOMEM;
	if (context->err != 0) {
		redisFree(context);
		return -ECONNREFUSED;
	}
	*context_out = context;
	return 0;
}

static void
redis_close(void *arg)
{
	struct handle *h = arg;

	if (h->context != NULL)
		redisFree(h->context);
	if (h->server != 0) {
		kill(h->server, SIGTERM);
		waitpid(h->server, NULL, 0);
	}
	free(h);
}

static int
redis_open(const char *dir, uint32_t n, void **handle_out)
{
	struct handle *h = calloc(1, sizeof(*h));
	char socket[256];
	int error;

	(void)n;
	if (h == NULL)
		return -ENOMEM;
	snprintf(socket, sizeof(socket), "%s/redis.sock", dir);
	if ((error = connect_to(socket, &h->context)) != 0) {
		redis_close(h);
		return error;
	}
	*handle_out = h;
	return 0;
}

/* A line "used_memory:N" of INFO. */
static int
used_memory(struct handle *h, uint64_t *bytes_out)
{
	redisReply *reply = redisCommand(h->context, "INFO memory");
	const char *at = NULL;

	if (reply != NULL && reply->type == REDIS_REPLY_STRING)
		at = strstr(reply->str, "used_memory:");
	if (at != NULL)
		*bytes_out = strtoull(at + strlen("used_memory:"), NULL, 10);
	freeReplyObject(reply);
	return at != NULL ? 0 : -EIO;
}

static int
redis_create(const char *dir, uint32_t n, void **handle_out)
{
	char socket[256];
	struct handle *h = NULL;
	pid_t server = 0;
	void *opened = NULL;
	int error;

	snprintf(socket, sizeof(socket), "%s/redis.sock", dir);
	if ((error = start_server(dir, socket, &server)) != 0)
		return error;
	for (unsigned ms = 0; ms < REDIS_START_MS; ms += 10) {
		if ((error = redis_open(dir, n, &opened)) == 0)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	if (error != 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
		return error;
	}
	h = opened;
	h->server = server;
	if ((error = used_memory(h, &h->bytes_empty)) != 0) {
		redis_close(h);
		return error;
	}
	*handle_out = h;
	return 0;
}

static int
redis_lookup(void *arg, const struct client *client, struct answer *answer)
{
	struct handle *h = arg;
	redisReply *reply = redisCommand(h->context, "GET %b",
	    client->addr.bytes, sizeof(client->addr.bytes));
	struct stored stored;
	int found = -EIO;

	if (reply != NULL && reply->type == REDIS_REPLY_NIL)
		found = 0;
	if (reply != NULL && reply->type == REDIS_REPLY_STRING &&
	    reply->len == sizeof(stored)) {
		memcpy(&stored, reply->str, sizeof(stored));
		memcpy(answer->user, stored.user, sizeof(answer->user));
		found = bench_is_live(stored.stamp, &answer->age);
	}
	freeReplyObject(reply);
	return found;
}

static int
reply_is(redisReply *reply, int type)
{
	const int error = reply != NULL && reply->type == type ? 0 : -EIO;

	freeReplyObject(reply);
	return error;
}

static int
redis_insert(void *arg, const struct client *client)
{
	struct handle *h = arg;
	struct stored stored = {.stamp = bench_clock()};

	memcpy(stored.user, client->user, sizeof(stored.user));
	return reply_is(
	    redisCommand(h->context, "SET %b %b EX " TTL_S, client->addr.bytes,
		sizeof(client->addr.bytes), &stored, sizeof(stored)),
	    REDIS_REPLY_STATUS);
}

static int
redis_refresh(void *arg, const struct client *client)
{
	const int error = redis_insert(arg, client);

	return error != 0 ? error : 1;
}

static int
redis_fill(void *arg, uint32_t n)
{
	struct handle *h = arg;

	for (uint32_t first = 0; first < n; first += PIPELINE) {
		const uint32_t last =
		    n - first < PIPELINE ? n : first + PIPELINE;

		for (uint32_t i = first; i < last; i++) {
			struct stored stored = {.stamp = bench_clock()};
			struct client client;

			client_init(&client, i);
			client_name(&client);
			memcpy(stored.user, client.user, sizeof(stored.user));
			redisAppendCommand(h->context, "SET %b %b EX " TTL_S,
			    client.addr.bytes, sizeof(client.addr.bytes),
			    &stored, sizeof(stored));
		}
		for (uint32_t i = first; i < last; i++) {
			void *reply = NULL;

			if (redisGetReply(h->context, &reply) != REDIS_OK)
				return -EIO;
			if (reply_is(reply, REDIS_REPLY_STATUS) != 0)
				return -EIO;
		}
	}
	return 0;
}

static int
redis_remove(void *arg, const struct client *client)
{
	struct handle *h = arg;

	return reply_is(redisCommand(h->context, "DEL %b", client->addr.bytes,
			    sizeof(client->addr.bytes)),
	    REDIS_REPLY_INTEGER);
}

static int
redis_bytes(void *arg, uint64_t *bytes_out)
{
	struct handle *h = arg;
	uint64_t used;
	const int error = used_memory(h, &used);

	if (error == 0)
		*bytes_out = used - h->bytes_empty;
	return error;
}

const struct peer peer_redis = {
    .name = "redis",
    .title = "Redis, unix socket",
    .kind = PEER_PROCESSES,
    .create = redis_create,
    .open = redis_open,
    .close = redis_close,
    .fill = redis_fill,
    .lookup = redis_lookup,
    .insert = redis_insert,
    .refresh = redis_refresh,
    .remove = redis_remove,
    .bytes = redis_bytes,
};
