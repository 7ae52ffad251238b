# SPDX-License-Identifier: ISC
"""Many SMTP sessions that are all open at the same moment.

Usage: smtp-burst.py SERVER SESSIONS SUBJECT [hold SECONDS | from ADDRESS...]

Each session sends one message to joe@example.org.  None goes on to DATA before
every one that was greeted has its recipient accepted, so that all of them
really are open at once.  With "hold" they only stay open, for so many seconds.
The sessions come from these addresses in turn; else from the machine's own.
Prints "greeted N", then "taken N", and each different failure with its count.

No more than KNOCKING wait for their greeting at a time, because xinetd listens
with a queue of 64, which is fixed.  Beyond that the kernel answers with
SYN cookies; when it then drops the client's ACK too, nothing is left that
could be sent again: the client takes the connection for open and waits for a
greeting that never comes (SMTP's server speaks first).
"""
import asyncio
import collections
import itertools
import sys

PATIENCE_S = 60
KNOCKING = 50
failures = collections.Counter()


class Refused(Exception):
    pass


class Session:
    async def open(self, server, address):
        self.reader, self.writer = await asyncio.open_connection(
            server, 25, local_addr=address and (address, 0))
        await self.reply("220")

    async def reply(self, code):
        while True:
            line = (await self.reader.readline()).decode("latin-1").rstrip()
            if not line.startswith(code):
                raise Refused(line or "connection closed")
            if line[3:4] != "-":
                return

    async def command(self, text, code):
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()
        await self.reply(code)

    async def up_to_rcpt(self):
        await self.command("EHLO client.example.com", "250")
        await self.command("MAIL FROM:<someone@example.com>", "250")
        await self.command("RCPT TO:<joe@example.org>", "250")

    async def message(self, subject):
        await self.command("DATA", "354")
        await self.command(f"Subject: {subject}\r\n\r\nHello joe.\r\n.", "250")
        await self.command("QUIT", "221")


async def each(coroutines, at_once=sys.maxsize):
    """Runs them, so many at once; returns for each whether it went well."""
    turn = asyncio.Semaphore(at_once)

    async def guarded(coroutine):
        try:
            async with turn:
                await asyncio.wait_for(coroutine, PATIENCE_S)
            return True
        except (Refused, OSError, asyncio.TimeoutError) as error:
            failures[f"{type(error).__name__}: {error}"] += 1
            return False

    return await asyncio.gather(*map(guarded, coroutines))


async def main(server, n_sessions, subject, hold_s, addresses):
    sessions = [Session() for _ in range(n_sessions)]
    well = await each(
        (session.open(server, address) for session, address
         in zip(sessions, itertools.cycle(addresses))), KNOCKING)
    print("greeted", sum(well), flush=True)
    if hold_s:
        await asyncio.sleep(hold_s)
        return
    standing = [session for session, ok in zip(sessions, well) if ok]
    well = await each(session.up_to_rcpt() for session in standing)
    standing = [session for session, ok in zip(standing, well) if ok]
    well = await each(session.message(subject) for session in standing)
    print("taken", sum(well))
    for failure, count in failures.items():
        print(f"failed {count}: {failure}")


hold_s = float(sys.argv[5]) if sys.argv[4:5] == ["hold"] else 0
addresses = sys.argv[5:] if sys.argv[4:5] == ["from"] else [None]
asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], hold_s,
                 addresses))
