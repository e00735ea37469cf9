"""A terminal with a shell, as a student has it."""

import contextlib
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

# The shell's prompt: it tells that a command has ended, and how.
PROMPT = "\x02$?\x03"
ENDED = re.compile("\x02(\\d+)\x03")
# Lines of more columns than a real terminal has are not broken.
COLUMNS = 250


def become_terminal():
    """Runs in the child before the shell. A job in the background ignores Ctrl-C, and all that it starts would,
    too."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A shell. `unread` is the output that no expectation has met yet."""

    def __init__(self, environment):
        self.unread, self.is_busy = "", True
        ours, theirs = pty.openpty()
        settings = termios.tcgetattr(theirs)
        settings[1] &= ~termios.ONLCR
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        self.master = ours
        self.shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"], stdin=theirs, stdout=theirs,
            stderr=theirs, env={**environment, "PS1": PROMPT, "PS2": ""}, start_new_session=True,
            preexec_fn=become_terminal)
        os.close(theirs)
        self.wait_for_end(20)

    def type(self, line):
        self.is_busy = True
        os.write(self.master, line.encode() + b"\n")

    def interrupt(self):
        os.write(self.master, b"\x03")

    def wait_for_end(self, timeout_s):
        """Waits for the prompt. Returns the output before it and the command's exit status."""
        if not self.is_busy:
            return "", 0
        found = self.wait_for(ENDED, timeout_s)
        if not found:
            raise TimeoutError(f"still runs after {timeout_s} s, and has said:\n{self.unread}")
        before, self.unread = self.unread[:found.start()], self.unread[found.end():]
        self.is_busy = False
        return before, int(found.group(1))

    def wait_for(self, pattern, timeout_s):
        """Reads until `pattern` is found in what is unread. Returns the match, or None."""
        deadline = time.monotonic() + timeout_s
        while True:
            if found := pattern.search(self.unread):
                return found
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not self.read(left_s):
                return pattern.search(self.unread)

    def read(self, timeout_s):
        """Reads some output. Returns False if there is none in time, or never will be."""
        if not select.select([self.master], [], [], timeout_s)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.unread += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

    def close(self):
        """Ends the shell and all that it runs: first with Ctrl-C, as a student would."""
        if self.is_busy:
            self.interrupt()
            self.wait_for(ENDED, 10)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.shell.wait()
        os.close(self.master)

    def processes(self):
        """Returns the processes of this terminal, which are a session of their own."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError, ValueError):
                if os.getsid(int(entry)) == self.shell.pid:
                    yield int(entry)
