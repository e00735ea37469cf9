"""50 clients set the same 10 keys, or change and wait for the same lists and sets.

Bar: after a crash the data is the same as before, so the file has the store's order.
"""

import random
import threading

from resp import encode
from settings import POLICIES, demand, restarted

CLIENTS, KEYS, BATCH = 50, 10, 100
DEBUG = ["--enable-debug-command", "yes"]


def cases(settings):
    for policy in POLICIES:
        yield policy, lambda policy=policy: race(
            settings, policy, settings.times(1_000_000, 200_000) // CLIENTS)


    for policy in POLICIES:
        yield f"{policy}, lists and sets", lambda policy=policy: race_in_collections(
            settings, policy, settings.times(500_000, 50_000) // CLIENTS)


def race(settings, policy, sets):
    server = settings.start(policy)
    run_clients(write, server, sets)
    before = values(server)
    server = restarted(settings, server, policy)
    after = values(server)
    server.stop()
    return demand(before == after and b"$-1\r\n" not in before,
                  f"{CLIENTS * sets:,} SETs: {sum(map(bytes.__eq__, before, after))} of {KEYS} "
                  "keys are the same after a crash")


def run_clients(work, server, count):
    threads = [threading.Thread(target=work, args=(server.connect(), client, count))
               for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def race_in_collections(settings, policy, requests):
    server = settings.start(policy, *DEBUG)
    run_clients(write_collections, server, requests)
    before = digest(server)
    server = restarted(settings, server, policy, *DEBUG)
    after = digest(server)
    server.stop()
    return demand(before == after and int(before[1:], 16),
                  f"{CLIENTS * requests:,} requests: {before.decode()} before a crash, "
                  f"{after.decode()} after it")


def digest(server):
    with server.connect() as connection:
        return connection.ask(b"DEBUG", b"DIGEST").strip()


def write_collections(connection, client, count):
    chance = random.Random(client)
    with connection:
        for start in range(0, count, BATCH):
            connection.send(*(collection_request(chance, client, number)
                              for number in range(start, start + BATCH)))
            for _ in range(BATCH):
                connection.reply()


def collection_request(chance, client, number):
    one, other = (b"list:%d" % chance.randrange(KEYS) for _ in range(2))
    set_one, set_other = (b"set:%d" % chance.randrange(KEYS) for _ in range(2))
    element, member = b"%d of %d" % (number, client), b"%d" % chance.randrange(100)
    return chance.choice([
        [b"RPUSH", one, element], [b"LPUSH", one, element, element], [b"LPOP", one],
        [b"BRPOP", one, other, b"0.001"], [b"BLMOVE", one, other, b"LEFT", b"RIGHT", b"0.001"],
        [b"LTRIM", one, b"-20", b"-1"], [b"SADD", set_one, member], [b"SPOP", set_one],
        [b"SMOVE", set_one, set_other, member], [b"SUNIONSTORE", set_one, set_one, set_other],
    ])


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
