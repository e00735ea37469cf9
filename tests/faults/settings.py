"""The settings of every part, and the helpers that several parts share."""

import atexit
import os
import time
from typing import NamedTuple

from resp import decode
from servers import Server
from writers import Lost

POLICIES = ["everysec", "always"]
AOF = "appendonly.aof"


class Settings(NamedTuple):
    """The program under test, whether the run is quick, and the seed. Also the selected pairs of
    events and the number of seeds for each."""

    program: str
    quick: bool
    seed: str = "1"
    seeds: int = 1
    pairs: str = ""

    def start(self, policy, *options, disk=None, **more):
        """Starts a server with an `appendfsync` policy, and perhaps with a disk that has faults
        on command."""
        environment = disk.environment if disk else None
        server = Server(self.program, "--appendfsync", policy, *options, environment=environment,
                        **more)
        # No server outlives this program, whatever the result.
        atexit.register(server.stop)
        return server

    def times(self, many, few):
        """Returns the number of repetitions."""
        return few if self.quick else many


def restarted(settings, server, policy, *options, **more):
    """Returns a new server that has loaded the files `server` left after a crash."""
    server.kill()
    return settings.start(policy, *options, directory=server.directory, **more)


def aof_path(server):
    return os.path.join(server.directory, AOF)


def info(server, name):
    """Returns one field of INFO."""
    with server.connect() as connection:
        lines = decode(connection.ask(b"INFO")).decode().split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)[name]


def memory_kb(server, name="VmRSS"):
    """Returns VmRSS, a server's memory, or VmHWM, its peak."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def wait_for(what, condition, seconds=30):
    """Waits until `condition` holds. Returns the seconds."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise Lost(f"waited {seconds} s in vain for {what}")
        time.sleep(0.005)
    return time.monotonic() - begun


class TooSlow(Lost):
    """A bar for a time was missed. Other users of the machine can be the reason."""


def demand(holds, text, error=Lost):
    """Raises an error unless a bar is met. `text` describes the measured value."""
    if not holds:
        raise error(text)
    return text


def demand_speed(holds, text):
    """Like `demand`, for a time."""
    return demand(holds, text, TooSlow)
