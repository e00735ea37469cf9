#!/usr/bin/env python3
"""How long one client waits that asks one request after the other, a while apart.

    tests/faults/latency.py PORT SECONDS PAUSE ARGUMENT...

A process of its own, so that nothing else here delays it. Prints percentiles in milliseconds.
"""

import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis"))

from servers import Connection


class Probe:
    """A latency process that runs for a given number of seconds from its start."""

    def __init__(self, port, seconds, *request, pause=0.0005):
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), str(port), str(seconds), str(pause),
             *request], stdout=subprocess.PIPE)

    def result(self):
        """Returns `p50`, `p99`, `p999` and `most` in milliseconds."""
        return json.loads(self.process.communicate()[0])


def main(port, seconds, pause, *request):
    request = [argument.encode() for argument in request]
    times = []
    with Connection(int(port), timeout=60) as connection:
        end = time.monotonic() + float(seconds)
        while (begun := time.monotonic()) < end:
            if not connection.ask(*request).endswith(b"\r\n"):
                sys.exit("no answer")
            times.append(1000 * (time.monotonic() - begun))
            time.sleep(float(pause))
    times.sort()
    print(json.dumps({name: round(times[min(int(len(times) * part), len(times) - 1)], 2)
                      for name, part in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("most", 1)]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
