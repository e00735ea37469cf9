"""Uses ioredis, node-redis, and rate limiters that use these, by the scripts in node/.

setup.sh installs the packages in target/node.
"""

import os
import subprocess

from with_server import HERE, WithServer, run_with_server

SCRIPTS = os.path.join(HERE, "node")
MODULES = os.path.abspath("target/node/node_modules")

# Packages of clients, with their protocols. redis5 is version 5 of node-redis, redis the newest.
IOREDIS = {"CLIENT": "ioredis"}
NODE_REDIS = tuple({"CLIENT": "node-redis", "NODE_REDIS": package, "RESP": protocol}
                   for package in ("redis", "redis5") for protocol in ("2", "3"))


class WithScripts(WithServer):
    """What runs the scripts of node/."""

    def run_script(self, name, **variables):
        variables |= {"PORT": str(self.server.port), "NODE_PATH": MODULES}
        done = subprocess.run(["node", os.path.join(SCRIPTS, name)], env=os.environ | variables,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))

    def run_with(self, clients, name):
        for client in clients:
            with self.subTest(**client):
                self.run_script(name, **client)


class Node(WithScripts):
    def test_ioredis(self):
        self.run_script("ioredis.js")

    def test_sorted_sets_of_ioredis(self):
        self.run_script("ioredis_sorted_sets.js")

    def test_sessions_of_ioredis(self):
        self.run_script("ioredis_sessions.js")

    def test_node_redis(self):
        self.run_with(NODE_REDIS, "node_redis.js")

    def test_sorted_sets_of_node_redis(self):
        self.run_with(NODE_REDIS, "node_redis_sorted_sets.js")

    def test_newer_calls_of_node_redis(self):
        self.needs(b"DELEX", b"DIGEST", b"INCREX", b"MSETEX")
        self.run_with(NODE_REDIS[:2], "node_redis_8.js")

    def test_sessions_of_node_redis(self):
        self.run_with(NODE_REDIS, "node_redis_sessions.js")

    def test_the_cache_of_node_redis(self):
        self.run_with([client for client in NODE_REDIS if client["RESP"] == "3"],
                      "node_redis_cache.js")

    def test_limiters(self):
        self.run_with((IOREDIS, *NODE_REDIS), "limiters.js")

    def test_limiters_with_scripts(self):
        self.needs(b"EVALSHA", b"EVAL", b"SCRIPT")
        self.run_with((IOREDIS, *NODE_REDIS), "limiters_with_scripts.js")


if __name__ == "__main__":
    run_with_server()
