"""Uses redis-cli's modes: --pipe, --stat, --scan, --bigkeys, MONITOR, SUBSCRIBE, and what waits."""

import re

from resp import encode
from with_server import WithServer, run_with_server


class RedisCliModes(WithServer):
    def test_sends_a_file_of_lines_and_arrays(self):
        data = b"SET a 1\r\n" + encode([b"SET", b"b", b"\r\n\xff"]) + b"\r\n\nGET a\nPING\r\n"
        output = self.cli("--pipe", stdin=data)
        self.assertIn("errors: 0, replies: 4\n", output)
        self.assertEqual(self.cli("GET", "b"), "\r\n\xff\n")

    def test_sends_a_long_file(self):
        data = b"".join(encode([b"SET", b"key:%d" % i, b"v" * 100]) for i in range(100_000))
        self.assertIn("errors: 0, replies: 100000\n", self.cli("--pipe", stdin=data))
        self.assertEqual(self.cli("DBSIZE"), "100000\n")

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
        with self.running("--stat", "-i", "0.05") as stat:
            lines = [stat.stdout.readline().split() for _ in range(3)]
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

    def test_scans(self):
        self.ask(b"MSET", b"other", b"v", *(part for number in range(500)
                                            for part in (b"user:%d" % number, b"v")))
        self.ask(b"RPUSH", b"user:list", b"v")
        users = {f"user:{number}" for number in range(500)}
        self.assertEqual(set(self.cli("--scan").split()), users | {"user:list", "other"})
        self.assertEqual(set(self.cli("--scan", "--pattern", "user:[0-9]*").split()), users)
        self.assertEqual(self.cli("--scan", "--pattern", "*i*", "--quoted-pattern", '"\\x6fther"'),
                         "other\n")

    def test_finds_keys_that_are_used_often(self):
        self.cli("SET", "k", "v")
        self.assertIn("An LFU maxmemory policy is not selected", self.failure("--hotkeys"))
        self.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
        try:
            self.cli("-r", "200", "GET", "k")
            if self.cli("OBJECT", "FREQ", "k") == "0\n":
                self.skipTest("not there yet: frequencies for LFU")
            self.assertRegex(self.cli("--hotkeys"), r'hot key found with counter: \d+\tkeyname: "?k"?')
        finally:
            self.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")

    def failure(self, *arguments):
        _, output, errors = self.program("redis-cli", *arguments)
        return output + errors

    def test_measures_latency_over_time(self):
        with self.running("--latency-history", "-i", "0.3", "--raw") as history:
            lines = [history.stdout.readline().split() for _ in range(2)]
        for least, most, mean, count in lines:
            self.assertLessEqual(float(least), float(most))
            self.assertGreaterEqual(int(count), 1)


class RedisCliThatListens(WithServer):
    """What is printed as it happens, for as long as the program runs."""

    def setUp(self):
        super().setUp()
        self.wait_until_nobody_listens()

    def test_waits_for_an_element(self):
        with self.running("BLPOP", "jobs", "0") as waiting:
            self.wait_until_blocked(1)
            self.assertEqual(self.cli("RPUSH", "jobs", "first", "second"), "2\n")
            self.assertEqual(waiting.stdout.read(), "jobs\nfirst\n")

    def test_leaves_the_line_when_it_is_killed(self):
        with self.running("BLPOP", "jobs", "0"):
            self.wait_until_blocked(1)
        self.wait_until_blocked(0)
        self.cli("RPUSH", "jobs", "kept")
        self.assertEqual(self.cli("LLEN", "jobs"), "1\n")

    def test_monitors_the_server(self):
        with self.running("MONITOR") as monitor:
            self.assertEqual(monitor.stdout.readline(), "OK\n")
            self.cli("-n", "2", "SET", "a key", "\"v\"\n")
            self.cli("GET", "a key")
            lines = [monitor.stdout.readline() for _ in range(3)]
        where = r"\d+\.\d{6} \[(\d+) 127\.0\.0\.1:\d+\] (.*)\n"
        self.assertEqual([re.fullmatch(where, line).groups() for line in lines],
                         [("2", '"SELECT" "2"'), ("2", '"SET" "a key" "\\"v\\"\\n"'),
                          ("0", '"GET" "a key"')])

    def test_monitors_without_passwords(self):
        with self.running("MONITOR") as monitor:
            self.assertEqual(monitor.stdout.readline(), "OK\n")
            self.cli("AUTH", "default", "secret")
            self.cli("CONFIG", "SET", "requirepass", "")
            self.cli("PING")
            line = monitor.stdout.readline()
            while '"PING"' not in line:
                self.assertNotIn("secret", line)
                line = monitor.stdout.readline()

    def test_prints_messages(self):
        with self.running("SUBSCRIBE", "news", "weather") as listener:
            self.assertEqual([listener.stdout.readline() for _ in range(6)],
                             ["subscribe\n", "news\n", "1\n", "subscribe\n", "weather\n", "2\n"])
            self.assertEqual(self.cli("PUBLISH", "weather", "it rains"), "1\n")
            self.assertEqual(self.cli("PUBLISH", "sport", "none"), "0\n")
            self.assertEqual(self.cli("PUBLISH", "news", "two\nlines"), "1\n")
            self.assertEqual([listener.stdout.readline() for _ in range(7)],
                             ["message\n", "weather\n", "it rains\n", "message\n", "news\n", "two\n",
                              "lines\n"])

    def test_prints_messages_of_patterns_in_resp3(self):
        with self.running("-3", "PSUBSCRIBE", "n?ws") as listener:
            self.assertEqual([listener.stdout.readline() for _ in range(3)],
                             ["psubscribe\n", "n?ws\n", "1\n"])
            self.cli("PUBLISH", "news", "hello")
            self.assertEqual([listener.stdout.readline() for _ in range(4)],
                             ["pmessage\n", "n?ws\n", "news\n", "hello\n"])

    def test_prints_what_happens_to_keys(self):
        self.cli("CONFIG", "SET", "notify-keyspace-events", "KEA")
        with self.running("PSUBSCRIBE", "__key*__:*") as listener:
            for _ in range(3):
                listener.stdout.readline()
            self.cli("SET", "k", "v")
            self.assertEqual([listener.stdout.readline() for _ in range(8)],
                             ["pmessage\n", "__key*__:*\n", "__keyspace@0__:k\n", "set\n",
                              "pmessage\n", "__key*__:*\n", "__keyevent@0__:set\n", "k\n"])
        self.cli("CONFIG", "SET", "notify-keyspace-events", "")


if __name__ == "__main__":
    run_with_server()
