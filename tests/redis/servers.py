"""What the checks share: servers to talk to, and clients to talk to them.

Not to be run by itself: see same_answers.py, differential.py, ../interop/run.py,
../conformance/run.py and ../faults/faults.py.
"""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from resp import Replies, encode


def free_port():
    """Returns an unused port that is not assigned to outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Server:
    """A program that serves RESP on a free port, with a directory of its own.

    To be used with `with`; the program ends and the directory goes at the block's end.
    `environment` is added to this program's own; `prepare` runs in the new process first.
    """

    def __init__(self, program, *options, directory=None, environment=None, prepare=None,
                 port=None):
        self.program = program
        self.directory = directory or tempfile.mkdtemp(prefix="threadbare-check-")
        self.log_path = os.path.join(self.directory, "log")
        self.port = port or free_port()
        self.start(options, environment, prepare)
        self.wait_until_it_answers()

    def start(self, options, environment, prepare):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--port", str(self.port), "--dir", self.directory, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=prepare,
                env={**os.environ, **(environment or {})})

    def wait_until_it_answers(self):
        deadline = time.monotonic() + 20
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                log = self.log()
                self.stop()
                raise RuntimeError(f"{self.program} does not answer:\n{log}")
            time.sleep(0.01)

    def answers(self):
        try:
            with Connection(self.port) as connection:
                return connection.ask(b"PING").startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def connect(self):
        try:
            return Connection(self.port)
        except ConnectionRefusedError as error:
            raise RuntimeError(f"{self.program} is gone, exit code {self.process.poll()}:\n"
                               f"{self.log()}") from error

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def kill(self):
        """Kills the program, as a crash would. The directory stays."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the program if it still runs."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Connection:
    """One client."""

    def __init__(self, port, timeout=10, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = Replies(self.socket)

    def send(self, *requests):
        self.socket.sendall(b"".join(encode(request) for request in requests))

    def reply(self):
        try:
            return self.replies.next()
        except OSError:
            return b"(no reply)"

    def ask(self, *arguments):
        """Returns the reply to one request, as bytes received."""
        self.send(arguments)
        return self.reply()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def exchange(port, data):
    """Returns everything a server sends in reply to `data`. A new client sends `data` and closes
    its sending side."""
    with Connection(port) as connection:
        try:
            connection.socket.sendall(data)
            connection.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It has hung up first, and may have said why.
        replies = b""
        while True:
            try:
                part = connection.socket.recv(65536)
            except ConnectionResetError:
                part = b""
            except TimeoutError:
                return replies + b"(does not hang up)"
            if not part:
                return replies
            replies += part


def run_tests():
    """Runs the tests of the module that was started, says how many passed, and exits."""
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
