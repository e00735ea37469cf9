"""Uses redis-cli for single commands and for commands from its input, with and without a password."""

import subprocess

from servers import Server, exchange
from with_server import PASSWORD, WithServer, run_with_server


class RedisCli(WithServer):
    def test_runs_a_command_and_prints_its_reply(self):
        self.assertEqual(self.cli("SET", "key", "a value"), "OK\n")
        self.assertEqual(self.cli("GET", "key"), "a value\n")
        self.assertEqual(self.cli("HSET", "hash", "a", "1", "b", "2"), "2\n")
        self.assertEqual(self.cli("PING"), "PONG\n")

    def test_takes_lower_case_commands(self):
        self.assertEqual(self.cli("set", "key", "value"), "OK\n")
        self.assertEqual(self.cli("gEt", "key"), "value\n")
        self.assertEqual(self.cli("config", "get", "databases"), "databases\n16\n")

    def test_tells_types_apart_for_people(self):
        self.cli("SET", "key", "a\"b\n")
        self.assertEqual(self.cli("--no-raw", "GET", "key"), '"a\\"b\\n"\n')
        self.assertEqual(self.cli("--no-raw", "GET", "none"), "(nil)\n")
        self.assertEqual(self.cli("--no-raw", "HSET", "hash", "f", "v"), "(integer) 1\n")
        self.assertEqual(self.cli("--no-raw", "HGETALL", "hash"), '1) "f"\n2) "v"\n')
        self.assertEqual(self.cli("--no-raw", "HGETALL", "none"), "(empty array)\n")
        self.assertEqual(self.cli("--no-raw", "HGET", "key", "f"),
                         "(error) WRONGTYPE Operation against a key holding the wrong kind of "
                         "value\n")

    def test_prints_raw_bytes(self):
        self.cli("SET", "key", b"\xff\n\x01")
        self.assertEqual(self.cli("--raw", "GET", "key"), "\xff\n\x01\n")

    def test_prints_csv(self):
        self.assertEqual(self.cli("--csv", "HSET", "hash", "f", "v, w"), "1\n")
        self.assertEqual(self.cli("--csv", "HGETALL", "hash"), '"f","v, w"\n')
        self.assertEqual(self.cli("--csv", "GET", "none"), "NULL\n")

    def test_prints_json(self):
        self.cli("HSET", "hash", "f", "v")
        self.assertEqual(self.cli("-2", "--json", "HGETALL", "hash"), '["f","v"]\n')
        self.assertEqual(self.cli("--json", "HGETALL", "hash"), '{"f":"v"}\n')

    def test_takes_the_last_argument_from_its_input(self):
        self.assertEqual(self.cli("-x", "SET", "key", stdin=b"a\x00\xff\r\n"), "OK\n")
        self.assertEqual(self.cli("GET", "key"), "a\x00\xff\r\n\n")
        self.cli("-x", "SET", "big", stdin=b"v" * 3_000_000)
        self.assertEqual(self.cli("GET", "big"), "v" * 3_000_000 + "\n")

    def test_takes_commands_from_its_input(self):
        output = self.cli(stdin=b'set a "x y"\nget a\n\nselect 3\ndbsize\n')
        self.assertEqual(output, "OK\nx y\nOK\n0\n")

    def test_selects_a_database(self):
        self.cli("-n", "2", "SET", "key", "in two")
        self.assertEqual(self.cli("GET", "key"), "\n")
        self.assertEqual(self.cli("-n", "2", "GET", "key"), "in two\n")
        self.assertEqual(self.cli("-u", f"redis://127.0.0.1:{self.server.port}/2", "DBSIZE"),
                         "1\n")
        _, _, errors = self.program("redis-cli", "-n", "99", "PING")
        self.assertEqual(errors, "SELECT 99 failed: ERR DB index is out of range\n")

    def test_repeats_a_command(self):
        self.assertEqual(self.cli("-r", "3", "-i", "0.01", "PING"), "PONG\n" * 3)

    def test_tells_errors_by_its_exit_code(self):
        code, _, errors = self.program("redis-cli", "-e", "GET")
        self.assertEqual((code, errors),
                         (1, "ERR wrong number of arguments for 'get' command\n"))

    def test_prints_lists_and_sets(self):
        self.cli("RPUSH", "l", "a", "b")
        self.cli("SADD", "s", "2", "1")
        self.assertEqual(self.cli("--no-raw", "LRANGE", "l", "0", "-1"), '1) "a"\n2) "b"\n')
        self.assertEqual(self.cli("--no-raw", "-3", "SMEMBERS", "s"), '1~ "1"\n2~ "2"\n')
        self.assertEqual(self.cli("--json", "SMEMBERS", "s"), '["1","2"]\n')

    def test_sees_that_this_is_no_cluster(self):
        code, output, _ = self.program("redis-cli", "--cluster", "info",
                                       f"127.0.0.1:{self.server.port}")
        self.assertEqual(code, 1)
        self.assertIn("is not configured as a cluster node.", output)

    def test_shuts_a_server_down(self):
        with Server(self.PROGRAM) as other:
            done = subprocess.run(["redis-cli", "-p", str(other.port), "SHUTDOWN", "NOSAVE"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
            self.assertEqual((done.returncode, done.stdout), (0, b""))
            self.assertEqual(other.process.wait(20), 0)

    def test_a_person_at_a_raw_socket_is_understood(self):
        replies = exchange(self.server.port, b'set k "a b"\r\nget k\nGET k\r\n\r\nQUIT\r\n')
        self.assertEqual(replies, b"+OK\r\n" + b"$3\r\na b\r\n" * 2 + b"+OK\r\n")


class RedisCliWithAPassword(WithServer):
    OPTIONS = ("--requirepass", PASSWORD)
    WARNING = ("Warning: Using a password with '-a' or '-u' option on the command line interface "
               "may not be safe.\n")

    def test_is_let_in_with_the_right_password(self):
        self.assertEqual(self.program("redis-cli", "-a", PASSWORD, "PING"),
                         (0, "PONG\n", self.WARNING))
        self.assertEqual(self.cli("-a", PASSWORD, "--no-auth-warning", "-n", "3", "DBSIZE"), "0\n")
        self.assertEqual(self.cli("--user", "default", "--pass", PASSWORD, "--no-auth-warning",
                                  "PING"), "PONG\n")
        self.assertEqual(self.cli("-u", f"redis://default:se%20cret@127.0.0.1:{self.server.port}/3",
                                  "--no-auth-warning", "SET", "k", "v"), "OK\n")
        self.assertEqual(self.cli(stdin=b"auth 'se cret'\nping\n"), "OK\nPONG\n")

    def test_is_not_let_in_with_a_wrong_one(self):
        wrong = "AUTH failed: WRONGPASS invalid username-password pair or user is disabled.\n"
        self.assertEqual(self.program("redis-cli", "-a", "secret", "PING"),
                         (0, "NOAUTH Authentication required.\n\n", self.WARNING + wrong))
        self.assertEqual(self.program("redis-cli", "--user", "nobody", "--pass", PASSWORD, "PING"),
                         (0, "NOAUTH Authentication required.\n\n", self.WARNING + wrong))

    def test_is_not_let_in_with_none(self):
        self.assertEqual(self.cli("GET", "k"), "NOAUTH Authentication required.\n\n")

    def test_sends_a_file(self):
        output = self.cli("-a", PASSWORD, "--no-auth-warning", "--pipe", stdin=b"SET a 1\n" * 50)
        self.assertIn("errors: 0, replies: 50\n", output)


if __name__ == "__main__":
    run_with_server()
