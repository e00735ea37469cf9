"""Pipelines that are sent whole before any answer is read, and answers that are never read.

Bar: each pipeline is answered in full, within a minute on any machine. A client that reads
nothing takes no more memory than the configured limit.
"""

import time

from resp import encode
from settings import demand, demand_speed, info, memory_kb, wait_for

VALUE = b"x" * 1000
MOST_S = 60
# The server holds unread answers up to its configured limit, plus buffers.
TOTAL_MB = 64
MOST_MB = TOTAL_MB + 96
CLIENTS = 8


def cases(settings):
    many = settings.times(1_000_000, 200_000)
    few = settings.times(400_000, 100_000)
    for policy in ("everysec", "always"):
        yield (f"{many:,} SET under {policy}", lambda policy=policy: pipeline(
            settings, policy, encode([b"SET", b"key", b"1"]) * many, many * len(b"+OK\r\n")))
    reply = b"$%d\r\n%s\r\n" % (len(VALUE), VALUE)
    yield (f"{few:,} GET of 1 KB", lambda: pipeline(
        settings, "everysec", encode([b"GET", b"value"]) * few, few * len(reply)))
    yield f"{CLIENTS} clients that never read", lambda: unread(settings)


def start(settings, policy, *options):
    server = settings.start(policy, "--auto-aof-rewrite-percentage", "0", *options)
    with server.connect() as connection:
        connection.ask(b"SET", b"value", VALUE)
    return server


def pipeline(settings, policy, requests, answer_bytes):
    server = start(settings, policy)
    try:
        with server.connect() as connection:
            connection.socket.settimeout(MOST_S)
            begun = time.monotonic()
            connection.socket.sendall(requests)
            sent = time.monotonic() - begun
            left = answer_bytes
            buffer = bytearray(1 << 20)
            while left:
                left -= connection.socket.recv_into(buffer, min(left, len(buffer)))
            took = time.monotonic() - begun
        most = memory_kb(server, "VmHWM") // 1024
    finally:
        server.stop()
    return demand_speed(
        took < MOST_S, f"sent in {sent:.2f} s, answered in {took:.2f} s; at most {most} MB")


def unread(settings):
    server = start(settings, "everysec", "--client-output-buffer-total", f"{TOTAL_MB}mb")
    requests = encode([b"GET", b"value"]) * 1000
    clients = [server.connect() for _ in range(CLIENTS)]
    try:
        before = memory_kb(server)
        for client in clients:
            client.socket.setblocking(False)
        stuck = 0
        begun = time.monotonic()
        while stuck < 50 and time.monotonic() - begun < MOST_S:
            stuck += 1
            for client in clients:
                try:
                    client.socket.send(requests)
                    stuck = 0
                except BlockingIOError:
                    pass
            time.sleep(0.01)
        grown = (memory_kb(server) - before) // 1024
        with server.connect() as bystander:
            served = bystander.ask(b"GET", b"value").endswith(VALUE + b"\r\n")
        for client in clients:
            client.close()
        wait_for("the clients to be gone", lambda: info(server, "connected_clients") == "1")
    finally:
        server.stop()
    return demand(stuck == 50 and served and grown <= MOST_MB,
                  f"{grown} MB more, of {TOTAL_MB} MB allowed; another client is served: {served}")
