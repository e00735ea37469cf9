"""The whole data of two servers, and of the append-only files that they wrote."""

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
# Writes data only to the append-only file, as a single file.
KEPT = ["--appendonly", "yes", "--save", "", "--aof-use-rdb-preamble", "no",
        "--auto-aof-rewrite-percentage", "0"]
DATABASES = range(16)
# The database and the key where payloads of DUMP are restored.
SCRATCH = (b"15", b"restored")


def keys_of(server):
    """Returns the keys of a real Redis's databases."""
    with server.connect() as connection:
        return [sorted(in_database(connection, number, b"KEYS", b"*")) for number in DATABASES]


def in_database(connection, number, *request):
    connection.ask(b"SELECT", b"%d" % number)
    return decode(connection.ask(*request))


def content(server, keys):
    """Returns sizes of all databases, and type, value and time of `keys`, a list for each."""
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
    value = collection(connection, key, kind)
    if value is None:
        value = decode(connection.ask(b"GET", key))
    time = decode(connection.ask(b"PEXPIRETIME", key))
    # A server without this command has no times.
    time = time if isinstance(time, int) else -1
    return kind, value, time


def collection(connection, key, kind):
    """Returns the fields and values of a hash, the indexes and elements of a list, the members of a
    set as fields, or the ranks of a sorted set with its members and scores. Returns None for other
    types."""
    if kind == b"hash":
        return pairs(decode(connection.ask(b"HGETALL", key)))
    if kind == b"list":
        return dict(enumerate(decode(connection.ask(b"LRANGE", key, b"0", b"-1"))))
    if kind == b"set":
        return dict.fromkeys(decode(connection.ask(b"SMEMBERS", key)))
    if kind == b"zset":
        # A listpack makes -0 a 0. The thresholds may be others when a file is loaded.
        words = decode(connection.ask(b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"))
        words[1::2] = (b"0" if score == b"-0" else score for score in words[1::2])
        return dict(enumerate(words))
    return None


def same_content(ours, theirs):
    """Returns `theirs`, with the times of `ours` where they are as close as relative times can
    be. The result equals `ours` if the content is the same."""
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
    """Returns the keys of the real Redis, and the content of each server."""
    keys = keys_of(both.theirs)
    return keys, content(both.ours, keys), content(both.theirs, keys)


def compare_entries(judge, title, ours, theirs):
    """Compares entry by entry, and shows only the differences."""
    names = [name for name in [*theirs, *(ours.keys() - theirs.keys())]
             if ours.get(name) != theirs.get(name)]
    if "log" in names:
        names = ["log"]
    judge.compare(title, {name: ours.get(name) for name in names},
                  {name: theirs.get(name) for name in names})


def compare_files(both, keys, ours, theirs):
    """Makes each server load the other one's file. Both servers have ended."""
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
    """A real Redis may run in place of our server."""
    found = glob.glob(server.directory + "/*.aof") or glob.glob(
        server.directory + "/appendonlydir/*.incr.aof")
    return found[0] if len(found) == 1 else None


def their_log(server):
    [found] = glob.glob(server.directory + "/appendonlydir/*.incr.aof")
    return found


def loaded(program, file, options, keys):
    """Returns the data of a new server that loads `file`, or its last output if it does not
    start."""
    directory = tempfile.mkdtemp(prefix="threadbare-check-")
    shutil.copy(file, os.path.join(directory, "appendonly.aof"))
    try:
        with Server(program, *options, directory=directory) as server:
            return content(server, keys)
    except RuntimeError as error:
        return {"log": str(error)[-300:]}
