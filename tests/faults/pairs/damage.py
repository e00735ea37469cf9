"""Damage from outside: to the file, to its directory, to a client."""

import os
import socket
import struct
import subprocess
import tempfile
import time

from data import ask
from events import Event
from history import Wrong
from lives import is_ready
from resp import encode
from servers import free_port
from settings import AOF

# A file that is replaced within this much more than the second that was promised is good enough.
PATIENCE = 15


class Spoil(Event):
    """Moves or cuts the file, or puts another file in its place."""

    name = "file"

    def prepare(self):
        self.path = os.path.join(self.case.directory, AOF)
        self.seen = set()

    def trigger(self):
        case = self.case
        with case.starting:
            self.generation = case.generation
            self.was_answering = is_ready(case.ask(b"PING"))
            case.promise.spoil()
            if not self.was_answering:
                # The server may not have read the file yet.
                case.void_generations.add(self.generation)
        how = self.random.choice([self.remove, self.move, self.empty, self.halve, self.cut,
                                  self.replace])
        try:
            self.seen.add(os.stat(self.path).st_ino)
            how()
        except FileNotFoundError:
            case.note("there is no file")
        case.note(f"the file: {how.__name__}")
        if self.random.random() < 0.5:
            self.mend()

    def remove(self):
        os.unlink(self.path)

    def move(self):
        os.rename(self.path, self.path + ".moved")

    def empty(self):
        os.truncate(self.path, 0)

    def halve(self):
        os.truncate(self.path, os.path.getsize(self.path) // 2)

    def cut(self):
        os.truncate(self.path, max(0, os.path.getsize(self.path) - self.random.randint(1, 100)))

    def replace(self):
        other = self.path + ".other"
        with open(other, "wb") as file:
            file.write(self.random.choice([b"FOREIGN" * 100, encode([b"SELECT", b"0"]) + encode(
                [b"SET", b"foreign", b"1"])]))
        self.seen.add(os.stat(other).st_ino)
        os.rename(other, self.path)

    def mend(self):
        """Waits until the server has replaced the file, if it is the server that owned the
        file."""
        case, begun = self.case, time.monotonic()
        while self.can_replace() and not case.is_over():
            if self.is_replaced() or not self.was_answering and time.monotonic() - begun > 3:
                case.confirm()
                case.note(f"replaced after {time.monotonic() - begun:.2f} s")
                return
            if time.monotonic() - begun > PATIENCE:
                raise Wrong(f"the file was not replaced within {PATIENCE} s")
            time.sleep(0.02)

    def can_replace(self):
        """Returns whether it is the server that owned the file, and has a reason and the room to
        replace it."""
        case = self.case
        return (case.promise.is_void and case.generation == self.generation and case.is_alive()
                and not case.disk.full and case.info().get("aof_enabled") != "0")

    def is_replaced(self):
        """Returns whether the file is a fresh one that the server has open and keeps intact."""
        try:
            inode = os.stat(self.path).st_ino
        except FileNotFoundError:
            return False
        if inode in self.seen or inode not in open_inodes(self.case.server.process.pid):
            return False
        # Asked last: an empty file holds the path from when a rewrite begins.
        info = self.case.info()
        return bool(info) and info["aof_enabled"] == "1" and info["aof_rewrite_in_progress"] == "0"


def open_inodes(pid):
    found = set()
    directory = f"/proc/{pid}/fd"
    for name in os.listdir(directory):
        try:
            found.add(os.stat(os.path.join(directory, name)).st_ino)
        except FileNotFoundError:
            pass  # It has been closed just now.
    return found


class SecondServer(Event):
    """Another process on the same directory. It must not open a file that is in use."""

    name = "second"

    def trigger(self):
        self.random.choice([self.start, self.switch_on, self.import_file, self.repair])()

    def is_in_use(self):
        """Returns whether the first process certainly owns the file."""
        return self.case.is_alive() and self.case.promise.holds

    def begin(self):
        self.before = self.case.generation, self.case.promise.offs, self.is_in_use()

    def end(self, got_hold, text):
        """Ends the second process. If the first was switched off or dead, either may own the
        file."""
        case = self.case
        case.note(f"second: {text[-300:]!r}")
        now = case.generation, case.promise.offs, self.is_in_use()
        if got_hold and self.before == now and now[2]:
            raise Wrong(f"a second server got hold of the file: {text[-500:]}")

    def run(self, *options):
        return subprocess.Popen([self.case.program, *options, "--dir", self.case.directory,
                                 *(["--bind", self.case.host] if "--port" in options else [])],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def start(self):
        self.begin()
        process = self.run("--port", str(free_port()))
        try:
            text = process.communicate(timeout=1 + self.random.random())[0]
            self.end(process.returncode == 0, text)
        except subprocess.TimeoutExpired:
            process.kill()
            self.end(True, process.communicate()[0])

    def switch_on(self):
        port = free_port()
        process = self.run("--port", str(port), "--appendonly", "no")
        try:
            with self.connected(port) as connection:
                self.begin()
                reply = ask(connection, [b"CONFIG", b"SET", b"appendonly", b"yes"])[0]
                if reply == b"OK":
                    self.case.promise.spoil()
                self.end(reply == b"OK", reply)
        except OSError as error:
            self.case.note(f"second: {error}")
        finally:
            process.kill()
            process.communicate()

    def connected(self, port):
        for _ in range(500):
            try:
                return self.case.connect_to(port)
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise ConnectionError("it does not answer")

    def import_file(self):
        with tempfile.TemporaryDirectory() as directory:
            source = os.path.join(directory, "source.aof")
            with open(source, "wb") as file:
                file.write(encode([b"SET", b"imported", b"1"]))
            self.begin()
            process = self.run("--import-aof", source)
            try:
                text = process.communicate(timeout=20)[0]
            finally:
                process.kill()
        if process.returncode == 0:
            self.case.promise.spoil()
        self.end(process.returncode == 0, text)

    def repair(self):
        path = os.path.join(self.case.directory, AOF)
        self.begin()
        done = subprocess.run([self.case.program, "--check-aof", path, "--fix"],
                              capture_output=True, timeout=60, check=False)
        self.end(done.returncode == 0, done.stdout + done.stderr)


class ClientGone(Event):
    """Some clients disconnect in the middle of a request, or do not read their answers."""

    name = "client"

    def trigger(self):
        for client in self.case.clients:
            kind = self.random.randrange(4)
            if kind == 0:
                client.stall_seconds = 0.3 * self.random.random()
            elif kind < 3 and (connection := client.connection):
                hang_up(connection.socket, self.random.random() < 0.5)
            time.sleep(0.01 * self.random.random())


def hang_up(connection, hard):
    try:
        if hard:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # The client had already disconnected.
