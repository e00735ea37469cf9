"""Clients that wait for elements of lists, while another client pushes them."""

import threading
import time

from clients import Hung
from data import ask
from events import Event
from history import Wrong
from resp import Error

CONSUMERS = 4
TIMEOUT = b"0.1"


class Waiting(Event):
    """Each element is delivered at most once. An element whose push was answered is delivered, or
    still there, or was on its way to a client that lost its connection."""

    name = "wait"

    def __init__(self, case):
        super().__init__(case)
        # Of this event alone, even if it meets another one of its kind.
        number = self.random.randrange(10 ** 9)
        self.lists = [b"w:%d:0" % number, b"w:%d:1" % number]
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.delivered, self.pushed, self.cut = [], [], 0
        self.was_promised = True

    def fill(self):
        self.threads = [threading.Thread(target=self.until_over, args=(work, number), daemon=True)
                        for number, work in enumerate([self.produce] + CONSUMERS * [self.consume])]
        for thread in self.threads:
            thread.start()

    def trigger(self):
        time.sleep(self.random.uniform(0.02, 0.2))
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        self.case.note(f"{len(self.pushed)} pushed, {len(self.delivered)} delivered, {self.cut} cut")

    def until_over(self, work, number):
        while not (self.is_over.is_set() or self.case.is_over()):
            try:
                with self.case.connect() as connection:
                    work(connection, number)
            except TimeoutError:
                self.case.fail(Hung("a queue hangs"), self.name)
                return
            except OSError:
                time.sleep(0.005)

    def produce(self, connection, _number):
        while not self.is_over.is_set():
            element = b"%d" % time.monotonic_ns()
            reply = ask(connection, [b"LPUSH", self.random.choice(self.lists), element])[0]
            if not isinstance(reply, Error):
                self.note(self.pushed, element)
            time.sleep(0.0005)

    def consume(self, connection, number):
        request = [b"BRPOP", *self.lists, TIMEOUT] if number % 2 else [
            b"BLMPOP", TIMEOUT, b"2", *reversed(self.lists), b"RIGHT", b"COUNT", b"2"]
        while not self.is_over.is_set():
            try:
                reply = ask(connection, request)[0]
            except OSError:
                with self.lock:
                    self.cut += 2
                raise
            if isinstance(reply, Error):
                time.sleep(0.002)
                continue
            if reply:
                elements = reply[1] if isinstance(reply[1], list) else reply[1:]
                self.note(self.delivered, *elements)

    def note(self, elements, *more):
        with self.lock:
            elements += more
            self.was_promised &= self.case.promise.holds

    def check(self, found):
        """Checks the data found after a restart, and removes what is this event's own."""
        case = self.case
        own = [found.pop(place) for place in list(found) if place[1] in self.lists]
        left = [element for entry in own for element in entry.value]
        if not self.was_promised or case.promise.offs or case.is_void_since(0):
            return
        if len(set(self.delivered)) < len(self.delivered):
            raise Wrong("an element was delivered twice")
        if back := set(self.delivered) & set(left):
            raise Wrong(f"delivered, and there again: {sorted(back)[:5]}")
        lost = set(self.pushed) - set(self.delivered) - set(left)
        if len(lost) > self.cut and not any(event.name == "flushall" for event in case.events):
            raise Wrong(f"{len(lost)} of {len(self.pushed)} elements are lost")
