"""A simulated user at a terminal: tmux runs a program, takes keys and tells the screen's text."""

import os
import shutil
import subprocess
import tempfile
import time


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, command, variables):
        self.directory = tempfile.mkdtemp(prefix="threadbare-tmux-")
        environment = [f"{name}={value}" for name, value in variables.items()]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50",
                  "env", *environment, *command)
        self.tmux("set-option", "-g", "history-limit", "20000")

    def tmux(self, *arguments):
        # Without the variable, a user who is in tmux can run this.
        environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
        socket = os.path.join(self.directory, "socket")
        return subprocess.run(["tmux", "-S", socket, *arguments], env=environment, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
                              text=True, errors="replace").stdout

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def press(self, *keys):
        """Presses keys by tmux's names, such as C-c."""
        self.tmux("send-keys", *keys)

    def text(self):
        """Returns all lines since the screen was last clear, long ones whole, without empty ones at the
        end."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-").rstrip()

    def screen(self):
        """Returns the lines that the user sees."""
        return self.tmux("capture-pane", "-p", "-J").rstrip()

    def wait_until_clear(self):
        """Waits until the screen has one line, and forgets the lines that have left it."""
        self.wait_until(lambda text: "\n" not in text, "a clear screen", self.screen)
        self.tmux("clear-history")

    def wait_until(self, condition, wanted, read=None):
        """Waits until the text meets `condition`, which `wanted` names. Returns the text."""
        read = read or self.text
        deadline = time.monotonic() + 10
        while not condition(text := read()):
            if time.monotonic() > deadline:
                raise AssertionError(f"no {wanted!r} in {text!r}")
            time.sleep(0.01)
        return text

    def wait_for(self, wanted):
        return self.wait_until(lambda text: wanted in text, wanted)

    def has_ended(self):
        """Waits until the program ends, and with it tmux."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                self.text()
            except subprocess.CalledProcessError:
                return True
            time.sleep(0.01)
        return False

    def close(self):
        try:
            self.tmux("kill-server")
        except subprocess.CalledProcessError:
            pass  # It has ended with its program.
        shutil.rmtree(self.directory, ignore_errors=True)
