#!/usr/bin/env python3
"""Takes the append-only files of a real redis-server over into a server, and back.

    python3 tests/redis/import_aof.py SERVER [options of unittest]

SERVER is a program with `--import-aof` and `--check-aof`. Servers are started on free ports,
in temporary directories.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

from resp import decode
from servers import Server, run_tests

PROGRAM = None
REDIS = "redis-server"

STRINGS = {
    b"plain": b"value",
    b"integer": b"12345",
    b"negative": b"-2147483648",
    b"empty": b"",
    b"binary \x00\r\n\xff": bytes(range(256)),
    b"packed": b"ab" * 5000,
    b"big": os.urandom(3_000_000),
}
HASHES = {
    b"small": {b"f": b"1", b"g": b"text", b"": b""},
    b"with long texts": {b"f" * 100: b"v" * 1000, b"g": b"\r\n"},
    b"many": {b"field %d" % number: b"%d" % number for number in range(2000)},
}
LISTS = {
    b"a list": [b"x", b"12", b"", b"-300", b"v" * 300],
    b"a long list": [b"element %d" % number for number in range(5000)],
    b"a list of long texts": [b"ab" * 10000, b"\r\n", b"c" * 1000],
}

ZSETS = {
    b"a sorted set": [b"a", b"1", b"b", b"-2.5", b"7", b"inf", b"", b"3.2", b"v" * 60, b"12345678901"],
    b"a long sorted set": [word for number in range(3000)
                           for word in (b"member %d" % number, b"%d" % (number % 50))],
    b"a sorted set of long texts": [b"ab" * 10000, b"-inf", b"\r\n", b"1e300", b"c" * 1000, b"0.1"],
}
SKETCHES = {
    b"a sparse sketch": [b"%d" % number for number in range(20)],
    b"a dense sketch": [b"%d" % number for number in range(5000)],
}


def fill(connection):
    """Fills two databases with all kinds of data."""
    for database in (b"0", b"7"):
        connection.ask(b"SELECT", database)
        for key, value in STRINGS.items():
            connection.ask(b"SET", key, value)
        for key, fields in HASHES.items():
            for name, value in fields.items():
                connection.send([b"HSET", key, name, value])
            for _ in fields:
                connection.reply()
        for key, elements in LISTS.items():
            connection.ask(b"RPUSH", key, *elements)
        for key, words in ZSETS.items():
            scored = (word for pair in zip(words[1::2], words[::2]) for word in pair)
            connection.ask(b"ZADD", key, *scored)
        for key, elements in SKETCHES.items():
            connection.ask(b"PFADD", key, *elements)
    connection.ask(b"SELECT", b"0")


def change(connection):
    """Changes data after the base is made, with transactions among the requests."""
    connection.ask(b"SELECT", b"7")
    connection.ask(b"MULTI")
    connection.ask(b"SET", b"plain", b"changed")
    connection.ask(b"HSET", b"small", b"f", b"2", b"h", b"new")
    connection.ask(b"LPUSH", b"a list", b"first")
    connection.ask(b"RPOP", b"a long list")
    connection.ask(b"ZINCRBY", b"a sorted set", b"0.5", b"b")
    connection.ask(b"ZPOPMIN", b"a long sorted set", b"3")
    connection.ask(b"PFADD", b"a sparse sketch", b"one more")
    connection.ask(b"DEL", b"empty")
    connection.ask(b"EXEC")
    connection.ask(b"SELECT", b"0")
    connection.ask(b"SET", b"after", b"1")


def content(connection):
    """Returns the whole content of these databases, and their sizes."""
    found = {}
    for database in (b"0", b"7"):
        connection.ask(b"SELECT", database)
        found[database] = decode(connection.ask(b"DBSIZE"))
        for key in [*STRINGS, *SKETCHES, b"after", b"expiring"]:
            found[database, key] = decode(connection.ask(b"GET", key))
        for key in HASHES:
            flat = decode(connection.ask(b"HGETALL", key))
            found[database, key] = dict(zip(flat[::2], flat[1::2]))
        for key in LISTS:
            found[database, key] = decode(connection.ask(b"LRANGE", key, b"0", b"-1"))
        for key in ZSETS:
            found[database, key] = decode(connection.ask(b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"))
    connection.ask(b"SELECT", b"0")
    return found


def rewrite(connection):
    connection.ask(b"BGREWRITEAOF")
    while b"aof_rewrite_in_progress:1" in decode(connection.ask(b"INFO", b"persistence")):
        pass


def run(*arguments):
    return subprocess.run([*arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)


class Import(unittest.TestCase):
    def directory(self):
        path = tempfile.mkdtemp(prefix="threadbare-import-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def needs(self, command):
        with Server(PROGRAM) as server, server.connect() as connection:
            if decode(connection.ask(b"COMMAND", b"INFO", command)) == [None]:
                self.skipTest(f"{command.decode()} is not there yet")

    def redis_files(self, *options, prepare=fill, finish=change):
        """Returns a copy of a redis-server's files, and its content."""
        copy = os.path.join(self.directory(), "appendonlydir")
        # Under 'everysec' Redis may answer before it writes, while the disk is busy.
        with Server(REDIS, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                    *options) as server:
            with server.connect() as connection:
                prepare(connection)
                rewrite(connection)
                finish(connection)
                expected = content(connection)
            shutil.copytree(os.path.join(server.directory, "appendonlydir"), copy)
        return copy, expected

    def imported(self, source):
        """Returns a server's data after an import of `source`."""
        directory = self.directory()
        done = run(PROGRAM, "--import-aof", source, "--dir", directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        checked = run(PROGRAM, "--check-aof", os.path.join(directory, "appendonly.aof"))
        self.assertEqual(checked.returncode, 0, checked.stdout)
        with Server(PROGRAM, directory=directory) as server, server.connect() as connection:
            return content(connection)

    def test_a_base_in_rdb_form_and_what_follows(self):
        source, expected = self.redis_files("--aof-use-rdb-preamble", "yes")
        self.assertTrue(any(name.endswith(".base.rdb") for name in os.listdir(source)))
        self.assertEqual(self.imported(source), expected)

    def test_a_base_in_rdb_form_without_compression_and_checksum(self):
        source, expected = self.redis_files(
            "--aof-use-rdb-preamble", "yes", "--rdbcompression", "no", "--rdbchecksum", "no",
            "--maxmemory-policy", "allkeys-lfu", "--maxmemory", "1gb")
        self.assertEqual(self.imported(source), expected)

    def test_a_base_of_commands_with_annotations(self):
        self.needs(b"HMSET")
        source, expected = self.redis_files(
            "--aof-use-rdb-preamble", "no", "--aof-timestamp-enabled", "yes")
        self.assertTrue(any(name.endswith(".base.aof") for name in os.listdir(source)))
        self.assertEqual(self.imported(source), expected)

    def test_one_file_with_an_rdb_preamble(self):
        source, expected = self.redis_files("--aof-use-rdb-preamble", "yes")
        names = sorted(os.listdir(source))
        single = os.path.join(self.directory(), "old.aof")
        with open(single, "wb") as file:
            for name in names:
                if not name.endswith(".manifest"):
                    with open(os.path.join(source, name), "rb") as part:
                        file.write(part.read())
        self.assertEqual(self.imported(single), expected)

    def test_keys_that_expire(self):
        self.needs(b"PEXPIREAT")
        self.needs(b"HMSET")

        def prepare(connection):
            fill(connection)
            connection.ask(b"SET", b"expiring", b"v", b"EX", b"1000")
            connection.ask(b"EXPIRE", b"many", b"1000")

        for form in ("yes", "no"):
            source, expected = self.redis_files("--aof-use-rdb-preamble", form, prepare=prepare)
            self.assertEqual(self.imported(source), expected)

    def test_other_types_are_named(self):
        def prepare(connection):
            connection.ask(b"XADD", b"a stream", b"*", b"f", b"v")

        source, _ = self.redis_files("--aof-use-rdb-preamble", "yes", prepare=prepare)
        done = run(PROGRAM, "--import-aof", source, "--dir", self.directory())
        self.assertEqual(done.returncode, 1)
        self.assertIn("the key 'a stream' is a stream: not supported", done.stderr)

    def test_redis_loads_what_was_imported(self):
        source, expected = self.redis_files("--aof-use-rdb-preamble", "yes")
        directory = self.directory()
        done = run(PROGRAM, "--import-aof", source, "--dir", directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        checked = run("redis-check-aof", os.path.join(directory, "appendonly.aof"))
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        with Server(REDIS, "--appendonly", "yes", directory=directory) as server:
            with server.connect() as connection:
                self.assertEqual(content(connection), expected)


def main():
    global PROGRAM
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv.pop(1)
    run_tests()


if __name__ == "__main__":
    main()
