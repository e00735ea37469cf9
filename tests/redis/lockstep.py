"""Two servers that take the same steps, from the same beginning."""

import time
from typing import NamedTuple

from chance import CLIENTS, ITERATE, LAPSE, MODERN, PLAIN, POP
from data import SCRATCH, collection
from events import Listeners
from resp import Error, decode, encode
from rules import Exchange, Transactions, found_by, is_same

# Much longer than any time in a LAPSE.
PAUSE_SECONDS = 0.05
# The type of a payload of DUMP whose fields have an order.
HASH_LISTPACK = b"\x10"


class Difference(NamedTuple):
    """Two replies that differ in meaning. `place` is the step's number in its batch."""

    place: int
    exchange: Exchange


class Lockstep:
    """Several clients of two servers, whose databases are empty at first."""

    def __init__(self, both):
        self.both = both
        both.begin_again()
        self.listeners = Listeners(both)
        self.clients = [Side(both, number in MODERN) for number in range(CLIENTS)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in [*self.clients, self.listeners]:
            client.close()

    def take(self, steps):
        """Takes the steps, and yields the differences."""
        for start, group in in_groups(steps):
            self.send(group)
            for difference in self.receive(group):
                yield difference._replace(place=start + difference.place)

    def send(self, steps):
        """Sends plain steps of one client, without waiting for an answer."""
        if steps[0].kind == PLAIN:
            self.clients[steps[0].client].send(
                [request for step in steps for request in step.requests])

    def receive(self, steps):
        """Yields the differences of the steps given to `send`, in their order, then that of their
        keyspace events."""
        yield from self.receive_replies(steps)
        # Ours has looked up all keys before it finds out that an element or a string is wrong.
        names = {request[0].upper() for step in steps for request in step.requests}
        with_misses = names.isdisjoint((b"SORT", b"SORT_RO", b"PFCOUNT"))
        if heard := self.listeners.difference(with_misses):
            yield Difference(len(steps) - 1, Exchange([b"(events)"], *heard))

    def receive_replies(self, steps):
        client = self.clients[steps[0].client]
        if steps[0].kind == LAPSE:
            yield from lapse(client, steps[0].requests)
        elif steps[0].kind == ITERATE:
            yield from iterate(client, steps[0].requests[0])
        elif steps[0].kind == POP:
            yield from pop(client, steps[0].requests)
        else:
            for place, step in enumerate(steps):
                for request in step.requests:
                    yield from client.differences(place, request)


def in_groups(steps):
    """Yields steps that can be sent at once, with the place of the first."""
    start = 0
    for end in range(1, len(steps) + 1):
        if (end == len(steps) or steps[start].kind != PLAIN or steps[end].kind != PLAIN
                or steps[end].client != steps[start].client or end - start >= 200):
            yield start, steps[start:end]
            start = end


def lapse(client, requests):
    *short, last = requests
    client.send(short)
    for request in short:
        yield from client.differences(0, request)
    time.sleep(PAUSE_SECONDS)
    client.send([last])
    yield from client.differences(0, last)


def pop(client, requests):
    """Sends a SPOP after the request for all members. Then removes what each server has popped
    from the other one."""
    client.send(requests)
    for request in requests:
        yield from client.differences(0, request)
    replies = [client.before.ours, client.before.theirs]
    if replies[0] != replies[1] and all(reply.endswith(b"\r\n") for reply in replies):
        removal = [b"SREM", requests[-1][1], *popped(*replies)]
        client.ours.ask(*removal)
        client.theirs.ask(*removal)


def popped(*replies):
    found = set()
    for value in map(decode, replies):
        found.update(value if isinstance(value, list) else [value])
    return sorted(word for word in found if isinstance(word, bytes))


def iterate(client, request):
    ours, theirs = (iteration(one, request) for one in (client.ours, client.theirs))
    if ours != theirs:
        yield Difference(0, Exchange([*request, b"(with each cursor)"],
                                     encode_found(ours), encode_found(theirs)))


def iteration(connection, request):
    """Returns all elements found with one cursor after the other, or the reply that ended the
    iteration."""
    name, place = request[0], 1 if request[0] == b"SCAN" else 2
    request, found = list(request), []
    for _ in range(10_000):
        try:
            reply = connection.ask(*request)
        except OSError:
            return b"(the server is gone)"
        value = decode(reply) if reply.endswith(b"\r\n") else None
        if not isinstance(value, list):
            return reply
        request[place], more = value
        found += more
        if request[place] == b"0":
            return found_by(name, found)
    return b"(no end)"


def encode_found(found):
    if isinstance(found, dict):
        found = [word for pair in sorted(found.items()) for word in pair]
    return found if isinstance(found, bytes) else encode(sorted(found))


class Side:
    """One client of both servers."""

    def __init__(self, both, is_modern):
        self.both = both
        self.ours, self.theirs = both.ours.connect(), both.theirs.connect()
        self.transactions = Transactions()
        self.before = None
        if is_modern:
            for connection in (self.ours, self.theirs):
                connection.ask(b"HELLO", b"3")

    def close(self):
        self.ours.close()
        self.theirs.close()

    def send(self, requests):
        data = b"".join(map(encode, requests))
        for connection in (self.ours, self.theirs):
            try:
                connection.socket.sendall(data)
            except OSError:
                pass  # The missing answers will show it.

    def differences(self, place, request):
        """Receives the replies to one request, and yields their differences."""
        ours, theirs = self.ours.reply(), self.theirs.reply()
        for exchange in self.transactions.exchanges(request, ours, theirs):
            if not is_same(exchange, self.before, self.both.restored_alike):
                yield Difference(place, exchange)
            self.before = exchange


def restored(connection, payload):
    """Returns a server's value for a payload of DUMP: fields with values in order, and whether
    that order is meaningful. See `collection` for the other types."""
    database, key = SCRATCH
    connection.ask(b"SELECT", database)
    done = decode(connection.ask(b"RESTORE", key, b"0", payload, b"REPLACE"))
    if isinstance(done, Error):
        return done
    value = collection(connection, key, decode(connection.ask(b"TYPE", key)))
    encoding = decode(connection.ask(b"OBJECT", b"ENCODING", key))
    has_order = payload[:1] == HASH_LISTPACK and encoding == b"listpack"
    connection.ask(b"DEL", key)
    if value is None:
        return Error(b"it has one form only")
    return list(value.items()), has_order
