#!/usr/bin/env python3
"""Uses the lists, sets and waiting calls of ioredis and node-redis, by the scripts in node/.

    tests/redis/real_node.py SERVER [options of unittest]

setup_node.sh installs the packages in target/node. real_clients.py tells more.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True

from with_server import WithServer, run_with_server

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node")
MODULES = os.path.abspath("target/node/node_modules")


class Node(WithServer):
    def run_script(self, name, **variables):
        variables |= {"PORT": str(self.server.port), "NODE_PATH": MODULES}
        done = subprocess.run(["node", os.path.join(SCRIPTS, name)], env=os.environ | variables,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))

    def test_ioredis(self):
        self.run_script("ioredis.js")

    def test_node_redis(self):
        self.run_script("node_redis.js", RESP="2")

    def test_node_redis_with_resp3(self):
        self.run_script("node_redis.js", RESP="3")


if __name__ == "__main__":
    run_with_server(__doc__)
