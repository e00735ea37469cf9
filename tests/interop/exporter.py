"""Reads what an exporter for Prometheus makes of the server: prometheus-redis-exporter of Debian."""

import re
import subprocess
import time
import urllib.request

from servers import free_port
from with_server import PASSWORD, WithServer, run_with_server


class Exporter(WithServer):
    OPTIONS = ("--requirepass", PASSWORD)

    def setUp(self):
        super().setUp()
        port = free_port()
        self.page = f"http://127.0.0.1:{port}/metrics"
        exporter = subprocess.Popen(
            ["prometheus-redis-exporter", "-web.listen-address", f"127.0.0.1:{port}",
             "-redis.addr", f"redis://127.0.0.1:{self.server.port}",
             "-redis.password", PASSWORD, "-check-single-keys", "db2=a-list,db0=n",
             "-log-format", "txt"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(exporter.wait)
        self.addCleanup(exporter.kill)

    def metrics(self):
        """Returns what the exporter tells, once it is there: names with labels, and numbers."""
        deadline = time.monotonic() + 10
        while True:
            try:
                with urllib.request.urlopen(self.page, timeout=10) as page:
                    text = page.read().decode()
                break
            except ConnectionError:
                self.assertLess(time.monotonic(), deadline, "the exporter does not answer")
            except urllib.error.URLError:
                self.assertLess(time.monotonic(), deadline, "the exporter does not answer")
            time.sleep(0.02)
        lines = re.findall(r"^(redis_\w+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in lines}

    def fill(self):
        with self.server.connect() as connection:
            for request in ([b"AUTH", PASSWORD.encode()], [b"SET", b"n", b"42"],
                            [b"GET", b"n"], [b"GET", b"none"], [b"SELECT", b"2"],
                            [b"RPUSH", b"a-list", b"a", b"b"], [b"EXPIRE", b"a-list", b"1000"]):
                connection.ask(*request)

    def test_tells_how_the_server_is(self):
        self.fill()
        found = self.metrics()
        wanted = {"redis_up": 1, "redis_exporter_last_scrape_error{err=\"\"}": 0,
                  'redis_db_keys{db="db0"}': 1, 'redis_db_keys{db="db2"}': 1,
                  'redis_db_keys_expiring{db="db2"}': 1, "redis_cluster_enabled": 0,
                  "redis_connected_slaves": 0, "redis_loading_dump_file": 0,
                  "redis_blocked_clients": 0,
                  'redis_key_size{db="db2",key="a-list"}': 2}
        self.assertEqual({name: found.get(name) for name in wanted}, wanted)
        for name in ("redis_uptime_in_seconds", "redis_memory_used_bytes",
                     "redis_config_maxclients", "redis_connected_clients",
                     "redis_commands_processed_total", "redis_connections_received_total",
                     "redis_net_input_bytes_total", "redis_net_output_bytes_total",
                     "redis_cpu_user_seconds_total", "redis_keyspace_hits_total",
                     "redis_keyspace_misses_total", "redis_process_id",
                     "redis_rdb_last_save_timestamp_seconds", "redis_memory_used_rss_bytes",
                     "redis_memory_used_peak_bytes", "redis_expired_keys_total",
                     "redis_evicted_keys_total", "redis_rejected_connections_total"):
            self.assertIn(name, found)

    def test_tells_what_was_done(self):
        self.fill()
        found = self.metrics()
        self.assertGreaterEqual(found['redis_commands_total{cmd="get"}'], 2)
        self.assertGreaterEqual(found['redis_commands_duration_seconds_total{cmd="get"}'], 0)
        for name in ("redis_slowlog_length", "redis_slowlog_last_id", "redis_pubsub_channels",
                     "redis_pubsub_patterns", "redis_last_slow_execution_duration_seconds"):
            self.assertIn(name, found)


if __name__ == "__main__":
    run_with_server()
