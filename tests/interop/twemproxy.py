"""Uses three servers through twemproxy (Debian's nutcracker); one is killed and comes back."""

import os
import subprocess
import tempfile
import time
import unittest

import redis

from servers import Connection, Server, free_port
from with_server import WithServer, run_with_server

NUTCRACKER = "/usr/sbin/nutcracker"
LOG = ("--appendonly", "yes", "--appendfsync", "always")
POOL = """pool:
  listen: 127.0.0.1:%d
  redis: true
  hash: murmur
  hash_tag: "{}"
  distribution: ketama
  timeout: 1000
  auto_eject_hosts: %s
  server_retry_timeout: 200
  server_failure_limit: 1
  servers:
"""


class Twemproxy(unittest.TestCase):
    EJECTS = "false"

    def setUp(self):
        self.servers = []
        for _ in range(3):
            self.servers.append(Server(WithServer.PROGRAM, *LOG))
            self.addCleanup(lambda number=len(self.servers) - 1: self.servers[number].stop())
        self.directory = tempfile.TemporaryDirectory(prefix="threadbare-twemproxy-")
        self.addCleanup(self.directory.cleanup)
        self.port = free_port()
        self.start_proxy()
        self.client = redis.Redis(port=self.port, protocol=2, decode_responses=True,
                                  lib_name=None, lib_version=None, driver_info=None,
                                  retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0))
        self.addCleanup(self.client.close)

    def start_proxy(self):
        pool = POOL % (self.port, self.EJECTS) + "".join(
            f"  - 127.0.0.1:{server.port}:1 server{number}\n"
            for number, server in enumerate(self.servers))
        path = os.path.join(self.directory.name, "nutcracker.yml")
        with open(path, "w") as file:
            file.write(pool)
        proxy = subprocess.Popen(
            [NUTCRACKER, "-c", path, "-s", str(free_port()), "-a", "127.0.0.1",
             "-p", os.path.join(self.directory.name, "pid")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        deadline = time.monotonic() + 10
        while True:
            try:
                with Connection(self.port) as connection:
                    if connection.ask(b"PING") == b"+PONG\r\n":
                        return
            except OSError:
                pass
            self.assertLess(time.monotonic(), deadline, "twemproxy does not answer")
            time.sleep(0.02)

    def fill(self, count=300):
        for number in range(count):
            self.client.set(f"k:{number}", number)

    def sizes(self):
        sizes = []
        for server in self.servers:
            with redis.Redis(port=server.port, protocol=2) as client:
                sizes.append(client.dbsize())
        return sizes

    def kill_and_restart(self, number):
        """Kills a server. Returns a function that starts it again, with its port and its file."""
        killed = self.servers[number]
        killed.kill()

        def restart():
            self.servers[number] = Server(WithServer.PROGRAM, *LOG, port=killed.port,
                                          directory=killed.directory)

        return restart

    def test_keys_are_spread(self):
        self.fill()
        sizes = self.sizes()
        self.assertEqual(sum(sizes), 300)
        self.assertTrue(all(size > 30 for size in sizes), sizes)
        self.assertEqual([self.client.get(f"k:{number}") for number in range(300)],
                         [str(number) for number in range(300)])

    def test_commands_with_keys_of_several_servers(self):
        names = [f"m:{number}" for number in range(60)]
        self.assertTrue(self.client.mset({name: name.upper() for name in names}))
        self.assertEqual(self.client.mget(*names, "none"), [*map(str.upper, names), None])
        self.assertEqual(self.client.exists("m:1"), 1)
        self.assertEqual(self.client.delete(*names), 60)
        self.assertEqual(self.sizes(), [0, 0, 0])

    def test_all_types(self):
        client = self.client
        self.assertEqual(client.hset("h", mapping={"a": 1, "b": 2}), 2)
        self.assertEqual(client.hgetall("h"), {"a": "1", "b": "2"})
        self.assertEqual((client.rpush("l", "a", "b"), client.lrange("l", 0, -1)), (2, ["a", "b"]))
        self.assertEqual((client.sadd("s", "m"), client.smembers("s")), (1, {"m"}))
        self.assertEqual((client.zadd("z", {"m": 1.5}), client.zscore("z", "m")), (1, 1.5))
        self.assertEqual((client.pfadd("p", "a"), client.pfcount("p")), (1, 1))
        self.assertTrue(client.setex("e", 100, "v"))
        self.assertEqual(client.ttl("e"), 100)

    def test_commands_that_twemproxy_refuses(self):
        """It closes the connection."""
        for request in ("KEYS *", "SCAN 0", "INFO", "SELECT 1", "MULTI", "WATCH k", "SUBSCRIBE c",
                        "PUBLISH c m", "MONITOR", "BLPOP l 1", "HELLO 3", "CLIENT SETNAME me"):
            with Connection(self.port) as connection:
                self.assertEqual(connection.ask(*request.encode().split()), b"", request)

    def test_keys_with_the_same_tag_are_together(self):
        client = self.client
        client.sadd("{user}:a", 1, 2)
        client.sadd("{user}:b", 2, 3)
        self.assertEqual(client.sunionstore("{user}:c", "{user}:a", "{user}:b"), 3)
        self.assertEqual(sorted(self.sizes()), [0, 0, 3])

    def test_pipelines(self):
        with self.client.pipeline(transaction=False) as pipeline:
            for number in range(5000):
                pipeline.set(f"k:{number % 100}", number).get(f"k:{number % 100}")
            replies = pipeline.execute()
        self.assertEqual(replies[1::2], [str(number) for number in range(5000)])

    def test_a_server_that_is_killed_comes_back_with_its_keys(self):
        self.fill()
        restart = self.kill_and_restart(1)
        lost = 0
        for number in range(300):
            try:
                self.assertEqual(self.client.get(f"k:{number}"), str(number))
            except (redis.ResponseError, redis.ConnectionError, redis.TimeoutError):
                lost += 1
        restart()
        # While it was away, only its own keys were missing.
        self.assertEqual(lost, self.sizes()[1])
        self.assertGreater(lost, 0)
        deadline = time.monotonic() + 10
        for number in range(300):
            while not self.reads(number):
                self.assertLess(time.monotonic(), deadline, "it does not come back")

    def reads(self, number):
        try:
            return self.client.get(f"k:{number}") == str(number)
        except (redis.ResponseError, redis.ConnectionError, redis.TimeoutError):
            time.sleep(0.02)
            return False


class TwemproxyThatEjects(Twemproxy):
    """With `auto_eject_hosts` the others take the keys of a server that is away: for caches."""

    EJECTS = "true"

    def test_a_server_that_is_killed_comes_back_with_its_keys(self):
        self.fill()
        restart = self.kill_and_restart(1)
        deadline = time.monotonic() + 10
        written = 0
        while written < 300:
            try:
                self.client.set(f"k:{written}", written)
                written += 1
            except (redis.ResponseError, redis.ConnectionError, redis.TimeoutError):
                self.assertLess(time.monotonic(), deadline, "it is not ejected")
        self.assertEqual(self.sizes_of_living(), 300)
        restart()
        while self.sizes()[1] == 0 or not all(map(self.reads, range(300))):
            self.assertLess(time.monotonic(), deadline, "it does not come back")

    def sizes_of_living(self):
        living = [self.servers[0], self.servers[2]]
        return sum(int(server.connect().ask(b"DBSIZE")[1:]) for server in living)


if __name__ == "__main__":
    run_with_server()
