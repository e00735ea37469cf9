"""What the checks of this directory share: a server, and helpers around it. run.py tells more."""

import contextlib
import os
import subprocess
import sys
import time
import unittest
from collections import Counter

from resp import decode
from servers import Server

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORD = "se cret"
QUIET = {"REDISCLI_HISTFILE": "/dev/null", "REDISCLI_RCFILE": "/dev/null"}


class WithServer(unittest.TestCase):
    """A server for each class, empty for each check."""

    PROGRAM = None
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.PROGRAM, *cls.OPTIONS)
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        # A server with a password answers NOAUTH also while it loads.
        self.wait_until(lambda: self.ask(b"FLUSHALL") == b"OK", "the server does not flush")

    def ask(self, *arguments):
        with self.server.connect() as connection:
            connection.ask(b"AUTH", PASSWORD.encode())
            return decode(connection.ask(*arguments))

    def wait_until(self, condition, failure):
        """Waits until the function returns true. Fails with the text after ten seconds."""
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline, failure)
            time.sleep(0.002)

    def wait_until_blocked(self, count):
        """Waits until `count` clients wait for data."""
        line = b"blocked_clients:%d\r\n" % count
        self.wait_until(lambda: line in self.ask(b"INFO", b"clients"),
                        f"{count} clients do not wait")

    def wait_until_nobody_listens(self):
        """Waits until the server has seen that the listeners of the last check are closed. It
        counts them as receivers of a message until then."""
        self.wait_until(lambda: self.ask(b"CLIENT", b"LIST", b"TYPE", b"pubsub") == b"",
                        "a client is still subscribed")

    def program(self, name, *arguments, stdin=b""):
        """Runs a client of Redis. Returns its exit code and its output, as text."""
        done = subprocess.run([name, "-p", str(self.server.port), *arguments], input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30,
                              env=os.environ | QUIET)
        return done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1")

    def cli(self, *arguments, stdin=b""):
        """Returns redis-cli's output, and checks that it succeeded."""
        code, output, errors = self.program("redis-cli", *arguments, stdin=stdin)
        self.assertEqual((code, errors), (0, ""), output)
        return output

    @contextlib.contextmanager
    def running(self, *arguments):
        """Runs redis-cli for as long as the block lasts. Its output is text."""
        with subprocess.Popen(["redis-cli", "-p", str(self.server.port), *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=os.environ | QUIET) as program:
            try:
                yield program
            finally:
                program.kill()

    def needs(self, *commands):
        """Skips the check if a command is missing. A subcommand is written `client|info`."""
        found = self.ask(b"COMMAND", b"INFO", *commands)
        missing = [name.decode() for name, row in zip(commands, found) if row is None]
        if missing:
            self.skipTest(f"not there yet: {' '.join(missing)}")


def run_with_server():
    """Runs the checks of the file that was started, with the server that the command line names.
    Prints what was skipped and why, and exits."""
    if len(sys.argv) < 2:
        sys.exit("To be run by run.py")
    WithServer.PROGRAM = sys.argv.pop(1)
    result = unittest.main(exit=False).result
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    for reason, count in sorted(Counter(reason for _, reason in result.skipped).items()):
        print(f"{count} skipped, {reason}")
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
