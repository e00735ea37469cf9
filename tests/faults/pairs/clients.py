"""The clients of a case. Each sends its load, reads the answers, and records its history."""

import threading
import time
import traceback

import changes
from data import ask, read, whole
from history import History, Wrong
from load import now_ms
from request import Request, is_refused
from resp import encode

# A longer wait counts as a hang.
PATIENCE = 20


class Hung(Exception):
    """An answer did not arrive in time."""


class Gate:
    """Stops acts on all keys while unsettled clients read their data to find out their position.
    No act starts until every client is settled."""

    def __init__(self):
        self.condition = threading.Condition()
        self.clients, self.unsettled = set(), set()
        self.acts = 0

    def join(self, client):
        with self.condition:
            self.clients.add(client)
            self.unsettled.add(client)

    def leave(self, client):
        with self.condition:
            self.clients.discard(client)
            self.unsettled.discard(client)
            self.condition.notify_all()

    def unsettle(self, client):
        with self.condition:
            self.unsettled.add(client)

    def wait_for_acts(self, is_over):
        """Waits until no act is in progress. Used by a client that is not settled."""
        with self.condition:
            return self.condition.wait_for(lambda: self.acts == 0 or is_over(), PATIENCE)

    def settle(self, client):
        with self.condition:
            self.unsettled.discard(client)
            self.condition.notify_all()

    def begin_act(self, patience):
        with self.condition:
            if not self.condition.wait_for(lambda: not self.unsettled, patience):
                return False
            self.acts += 1
            return True

    def end_act(self):
        with self.condition:
            self.acts -= 1
            self.unsettled |= self.clients
            self.condition.notify_all()


class Client:
    """One client with a thread of its own. `case` knows the server's address."""

    def __init__(self, case, load):
        self.number, self.case, self.random, self.load = load.number, case, load.random, load
        self.history = History(case.promise)
        self.connection = None
        self.id = None
        self.generation = None
        self.acts_seen = 0
        self.stall_seconds = 0
        # Requests that events ask the client to send: functions from the load to requests.
        self.wanted = []
        case.gate.join(self)
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            while not self.case.is_over():
                try:
                    self.serve()
                except (ConnectionError, OSError) as error:
                    self.lose(error)
        except Exception as error:  # The case reports any exception.
            self.case.fail(error if isinstance(error, (Wrong, Hung)) else RuntimeError(
                traceback.format_exc()), f"client {self.number}")
        finally:
            if self.connection:
                self.connection.close()
            self.case.gate.leave(self)

    def lose(self, error):
        self.case.gate.unsettle(self)
        if isinstance(error, TimeoutError):
            raise Hung(f"client {self.number} waited {PATIENCE} s for an answer") from error
        if self.connection:
            self.connection.close()
            self.connection = None
        time.sleep(0.003)

    def serve(self):
        """Serves one connection until it is lost or the case is over."""
        generation, port = self.case.server_now()
        self.connection = self.case.connect_to(port)
        if ask(self.connection, [b"PING"])[0].startswith(b"LOADING"):
            raise ConnectionError("it is still loading")
        if not self.case.gate.wait_for_acts(self.case.is_over):
            raise Hung("an act on all keys does not end")
        self.find_out(generation)
        while not self.case.is_over():
            if self.acts_seen != len(self.case.acts):
                self.find_out_about_acts()
            if self.random.random() < 0.03:
                self.load.database = self.random.choice(self.load.databases)
                self.select()
            self.batch()

    def select(self):
        while ask(self.connection, [b"SELECT", b"%d" % self.load.database])[0] != b"OK":
            if self.case.is_over():
                raise ConnectionError("the case is over")
            time.sleep(0.002)

    def find_out(self, generation):
        """Finds out which unanswered requests took effect in the server."""
        if self.generation is not None and self.generation == generation:
            self.wait_until_gone()
        found, begun, ended = self.read()
        self.take_over(found, begun, ended, generation)
        self.id = ask(self.connection, [b"CLIENT", b"ID"])[0]
        self.acts_seen = len(self.case.acts)
        self.select()
        self.case.gate.settle(self)

    def take_over(self, found, begun, ended, generation):
        """Continues from the server's data."""
        if self.case.is_void_since(self.generation or 0):
            self.history.adopt({place: entry_range(entry) for place, entry in found.items()})
        else:
            self.history.resolve(found, begun, ended, self.generation != generation)
        self.generation = generation

    def find_out_about_acts(self):
        """Finds out between which requests other clients' acts on all keys took effect."""
        if self.case.gate.wait_for_acts(self.case.is_over):
            found, begun, ended = self.read()
            self.acts_seen = len(self.case.acts)
            self.history.resolve(found, begun, ended, False)
            self.select()
        self.case.gate.settle(self)

    def read(self):
        begun = now_ms()
        found = read(self.connection, self.load.patterns(), self.load.databases)
        return found, begun, now_ms()

    def wait_until_gone(self):
        """Waits until the server has dropped the lost connection and cannot run more of its
        requests."""
        begun = time.monotonic()
        own = b"id=%d " % (self.id or 0)
        while any(line.startswith(own) for line in
                  ask(self.connection, [b"CLIENT", b"LIST"])[0].split(b"\n")):
            if time.monotonic() - begun > PATIENCE:
                raise Hung(f"client {self.number}'s lost connection does not end")
            time.sleep(0.003)

    def batch(self):
        """Sends some requests at once, and reads their answers."""
        count = self.load.batch()
        stall, self.stall_seconds = self.stall_seconds, 0
        requests = self.stalled_requests() if stall else [self.load.next() for _ in range(count)]
        wanted, self.wanted = self.wanted, []
        requests += [request for some in wanted for request in some(self.load)]
        steps = [self.history.send(request, now_ms()) for request in requests]
        lines = [encode(line) for request in requests for line in request.lines]
        if len(requests) == 1 and self.random.random() < 0.3:
            # The data may have changed before a transaction's EXEC.
            self.connection.socket.sendall(b"".join(lines[:-1]))
            time.sleep(0.05 * self.random.random() ** 3)
            del lines[:-1]
        self.connection.socket.sendall(b"".join(lines))
        time.sleep(stall)
        for request, step in zip(requests, steps):
            for _ in request.lines:
                reply = whole(self.connection.replies.next())
            self.take(request, step, reply)
        # Between two batches of a client, other threads get a turn.
        time.sleep(0.001)

    def stalled_requests(self):
        """Returns requests with big answers, which are not read for a while."""
        name = b"s%d:0" % self.number
        value = b"%d.stalled" % self.number + b"." * 500_000
        place = self.load.at(name)
        big = Request([[b"SET", name, value]], changes.set_to(place, value))
        get = Request([[b"GET", name]], changes.nothing)
        return [big] + [request for _ in range(12) for request in (get, self.load.next())]

    def take(self, request, step, reply):
        if is_refused(request, reply):
            self.history.refuse(step)
            time.sleep(0.002)
        elif reply.startswith(b"-"):
            raise Wrong(f"client {self.number} was told {reply!r} to {request.text()}")
        else:
            self.history.answer(step, reply)


def entry_range(entry):
    """Returns an entry found in the server in the model's form."""
    value = entry.value
    if isinstance(value, dict):
        value = {name: entry_range(field) for name, field in value.items()}
    return entry._replace(value=value, expiry=entry.expiry and (entry.expiry, entry.expiry))
