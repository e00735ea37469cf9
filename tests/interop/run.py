#!/usr/bin/env python3
"""Drives a server with programs and packages that were written for Redis, unmodified.

    target/python/bin/python tests/interop/run.py SERVER [NAME...] [-- options of unittest]

Runs the files NAME.py of this directory, by default all of CHECKS. Each runs in a process of its
own, with servers of its own: SERVER on free ports, in temporary directories. setup.sh installs
the packages. A check that needs commands which SERVER lacks is skipped and names them. With
redis-server as SERVER, only what needs a newer Redis is skipped.

A file that fails runs again with redis-server. If it fails there as well, the fault is probably
not the server's: a check is wrong, or a package has changed.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(HERE, "..", "redis")
HIREDIS = os.path.abspath("target/hiredis")
REDIS = "redis-server"

# The files, and the directories of packages that only they see.
CHECKS = [
    ("redis_cli", ""),
    ("redis_cli_modes", ""),
    ("redis_cli_terminal", ""),
    ("redis_benchmark", ""),
    ("redis_py", ""),
    ("redis_py", HIREDIS),
    ("redis_py_lists", ""),
    ("redis_py_sorted_sets", ""),
    ("redis_py_sessions", ""),
    ("redis_py_sessions", HIREDIS),
    ("node_clients", ""),
    ("rust_crate", ""),
    ("caches", ""),
    ("limiters", ""),
    ("queues", ""),
    ("commander", ""),
    ("exporter", ""),
    ("twemproxy", ""),
]


def title(name, packages):
    return f"{name} with {os.path.basename(packages)}" if packages else name


def run(server, name, packages, options):
    """Returns whether the checks of one file pass."""
    path = os.pathsep.join(filter(None, [SHARED, packages]))
    command = [sys.executable, "-B", "-W", "ignore::DeprecationWarning",
               os.path.join(HERE, name + ".py"), server, *options]
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": path}).returncode == 0


def whose_fault(server, name, packages, options):
    if os.path.basename(server) == REDIS:
        return "which is redis-server"
    print(f"== {title(name, packages)}: once more, with redis-server", flush=True)
    passes = run(REDIS, name, packages, options)
    return "passes with redis-server" if passes else "fails with redis-server as well"


def main(server, *arguments):
    options = []
    if "--" in arguments:
        options = arguments[arguments.index("--") + 1:]
        arguments = arguments[:arguments.index("--")]
    failures = []
    for name, packages in CHECKS:
        if arguments and name not in arguments:
            continue
        print(f"== {title(name, packages)}", flush=True)
        if not run(server, name, packages, options):
            failures.append(f"{title(name, packages)} ({whose_fault(server, name, packages, options)})")
    print("== failed: " + ", ".join(failures) if failures else "== all pass")
    return bool(failures)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
