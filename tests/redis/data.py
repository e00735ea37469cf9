"""All that is in two servers, and in the append-only files that they wrote."""

import glob
import os
import shutil
import subprocess
import tempfile

from resp import decode, pairs
from rules import MARGIN_MS
from servers import Server
from words import ABSOLUTE_MS

REAL = "redis-server"
# Data in the append-only file and nowhere else, and in one piece.
KEPT = ["--appendonly", "yes", "--save", "", "--aof-use-rdb-preamble", "no",
        "--auto-aof-rewrite-percentage", "0"]
DATABASES = range(16)


def keys_of(server):
    """The keys of a real Redis's databases."""
    with server.connect() as connection:
        return [sorted(in_database(connection, number, b"KEYS", b"*")) for number in DATABASES]


def in_database(connection, number, *request):
    connection.ask(b"SELECT", b"%d" % number)
    return decode(connection.ask(*request))


def content(server, keys):
    """Sizes of all databases, and type, value and time of `keys`, which are a list for each."""
    found = {}
    with server.connect() as connection:
        for number, names in zip(DATABASES, keys):
            for name in names:
                found[number, name] = entry(connection, number, name)
            found[number] = in_database(connection, number, b"DBSIZE")
    return found


def entry(connection, number, key):
    kind = in_database(connection, number, b"TYPE", key)
    if kind == b"none":
        return None
    value = decode(connection.ask(*([b"HGETALL", key] if kind == b"hash" else [b"GET", key])))
    time = decode(connection.ask(b"PEXPIRETIME", key))
    # A server that knows no such command has no times.
    time = time if isinstance(time, int) else -1
    return kind, pairs(value) if isinstance(value, list) else value, time


def same_content(ours, theirs):
    """`theirs` with the times of `ours` where they are as near as relative times come: equal
    to `ours` if all is the same."""
    adapted = dict(theirs)
    for name, value in ours.items():
        other = theirs.get(name)
        if isinstance(value, tuple) and other is not None and is_near(value[2], other[2]):
            adapted[name] = (*other[:2], value[2])
    return adapted


def is_near(ours, theirs):
    return (min(ours, theirs) > 0 and theirs not in ABSOLUTE_MS
            and abs(ours - theirs) <= MARGIN_MS)


def contents(both):
    """The keys that the real Redis holds, and the content of each server."""
    keys = keys_of(both.theirs)
    return keys, content(both.ours, keys), content(both.theirs, keys)


def compare_entries(judge, title, ours, theirs):
    """One comparison, which shows only what is not the same."""
    names = [name for name in [*theirs, *(ours.keys() - theirs.keys())]
             if ours.get(name) != theirs.get(name)]
    if "log" in names:
        names = ["log"]
    judge.compare(title, {name: ours.get(name) for name in names},
                  {name: theirs.get(name) for name in names})


def compare_files(both, keys, ours, theirs):
    """Each server loads what the other one wrote; both have ended."""
    judge = both.judge
    our_file, their_file = our_log(both.ours), their_log(both.theirs)
    if our_file:
        check = subprocess.run(["redis-check-aof", our_file], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
        judge.compare("redis-check-aof finds our file valid",
                      (check.returncode, "is valid" in check.stdout), (0, True))
        compare_entries(judge, "what we held (ours), and a Redis that has loaded our file",
                        ours, loaded(REAL, our_file, KEPT, keys))
    else:
        judge.compare("our append-only file", None, "one file")
    compare_entries(judge, "our server that has loaded Redis's file, and what Redis held",
                    loaded(both.ours.program, their_file, both.our_options, keys), theirs)


def our_log(server):
    """A real Redis may be in our place."""
    found = glob.glob(server.directory + "/*.aof") or glob.glob(
        server.directory + "/appendonlydir/*.incr.aof")
    return found[0] if len(found) == 1 else None


def their_log(server):
    [found] = glob.glob(server.directory + "/appendonlydir/*.incr.aof")
    return found


def loaded(program, file, options, keys):
    """What a new server holds that begins with `file`; its last words if it does not begin."""
    directory = tempfile.mkdtemp(prefix="threadbare-check-")
    shutil.copy(file, os.path.join(directory, "appendonly.aof"))
    try:
        with Server(program, *options, directory=directory) as server:
            return content(server, keys)
    except RuntimeError as error:
        return {"log": str(error)[-300:]}
