"""Uses Redis Commander in a headless browser: browses keys, edits a hash and a list.

node/commander.js is the user. The last page that it sees is kept: target/commander/page.png.
"""

import os
import subprocess

from servers import free_port
from with_server import HERE, WithServer, run_with_server

DIRECTORY = os.path.abspath("target/commander")
MODULES = os.path.join(DIRECTORY, "node_modules")
COMMANDER = os.path.join(MODULES, "redis-commander", "bin", "redis-commander.js")


class Commander(WithServer):
    def setUp(self):
        super().setUp()
        self.web = free_port()
        commander = subprocess.Popen(
            ["node", COMMANDER, "--redis-host", "127.0.0.1", "--redis-port", str(self.server.port),
             "--address", "127.0.0.1", "--port", str(self.web), "--noload", "--nosave"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(commander.wait)
        self.addCleanup(commander.kill)

    def test_keys_are_browsed_and_edited(self):
        self.ask(b"HSET", b"user:1", b"name", b"Ada", b"town", b"London")
        self.ask(b"RPUSH", b"tasks", b"wash", b"cook", b"read")
        self.ask(b"SET", b"greeting", b"hello")
        self.ask(b"SADD", b"colours", b"red", b"blue")
        self.ask(b"ZADD", b"board", b"1.5", b"ada")
        done = subprocess.run(
            ["node", os.path.join(HERE, "node", "commander.js"), f"http://127.0.0.1:{self.web}/",
             os.path.join(DIRECTORY, "page.png")],
            env=os.environ | {"NODE_PATH": MODULES}, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))
        self.assertEqual(self.ask(b"HGET", b"user:1", b"town"), b"Turin")
        self.assertEqual(self.ask(b"HGET", b"user:1", b"name"), b"Ada")
        self.assertEqual(self.ask(b"LRANGE", b"tasks", b"0", b"-1"), [b"wash", b"bake", b"read"])


if __name__ == "__main__":
    run_with_server()
