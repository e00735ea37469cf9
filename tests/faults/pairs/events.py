"""The events of a server: one class for each, with its duration and its consequences for the
promise.

`options` are for the server's start. `trigger` is called at the event's moment, and returns when
the event is over. `mend` removes the event's damage, so that the server can get well.
"""

import signal
import time

import changes
from case import CLIENTS
from data import OWN, SHARED, ask
from lives import Refused
from load import HOUR_MS, now_ms
from payloads import sealed, text, length, STRING
from request import Request
from resp import Error, encode


class Event:
    """The base class: an event that does nothing."""

    name = ""
    options = []

    def __init__(self, case):
        self.case, self.random = case, case.random

    def prepare(self):
        pass

    def fill(self):
        pass

    def delay(self):
        """Returns the seconds until this event and the other are due."""
        return 0

    def trigger(self):
        raise NotImplementedError

    def mend(self):
        pass

    def check(self, found):
        """Checks the event's own data among the data found in the end, and removes it there."""

    def ask(self, *request):
        reply = self.case.ask(*request)
        self.case.note(f"{b' '.join(request).decode()}: {reply!r}")
        return reply


class Rewrite(Event):
    name = "rewrite"

    def trigger(self):
        for _ in range(self.random.choice([1, 1, 3])):
            self.ask(b"BGREWRITEAOF")
            time.sleep(0.02 * self.random.random())


class SwitchOn(Event):
    """The server starts without a file, and is told to keep one."""

    name = "on"
    options = ["--appendonly", "no"]

    def trigger(self):
        case = self.case
        generation, was_alive = case.generation, case.is_alive()
        offs = case.promise.offs
        if self.ask(b"CONFIG", b"SET", b"appendonly", b"yes") == b"OK" and was_alive:
            if generation == case.generation and offs == case.promise.offs:
                case.confirm()


class SwitchOff(Event):
    name = "off"

    def trigger(self):
        self.case.promise.offs += 1
        self.case.promise.suspend()
        self.ask(b"CONFIG", b"SET", b"appendonly", b"no")
        self.case.promise.offs += 1
        self.case.promise.suspend()
        if self.random.random() < 0.5:
            time.sleep(0.05 * self.random.random())
            SwitchOn.trigger(self)


class Policy(Event):
    name = "policy"

    def trigger(self):
        for _ in range(self.random.choice([1, 4])):
            self.ask(b"CONFIG", b"SET", b"appendfsync",
                     self.random.choice([b"always", b"everysec", b"no"]))
            time.sleep(0.01 * self.random.random())


class Sweep(Event):
    """Many keys of four databases expire at one moment; two of them are swapped meanwhile."""

    name = "sweep"

    def prepare(self):
        # Filling takes a while.
        self.case.swept_at = now_ms() + 300 + self.case.swept // 10

    def fill(self):
        at = b"%d" % self.case.swept_at
        with self.case.connect() as connection:
            for client in range(CLIENTS + 1):
                lines = b"".join(encode([b"SET", b"f%d:%d" % (client, number), b"x", b"PXAT", at])
                                 for number in range(self.case.swept))
                for database in (OWN if client == CLIENTS else SHARED[:2]):
                    ask(connection, [b"SELECT", b"%d" % database])
                    connection.socket.sendall(lines)
                    for _ in range(self.case.swept):
                        connection.replies.next()

    def delay(self):
        return max(0, self.case.swept_at - 10 - now_ms()) / 1000

    def trigger(self):
        time.sleep(0.05)


class Restart(Event):
    """The process ends and another one loads the file, or the process loads it again."""

    name = "load"

    def trigger(self):
        if self.random.random() < 0.3 or not self.case.promise.holds:
            self.ask(b"DEBUG", b"RELOAD")
            return
        self.case.kill()
        try:
            self.case.restart()
        except Refused as error:
            self.case.note(error)


class Stop(Event):
    name = "stop"

    def trigger(self):
        self.case.was_told_to_stop = True
        process = self.case.server.process
        if self.random.random() < 0.5:
            self.ask(b"SHUTDOWN")
        elif process.poll() is None:
            process.send_signal(signal.SIGTERM)
        time.sleep(0.2 * self.random.random())


class Kill(Event):
    name = "kill"

    def trigger(self):
        self.case.kill()


class FullDisk(Event):
    name = "full"

    def trigger(self):
        self.case.disk.full = 1 + self.random.choice([0, 10, 3000, 100_000])
        time.sleep(self.random.choice([0.02, 0.2, 0.5]))
        if self.random.random() < 0.5:
            self.mend()

    def mend(self):
        self.case.disk.full = 0


class FailedSync(Event):
    name = "sync"

    def trigger(self):
        self.case.disk.fail_syncs = self.random.choice([1, 1, 2, 5])
        time.sleep(0.1 * self.random.random())


class OnAllKeys(Event):
    """An act on all keys, which changes the data of several clients at once."""

    databases = ()

    def act(self, change, *request):
        case = self.case
        if not case.gate.begin_act(2):
            case.note(f"{self.name} has no chance")
            return
        histories = [client.history for client in case.clients] + [case.pad_history]
        acts = [history.begin_outside(change, now_ms(), self.name) for history in histories]
        try:
            reply = self.ask(*request)
            is_refused = isinstance(reply, Error)
            for history, act in zip(histories, acts):
                history.end_outside(act, reply == b"OK", is_refused)
            case.acts.append(self.name)
        finally:
            case.gate.end_act()


class SwapDb(OnAllKeys):
    name = "swapdb"

    def trigger(self):
        for _ in range(self.random.choice([1, 1, 2, 12])):
            one, other = self.random.choice([(0, 1), (0, 1), (1, 2)])
            self.act(changes.swap(one, other), b"SWAPDB", b"%d" % one, b"%d" % other)


class FlushAll(OnAllKeys):
    name = "flushall"

    def trigger(self):
        mode = self.random.choice([[], [b"SYNC"], [b"ASYNC"]])
        self.act(changes.flush(), b"FLUSHALL", *mode)


class BigTransaction(Event):
    """Each client sends a long transaction."""

    name = "exec"

    def trigger(self):
        for client in self.case.clients:
            if self.random.random() < 0.7:
                count = self.random.randint(100, 500)
                client.wanted.append(lambda load, count=count: [load.transaction(count)])
        time.sleep(0.02)


class Extremes(Event):
    """RESTORE with the longest times, with keys and values of all bytes, and other extremes."""

    name = "restore"

    def trigger(self):
        for client in self.case.clients:
            client.wanted += [lambda load, extreme=extreme: extreme_requests(load, *extreme)
                              for extreme in self.random.sample(EXTREMES, 5)]
        time.sleep(0.02)


def hash_with_times(*times):
    """Returns a hash as Redis 7.4 dumps it: the first expiry, and for each field its offset from
    that."""
    body = b"\x18" + min(times).to_bytes(8, "little") + length(len(times))
    for number, at in enumerate(times):
        after = at - min(times) + 1
        body += b"\x81" + after.to_bytes(8, "big") + text(b"f%d" % number) + text(b"\r\n\0")
    return sealed(body, 12)


TIMES = [2 ** 40, 2 ** 46 - 1, 2 ** 46, 2 ** 47, 2 ** 48 - 1, 2 ** 48, 2 ** 53, 2 ** 62, 2 ** 63 - 1]
VALUE = bytes(range(256))
EXTREMES = (
    [("key", VALUE, at) for at in TIMES] + [("ttl", VALUE, at) for at in TIMES[3:]]
    + [("key", b"", None), ("key", VALUE * 200, None), ("key", b"%d" % -2 ** 63, None)]
    + [("fields", (2 ** 41, at), None) for at in TIMES]
    + [("fields", (2 ** 41, 2 ** 48 - 1), at) for at in TIMES[:4]]
    + [("hpexpireat", None, at) for at in TIMES] + [("pexpireat", None, at) for at in TIMES]
    + [("set", None, at) for at in TIMES])


def extreme_requests(load, kind, value, at):
    """Returns requests that the server may refuse. Accepted ones must be durable."""
    load.sequence += 1
    name = b"x%d:%d\r\n\0\xff" % (load.number, load.sequence)
    place, number = load.at(name), b"%d" % (at or 0)
    expiry = None if at is None else (at, at)
    if kind == "key":
        payload = sealed(STRING + text(value))
        return [Request([[b"RESTORE", name, number, payload, b"ABSTTL"]],
                        changes.set_to(place, value, expiry), True, name)]
    if kind == "ttl":
        expiry = (at, at + now_ms() + HOUR_MS)
        return [Request([[b"RESTORE", name, number, sealed(STRING + text(value))]],
                        changes.set_to(place, value, expiry), True, name)]
    if kind == "fields":
        fields = {b"f%d" % index: changes.Entry(b"\r\n\0", (time_ms, time_ms))
                  for index, time_ms in enumerate(value)}
        return [Request([[b"RESTORE", name, number, hash_with_times(*value), b"ABSTTL"]],
                        changes.set_to(place, fields, expiry), True, name)]
    if kind == "hpexpireat":
        return [Request([[b"HSET", name, b"f", b""]], changes.hash_set(place, {b"f": b""})),
                Request([[b"HPEXPIREAT", name, number, b"FIELDS", b"1", b"f"]],
                        changes.hash_expire(place, [b"f"], expiry), True, name)]
    if kind == "pexpireat":
        return [Request([[b"SET", name, b""]], changes.set_to(place, b"")),
                Request([[b"PEXPIREAT", name, number]], changes.expire(place, expiry), True, name)]
    return [Request([[b"SET", name, b"", b"PXAT", number]],
                    changes.set_to(place, b"", expiry), True, name)]
