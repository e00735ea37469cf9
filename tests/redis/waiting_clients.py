"""Several clients of one server, and a way to know that the server has done all it can.

A server is at rest when each request is answered or its client waits for others, as CLIENT LIST
tells. The control connection that asks for it is served after the requests sent before.
"""

import re
import time

from resp import decode, encode, end_of_reply
from waiting_steps import ABROAD, CLIENTS, LEAVE, MODERN, TIMEOUT, Id

# A server that is not at rest by then hangs.
PATIENCE = 10
FLAGS = re.compile(rb"id=(\d+) .*? flags=(\S+) ")


class One:
    """One client. It has sent `asked` requests, and `answered` of them have their reply."""

    def __init__(self, server, number):
        self.connection = server.connect()
        if number in MODERN:
            self.connection.ask(b"HELLO", b"3")
        if number == ABROAD:
            self.connection.ask(b"SELECT", b"1")
        self.id = decode(self.connection.ask(b"CLIENT", b"ID"))
        self.connection.socket.setblocking(False)
        self.asked = self.answered = 0
        self.received, self.is_gone = b"", False

    def send(self, requests):
        self.asked += len(requests)
        try:
            self.connection.socket.sendall(b"".join(map(encode, requests)))
        except OSError:
            self.is_gone = True

    def receive(self):
        """Reads what has arrived."""
        try:
            more = self.connection.socket.recv(1 << 20)
            self.is_gone = self.is_gone or not more
            self.received += more
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.is_gone = True

    def replies(self):
        """Returns the replies that have arrived since."""
        found, start = [], 0
        while (end := end_of_reply(self.received, start)) is not None and start < end:
            found.append(self.received[start:end])
            start = end
        self.received = self.received[start:]
        self.answered += len(found)
        return found

    def is_answered(self):
        return self.answered >= self.asked


class Seen:
    """What all clients have seen by the time a server is at rest."""

    def __init__(self):
        self.replies = {client: [] for client in range(CLIENTS)}
        self.gone, self.waiting, self.blocked_clients = set(), set(), b""

    def __eq__(self, other):
        return vars(self) == vars(other)

    def text(self):
        parts = [f"client {client}: {b''.join(replies)!r}"
                 for client, replies in self.replies.items() if replies]
        return "; ".join([*parts, f"waiting: {sorted(self.waiting)}", f"gone: {sorted(self.gone)}",
                          f"blocked_clients {self.blocked_clients.decode()}"])


class Crowd:
    """All clients of one server."""

    def __init__(self, server):
        self.server = server
        self.control = server.connect()
        self.control.ask(b"FLUSHALL")
        self.all = [One(server, number) for number in range(CLIENTS)]

    def close(self):
        for one in self.all:
            one.connection.close()
        self.wait_until_gone([one.id for one in self.all])
        self.control.close()

    def send(self, step):
        one = self.all[step.client]
        if step.kind == LEAVE:
            one.connection.close()
            self.wait_until_gone([one.id])
            self.all[step.client] = One(self.server, step.client)
        else:
            one.send([[self.id_of(word) for word in request] for request in step.requests])

    def id_of(self, word):
        return b"%d" % self.all[word.client].id if isinstance(word, Id) else word

    def rest(self, step):
        """Waits until the server is at rest, and returns what the clients have seen. Clients that
        the server has disconnected come back."""
        seen, deadline = Seen(), time.monotonic() + PATIENCE
        must_answer = step.client if step.kind == TIMEOUT else None
        while not self.is_at_rest(seen, must_answer):
            if time.monotonic() > deadline:
                seen.gone.add("(not at rest)")
                break
        for client in seen.gone & set(range(CLIENTS)):
            self.all[client].connection.close()
            self.all[client] = One(self.server, client)
        return seen

    def is_at_rest(self, seen, must_answer):
        for client, one in enumerate(self.all):
            one.receive()
            seen.replies[client] += one.replies()
        # Later than the replies above: with all others answered, who waits now waits on.
        flags, seen.blocked_clients = self.flags()
        seen.waiting = {client for client, one in enumerate(self.all)
                        if b"b" in flags.get(one.id, b"")}
        seen.gone |= {client for client, one in enumerate(self.all) if one.is_gone}
        return all(client in seen.gone or one.id in flags
                   and one.is_answered() == (client not in seen.waiting)
                   and not (client == must_answer and client in seen.waiting)
                   for client, one in enumerate(self.all))

    def flags(self):
        """Returns the flags of the clients by id, and the number of blocked ones."""
        ids = [b"%d" % one.id for one in self.all]
        self.control.send([b"CLIENT", b"LIST", b"ID", *ids], [b"INFO", b"clients"])
        lines, info = decode(self.control.reply()), decode(self.control.reply())
        found = {int(number): flags for number, flags in FLAGS.findall(lines)}
        return found, re.search(rb"blocked_clients:(\d+)", info)[1]

    def wait_until_gone(self, ids):
        """Waits until the server has noticed that some clients are gone."""
        deadline = time.monotonic() + PATIENCE
        while any(number in self.flags()[0] for number in ids):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.server.program} does not notice that a client is gone")
