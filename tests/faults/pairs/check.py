"""The final check: the data of a new server on a good disk."""

import time

from data import ALL, PAD, Entry, ask, difference, read
from history import Wrong
from load import now_ms


class Check:
    """The check of a case whose clients have ended and whose server is gone."""

    def __init__(self, case):
        self.case, self.pad_generation = case, 0

    def run(self):
        case = self.case
        case.disk.behave()
        for event in case.events:
            event.mend()
        if case.swept_at:
            time.sleep(max(0, case.swept_at - now_ms() + 2) / 1000)
        case.restart()
        self.compare()
        self.wait_until_swept()
        self.write()

    def compare(self):
        begun = now_ms()
        with self.case.connect() as connection:
            found = read(connection, [b"*"])
            pad = ask(connection, [b"SELECT", b"%d" % PAD], [b"DBSIZE"])[1]
        ended = now_ms()
        for client in self.case.clients:
            prefixes = tuple(pattern[:-1] for pattern in client.load.patterns())
            own = {place: found.pop(place) for place in list(found)
                   if place[1].startswith(prefixes)}
            client.take_over(own, begun, ended, self.case.generation)
        for event in self.case.events:
            event.check(found)
        pads = {(PAD, b"pad"): Entry(b"%d" % pad)} if pad else {}
        if self.case.is_void_since(self.pad_generation):
            self.case.pad_history.adopt(pads)
        else:
            self.case.pad_history.resolve(pads, begun, ended, True)
        self.pad_generation = self.case.generation
        if found and not self.case.is_void_since(0):
            raise Wrong(f"from nowhere: {difference({}, found, begun, ended)}")

    def wait_until_swept(self, patience=20):
        """Waits until all expired data is removed."""
        begun = time.monotonic()
        while True:
            with self.case.connect() as connection:
                replies = ask(connection, *(line for database in ALL for line in (
                    [b"SELECT", b"%d" % database], [b"DBSIZE"], [b"KEYS", b"*"])))
            left = [size - len(keys) for size, keys in zip(replies[1::3], replies[2::3])]
            if not any(left):
                return
            if time.monotonic() - begun > patience:
                raise Wrong(f"expired, and after {patience} s not gone: {left} keys")
            time.sleep(0.02)

    def write(self):
        """Checks that the server accepts writes again."""
        reply = self.case.ask(b"SET", b"s0:again", b"")
        if reply != b"OK" or self.case.ask(b"DEL", b"s0:again") != 1:
            raise Wrong(f"a write is told {reply}")
