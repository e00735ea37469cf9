"""What every part is given, and what several parts do with it."""

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
    """The program to be tested, whether that is to be quick, and what chance starts from. Some
    pairs of events instead of all, and how many seeds of each."""

    program: str
    quick: bool
    seed: str = "1"
    seeds: int = 1
    pairs: str = ""

    def start(self, policy, *options, disk=None, **more):
        """A server with a policy of syncing, and perhaps with a disk that can be told to
        misbehave."""
        environment = disk.environment if disk else None
        server = Server(self.program, "--appendfsync", policy, *options, environment=environment,
                        **more)
        # None outlives this program, whatever a part has found.
        atexit.register(server.stop)
        return server

    def times(self, many, few):
        """How often something is done."""
        return few if self.quick else many


def restarted(settings, server, policy, *options, **more):
    """What a crash of `server` leaves, loaded by another one."""
    server.kill()
    return settings.start(policy, *options, directory=server.directory, **more)


def aof_path(server):
    return os.path.join(server.directory, AOF)


def info(server, name):
    """One field of INFO."""
    with server.connect() as connection:
        lines = decode(connection.ask(b"INFO")).decode().split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)[name]


def memory_kb(server, name="VmRSS"):
    """VmRSS, what a server has in memory, or VmHWM, the most that it has had."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def wait_for(what, condition, seconds=30):
    """Seconds until `condition` holds."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise Lost(f"waited {seconds} s in vain for {what}")
        time.sleep(0.005)
    return time.monotonic() - begun


class TooSlow(Lost):
    """A bar for a time was not reached. Other users of the machine can be the reason."""


def demand(holds, text, error=Lost):
    """Demands that a bar is reached. `text` says what was measured."""
    if not holds:
        raise error(text)
    return text


def demand_speed(holds, text):
    """As `demand`, for a time."""
    return demand(holds, text, TooSlow)
