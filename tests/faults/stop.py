"""Orderly stops during a long operation: a client in a command, one that does not read, a sweep,
a sync that does not return.

Bar: the process ends within `shutdown-timeout` and a second. Its exit code is 0 if all data is on
the disk; otherwise it has another code and a line in the log. Acknowledged writes exist
afterwards.
"""

import subprocess
import time

from disk import Disk
from resp import decode, encode
from settings import demand, wait_for

TIMEOUT_S = 10
MARGIN_S = 1
KEYS = 400_000
VALUE = b"x" * 1_000_000


def cases(settings):
    timeout = settings.times(TIMEOUT_S, 4)
    for case, busy, code in [
            ("nothing to wait for", lambda server: None, 0),
            ("a client in DEBUG SLEEP 30", sleeper, 0),
            ("a client in EXEC with DEBUG SLEEP 30", sleeper_with_lock, 0),
            ("a client that does not read", laggard, 0),
            ("a sweep", sweep, 0)]:
        yield case, lambda busy=busy, code=code: stop(settings, timeout, busy, code)
    yield "a disk that hangs", lambda: stop(settings, timeout, hang, 1, Disk())


def sleeper(server):
    client = server.connect()
    client.send([b"DEBUG", b"SLEEP", b"30"])
    wait_until_last(server, "debug")
    return client


def sleeper_with_lock(server):
    client = server.connect()
    client.send([b"MULTI"], [b"DEBUG", b"SLEEP", b"30"], [b"EXEC"])
    wait_until_last(server, "exec", "debug")
    return client


def wait_until_last(server, *commands):
    def is_last():
        with server.connect() as connection:
            clients = decode(connection.ask(b"CLIENT", b"LIST")).decode()
        return any(f" cmd={command} " in clients for command in commands)
    wait_for("the command to run", is_last)


def laggard(server):
    client = server.connect()
    client.ask(b"SET", b"big", VALUE)
    client.send(*[[b"GET", b"big"]] * 100)
    time.sleep(0.5)
    return client


def sweep(server):
    client = server.connect()
    client.ask(b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0")
    requests = [encode([b"SET", b"due:%d" % key, b"1", b"PX", b"1"]) for key in range(KEYS)]
    client.socket.sendall(b"".join(requests))
    for _ in range(KEYS):
        client.reply()
    client.ask(b"DEBUG", b"SET-ACTIVE-EXPIRE", b"1")
    return client


def hang(server):
    server.disk.hang = 1
    client = server.connect()
    client.send([b"SET", b"lost", b"1"])
    time.sleep(0.5)
    return client


def stop(settings, timeout_s, busy, code, disk=None):
    policy = "always" if disk else "everysec"
    server = settings.start(policy, "--shutdown-timeout", str(timeout_s),
                            "--enable-debug-command", "yes", disk=disk)
    server.disk = disk
    try:
        with server.connect() as connection:
            connection.ask(b"SET", b"kept", b"1")
        client = busy(server)
        begun = time.monotonic()
        server.process.terminate()
        try:
            found = server.process.wait(timeout_s + MARGIN_S + 20)
        except subprocess.TimeoutExpired:
            found = "none"
        took = time.monotonic() - begun
        line = server.log().strip().split("\n")[-1]
        if client:
            client.close()
        if disk:
            disk.behave()
        server.kill()
        again = settings.start(policy, directory=server.directory)
        with again.connect() as connection:
            kept = connection.ask(b"GET", b"kept")
        again.stop()
    finally:
        server.stop()
    return demand(took <= timeout_s + MARGIN_S and found == code and kept == b"$1\r\n1\r\n",
                  f"took {took:.2f} s of {timeout_s}, exit code {found}: {line[30:]}")
