"""The requests of one client, and the data that can result from them.

A client has keys of its own, so the order of its requests is the order of their effects. Other
clients act on all keys: FLUSHALL, SWAPDB. The place of an `Outside` act is only known to be
between two of the client's requests.

After a crash the data must result from a prefix of the requests. The prefix contains all promised
requests, and no unsent one.
"""

import threading

from data import Data, difference, differences, fits

# The search for an explanation stops after this many tries.
TRIES = 20_000


class Step:
    """A request and its change: `change(data, now_ms)` returns the expected reply, or None for
    any. If `key` is given, the server may also have refused the request."""

    def __init__(self, change, sent_ms, text, key=None):
        self.change, self.sent_ms, self.text, self.key = change, sent_ms, text, key
        self.is_answered = self.is_promised = False
        self.reply = None

    def apply(self, data):
        return self.change(data, self.sent_ms)


class Outside(Step):
    """An act of another client, `first` steps from the history's beginning or later. Once it is
    over, it came before step `last`."""

    def __init__(self, change, sent_ms, text, first):
        super().__init__(change, sent_ms, text)
        self.first, self.last = first, None


class Wrong(Exception):
    """The data differs from what the history allows."""


class History:
    """`base` is the promised data. `steps` followed it, in this order."""

    def __init__(self, promise):
        self.promise = promise
        self.lock = threading.Lock()
        self.base = Data()
        self.steps = []
        self.outside = []
        self.text = []

    def send(self, request, sent_ms):
        with self.lock:
            step = Step(request.change, sent_ms, request.text(), request.key)
            self.steps.append(step)
            return step

    def refuse(self, step):
        with self.lock:
            at = self.steps.index(step)
            del self.steps[at]
            for act in self.outside:
                act.first -= act.first > at
                if act.last is not None:
                    act.last -= act.last > at
            self.note(f"refused: {step.text}")

    def answer(self, step, reply):
        with self.lock:
            step.is_answered, step.reply = True, reply
            self.note(f"{step.sent_ms} {step.text} -> {reply[:60]!r}")
            at = self.steps.index(step)
            if not self.promise.holds or self.outside:
                step.is_promised = self.promise.holds
            elif at == 0 or self.changes_something(at):
                self.fold(at)
            else:
                # Equivalent to a read: it does not show what came before.
                self.note("changes nothing")

    def changes_something(self, at):
        data = Data(self.base)
        for step in self.steps[:at]:
            step.apply(data)
        before = data.changes
        self.steps[at].apply(data)
        return data.changes > before

    def fold(self, at):
        """Promises the steps up to the given one."""
        for step in self.steps[:at + 1]:
            expected = step.apply(self.base)
        del self.steps[:at + 1]
        if expected not in (None, step.reply):
            raise Wrong(f"{step.text} was told {step.reply[:200]!r}, not {expected!r}")

    def note(self, text):
        self.text.append(text)
        del self.text[:-2000]

    def begin_outside(self, change, sent_ms, text):
        with self.lock:
            first = sum(step.is_answered for step in self.steps)
            act = Outside(change, sent_ms, text, first)
            self.outside.append(act)
            self.note(f"{text} begins")
            return act

    def end_outside(self, act, is_answered, is_refused):
        with self.lock:
            act.last = len(self.steps)
            act.is_answered = is_answered
            act.is_promised = is_answered and self.promise.holds
            self.note(f"{act.text} ends: {'refused' if is_refused else is_answered}")
            if is_refused:
                self.outside.remove(act)

    def confirm(self):
        """Promises everything answered so far."""
        with self.lock:
            for step in self.steps + self.outside:
                step.is_promised = step.is_answered

    def adopt(self, data):
        """Takes a server's data, whatever it is, as the promised data."""
        with self.lock:
            self.base, self.steps, self.outside = Data(data), [], []
            self.note("took over what was found")

    def resolve(self, found, begun_ms, ended_ms, crashed):
        """Finds out from a server's data which steps took effect."""
        with self.lock:
            self.note(f"resolving, {'after a crash' if crashed else 'live'}: {len(self.steps)} "
                      f"steps, {len(self.outside)} acts of others")
            done = Search(self, found, begun_ms, ended_ms, crashed).run()
            self.steps, self.outside = done, []
            data = Data(self.base)
            for step in done:
                before = data.changes
                step.apply(data)
                step.is_answered = True
                # A step without a change is equivalent to a read.
                step.is_promised = step.is_promised and data.changes > before
            if crashed:
                self.base, self.steps = data, []

    def wrong(self, found, begun_ms, ended_ms):
        """Describes the missing or extra data if no prefix of the steps leads to `found`. Uses
        the prefix that comes closest."""
        promised = max((at + 1 for at, step in enumerate(self.steps) if step.is_promised), default=0)
        data, closest = Data(self.base), (1 << 30, "")
        for number in range(len(self.steps) + 1):
            if number >= promised:
                text = differences(data, found, begun_ms, ended_ms)
                closest = min(closest, (len(text), f"after {number} steps: {'; '.join(text[:3])}"))
            if number < len(self.steps):
                self.steps[number].apply(data)
        return (f"{closest[1]} ({closest[0]} differences; {promised} of {len(self.steps)} steps "
                f"promised, {len(self.outside)} acts of others)")


class Search:
    """Searches for an order and a number of steps that explain the data found and the replies."""

    def __init__(self, history, found, begun_ms, ended_ms, crashed):
        self.history, self.crashed = history, crashed
        self.found, self.begun_ms, self.ended_ms = found, begun_ms, ended_ms
        self.tries = 0

    def run(self):
        for steps in self.choices():
            done = self.go_on(Data(self.history.base), steps, 0, self.history.outside, [])
            if done is not None:
                return done
        raise Wrong(self.history.wrong(self.found, self.begun_ms, self.ended_ms))

    def choices(self):
        """Yields all steps. Then yields the steps without a run of unanswered ones, which a full
        disk may have refused."""
        steps = self.history.steps
        yield steps
        silent = [at for at, step in enumerate(steps) if not step.is_answered]
        for first in silent:
            for last in silent:
                if first <= last < first + 200:
                    yield [step for at, step in enumerate(steps)
                           if step.is_answered or not first <= at <= last]

    def go_on(self, data, steps, at, outside, done):
        """Returns an order of events that begins with `done`. It continues with some of `steps`,
        from `at` on, and some acts of other clients."""
        rest = done[:]
        promised = max((number + 1 for number, step in enumerate(steps) if self.must(step)),
                       default=0)
        while True:
            if at >= promised and not any(map(self.must, outside)) and self.fits(data):
                return rest
            for act in outside:
                if act.first <= at and (act.last is None or at <= act.last):
                    found = self.act_now(data, steps, at, [other for other in outside
                                                           if other is not act], rest, act)
                    if found is not None:
                        return found
            if at == len(steps) or any(self.must(act) and act.last == at for act in outside):
                return None
            if not self.was_refused(steps[at], data):
                if not self.take(steps[at], data):
                    return None
                rest.append(steps[at])
            at += 1

    def act_now(self, data, steps, at, outside, done, act):
        data = Data(data)
        act.apply(data)
        return self.go_on(data, steps, at, outside, [*done, act])

    def take(self, step, data):
        """Takes a step. Returns whether its reply here is the recorded one."""
        expected = step.apply(data)
        return step.reply is None or expected is None or expected == step.reply

    def was_refused(self, step, data):
        """Returns whether the server may have refused a step: none of the databases holds the
        step's result at its key."""
        if not step.key or step.is_answered:
            return False
        data = Data(data)
        step.apply(data)
        expected = [entry for (_, key), entry in data.items() if key == step.key]
        return not any(key == step.key and fits(one, entry, self.begun_ms, self.ended_ms)
                       for one in expected for (_, key), entry in self.found.items())

    def must(self, step):
        return step.is_promised if self.crashed else step.is_answered

    def fits(self, data):
        self.tries += 1
        if self.tries > TRIES:
            raise Wrong(f"no order was found in {TRIES} tries; with all: "
                        + self.history.wrong(self.found, self.begun_ms, self.ended_ms))
        return difference(data, self.found, self.begun_ms, self.ended_ms) is None
