#!/usr/bin/env python3
"""Asks a server and a real redis-server the same, and compares what they answer.

    tests/redis/same_answers.py SERVER [--seed N] [--commands N]

Both are started fresh, on free ports and in temporary directories. Replies are compared
byte for byte, but for maps and sets, which have no order. The requests of requests.txt
come first, then what breaks or bends the protocol, the settings and the command table,
and a piece of differential.py's random stream, which `--seed` repeats. At the end each
server loads the append-only file that the other one wrote.

Prints each difference. DELIBERATE holds those that are meant, with the reason; any other
makes the exit code 1.
"""

import argparse
import ast
import os
import re
import resource
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import raw_requests
from chance import Chance
from data import KEPT, REAL
from differential import Run, finish, names_in_syntax, names_of
from pair import Both, Judge, title_of
from resp import encode, pairs
from servers import exchange
from unordered import client_fields, docs, info, info_fields

REQUESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "requests.txt")
# Deliberate differences: pattern of the title, reason.
DELIBERATE = {
    "protocol: 1,048,577 arguments": "a request may have 2^20 arguments, not 2^31",
    "protocol: a NUL *": "Redis sees no line's end behind a NUL, and waits for ever",
    "inline: a NUL *": "Redis sees no line's end behind a NUL, and waits for ever",
    "protocol: GET of HTTP": "Redis drops the answers to what came before the line 'Host:'",
    "CONFIG GET port": "each has its own",
    "CONFIG GET dir": "each has its own",
    "CONFIG GET bind": "only this machine, unless asked for more",
    "CONFIG GET appendonly": "data is kept unless asked otherwise",
    "CONFIG GET save": "there are no snapshots",
    "CONFIG GET aof-use-rdb-preamble": "there is no RDB",
    "COMMAND * client|no-touch": "of Redis 7.2",
    "COMMAND * client|setinfo": "of Redis 7.2, which client libraries have come to use",
    "COMMAND * hexpire*": "of Redis 7.4",
    "COMMAND * hpexpire*": "of Redis 7.4",
    "COMMAND * h*ttl": "of Redis 7.4",
    "COMMAND * hpersist": "of Redis 7.4",
    "COMMAND * hgetdel": "of Redis 8.0",
    "COMMAND * hgetex": "of Redis 8.0",
    "COMMAND * hsetex": "of Redis 8.0",
    "COMMAND * waitaof": "of Redis 7.2",
    "COMMAND * z*rank": "with WITHSCORE of Redis 7.2",
    "*COMMAND DOCS bitop": "with the operations of Redis 8.2",
    "*COMMAND DOCS set": "with the options of Redis 8.4",
    "*COMMAND DOCS zinter": "with the COUNT of Redis 8.8",
    "*COMMAND DOCS zinterstore": "with the COUNT of Redis 8.8",
    "*COMMAND DOCS zunion": "with the COUNT of Redis 8.8",
    "*COMMAND DOCS zunionstore": "with the COUNT of Redis 8.8",
    "COMMAND * delex": "of Redis 8.4",
    "COMMAND * digest": "of Redis 8.4",
    "COMMAND * msetex": "of Redis 8.4",
    "COMMAND * increx": "of Redis 8.8",
    "INFO # Server threadbare_version": "who it really is",
    "INFO # Threads*": "what only a server of threads can tell",
    "INFO # Persistence aof_lost_files": "files that were removed or changed by another program",
}


WORD = re.compile(r'"((?:\\.|[^"\\])*)"(?:\*(\d+))?|(\S+)')


def words_of(line):
    words = []
    for quoted, times, plain in WORD.findall(line):
        word = plain.encode() or ast.literal_eval(f'b"{quoted}"')
        words.append(word * int(times or 1))
    return words


def conversations():
    title, requests = None, []
    with open(REQUESTS) as lines:
        for line in lines:
            line = line.strip()
            if line.startswith("## "):
                if title:
                    yield title, requests
                title, requests = line[3:], []
            elif line and not line.startswith("#"):
                requests.append(words_of(line))
    yield title, requests


def check_conversations(both):
    for title, requests in conversations():
        with both.connect() as client:
            client.ask(b"FLUSHALL")
            for request in requests:
                if request == [b"HELLO", b"3"]:
                    # Each reply has the client's id.
                    client.ask(*request)
                else:
                    client.compare(*request, prefix=f"{title}: ")


def check_protocol(both):
    kinds = {"protocol": raw_requests.PROTOCOL, "inline": raw_requests.INLINE,
             "pipeline": raw_requests.PIPELINES}
    for kind, cases in kinds.items():
        for title, data in cases.items():
            with both.connect() as client:
                client.ask(b"FLUSHALL")
            both.exchange(f"{kind}: {title}", data)


def check_pieces(both):
    """Checks requests that arrive byte by byte."""
    data = encode([b"SET", b"k", b"a\r\nb"]) + b'\r\nECHO "a b"\r\n' + encode([b"GET", b"k"])
    with both.connect() as client:
        for byte in data:
            client.ours.socket.sendall(bytes([byte]))
            client.theirs.socket.sendall(bytes([byte]))
        for part in ["SET", "ECHO", "GET"]:
            both.judge.compare(f"byte by byte: {part}", client.ours.reply(), client.theirs.reply())


BEFORE_AUTH = [
    b"PING", b"GET k", b"GET", b"SET k v", b"NOSUCH", b"CLIENT BOGUS", b"CLIENT GETNAME a",
    b"COMMAND", b"CONFIG GET *", b"SELECT 1", b"ECHO a", b"INFO", b"DBSIZE", b"FLUSHALL",
    b"SHUTDOWN", b"AUTH", b"AUTH wrong", b"AUTH default wrong", b"AUTH nobody secret",
    b"AUTH a b c", b"AUTH secre", b"AUTH secrets", b"AUTH SECRET", b"PING", b"AUTH secret",
    b"PING", b"AUTH wrong", b"PING", b"AUTH default secret", b"SELECT 1", b"GET k",
]


def check_passwords(both):
    with both.connect() as earlier:
        earlier.compare(b"CONFIG", b"SET", b"requirepass", b"secret")
        earlier.compare(b"CONFIG", b"GET", b"requirepass")
        earlier.compare(b"PING", prefix="connected before there was a password: ")
        with both.connect() as client:
            for line in BEFORE_AUTH:
                client.compare(*line.split(), prefix="with a password: ")
        for title, data in raw_requests.UNAUTHENTICATED.items():
            both.exchange(f"before AUTH: {title}", data)
        check_odd_passwords(both, earlier)
        earlier.compare(b"CONFIG", b"SET", b"requirepass", b"")
    with both.connect() as client:
        client.compare(b"PING", prefix="without a password again: ")


def check_odd_passwords(both, earlier):
    for password in [b"with space", "é".encode(), b"p" * 500]:
        earlier.compare(b"CONFIG", b"SET", b"requirepass", password)
        earlier.compare(b"CONFIG", b"GET", b"requirepass", prefix=f"{password[:10]!r}: ")
        with both.connect() as client:
            client.compare(b"AUTH", password)
            client.compare(b"PING", prefix=f"after AUTH {password[:10]!r}: ")


def check_max_clients(both):
    with both.connect() as first:
        wait_until_alone(first)
        first.compare(b"CONFIG", b"SET", b"maxclients", b"2")
        with both.connect() as second:
            second.compare(b"PING", prefix="the last client that may come: ")
            both.judge.compare("one client too many", exchange(both.ours.port, b""),
                               exchange(both.theirs.port, b""))
        first.compare(b"CONFIG", b"SET", b"maxclients", b"10000")


def wait_until_alone(client):
    """Waits until no server counts disconnected clients."""
    deadline = time.monotonic() + 10
    while not all(b"connected_clients:1\r\n" in text for text in client.ask(b"INFO", b"clients")):
        if time.monotonic() > deadline:
            raise RuntimeError("clients that have gone are still counted")
        time.sleep(0.01)


# Settings that Redis 7.0 does not have.
OURS_ALONE = {b"aof-checksums", b"aof-load-corrupt-tail-max-size", b"client-output-buffer-total",
              b"classroom", b"view-bind", b"view-port"}


def check_settings(judge, program):
    """Compares names and default values of all settings."""
    with Both(judge, program) as both, both.connect() as client:
        ours, theirs = client.ask(b"CONFIG", b"GET", b"*")
        names = pairs(theirs).keys()
        judge.compare("names of settings", sorted(pairs(ours).keys() - OURS_ALONE), sorted(names))
        for name in sorted(names):
            client.compare(b"CONFIG", b"GET", name)


def check_command_table(both):
    judge = both.judge
    with both.connect() as client:
        names, their_names = client.ask(b"COMMAND", b"LIST")
        common = set(names) & set(their_names)
        for name in sorted(names):
            title = name.decode()
            ours, theirs = client.ask(b"COMMAND", b"INFO", name)
            judge.compare(f"COMMAND INFO {title}", info(ours[0], common), info(theirs[0], common))
            ours, theirs = client.ask(b"COMMAND", b"DOCS", name)
            judge.compare(f"COMMAND DOCS {title}", docs(ours, common), docs(theirs, common))
        for kind, value in [(b"ACLCAT", b"hash"), (b"ACLCAT", b"DANGEROUS"), (b"ACLCAT", b"slow"),
                            (b"PATTERN", b"*get*"), (b"PATTERN", b"CLIENT|*")]:
            request = [b"COMMAND", b"LIST", b"FILTERBY", kind, value]
            ours, theirs = client.ask(*request)
            judge.compare(title_of(request), sorted(common & set(ours)),
                          sorted(common & set(theirs)))
        ours, _ = client.ask(b"COMMAND", b"COUNT")
        top_level = [name for name in names if b"|" not in name]
        judge.compare("COMMAND COUNT and COMMAND LIST agree", ours, len(top_level))
        ours, _ = client.ask(b"COMMAND")
        judge.compare("COMMAND and COMMAND LIST agree",
                      sorted(entry[0] for entry in ours), sorted(top_level))


def check_types(both):
    """Checks the protocol types of maps and sets, which the other checks ignore."""
    with both.connect() as client:
        client.ask(b"HELLO", b"3")
        for name in [b"get", b"set", b"mset", b"bitop", b"hello", b"config|set", b"nosuch"]:
            client.compare(b"COMMAND", b"INFO", name, prefix="RESP3: ")
            client.compare(b"COMMAND", b"DOCS", name, prefix="RESP3: ")
        for server in [client.ours, client.theirs]:
            server.send([b"COMMAND", b"INFO", b"object"])
        ours, theirs = (server.reply() for server in [client.ours, client.theirs])
        # The subcommands have no order.
        client.judge.compare("RESP3: COMMAND INFO object", *(
            sorted(reply.split(b"\r\n")) for reply in [ours, theirs]))
        client.compare(b"FUNCTION", b"STATS", prefix="RESP3: ")


def check_help(both):
    """Compares the HELP texts of the implemented subcommands with those of Redis."""
    with both.connect() as client:
        for container in [b"COMMAND", b"CONFIG", b"MEMORY", b"OBJECT"]:
            ours, theirs = client.ask(container, b"HELP")
            both.judge.compare(f"{container.decode()} HELP",
                               ours, [line for line in theirs if line in ours])


def compare_info(judge, client):
    """Compares sections and fields, in their order. Redis's fields that our server lacks are no
    fault."""
    for option in [b"everything", b"", b"server", b"ALL", b"default", b"clients memory"]:
        ours, theirs = (info_fields(text) for text in client.ask(b"INFO", *option.split()))
        if option == b"everything":
            for field in ours:
                judge.compare(f"INFO {field}", "here", "here" if field in theirs else "not here")
        judge.compare(f"INFO {option.decode()}: order",
                      [field for field in ours if field in theirs],
                      [field for field in theirs if field in ours])


def check_shapes(both):
    """Compares the form of replies whose values differ from server to server: INFO, CLIENT
    LIST."""
    with both.connect() as client:
        ours, theirs = client.ask(b"CLIENT", b"ID")
        both.judge.compare("CLIENT ID is a number", type(ours), type(theirs))
        compare_info(both.judge, client)
        client.ask(b"CLIENT", b"SETNAME", b"me")
        client.ask(b"SELECT", b"3")
        for request in [b"CLIENT LIST", b"client list type normal"]:
            ours, theirs = (client_fields(text) for text in client.ask(*request.split()))
            common = ["name", "db", "sub", "psub", "ssub", "multi", "cmd", "user", "redir",
                      "resp", "flags"]
            both.judge.compare(request.decode(), [(name, ours.get(name)) for name in common],
                               [(name, theirs.get(name)) for name in common])
            both.judge.compare(f"{request.decode()}: order of fields",
                               [name for name in ours if name in theirs],
                               [name for name in theirs if name in ours])


def check_random(both, seed, commands):
    """Runs the stream of differential.py with the server's commands."""
    only = names_of(both.ours) & names_in_syntax()
    Run(both, Chance(seed, only)).go(commands)


def check_files(both):
    """Compares the data of both, and the data that each loads from the other's file."""
    fill(both)
    finish(both, are_alike=True)


def fill(both):
    """Adds some keys to those of the random requests."""
    with both.connect() as client:
        for database in [b"0", b"7", b"15"]:
            client.compare(b"SELECT", database)
            client.compare(b"SET", b"big", b"\x00\xff" * 200_000)
            client.compare(b"HSET", b"wide", *(b"%d" % i for i in range(4000)))
            client.compare(b"SET", b"\xff" * 1000, b"")
        client.compare_all([[b"SET", b"key:%d" % i, b"%d" % i] for i in range(2000)])


def allow_many_files():
    """Raises the limit of open files to the maximum. Redis does so by itself; with a lower limit
    it accepts fewer clients."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("server")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--commands", type=int, default=20_000)
    options = options.parse_args()
    version = subprocess.run([REAL, "--version"], stdout=subprocess.PIPE, text=True).stdout
    print(f"Compared with {version.split(' sha')[0]}")
    allow_many_files()
    judge = Judge(DELIBERATE)
    check_settings(judge, options.server)
    with Both(judge, options.server, theirs=KEPT) as both:
        check_conversations(both)
        check_protocol(both)
        check_pieces(both)
        check_passwords(both)
        check_command_table(both)
        check_types(both)
        check_help(both)
        check_shapes(both)
        check_max_clients(both)
        check_random(both, options.seed, options.commands)
        check_files(both)
    for pattern in sorted(judge.unused):
        print(f"no difference any more: {pattern}")
    print(f"{judge.meant} differences are meant: see DELIBERATE in {os.path.basename(__file__)}")
    print(f"{judge.passed} passed, {judge.failed} failed")
    sys.exit(judge.failed > 0)


if __name__ == "__main__":
    main()
