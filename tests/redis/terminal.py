"""A simulated user at a terminal, for real_clients.py."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios


class Terminal:
    """A program at a pseudo-terminal of its own."""

    def __init__(self, command, variables):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        env=os.environ | variables | {"TERM": "xterm"},
                                        start_new_session=True)
        os.close(slave)
        self.unread = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, wanted):
        """Returns the output up to `wanted`, which must appear."""
        while wanted not in self.unread:
            ready, _, _ = select.select([self.master], [], [], 10)
            if not ready:
                raise AssertionError(f"no {wanted!r} in {self.unread!r}")
            self.unread += os.read(self.master, 65536).decode("latin-1")
        text, self.unread = self.unread.split(wanted, 1)
        return text

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
