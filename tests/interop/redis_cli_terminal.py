"""Uses redis-cli as a person at a terminal does, who sees hints, completions and help."""

import re

from resp import pairs
from terminal import Terminal
from with_server import QUIET, WithServer, run_with_server


class RedisCliAtATerminal(WithServer):
    def setUp(self):
        super().setUp()
        self.terminal = Terminal(["redis-cli", "-p", str(self.server.port)], QUIET)
        self.addCleanup(self.terminal.close)
        self.terminal.wait_for(self.prompt())

    def prompt(self, database=""):
        return f"127.0.0.1:{self.server.port}{database}>"

    def clear(self):
        """Clears the line, the screen and what has left it."""
        self.terminal.press("C-u", "C-l")
        self.terminal.wait_until_clear()

    def enter(self, line, database=""):
        """Enters a line at a clear screen. Returns the output once the next prompt is there."""
        self.clear()
        self.terminal.type(line)
        self.terminal.press("Enter")
        prompt = self.prompt(database)
        typed = f"> {line}\n"
        text = self.terminal.wait_until(
            lambda text: typed in text and text.endswith("\n" + prompt), prompt)
        return text.removesuffix(prompt).rpartition(typed)[2]

    def assert_hint(self, typed, hint):
        self.clear()
        self.terminal.type(typed + " ")
        self.terminal.wait_for(f"> {typed} {hint}")

    def test_hints_at_the_arguments_of_a_command(self):
        self.assert_hint("set", "key value [NX|XX")
        self.assert_hint("getex", "key [EX seconds|PX milliseconds|EXAT ")
        self.assert_hint("hset", "key field value [field value ...]")
        self.assert_hint("client setname", "connection-name")
        self.assert_hint("blpop", "key [key ...] timeout")
        self.assert_hint("lpos", "key element [RANK rank] [COUNT num-matches] [MAXLEN len]")
        self.assert_hint("sintercard", "numkeys key [key ...] [LIMIT limit]")

    def test_hints_at_what_is_left_to_type(self):
        self.assert_hint("set k", "value [NX|XX")
        self.assert_hint("lpos l element", "[RANK rank] [COUNT num-matches] [MAXLEN len]")

    def test_completes_names(self):
        self.terminal.type("HGETA\t")
        self.terminal.wait_for("> HGETALL key")

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

    def test_names_errors_and_types(self):
        self.assertEqual(self.enter("incr n"), "(integer) 1\n")
        self.assertEqual(self.enter("lpush n x"), "(error) WRONGTYPE Operation against a key "
                         "holding the wrong kind of value\n")

    def test_shows_a_transaction_in_its_prompt(self):
        self.assertEqual(self.enter("multi", "(TX)"), "OK\n")
        self.assertEqual(self.enter("set k v", "(TX)"), "QUEUED\n")
        self.assertEqual(self.enter("exec"), "1) OK\n")

    def test_subscribes_until_it_is_interrupted(self):
        self.terminal.type("subscribe news")
        self.terminal.press("Enter")
        self.terminal.wait_for("3) (integer) 1")
        self.assertEqual(self.ask(b"PUBLISH", b"news", b"it is on"), 1)
        self.terminal.wait_for('3) "it is on"')
        self.terminal.press("C-c")
        self.assertIn("PONG", self.enter("ping"))
        self.assertEqual(self.ask(b"PUBLISH", b"news", b"nobody listens"), 0)

    def test_is_told_of_a_key_that_has_changed_since_it_was_read(self):
        self.enter("hello 3")
        self.assertEqual(self.enter("client tracking on"), "OK\n")
        self.assertEqual(self.enter("get k"), "(nil)\n")
        self.ask(b"SET", b"k", b"v")
        self.assertEqual(self.enter("ping"), "-> invalidate: 'k'\nPONG\n")

    def test_leaves(self):
        self.terminal.type("quit")
        self.terminal.press("Enter")
        self.assertTrue(self.terminal.has_ended())


if __name__ == "__main__":
    run_with_server()
