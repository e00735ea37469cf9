"""Uses what two clients of Python share: messages, transactions, caches of the client.

Each check runs with the packages redis and valkey, and with RESP2 and RESP3.
"""

import asyncio
import time

import redis
import redis.asyncio
import valkey
import valkey.asyncio
from redis.cache import CacheConfig, CacheKey
from redis.connection import CacheProxyConnection

from with_server import WithServer, run_with_server


class Sessions:
    """The checks, for one package and one protocol."""

    PACKAGE = redis
    PROTOCOL = 2

    def setUp(self):
        super().setUp()
        self.wait_until_nobody_listens()

    def client(self, **options):
        client = getattr(self.PACKAGE, self.CLASS)(
            port=self.server.port, protocol=self.PROTOCOL, decode_responses=True, **options)
        self.addCleanup(client.close)
        return client

    def asynchronous(self):
        return getattr(self.PACKAGE.asyncio, self.CLASS)(
            port=self.server.port, protocol=self.PROTOCOL, decode_responses=True)

    def messages(self, listener, count):
        """Returns the next messages that are there or come in time."""
        found = []
        deadline = time.monotonic() + 10
        while len(found) < count and time.monotonic() < deadline:
            message = listener.get_message(timeout=1)
            if message:
                found.append((message["type"], message["pattern"], message["channel"],
                              message["data"]))
        return found

    def test_strings_and_pipelines(self):
        client = self.client()
        self.assertTrue(client.set("k", "v", ex=100))
        self.assertEqual((client.get("k"), client.ttl("k")), ("v", 100))
        with client.pipeline(transaction=False) as pipeline:
            replies = pipeline.hset("h", mapping={"a": 1}).hgetall("h").lpop("h").execute(
                raise_on_error=False)
        self.assertEqual(replies[:2], [1, {"a": "1"}])
        self.assertRegex(str(replies[2]), "WRONGTYPE")

    def test_transactions_that_watch(self):
        client, other = self.client(), self.client()
        client.set("n", 1)
        with client.pipeline() as pipeline:
            pipeline.watch("n")
            other.incr("n")
            pipeline.multi()
            pipeline.set("n", 100)
            with self.assertRaises(self.PACKAGE.WatchError):
                pipeline.execute()
        self.assertEqual(client.get("n"), "2")

        tries = []

        def double(pipeline):
            number = int(pipeline.get("n"))
            tries.append(number)
            if len(tries) < 3:
                other.incr("n")
            pipeline.multi()
            pipeline.set("n", number * 2)

        self.assertEqual(client.transaction(double, "n"), [True])
        self.assertEqual((tries, client.get("n")), ([2, 3, 4], "8"))

    def test_messages(self):
        client = self.client()
        listener = client.pubsub()
        self.addCleanup(listener.close)
        listener.subscribe("news", "weather")
        listener.psubscribe("n*")
        self.assertEqual(self.messages(listener, 3),
                         [("subscribe", None, "news", 1), ("subscribe", None, "weather", 2),
                          ("psubscribe", None, "n*", 3)])
        self.assertEqual(client.publish("news", "hello"), 2)
        self.assertEqual(client.publish("nobody", "?"), 1)
        self.assertEqual(client.publish("sport", "?"), 0)
        self.assertEqual(self.messages(listener, 3),
                         [("message", None, "news", "hello"), ("pmessage", "n*", "news", "hello"),
                          ("pmessage", "n*", "nobody", "?")])
        listener.unsubscribe("weather")
        listener.punsubscribe()
        self.assertEqual(self.messages(listener, 2),
                         [("unsubscribe", None, "weather", 2), ("punsubscribe", None, "n*", 1)])
        self.assertEqual(client.pubsub_channels(), ["news"])
        self.assertEqual(client.pubsub_numsub("news", "sport"), [("news", 1), ("sport", 0)])
        self.assertEqual(client.pubsub_numpat(), 0)

    def test_messages_of_shards(self):
        client = self.client()
        listener = client.pubsub()
        self.addCleanup(listener.close)
        listener.ssubscribe("orders")
        self.assertEqual(self.messages(listener, 1), [("ssubscribe", None, "orders", 1)])
        self.assertEqual(client.execute_command("SPUBLISH", "orders", "one"), 1)
        self.assertEqual(client.publish("orders", "not of a shard"), 0)
        self.assertEqual(self.messages(listener, 1), [("smessage", None, "orders", "one")])
        self.assertEqual(client.pubsub_shardchannels(), ["orders"])

    def test_messages_in_a_thread_of_their_own(self):
        client, found = self.client(), []
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(news=lambda message: found.append(message["data"]))
        thread = listener.run_in_thread(sleep_time=0.01)
        try:
            for number in range(1000):
                self.assertEqual(client.publish("news", number), 1)
            self.wait_until(lambda: len(found) == 1000, "a message is missing")
        finally:
            thread.stop()
            thread.join()
        self.assertEqual(found, [str(number) for number in range(1000)])

    def test_a_subscriber_pings(self):
        if self.PROTOCOL == 3:
            self.skipTest("the package takes the string that answers PING for a list")
        listener = self.client().pubsub()
        self.addCleanup(listener.close)
        listener.subscribe("news")
        self.assertEqual(self.messages(listener, 1), [("subscribe", None, "news", 1)])
        listener.ping("are you there")
        self.assertEqual(self.messages(listener, 1), [("pong", None, None, "are you there")])

    def test_asyncio(self):

        async def work():
            async with self.asynchronous() as client, client.pubsub() as listener:
                await listener.subscribe("news")
                messages = listener.listen()
                kinds = [kind(await anext(messages))]
                async with client.pipeline() as pipeline:
                    await pipeline.watch("n")
                    pipeline.multi()
                    pipeline.incr("n").incr("n").publish("news", "two")
                    replies = await pipeline.execute()
                return replies, [*kinds, kind(await anext(messages))]

        def kind(message):
            return message["type"], message["data"]

        self.assertEqual(asyncio.run(asyncio.wait_for(work(), 10)),
                         ([1, 2, 1], [("subscribe", 1), ("message", "two")]))

    def test_monitors(self):
        client = self.client()
        with client.monitor() as monitor:
            self.client(db=3).set("k", 'a "quoted" word')
            for line in monitor.listen():
                if "SET k" in line["command"]:
                    break
        self.assertEqual((line["db"], line["command"]), (3, 'SET k a "quoted" word'))
        self.assertEqual((line["client_type"], line["client_address"]), ("tcp", "127.0.0.1"))

    def test_is_told_what_happens_to_keys(self):
        client = self.client()
        self.assertTrue(client.config_set("notify-keyspace-events", "Ex$"))
        listener = client.pubsub(ignore_subscribe_messages=True)
        self.addCleanup(listener.close)
        listener.psubscribe("__keyevent@0__:*")
        self.assertIsNone(listener.get_message(timeout=1))
        client.set("short", "v", px=20)
        time.sleep(0.03)
        client.get("short")
        found = self.messages(listener, 2)
        self.assertEqual([(channel, key) for _, _, channel, key in found],
                         [("__keyevent@0__:set", "short"), ("__keyevent@0__:expired", "short")])
        client.config_set("notify-keyspace-events", "")

    def test_reads_what_the_server_tells_of_itself(self):
        client = self.client()
        client.client_setname("me")
        info = client.client_info()
        self.assertEqual((info["name"], info["user"], info["resp"]),
                         ("me", "default", str(self.PROTOCOL)))
        self.assertEqual(client.acl_whoami(), "default")
        self.assertEqual(client.role()[0], "master")
        self.assertEqual(client.module_list(), [])
        client.config_set("slowlog-log-slower-than", 0)
        client.get("slow")
        client.config_set("slowlog-log-slower-than", 10000)
        commands = [entry["command"] for entry in client.slowlog_get()]
        self.assertIn(b"GET slow", [c.encode() if isinstance(c, str) else c for c in commands])
        self.assertGreaterEqual(client.slowlog_len(), 1)
        self.assertTrue(client.slowlog_reset())
        self.assertGreaterEqual(client.info("commandstats")["cmdstat_get"]["calls"], 1)
        self.assertIn("peak.allocated", client.memory_stats())

    def test_manages_users(self):
        client = self.client()
        self.assertTrue(client.acl_setuser("reader", enabled=True, passwords=["+secret"],
                                           keys=["app:*"], commands=["+get", "+ping"]))
        self.assertIn(client.acl_getuser("reader")["keys"], ("~app:*", ["~app:*"]))
        reader = self.client(username="reader", password="secret")
        self.assertIsNone(reader.get("app:1"))
        for refused in (lambda: reader.get("other"), lambda: reader.set("app:1", "v")):
            with self.assertRaises(self.PACKAGE.exceptions.NoPermissionError):
                refused()
        self.assertEqual(client.acl_deluser("reader"), 1)

    def test_is_unblocked_and_killed(self):
        client, other = self.client(), self.client()
        number = other.client_id()
        self.assertEqual(client.client_kill_filter(_id=number), 1)
        self.assertTrue(other.ping())
        self.assertNotEqual(other.client_id(), number)


class Redis2(Sessions, WithServer):
    CLASS = "Redis"


class Redis3(Redis2):
    PROTOCOL = 3

    def test_caches_in_the_client(self):
        """The package wants Redis 7.4 for this, although it sends nothing that 7.0 lacks."""
        self.addCleanup(setattr, CacheProxyConnection, "MIN_ALLOWED_VERSION",
                        CacheProxyConnection.MIN_ALLOWED_VERSION)
        CacheProxyConnection.MIN_ALLOWED_VERSION = "7.0.0"
        client = self.client(cache_config=CacheConfig(), single_connection_client=True)
        other = self.client()
        other.set("k", "old")
        self.assertEqual((client.get("k"), client.get("k")), ("old", "old"))
        self.assertEqual(client.get_cache().size, 1)
        # What is answered from the cache does not reach the server.
        before = self.reads()
        self.assertEqual(client.get("k"), "old")
        self.assertEqual(self.reads(), before)
        other.set("k", "new")
        self.wait_until(lambda: client.get("k") == "new", "no invalidation")
        other.flushall()
        self.wait_until(lambda: client.get("k") is None, "no invalidation")

    def reads(self):
        info = self.client().info("stats")
        return info["keyspace_hits"] + info["keyspace_misses"]


class Valkey2(Sessions, WithServer):
    PACKAGE = valkey
    CLASS = "Valkey"


class Valkey3(Valkey2):
    PROTOCOL = 3


if __name__ == "__main__":
    run_with_server()
