"""Uses Python's redis package: strings, hashes, pipelines, pools, settings, both protocols."""

import asyncio
import threading
import time
import warnings

import redis
from redis.commands.core import DataPersistOptions

from with_server import PASSWORD, WithServer, run_with_server


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
        client = self.client(protocol=3)
        client.hset("h", "f", "v")
        self.assertEqual(client.hgetall("h"), {b"f": b"v"})
        self.assertEqual(client.info()["role"], "master")

    def test_works_without_being_told_the_protocol(self):
        """Since 8.0 the package says HELLO 3 unless told otherwise."""
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
    run_with_server()
