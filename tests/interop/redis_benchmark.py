"""Runs redis-benchmark: each of its tests, and its options."""

from with_server import PASSWORD, WithServer, run_with_server


class RedisBenchmark(WithServer):
    OPTIONS = ("--requirepass", PASSWORD)

    # Printed whenever `-k 0` is given.
    ABOUT_KEEPALIVE = (
        "WARNING: Keepalive disabled. You probably need 'echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse' "
        "for Linux and 'sudo sysctl -w net.inet.tcp.msl=1000' for Mac OS X in order to use a lot "
        "of clients/requests\n")

    # All of its tests, in its order.
    ALL = [
        "PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD",
        "HSET", "SPOP", "ZADD", "ZPOPMIN", "LPUSH (needed to benchmark LRANGE)",
        "LRANGE_100 (first 100 elements)", "LRANGE_300 (first 300 elements)",
        "LRANGE_500 (first 500 elements)", "LRANGE_600 (first 600 elements)", "MSET (10 keys)"]

    def benchmark(self, *arguments):
        """Returns the tests that redis-benchmark completed without a warning."""
        code, output, errors = self.program("redis-benchmark", "-a", PASSWORD, *arguments)
        self.assertEqual((code, errors.replace(self.ABOUT_KEEPALIVE, "")), (0, ""), output)
        self.assertNotIn("WARNING", output)
        self.assertNotIn("Error", output)
        lines = output.replace("\r", "\n").split("\n")
        return [line.strip().split(":")[0] for line in lines if "requests per second, p50" in line]

    def test_runs_from_beginning_to_end(self):
        self.assertEqual(self.benchmark("-n", "2000", "-q"), self.ALL)
        self.assertEqual(self.ask(b"LLEN", b"mylist"), 2000)
        self.assertEqual(self.ask(b"TYPE", b"myhash"), b"hash")

    def test_runs_from_beginning_to_end_with_pipelines(self):
        names = self.benchmark("-n", "8000", "-P", "16", "-r", "1000", "-q")
        self.assertEqual(names, self.ALL)
        self.assertEqual(self.ask(b"LLEN", b"mylist"), 8000)

    def test_connects_500_clients(self):
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "5000", "-c", "500", "-q"),
                         ["SET", "GET"])

    def test_has_the_server_track_its_keys(self):
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "2000", "-r", "100", "-q",
                                        "--enable-tracking"), ["SET", "GET"])
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "2000", "-r", "100", "-q", "-3",
                                        "--enable-tracking"), ["SET", "GET"])

    def test_uses_two_threads(self):
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "2000", "--threads", "2", "-q"),
                         ["SET", "GET"])

    def test_connects_anew_for_each_request(self):
        self.assertEqual(self.benchmark("-t", "get", "-n", "500", "-k", "0", "-q"), ["GET"])

    def test_uses_another_database_and_big_values(self):
        self.assertEqual(self.benchmark("-t", "set,get", "-n", "500", "-d", "20000", "--dbnum",
                                        "3", "-q"), ["SET", "GET"])
        self.assertIn(b"db3:keys=1,", self.ask(b"INFO", b"keyspace"))

    def test_runs_any_command(self):
        names = self.benchmark("-n", "500", "-r", "100", "-q", "hset", "h:__rand_int__", "f", "v")
        self.assertEqual(names, ["hset h"])

    def test_tells_how_the_server_saves(self):
        _, output, errors = self.program("redis-benchmark", "-a", PASSWORD, "-t", "get", "-n", "10")
        self.assertEqual(errors, "")
        self.assertRegex(output, r'host configuration "save": [^\n]*\n')
        self.assertRegex(output, r'host configuration "appendonly": (yes|no)\n')

    def test_speaks_resp3(self):
        self.assertEqual(self.benchmark("-n", "500", "-3", "-q"), self.ALL)


if __name__ == "__main__":
    run_with_server()
