"""The keyspace events of two servers, compared byte for byte and in order."""

from collections import Counter
from itertools import groupby

from data import SCRATCH
from resp import decode

# Payloads of DUMP are restored there, at any time between the steps that are compared.
SCRATCH_CHANNELS = tuple(b"__key%s@%s__" % (kind, SCRATCH[0]) for kind in (b"space", b"event"))
# The channel of the message that ends a batch of events.
FENCE = b"__keyfence__:"
# All classes, also those that `A` leaves out: missing keys and new keys.
CLASSES = b"KEAmn"


class Listener:
    """A client of one server that receives all events."""

    def __init__(self, server):
        self.connection, self.publisher = server.connect(), server.connect()
        self.connection.ask(b"CONFIG", b"SET", b"notify-keyspace-events", CLASSES)
        self.connection.ask(b"PSUBSCRIBE", b"__key*__:*")

    def close(self):
        self.connection.close()
        self.publisher.close()

    def events(self):
        """Returns the channels and messages that have come since the last call. All commands of
        others have been answered, so a message that is published now comes after their events."""
        found = []
        self.publisher.send([b"PUBLISH", FENCE, b""])
        self.publisher.reply()
        while True:
            reply = self.connection.reply()
            value = decode(reply) if reply.endswith(b"\r\n") else [b"(the server is gone)"]
            if len(value) < 4 or value[2] == FENCE:
                return found
            if not value[2].startswith(SCRATCH_CHANNELS):
                found.append(tuple(value[2:]))


class Listeners:
    """The listeners of both servers."""

    def __init__(self, both):
        self.listeners = [Listener(server) for server in (both.ours, both.theirs)]

    def close(self):
        for listener in self.listeners:
            listener.close()

    def difference(self, with_misses):
        """Returns what both have heard from the first difference on, or None."""
        ours, theirs = (listener.events() for listener in self.listeners)
        if not with_misses:
            ours, theirs = ([it for it in events if not is_miss(it)] for events in (ours, theirs))
        lists = [in_order(it for it in events if not is_expiry(it)) for events in (ours, theirs)]
        expiries = [Counter(filter(is_expiry, events)) for events in (ours, theirs)]
        if lists[0] == lists[1] and expiries[0] == expiries[1]:
            return None
        if lists[0] == lists[1]:
            lists = [sorted(expiries[0] - expiries[1]), sorted(expiries[1] - expiries[0])]
        start = next((at for at, (one, other) in enumerate(zip(*lists)) if one != other),
                     min(map(len, lists)))
        return [text(events[start:start + 4]) for events in lists]


def is_expiry(event):
    """Returns whether a key has expired. A command or a sweep removes it, at any time from then on."""
    channel, message = event
    return message == b"expired" or channel.endswith(b"__:expired")


def in_order(events):
    """Sorts misses that follow each other: SORT looks keys up in the order of a table."""
    runs = [(name, list(run)) for name, run in groupby(events, is_miss)]
    return [event for misses, run in runs for event in (sorted(run) if misses else run)]


def is_miss(event):
    channel, message = event
    return message == b"keymiss" or channel.endswith(b"__:keymiss")


def text(events):
    """Formats events as one reply. In the kind of a difference only their names count."""
    names = [message for channel, message in events if channel.startswith(b"__keyspace@")]
    keys = [channel for channel, _ in events if channel.startswith(b"__keyspace@")]
    quoted = b", ".join(keys).replace(b"'", b'"')
    return b"+%s '%s'\r\n" % (b" ".join(names), quoted)
