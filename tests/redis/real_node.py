#!/usr/bin/env python3
"""Uses ioredis, node-redis, and rate limiters that use these, by the scripts in node/.

    tests/redis/real_node.py SERVER [options of unittest]

setup_clients.sh installs the packages in target/node. A check that needs commands which SERVER
lacks is skipped, and names them. real_clients.py tells more.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True

from with_server import WithServer, run_with_server

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node")
MODULES = os.path.abspath("target/node/node_modules")
CLIENTS = ({"CLIENT": "ioredis"}, {"CLIENT": "node-redis", "RESP": "2"},
           {"CLIENT": "node-redis", "RESP": "3"})


class Node(WithServer):
    def run_script(self, name, **variables):
        variables |= {"PORT": str(self.server.port), "NODE_PATH": MODULES}
        done = subprocess.run(["node", os.path.join(SCRIPTS, name)], env=os.environ | variables,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))

    def run_with_both_protocols(self, name):
        for protocol in ("2", "3"):
            with self.subTest(protocol=protocol):
                self.run_script(name, RESP=protocol)

    def run_with_each_client(self, name):
        for client in CLIENTS:
            with self.subTest(**client):
                self.run_script(name, **client)

    def test_ioredis(self):
        self.run_script("ioredis.js")

    def test_sorted_sets_of_ioredis(self):
        self.run_script("ioredis_sorted_sets.js")

    def test_node_redis(self):
        self.run_with_both_protocols("node_redis.js")

    def test_sorted_sets_of_node_redis(self):
        self.run_with_both_protocols("node_redis_sorted_sets.js")

    def test_newer_calls_of_node_redis(self):
        self.needs(b"DELEX", b"DIGEST", b"INCREX", b"MSETEX")
        self.run_with_both_protocols("node_redis_8.js")

    def test_limiters(self):
        self.run_with_each_client("limiters.js")

    def test_limiters_with_scripts(self):
        self.needs(b"EVALSHA", b"EVAL", b"SCRIPT", b"SUBSCRIBE")
        self.run_with_each_client("limiters_with_scripts.js")


if __name__ == "__main__":
    run_with_server(__doc__)
