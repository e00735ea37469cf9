"""50 clients set the same 10 keys.

Bar: after a crash the data is the same as before, so the file has the store's order.
"""

import threading

from resp import encode
from settings import POLICIES, demand, restarted

CLIENTS, KEYS, BATCH = 50, 10, 100


def cases(settings):
    for policy in POLICIES:
        yield policy, lambda policy=policy: race(
            settings, policy, settings.times(1_000_000, 200_000) // CLIENTS)


def race(settings, policy, sets):
    server = settings.start(policy)
    threads = [threading.Thread(target=write, args=(server.connect(), client, sets))
               for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = values(server)
    server = restarted(settings, server, policy)
    after = values(server)
    server.stop()
    return demand(before == after and b"$-1\r\n" not in before,
                  f"{CLIENTS * sets:,} SETs: {sum(map(bytes.__eq__, before, after))} of {KEYS} "
                  "keys are the same after a crash")


def write(connection, client, sets):
    with connection:
        for start in range(0, sets, BATCH):
            connection.socket.sendall(b"".join(
                encode([b"SET", b"key:%d" % (number * (client + 1) % KEYS),
                        b"%d of %d" % (number, client)])
                for number in range(start, start + BATCH)))
            for _ in range(BATCH):
                connection.reply()


def values(server):
    with server.connect() as connection:
        return [connection.ask(b"GET", b"key:%d" % number) for number in range(KEYS)]
