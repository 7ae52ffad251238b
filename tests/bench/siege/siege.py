# SPDX-License-Identifier: ISC
"""One side of a siege of the gate.

Usage: siege.py hold SERVER PORT SECONDS PER_ADDRESS ADDRESS...
       siege.py send SERVER PORT SECONDS FROM TO

hold: from each address keep so many connections open, as long as the gate
permits; each connection does one of KINDS, and comes again when it is closed.
Prints how many were open in the last second, at most and on average.
send: a new session with one message each half second; prints the share that
was accepted, and the time from the connect to the 250.  A refused session is
not tried again, as a real client would.
"""
import asyncio
import statistics
import sys
import time

PATIENCE_S = 10
AGAIN_S = 0.5
n_open = 0


async def silence(reader, writer):
    await reader.read()


async def drip(reader, writer, data):
    """A byte each two seconds, and no end."""
    reading = asyncio.ensure_future(reader.read())
    while not reading.done():
        writer.write(data)
        await asyncio.wait({reading}, timeout=2)


async def replies(reader, *codes):
    for code in codes:
        while True:
            line = await reader.readline()
            if not line.startswith(code):
                raise OSError(line)
            if line[3:4] == b" ":
                break


async def silent(reader, writer):
    await silence(reader, writer)


async def slow_hello(reader, writer):
    await drip(reader, writer, b"E")


async def slow_data(reader, writer):
    writer.write(b"EHLO holder.example\r\n")
    await replies(reader, b"250")
    writer.write(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<joe@example.org>\r\n")
    await replies(reader, b"250", b"250")
    writer.write(b"DATA\r\n")
    await replies(reader, b"354")
    await drip(reader, writer, b"x")


async def silent_tls(reader, writer):
    writer.write(b"EHLO holder.example\r\n")
    await replies(reader, b"250")
    writer.write(b"STARTTLS\r\n")
    await replies(reader, b"220")
    await silence(reader, writer)


KINDS = [silent, slow_hello, slow_data, silent_tls]


async def hold_one(server, port, address, kind, end):
    global n_open
    while time.monotonic() < end:
        writer = None
        try:
            reader, writer = await asyncio.open_connection(
                server, port, local_addr=(address, 0))
            await asyncio.wait_for(replies(reader, b"220"), end -
                                   time.monotonic())
            n_open += 1
            try:
                await asyncio.wait_for(kind(reader, writer),
                                       end - time.monotonic())
            finally:
                n_open -= 1
        except (OSError, asyncio.TimeoutError):
            pass
        if writer is not None:
            writer.close()
        await asyncio.sleep(AGAIN_S)


async def hold(server, port, seconds, per_address, *addresses):
    end = time.monotonic() + float(seconds)
    holders = [asyncio.ensure_future(
        hold_one(server, int(port), address, KINDS[i % len(KINDS)], end))
        for i in range(int(per_address)) for address in addresses]
    counts = []
    while time.monotonic() < end - 1:
        await asyncio.sleep(1)
        counts.append(n_open)
    print(f"{max(counts)} at most, {statistics.mean(counts[5:]):.0f} on "
          f"average")
    sys.stdout.flush()
    for holder in holders:
        holder.cancel()
    await asyncio.gather(*holders, return_exceptions=True)


async def send_one(server, port, sender, recipient):
    begin = time.monotonic()
    reader, writer = await asyncio.open_connection(server, port)
    try:
        await replies(reader, b"220")
        for line, code in (("EHLO user.example", b"250"),
                           (f"MAIL FROM:<{sender}>", b"250"),
                           (f"RCPT TO:<{recipient}>", b"250"),
                           ("DATA", b"354"),
                           ("Subject: siege\r\n\r\nHello.\r\n.", b"250")):
            writer.write(line.encode() + b"\r\n")
            await replies(reader, code)
        writer.write(b"QUIT\r\n")
        return time.monotonic() - begin
    finally:
        writer.close()


async def send(server, port, seconds, sender, recipient):
    end = time.monotonic() + float(seconds)
    times, n = [], 0
    while time.monotonic() < end:
        next_one = time.monotonic() + AGAIN_S
        n += 1
        try:
            times.append(await asyncio.wait_for(
                send_one(server, int(port), sender, recipient), PATIENCE_S))
        except (OSError, asyncio.TimeoutError):
            pass
        await asyncio.sleep(max(0, next_one - time.monotonic()))
    text = f"{len(times)} of {n} accepted"
    if times:
        times.sort()
        text += (f", median {1000 * statistics.median(times):.0f} ms, "
                 f"slowest {1000 * times[-1]:.0f} ms")
    print(text)


asyncio.run({"hold": hold, "send": send}[sys.argv[1]](*sys.argv[2:]))
