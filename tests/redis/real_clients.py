#!/usr/bin/env python3
"""Uses a server with redis-cli, redis-benchmark and Python's redis package, as people do.

    target/python/bin/python tests/redis/real_clients.py SERVER [options of unittest]

SERVER is started on free ports, in temporary directories. setup.sh makes the Python with
the package. Checks of what SERVER does not have yet are skipped; with redis-server as
SERVER none is, which shows whether the checks themselves are right.
"""

import asyncio
import os
import re
import subprocess
import sys
import threading
import time
import warnings

sys.dont_write_bytecode = True

import redis
from redis.commands.core import DataPersistOptions

from resp import encode, pairs
from servers import Server, exchange
from terminal import Terminal
from with_server import PASSWORD, QUIET, WithServer, run_with_server


class RedisCli(WithServer):
    def test_runs_a_command_and_prints_its_reply(self):
        self.assertEqual(self.cli("SET", "key", "a value"), "OK\n")
        self.assertEqual(self.cli("GET", "key"), "a value\n")
        self.assertEqual(self.cli("HSET", "hash", "a", "1", "b", "2"), "2\n")
        self.assertEqual(self.cli("PING"), "PONG\n")

    def test_takes_lower_case_commands(self):
        self.assertEqual(self.cli("set", "key", "value"), "OK\n")
        self.assertEqual(self.cli("gEt", "key"), "value\n")
        self.assertEqual(self.cli("config", "get", "databases"), "databases\n16\n")

    def test_tells_types_apart_for_people(self):
        self.cli("SET", "key", "a\"b\n")
        self.assertEqual(self.cli("--no-raw", "GET", "key"), '"a\\"b\\n"\n')
        self.assertEqual(self.cli("--no-raw", "GET", "none"), "(nil)\n")
        self.assertEqual(self.cli("--no-raw", "HSET", "hash", "f", "v"), "(integer) 1\n")
        self.assertEqual(self.cli("--no-raw", "HGETALL", "hash"), '1) "f"\n2) "v"\n')
        self.assertEqual(self.cli("--no-raw", "HGETALL", "none"), "(empty array)\n")
        self.assertEqual(self.cli("--no-raw", "HGET", "key", "f"),
                         "(error) WRONGTYPE Operation against a key holding the wrong kind of "
                         "value\n")

    def test_prints_raw_bytes(self):
        self.cli("SET", "key", b"\xff\n\x01")
        self.assertEqual(self.cli("--raw", "GET", "key"), "\xff\n\x01\n")

    def test_prints_csv(self):
        self.assertEqual(self.cli("--csv", "HSET", "hash", "f", "v, w"), "1\n")
        self.assertEqual(self.cli("--csv", "HGETALL", "hash"), '"f","v, w"\n')
        self.assertEqual(self.cli("--csv", "GET", "none"), "NULL\n")

    def test_prints_json(self):
        self.cli("HSET", "hash", "f", "v")
        self.assertEqual(self.cli("-2", "--json", "HGETALL", "hash"), '["f","v"]\n')

    def test_prints_json_of_resp3_or_says_why_not(self):
        self.cli("HSET", "hash", "f", "v")
        code, output, errors = self.program("redis-cli", "--json", "HGETALL", "hash")
        if errors:
            self.assertTrue(errors.startswith("HELLO 3 failed: ERR unknown command"), errors)
            self.assertEqual((code, output), (0, '["f","v"]\n'))
        else:
            self.assertEqual((code, output), (0, '{"f":"v"}\n'))

    def test_takes_the_last_argument_from_its_input(self):
        self.assertEqual(self.cli("-x", "SET", "key", stdin=b"a\x00\xff\r\n"), "OK\n")
        self.assertEqual(self.cli("GET", "key"), "a\x00\xff\r\n\n")
        self.cli("-x", "SET", "big", stdin=b"v" * 3_000_000)
        self.assertEqual(self.cli("GET", "big"), "v" * 3_000_000 + "\n")

    def test_takes_commands_from_its_input(self):
        output = self.cli(stdin=b'set a "x y"\nget a\n\nselect 3\ndbsize\n')
        self.assertEqual(output, "OK\nx y\nOK\n0\n")

    def test_selects_a_database(self):
        self.cli("-n", "2", "SET", "key", "in two")
        self.assertEqual(self.cli("GET", "key"), "\n")
        self.assertEqual(self.cli("-n", "2", "GET", "key"), "in two\n")
        self.assertEqual(self.cli("-u", f"redis://127.0.0.1:{self.server.port}/2", "DBSIZE"),
                         "1\n")
        _, _, errors = self.program("redis-cli", "-n", "99", "PING")
        self.assertEqual(errors, "SELECT 99 failed: ERR DB index is out of range\n")

    def test_repeats_a_command(self):
        self.assertEqual(self.cli("-r", "3", "-i", "0.01", "PING"), "PONG\n" * 3)

    def test_tells_errors_by_its_exit_code(self):
        code, _, errors = self.program("redis-cli", "-e", "GET")
        self.assertEqual((code, errors),
                         (1, "ERR wrong number of arguments for 'get' command\n"))

    def test_sends_a_file_of_lines_and_arrays(self):
        data = b"SET a 1\r\n" + encode([b"SET", b"b", b"\r\n\xff"]) + b"\r\n\nGET a\nPING\r\n"
        output = self.cli("--pipe", stdin=data)
        self.assertIn("errors: 0, replies: 4\n", output)
        self.assertEqual(self.cli("GET", "b"), "\r\n\xff\n")

    def test_sends_a_long_file(self):
        data = b"".join(encode([b"SET", b"key:%d" % i, b"v" * 100]) for i in range(20_000))
        self.assertIn("errors: 0, replies: 20000\n", self.cli("--pipe", stdin=data))
        self.assertEqual(self.cli("DBSIZE"), "20000\n")

    def test_counts_the_errors_of_a_file(self):
        code, output, errors = self.program("redis-cli", "--pipe", stdin=b"GET\nSET a 1\nNO\n")
        self.assertEqual(code, 1)
        self.assertIn("errors: 2, replies: 3\n", output)
        self.assertIn("ERR wrong number of arguments for 'get' command\n", errors)

    def test_measures_latency(self):
        least, most, mean, count = self.cli("--latency", "--raw", "-i", "0.2").split()
        self.assertLessEqual(float(least), float(mean))
        self.assertLessEqual(float(mean), float(most))
        self.assertGreater(int(count), 5)

    def test_prints_statistics(self):
        self.cli("SET", "key", "value")
        command = ["redis-cli", "-p", str(self.server.port), "--stat", "-i", "0.05"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stat:
            lines = [stat.stdout.readline().split() for _ in range(3)]
            stat.terminate()
        self.assertEqual(lines[1][:4], ["keys", "mem", "clients", "blocked"])
        for keys, memory, clients, blocked, requests, *_ in lines[2:]:
            self.assertEqual((keys, blocked), ("1", "0"))
            self.assertRegex(memory, r"^[0-9.]+[KM]$")
            self.assertGreaterEqual(int(clients), 1)
            self.assertGreaterEqual(int(requests), 1)

    def test_finds_the_biggest_keys(self):
        self.cli("RPUSH", "l", "a", "b", "c")
        self.cli("SADD", "s", "a", "b")
        self.cli("SET", "k", "value")
        output = self.cli("--bigkeys")
        self.assertIn('Biggest   list found \'"l"\' has 3 items', output)
        self.assertIn('Biggest    set found \'"s"\' has 2 members', output)
        self.assertIn('Biggest   list found \'"l"\' has', self.cli("--memkeys"))

    def test_prints_lists_and_sets(self):
        self.cli("RPUSH", "l", "a", "b")
        self.cli("SADD", "s", "2", "1")
        self.assertEqual(self.cli("--no-raw", "LRANGE", "l", "0", "-1"), '1) "a"\n2) "b"\n')
        self.assertEqual(self.cli("--no-raw", "-3", "SMEMBERS", "s"), '1~ "1"\n2~ "2"\n')
        self.assertEqual(self.cli("--json", "SMEMBERS", "s"), '["1","2"]\n')

    def test_waits_for_an_element(self):
        command = ["redis-cli", "-p", str(self.server.port), "BLPOP", "jobs", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
            self.wait_until_blocked(1)
            self.assertEqual(self.cli("RPUSH", "jobs", "first", "second"), "2\n")
            self.assertEqual(waiting.stdout.read(), "jobs\nfirst\n")

    def test_leaves_the_line_when_it_is_killed(self):
        command = ["redis-cli", "-p", str(self.server.port), "BLPOP", "jobs", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as waiting:
            self.wait_until_blocked(1)
            waiting.kill()
        self.wait_until_blocked(0)
        self.cli("RPUSH", "jobs", "kept")
        self.assertEqual(self.cli("LLEN", "jobs"), "1\n")

    def test_sees_that_this_is_no_cluster(self):
        code, output, _ = self.program("redis-cli", "--cluster", "info",
                                       f"127.0.0.1:{self.server.port}")
        self.assertEqual(code, 1)
        self.assertIn("is not configured as a cluster node.", output)

    def test_shuts_a_server_down(self):
        with Server(self.PROGRAM) as other:
            done = subprocess.run(["redis-cli", "-p", str(other.port), "SHUTDOWN", "NOSAVE"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
            self.assertEqual((done.returncode, done.stdout), (0, b""))
            self.assertEqual(other.process.wait(20), 0)

    def test_a_person_at_a_raw_socket_is_understood(self):
        replies = exchange(self.server.port, b'set k "a b"\r\nget k\nGET k\r\n\r\nQUIT\r\n')
        self.assertEqual(replies, b"+OK\r\n" + b"$3\r\na b\r\n" * 2 + b"+OK\r\n")


class RedisCliAtATerminal(WithServer):
    def setUp(self):
        super().setUp()
        self.terminal = Terminal(["redis-cli", "-p", str(self.server.port)], QUIET)
        self.addCleanup(self.terminal.close)
        self.terminal.read_until(self.prompt())

    def prompt(self, database=""):
        return f"127.0.0.1:{self.server.port}{database}> "

    def enter(self, line, database=""):
        """Types a line. Returns the output, with the next prompt at its end."""
        self.terminal.type(line + "\r")
        self.terminal.read_until("\r\n")
        return re.sub(r"\x1b\[\d+m|\r", "", self.terminal.read_until(self.prompt(database)))

    def test_hints_at_the_arguments_of_a_command(self):
        self.terminal.type("set ")
        self.terminal.read_until("key value")
        self.terminal.type("\x15hset ")
        self.terminal.read_until("key field value [field value ...]")
        self.terminal.type("\x15client setname ")
        self.terminal.read_until("connection-name")
        self.terminal.type("\x15blpop ")
        self.terminal.read_until("key [key ...] timeout")
        self.terminal.type("\x15lpos ")
        self.terminal.read_until("key element [RANK rank] [COUNT num-matches] [MAXLEN len]")
        self.terminal.type("\x15sintercard ")
        self.terminal.read_until("numkeys key [key ...] [LIMIT limit]")

    def test_completes_names(self):
        self.terminal.type("HGETA\t")
        self.terminal.read_until("HGETALL")

    def test_helps_with_a_group(self):
        text = self.enter("help @hash")
        self.assertIn("HSET key field value [field value ...]", text)
        self.assertIn("summary: Set the string value of a hash field", text)
        self.assertIn("since: 2.0.0", text)
        # It must be the server's table that is shown, not the one built into redis-cli.
        docs = pairs(self.ask(b"COMMAND", b"DOCS"))
        hashes = [name.decode().upper() for name, entry in docs.items()
                  if pairs(entry)[b"group"] == b"hash"]
        self.assertEqual(re.findall(r"^  (H\S+) ", text, re.MULTILINE), sorted(hashes))

    def test_helps_with_a_command(self):
        text = self.enter("help client list")
        self.assertIn("CLIENT LIST [TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id", text)
        self.assertIn("group: connection", text)

    def test_shows_the_database_in_its_prompt(self):
        self.assertIn("OK", self.enter("select 2", "[2]"))
        self.assertIn("OK", self.enter('set k "a b"', "[2]"))
        self.assertIn('"a b"', self.enter("get k", "[2]"))
        self.assertIn("(nil)", self.enter("get none", "[2]"))

    def test_leaves(self):
        self.terminal.type("quit\r")
        self.assertEqual(self.terminal.process.wait(10), 0)


class RedisCliWithAPassword(WithServer):
    OPTIONS = ("--requirepass", PASSWORD)
    WARNING = ("Warning: Using a password with '-a' or '-u' option on the command line interface "
               "may not be safe.\n")

    def test_is_let_in_with_the_right_password(self):
        self.assertEqual(self.program("redis-cli", "-a", PASSWORD, "PING"),
                         (0, "PONG\n", self.WARNING))
        self.assertEqual(self.cli("-a", PASSWORD, "--no-auth-warning", "-n", "3", "DBSIZE"), "0\n")
        self.assertEqual(self.cli("--user", "default", "--pass", PASSWORD, "--no-auth-warning",
                                  "PING"), "PONG\n")
        self.assertEqual(self.cli("-u", f"redis://default:se%20cret@127.0.0.1:{self.server.port}/3",
                                  "--no-auth-warning", "SET", "k", "v"), "OK\n")
        self.assertEqual(self.cli(stdin=b"auth 'se cret'\nping\n"), "OK\nPONG\n")

    def test_is_not_let_in_with_a_wrong_one(self):
        wrong = "AUTH failed: WRONGPASS invalid username-password pair or user is disabled.\n"
        self.assertEqual(self.program("redis-cli", "-a", "secret", "PING"),
                         (0, "NOAUTH Authentication required.\n\n", self.WARNING + wrong))
        self.assertEqual(self.program("redis-cli", "--user", "nobody", "--pass", PASSWORD, "PING"),
                         (0, "NOAUTH Authentication required.\n\n", self.WARNING + wrong))

    def test_is_not_let_in_with_none(self):
        self.assertEqual(self.cli("GET", "k"), "NOAUTH Authentication required.\n\n")

    def test_sends_a_file(self):
        output = self.cli("-a", PASSWORD, "--no-auth-warning", "--pipe", stdin=b"SET a 1\n" * 50)
        self.assertIn("errors: 0, replies: 50\n", output)


class RedisBenchmark(WithServer):
    OPTIONS = ("--requirepass", PASSWORD)

    # Printed whenever `-k 0` is given.
    ABOUT_KEEPALIVE = (
        "WARNING: Keepalive disabled. You probably need 'echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse' "
        "for Linux and 'sudo sysctl -w net.inet.tcp.msl=1000' for Mac OS X in order to use a lot "
        "of clients/requests\n")

    # All of its tests, in its order.
    ALL = [
        "PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD",
        "HSET", "SPOP", "ZADD", "ZPOPMIN", "LPUSH (needed to benchmark LRANGE)",
        "LRANGE_100 (first 100 elements)", "LRANGE_300 (first 300 elements)",
        "LRANGE_500 (first 500 elements)", "LRANGE_600 (first 600 elements)", "MSET (10 keys)"]

    def benchmark(self, *arguments):
        """Returns the tests that redis-benchmark completed without a warning."""
        code, output, errors = self.program("redis-benchmark", "-a", PASSWORD, *arguments)
        self.assertEqual((code, errors.replace(self.ABOUT_KEEPALIVE, "")), (0, ""), output)
        self.assertNotIn("WARNING", output)
        self.assertNotIn("Error", output)
        lines = output.replace("\r", "\n").split("\n")
        return [line.strip().split(":")[0] for line in lines if "requests per second, p50" in line]

    def test_runs_from_beginning_to_end(self):
        self.assertEqual(self.benchmark("-n", "2000", "-q"), self.ALL)
        self.assertEqual(self.ask(b"LLEN", b"mylist"), 2000)
        self.assertEqual(self.ask(b"TYPE", b"myhash"), b"hash")

    def test_runs_from_beginning_to_end_with_pipelines(self):
        names = self.benchmark("-n", "8000", "-P", "16", "-r", "1000", "-q")
        self.assertEqual(names, self.ALL)
        self.assertEqual(self.ask(b"LLEN", b"mylist"), 8000)

    def test_connects_200_clients(self):
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "2000", "-c", "200", "-q"),
                         ["SET", "GET"])

    def test_uses_two_threads(self):
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "2000", "--threads", "2", "-q"),
                         ["SET", "GET"])

    def test_connects_anew_for_each_request(self):
        self.assertEqual(self.benchmark("-t", "get", "-n", "500", "-k", "0", "-q"), ["GET"])

    def test_uses_another_database_and_big_values(self):
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "500", "-d", "20000", "--dbnum",
                                        "3", "-q"), ["SET", "GET"])
        self.assertIn(b"db3:keys=1,", self.ask(b"INFO", b"keyspace"))

    def test_runs_any_command(self):
        names = self.benchmark("-n", "500", "-r", "100", "-q", "hset", "h:__rand_int__", "f", "v")
        self.assertEqual(names, ["hset h"])

    def test_tells_how_the_server_saves(self):
        _, output, errors = self.program("redis-benchmark", "-a", PASSWORD, "-t", "get", "-n", "10")
        self.assertEqual(errors, "")
        self.assertRegex(output, r'host configuration "save": [^\n]*\n')
        self.assertRegex(output, r'host configuration "appendonly": (yes|no)\n')

    def test_speaks_resp3(self):
        self.needs(b"HELLO")
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "500", "-3", "-q"), ["SET", "GET"])


class RedisPy(WithServer):
    def client(self, **options):
        client = redis.Redis(port=self.server.port, **{"protocol": 2} | options)
        self.addCleanup(client.close)
        return client

    def test_sets_and_gets_strings(self):
        client = self.client()
        self.assertTrue(client.ping())
        self.assertTrue(client.set("k", "v"))
        self.assertEqual(client.get("k"), b"v")
        self.assertIsNone(client.get("none"))
        self.assertEqual(client.type("k"), b"string")
        self.assertEqual(client.exists("k", "k", "none"), 2)
        self.assertEqual(client.delete("k", "none"), 1)
        self.assertEqual(client.dbsize(), 0)
        self.assertEqual(client.echo("hello"), b"hello")

    def test_locks_compares_and_limits_as_of_redis_8(self):
        self.needs(b"INCREX")
        # The package warns that some of these methods are experimental.
        self.enterContext(warnings.catch_warnings(action="ignore"))
        for protocol in (2, 3):
            client = self.client(protocol=protocol, decode_responses=True)
            client.flushall()
            self.assertTrue(client.set("lock", "mine", nx=True, px=30000))
            self.assertIsNone(client.set("lock", "mine", ifne="mine"))
            self.assertTrue(client.set("lock", "mine", ifeq="mine", px=30000))
            self.assertEqual(client.delex("lock", ifeq="not mine"), 0)
            self.assertEqual(client.delex("lock", ifdeq=client.digest("lock")), 1)
            self.assertEqual(client.msetex({"a": 1, "b": 2}, ex=100), 1)
            self.assertEqual(client.msetex({"b": 3, "c": 4}, DataPersistOptions.NX), 0)
            self.assertEqual(client.mget("a", "b", "c"), ["1", "2", None])
            calls = [client.increx("calls", ubound=2, ex=60, enx=True) for _ in range(3)]
            self.assertEqual(calls, [[1, 1], [2, 1], [2, 0]])
            sums = client.increx("a", byfloat=0.5, ubound=1.25, saturate=True, persist=True)
            self.assertEqual([float(number) for number in sums], [1.25, 0.25])
            self.assertEqual(client.ttl("a"), -1)

    def test_sets_and_gets_hashes(self):
        client = self.client()
        self.assertEqual(client.hset("h", mapping={"a": 1, "b": 2.5, "c": "x"}), 3)
        self.assertEqual(client.hset("h", "a", 2), 0)
        self.assertEqual(client.hget("h", "a"), b"2")
        self.assertIsNone(client.hget("h", "none"))
        self.assertEqual(client.hgetall("h"), {b"a": b"2", b"b": b"2.5", b"c": b"x"})
        self.assertEqual(client.hgetall("none"), {})
        self.assertEqual(client.type("h"), b"hash")

    def test_keeps_any_bytes(self):
        client = self.client()
        value = bytes(range(256)) * 1000
        client.set(value[:256], value)
        client.hset("h", mapping={value[:256]: value, b"": b""})
        self.assertEqual(client.get(value[:256]), value)
        self.assertEqual(client.hgetall("h"), {value[:256]: value, b"": b""})

    def test_decodes_text(self):
        client = self.client(decode_responses=True)
        client.set("schlüssel", "größe €")
        self.assertEqual(client.get("schlüssel"), "größe €")
        self.assertEqual(client.type("schlüssel"), "string")

    def test_raises_errors(self):
        client = self.client()
        client.hset("h", "f", "v")
        with self.assertRaisesRegex(redis.ResponseError, "^WRONGTYPE Operation against a key"):
            client.get("h")
        with self.assertRaisesRegex(redis.ResponseError, "^unknown command 'NOSUCH'"):
            client.execute_command("NOSUCH", 1)
        with self.assertRaisesRegex(redis.ResponseError, "^Unknown option or number of arg"):
            client.config_set("nosuch", 1)
        self.assertTrue(client.ping())

    def test_keeps_databases_apart(self):
        self.client(db=0).set("k", "zero")
        self.client(db=5).set("k", "five")
        self.assertEqual(self.client(db=0).get("k"), b"zero")
        self.assertEqual(self.client(db=5).get("k"), b"five")
        self.assertTrue(self.client(db=5).flushdb())
        self.assertEqual(self.client(db=5).dbsize(), 0)
        self.assertEqual(self.client(db=0).dbsize(), 1)
        self.assertTrue(self.client().flushall())
        self.assertEqual(self.client(db=0).dbsize(), 0)
        with self.assertRaisesRegex(redis.ResponseError, "DB index is out of range"):
            self.client(db=99).ping()

    def test_pipelines_a_thousand_commands(self):
        pipeline = self.client().pipeline(transaction=False)
        for i in range(500):
            pipeline.set(f"k{i}", i).get(f"k{i}")
        self.assertEqual(pipeline.execute(),
                         [reply for i in range(500) for reply in (True, b"%d" % i)])

    def test_pipelines_more_than_any_buffer_holds(self):
        client, count, key = self.client(), 100_000, "k" * 200
        client.set(key, "v" * 1000)
        pipeline = client.pipeline(transaction=False)
        for _ in range(count):
            pipeline.get(key)
        self.assertEqual(set(pipeline.execute()), {b"v" * 1000})

    def test_gets_the_errors_of_a_pipeline(self):
        pipeline = self.client().pipeline(transaction=False)
        pipeline.set("k", "v").hget("k", "f").get("k")
        ok, error, value = pipeline.execute(raise_on_error=False)
        self.assertEqual((ok, value), (True, b"v"))
        self.assertIsInstance(error, redis.ResponseError)

    def test_shares_a_pool_among_50_threads(self):
        pool = redis.ConnectionPool(port=self.server.port, protocol=2, max_connections=50)
        self.addCleanup(pool.disconnect)
        client = redis.Redis(connection_pool=pool)
        failures = []

        def work(number):
            try:
                for i in range(20):
                    client.set(f"{number}:{i}", i)
                    client.hset("all", f"{number}:{i}", i)
                    if client.get(f"{number}:{i}") != b"%d" % i:
                        failures.append((number, i))
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=[number]) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(client.dbsize(), 50 * 20 + 1)
        self.assertEqual(len(client.hgetall("all")), 50 * 20)

    def test_names_itself(self):
        client = self.client(client_name="me", db=3)
        self.assertIn(client.client_getname(), ("me", b"me"))
        self.assertTrue(client.client_setname("you"))
        [found] = [line for line in client.client_list() if line["name"] == "you"]
        self.assertEqual((found["id"], found["db"]), (str(client.client_id()), "3"))
        self.assertEqual(found["user"], "default")

    def test_reads_the_list_of_clients(self):
        others = [self.client(client_name=f"other-{i}") for i in range(5)]
        for other in others:
            other.ping()
        client = self.client()
        found = {line["name"]: line for line in client.client_list()}
        self.assertLessEqual({f"other-{i}" for i in range(5)}, set(found))
        for line in found.values():
            self.assertRegex(line["addr"], r"^127\.0\.0\.1:\d+$")
            self.assertGreaterEqual(int(line["age"]), int(line["idle"]))
        ids = [other.client_id() for other in others[:2]]
        found = client.client_list(client_id=ids)
        self.assertEqual([int(line["id"]) for line in found], ids)

    def test_reads_info(self):
        client = self.client()
        client.set("k", "v")
        info = client.info()
        self.assertEqual(info["redis_version"], "7.0.15")
        self.assertEqual((info["redis_mode"], info["role"]), ("standalone", "master"))
        self.assertEqual((info["tcp_port"], info["loading"]), (self.server.port, 0))
        self.assertEqual(info["process_id"], self.server.process.pid)
        self.assertEqual(info["db0"]["keys"], 1)
        self.assertGreaterEqual(info["connected_clients"], 1)
        self.assertGreater(info["used_memory"], 1000)
        self.assertGreater(info["total_commands_processed"], 0)
        self.assertEqual(list(client.info("keyspace")), ["db0"])

    def test_reads_and_changes_settings(self):
        client = self.client()
        self.assertGreater(len(client.config_get()), 100)
        self.assertEqual(client.config_get("databases"), {"databases": "16"})
        self.assertEqual(set(client.config_get("maxclients", "timeout")), {"maxclients", "timeout"})
        self.assertTrue(client.config_set("timeout", 100))
        self.assertEqual(client.config_get("timeout"), {"timeout": "100"})
        self.assertTrue(client.config_set("timeout", 0))

    def test_reads_the_command_table(self):
        client = self.client()
        commands = client.command()
        self.assertEqual(client.command_count(), len(commands))
        self.assertEqual(commands["get"]["arity"], 2)
        self.assertIn("readonly", commands["get"]["flags"])
        self.assertEqual((commands["del"]["first_key_pos"], commands["del"]["last_key_pos"]),
                         (1, -1))

    def test_checks_a_connection_that_has_been_idle(self):
        client = self.client(health_check_interval=1)
        client.set("k", "v")
        time.sleep(1.1)
        self.assertEqual(client.get("k"), b"v")

    def test_is_asynchronous(self):
        async def work():
            async with redis.asyncio.Redis(port=self.server.port, protocol=2, db=1,
                                           client_name="async") as client:
                await asyncio.gather(*(client.set(f"k{i}", i) for i in range(50)))
                return await asyncio.gather(*(client.get(f"k{i}") for i in range(50)))

        self.assertEqual(asyncio.run(work()), [b"%d" % i for i in range(50)])

    def test_speaks_resp3(self):
        self.needs(b"HELLO")
        client = self.client(protocol=3)
        client.hset("h", "f", "v")
        self.assertEqual(client.hgetall("h"), {b"f": b"v"})
        self.assertEqual(client.info()["role"], "master")

    def test_works_without_being_told_the_protocol(self):
        """Since 8.0 the package says HELLO 3 unless told otherwise."""
        self.needs(b"HELLO")
        client = redis.Redis(port=self.server.port)
        self.addCleanup(client.close)
        self.assertTrue(client.set("k", "v"))
        self.assertEqual(client.get("k"), b"v")


class RedisPyWithAPassword(WithServer):
    OPTIONS = ("--requirepass", PASSWORD)

    def test_is_let_in(self):
        for user in ({}, {"username": "default"}):
            with redis.Redis(port=self.server.port, password=PASSWORD, client_name="me", db=2,
                             protocol=2, **user) as client:
                self.assertTrue(client.set("k", "v"))
                self.assertEqual(client.dbsize(), 1)

    def test_is_not_let_in(self):
        once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
        cases = [({"password": "wrong"}, "invalid username-password pair"),
                 ({"username": "nobody", "password": PASSWORD}, "invalid username-password pair"),
                 ({}, "Authentication required.")]
        for options, error in cases:
            with redis.Redis(port=self.server.port, protocol=2, retry=once, **options) as client:
                with self.assertRaisesRegex(redis.AuthenticationError, error):
                    client.ping()

    def test_a_changed_password_counts_for_new_connections(self):
        with redis.Redis(port=self.server.port, password=PASSWORD, protocol=2) as client:
            client.config_set("requirepass", "other")
            self.assertTrue(client.ping())
            with redis.Redis(port=self.server.port, password="other", protocol=2) as other:
                self.assertTrue(other.ping())
            client.config_set("requirepass", PASSWORD)


if __name__ == "__main__":
    run_with_server(__doc__)
