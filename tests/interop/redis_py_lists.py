"""Uses the lists, sets and waiting calls of Python's redis package.

Each check runs with RESP2 and with RESP3.
"""

import asyncio
import threading
import time

import redis

from with_server import WithServer, run_with_server


class WithClient(WithServer):
    PROTOCOL = 2

    def setUp(self):
        super().setUp()
        self.client = self.another()

    def another(self, **options):
        client = redis.Redis(port=self.server.port, **{
            "protocol": self.PROTOCOL, "decode_responses": True} | options)
        self.addCleanup(client.close)
        return client

    def waiting(self, call, *arguments, count=1):
        """Starts a call, as the `count`th that waits. Returns a function that returns the call's
        result, or its error."""
        results = []

        def work():
            try:
                results.append(call(*arguments))
            except redis.RedisError as error:
                results.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        self.wait_until_blocked(count)

        def result():
            thread.join(10)
            self.assertFalse(thread.is_alive(), "still waits")
            return results[0]
        return result


class Lists(WithClient):
    def test_pushes_and_pops_at_both_ends(self):
        client = self.client
        self.assertEqual(client.rpush("l", "a", "b", b"\xff", 1.5), 4)
        self.assertEqual(client.lpush("l", "x", "y"), 6)
        self.assertEqual((client.lpushx("none", "a"), client.rpushx("l", "z")), (0, 7))
        self.assertEqual((client.lpop("l"), client.rpop("l")), ("y", "z"))
        self.assertEqual((client.lpop("l", 2), client.rpop("l", 1)), (["x", "a"], ["1.5"]))
        self.assertEqual((client.lpop("none"), client.lpop("none", 2)), (None, None))
        self.assertEqual((client.type("l"), client.llen("l")), ("list", 2))

    def test_reads_and_changes_elements(self):
        client = self.client
        client.rpush("l", *"abcabc")
        self.assertEqual(client.lrange("l", 0, -1), list("abcabc"))
        self.assertEqual((client.lrange("l", -2, 100), client.lrange("none", 0, -1)),
                         (["b", "c"], []))
        self.assertEqual((client.lindex("l", -1), client.lindex("l", 6)), ("c", None))
        self.assertTrue(client.lset("l", 0, "A"))
        self.assertEqual((client.linsert("l", "before", "c", "x"),
                          client.linsert("l", "after", "none", "x")), (7, -1))
        self.assertEqual((client.lpos("l", "b"), client.lpos("l", "none"),
                          client.lpos("l", "b", count=0), client.lpos("l", "c", rank=-1, maxlen=1)),
                         (1, None, [1, 5], 6))
        self.assertEqual(client.lrem("l", 1, "b"), 1)
        self.assertTrue(client.ltrim("l", 0, 2))
        self.assertEqual(client.lrange("l", 0, -1), ["A", "x", "c"])
        with self.assertRaisesRegex(redis.ResponseError, "index out of range"):
            client.lset("l", 10, "x")
        with self.assertRaisesRegex(redis.ResponseError, "no such key"):
            client.lset("none", 0, "x")

    def test_moves_elements(self):
        client = self.client
        client.rpush("a", *"123")
        self.assertEqual(client.lmove("a", "b", "LEFT", "RIGHT"), "1")
        self.assertEqual(client.rpoplpush("a", "b"), "3")
        self.assertEqual(client.lmpop(2, "none", "b", direction="RIGHT", count=5),
                         ["b", ["1", "3"]])
        self.assertIsNone(client.lmpop(1, "b", direction="LEFT"))
        self.assertIsNone(client.rpoplpush("none", "b"))

    def test_keeps_any_bytes(self):
        client = self.another(decode_responses=False)
        values = [b"", bytes(range(256)) * 100, b"12", b"-1", b"x" * 100_000]
        client.rpush("l", *values)
        client.sadd("s", *values)
        self.assertEqual(client.lrange("l", 0, -1), values)
        self.assertEqual(client.smembers("s"), set(values))

    def test_pipelines_and_transactions(self):
        pipeline = self.client.pipeline(transaction=False)
        for i in range(500):
            pipeline.rpush("l", i).sadd("s", i).lindex("l", -1)
        self.assertEqual(pipeline.execute(),
                         [reply for i in range(500) for reply in (i + 1, 1, str(i))])
        with self.client.pipeline() as pipeline:
            pipeline.watch("l")
            length = pipeline.llen("l")
            pipeline.multi()
            pipeline.lpop("l").blpop("none", 1).scard("s")
            self.assertEqual(pipeline.execute(), ["0", None, length])


class Sets(WithClient):
    def test_adds_and_removes_members(self):
        client = self.client
        self.assertEqual((client.sadd("s", "a", "b", "c"), client.sadd("s", "c", 1)), (3, 1))
        self.assertEqual((client.scard("s"), client.type("s")), (4, "set"))
        self.assertEqual((client.sismember("s", "a"), client.sismember("s", "x")), (1, 0))
        self.assertEqual(client.smismember("s", ["a", "x", "1"]), [1, 0, 1])
        self.assertEqual(client.smembers("s"), {"a", "b", "c", "1"})
        self.assertEqual(client.smembers("none"), set())
        self.assertEqual((client.srem("s", "a", "x"), client.smove("s", "t", "b")), (1, True))
        self.assertEqual((client.smembers("s"), client.smembers("t")), ({"c", "1"}, {"b"}))

    def test_takes_random_members(self):
        client, members = self.client, {str(i) for i in range(50)}
        client.sadd("s", *members)
        self.assertIn(client.srandmember("s"), members)
        self.assertEqual(len(set(client.srandmember("s", 10)) & members), 10)
        self.assertEqual(len(client.srandmember("s", -100)), 100)
        taken = [client.spop("s"), *client.spop("s", 20)]
        self.assertEqual(len(members & set(taken)), 21)
        self.assertEqual(client.smembers("s"), members - set(taken))
        self.assertIsNone(client.spop("none"))
        self.assertIsNone(client.srandmember("none"))

    def test_combines_sets(self):
        client = self.client
        client.sadd("a", *"abcd")
        client.sadd("b", *"cdef")
        self.assertEqual(client.sinter("a", "b"), set("cd"))
        self.assertEqual(client.sunion(["a", "b"]), set("abcdef"))
        self.assertEqual(client.sdiff("a", "b"), set("ab"))
        self.assertEqual(client.sintercard(2, ["a", "b"], limit=1), 1)
        self.assertEqual((client.sinterstore("c", "a", "b"), client.sunionstore("d", "a", "b"),
                          client.sdiffstore("e", "a", "b")), (2, 6, 2))
        self.assertEqual(client.smembers("d"), set("abcdef"))
        self.assertEqual(client.sinterstore("d", "a", "none"), 0)
        self.assertEqual(client.exists("d"), 0)

    def test_scans_a_set(self):
        members = {f"member:{i}" for i in range(1000)}
        self.client.sadd("s", *members)
        self.assertEqual(set(self.client.sscan_iter("s", count=50)), members)
        self.assertEqual(set(self.client.sscan_iter("s", match="*:99*")),
                         {member for member in members if member.startswith("member:99")})
        self.client.rpush("l", "a")
        self.assertEqual(list(self.client.scan_iter(_type="set")), ["s"])


class Sort(WithClient):
    def test_sorts_lists_and_sets(self):
        client = self.client
        client.rpush("l", 3, 1, 10, 2)
        client.sadd("s", "b", "a", "c")
        self.assertEqual(client.sort("l"), ["1", "2", "3", "10"])
        self.assertEqual(client.sort("l", start=1, num=2, desc=True), ["3", "2"])
        self.assertEqual(client.sort("s", alpha=True), ["a", "b", "c"])
        self.assertEqual(client.sort_ro("l", desc=True, alpha=True), ["3", "2", "10", "1"])
        with self.assertRaisesRegex(redis.ResponseError, "can't be converted into double"):
            client.sort("s")

    def test_sorts_by_other_keys(self):
        client = self.client
        client.rpush("users", 1, 2, 3)
        for user, name, age in ((1, "x", 30), (2, "y", 10), (3, "z", 20)):
            client.hset(f"user:{user}", mapping={"name": name, "age": age})
            client.set(f"weight:{user}", -age)
        self.assertEqual(client.sort("users", by="user:*->age", get=["#", "user:*->name"],
                                     groups=True), [("2", "y"), ("3", "z"), ("1", "x")])
        self.assertEqual(client.sort("users", by="weight:*", get="user:*->none"), [None] * 3)
        self.assertEqual(client.sort("users", by="weight:*", store="sorted"), 3)
        self.assertEqual(client.lrange("sorted", 0, -1), ["1", "3", "2"])


class Waiting(WithClient):
    def test_gets_what_is_there(self):
        client = self.client
        client.rpush("b", "1", "2", "3")
        self.assertEqual(client.blpop(["a", "b"], timeout=1), ("b", "1")
                         if self.PROTOCOL == 2 else ["b", "1"])
        self.assertEqual(client.brpop("b", timeout=1)[1], "3")
        self.assertEqual(client.brpoplpush("b", "c", timeout=1), "2")
        self.assertEqual(client.blmove("c", "d", 1, "LEFT", "RIGHT"), "2")
        self.assertEqual(client.blmpop(1, 2, "c", "d", direction="LEFT"), ["d", ["2"]])

    def test_a_timeout_ends_the_wait(self):
        client = self.client
        started = time.monotonic()
        self.assertIsNone(client.blpop("none", timeout=0.1))
        self.assertGreaterEqual(time.monotonic() - started, 0.1)
        self.assertIsNone(client.brpoplpush("none", "other", timeout=1))
        self.assertIsNone(client.blmpop(0.05, 1, "none", direction="LEFT"))
        self.assertEqual(client.info("clients")["blocked_clients"], 0)

    def test_each_call_is_served_by_a_push(self):
        other = self.another()
        for name, call, result in (
                ("blpop", lambda: other.blpop("k"), ["k", "v"]),
                ("brpop", lambda: other.brpop(["a", "k"]), ["k", "v"]),
                ("brpoplpush", lambda: other.brpoplpush("k", "d"), "v"),
                ("blmove", lambda: other.blmove("k", "d", 0), "v"),
                ("blmpop", lambda: other.blmpop(0, 1, "k", direction="LEFT"), ["k", ["v"]])):
            with self.subTest(name):
                found = self.waiting(call)
                self.assertEqual(self.client.rpush("k", "v"), 1)
                found = found()
                self.assertEqual(list(found) if isinstance(found, tuple) else found, result)
                self.assertEqual(self.client.exists("k"), 0)
        self.assertEqual(self.client.llen("d"), 2)

    def test_clients_are_served_in_order(self):
        results = [self.waiting(self.another().blpop, "k", count=count) for count in range(1, 6)]
        self.client.rpush("k", *range(5))
        self.assertEqual([result()[1] for result in results], [str(i) for i in range(5)])

    def test_a_wait_longer_than_the_socket_timeout_is_an_error(self):
        impatient = self.another(socket_timeout=0.1, retry=None)
        with self.assertRaises(redis.TimeoutError):
            impatient.blpop("k")
        self.wait_until_blocked(0)
        self.client.rpush("k", "kept")
        self.assertEqual(self.client.lpop("k"), "kept")

    def test_another_client_ends_the_wait(self):
        other = self.another()
        id = other.client_id()
        found = self.waiting(other.blpop, "k")
        self.assertEqual(self.client.client_unblock(id), 1)
        self.assertIsNone(found())
        found = self.waiting(other.blpop, "k")
        self.assertEqual(self.client.client_unblock(id, error=True), 1)
        self.assertRegex(str(found()), "client unblocked via CLIENT UNBLOCK")
        self.assertEqual(self.client.client_unblock(id), 0)

    def test_is_asynchronous(self):
        async def work():
            async with redis.asyncio.Redis(port=self.server.port, protocol=self.PROTOCOL,
                                           decode_responses=True) as client:
                consumers = [asyncio.create_task(client.blpop("q", timeout=10))
                             for _ in range(20)]
                pushed = [str(i) for i in range(20)]
                await asyncio.gather(*(client.rpush("q", value) for value in pushed))
                taken = [value for _, value in await asyncio.gather(*consumers)]
                return sorted(taken) == sorted(pushed), await client.exists("q")

        self.assertEqual(asyncio.run(work()), (True, 0))


class Resp3:
    PROTOCOL = 3


class ListsResp3(Resp3, Lists):
    pass


class SetsResp3(Resp3, Sets):
    pass


class SortResp3(Resp3, Sort):
    pass


class WaitingResp3(Resp3, Waiting):
    pass


if __name__ == "__main__":
    run_with_server()
