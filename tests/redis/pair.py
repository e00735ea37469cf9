"""Two servers side by side, and the judge that compares their replies."""

import fnmatch

from data import REAL
from lockstep import restored
from resp import Error, decode, encode
from rules import Exchange, is_same
from servers import Server, exchange
from unordered import is_unordered, without_order


class Judge:
    """Compares replies, prints differences, and counts them.

    `deliberate` maps patterns of titles to the reasons for allowed differences.
    """

    def __init__(self, deliberate):
        self.deliberate = deliberate
        self.unused = set(deliberate)
        self.passed = 0
        self.meant = 0
        self.failed = 0

    def compare(self, title, ours, theirs):
        if ours == theirs:
            self.passed += 1
            return
        for pattern in self.deliberate:
            if fnmatch.fnmatchcase(title, pattern):
                self.unused.discard(pattern)
                self.meant += 1
                return
        self.failed += 1
        print(f"DIFFERENT: {title}\n  ours:   {shown(ours)}\n  theirs: {shown(theirs)}")


def shown(value):
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-80:]}"


class Both:
    """Our server and the real one, side by side."""

    def __init__(self, judge, program, ours=(), theirs=()):
        self.judge = judge
        self.our_options = ours
        self.ours = Server(program, *ours)
        try:
            self.theirs = Server(REAL, *theirs)
        except Exception:
            self.ours.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ours.stop()
        self.theirs.stop()

    def connect(self):
        return Client(self.judge, self.ours.connect(), self.theirs.connect())

    def begin_again(self):
        """Empties both servers. Restarts ours if it has died."""
        if self.ours.process.poll() is not None:
            print(f"our server has died, exit code {self.ours.process.returncode}:\n"
                  f"{self.ours.log()[-2000:]}")
            self.ours.stop()
            self.ours = Server(self.ours.program, *self.our_options)
        for server in (self.ours, self.theirs):
            with server.connect() as connection:
                connection.ask(b"FLUSHALL")

    def restored_alike(self, our_payload, their_payload):
        """Returns whether each server restores the same value from both payloads of DUMP."""
        made = []
        for server in (self.ours, self.theirs):
            with server.connect() as connection:
                made += [restored(connection, payload)
                         for payload in (our_payload, their_payload)]
        if any(isinstance(one, Error) for one in made):
            return False
        have_order = all(has_order for _, has_order in made)
        fields = [fields if have_order else dict(fields) for fields, _ in made]
        return all(one == fields[0] for one in fields)

    def shut_down(self):
        """Sends SHUTDOWN. Checks that it has no reply, and that both programs exit without an
        error."""
        self.exchange("SHUTDOWN", encode([b"SHUTDOWN", b"NOSAVE"]))
        codes = [server.process.wait(20) for server in (self.ours, self.theirs)]
        self.judge.compare("exit code after SHUTDOWN", *codes)

    def exchange(self, title, data):
        """Compares all that is said to `data` and to a sentinel after it, which is
        answered only if the connection goes on."""
        data += encode([b"ECHO", b"the connection goes on"])
        self.judge.compare(title, exchange(self.ours.port, data),
                           exchange(self.theirs.port, data))


class Client:
    """One client for each server."""

    def __init__(self, judge, ours, theirs):
        self.judge = judge
        self.ours = ours
        self.theirs = theirs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ours.close()
        self.theirs.close()

    def ask(self, *arguments):
        """Returns the two replies, as values."""
        return decode(self.ours.ask(*arguments)), decode(self.theirs.ask(*arguments))

    def compare(self, *arguments, prefix=""):
        self.compare_all([arguments], prefix)

    def compare_all(self, requests, prefix=""):
        """Sends all requests before it reads the first reply."""
        self.ours.send(*requests)
        self.theirs.send(*requests)
        for request in requests:
            ours, theirs = self.ours.reply(), self.theirs.reply()
            if is_same(Exchange(request, ours, theirs), None, None):
                ours = theirs
            elif is_unordered(request):
                ours, theirs = without_order(ours), without_order(theirs)
            self.judge.compare(prefix + title_of(request), ours, theirs)


def title_of(request):
    return " ".join(repr(word)[2:-1] if len(word) <= 80 else f"({len(word)} bytes)"
                    for word in request)


def readable(word):
    """Formats a request as one would type it into redis-cli."""
    text = repr(word)[2:-1].replace('"', '\\"').replace("\\'", "'")
    if len(text) > 200:
        return f"{text[:60]}...({len(word)} bytes)"
    return text if text and " " not in text and "\\" not in text else f'"{text}"'
