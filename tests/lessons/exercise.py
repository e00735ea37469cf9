#!/usr/bin/env python3
"""The exercises of the course.

    tests/lessons/exercise.py LESSON [--solution]

puts the test of an exercise into the sources, or its solution, and prints the names of its tests. What
is there already stays as it is.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

from lesson import lessons

COPY = "target/lessons/source"
BUILD = "target/lessons/build"
# The fastest to build; without dependencies, hence without the benchmarks.
PROFILE = {"CARGO_PROFILE_DEV_OPT_LEVEL": "0", "CARGO_PROFILE_DEV_DEBUG": "false"}
BENCHMARKS = re.compile(r"^\[(dev-dependencies\]|\[bench\]\]).*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


class Failure(Exception):
    """An exercise that does not do what its lesson says."""


def main():
    parser = argparse.ArgumentParser(description="Puts an exercise into the sources.")
    parser.add_argument("lesson")
    parser.add_argument("--solution", action="store_true")
    options = parser.parse_args()
    found = lessons(options.lesson)
    if not options.lesson.isdigit() or not found:
        sys.exit(f"no lesson {options.lesson}: make exercise LESSON=1")
    for part in ["test", "solution"] if options.solution else ["test"]:
        patch = found[0].patches[part]
        if not applies(patch, ".", "--reverse") and not apply(patch, "."):
            sys.exit(f"the {part} does not fit the sources any more. "
                     "`git diff` shows what has been changed, `git checkout src tests` undoes it")
    print(" ".join(found[0].test_names()))


def check_all(chosen):
    """Checks on a copy that the tests of the chosen lessons fail without the solutions, and pass with
    them."""
    copy_sources()
    for part, wanted in [("test", False), ("solution", True)]:
        for lesson in chosen:
            if not apply(lesson.patches[part], COPY):
                raise Failure(f"{lesson.path}: the {part} does not fit the sources")
        built = cargo_test("--no-run")
        if built.returncode:
            raise Failure(f"with the {part}s the sources cannot be built:\n{built.stdout}")
        for lesson in chosen:
            check_tests(lesson, part, wanted)
    return f"{len(chosen)} exercises: the tests fail, with the solutions they pass"


def check_tests(lesson, part, wanted):
    names = lesson.test_names()
    if not names:
        raise Failure(f"{lesson.path}: no test in a block of diff")
    for name in names:
        done = cargo_test(name)
        has_run = "running 1 test" in done.stdout
        if not has_run or (done.returncode == 0) != wanted:
            raise Failure(f"{lesson.path}: {name}, with the {part}:\n{done.stdout}")


def copy_sources():
    """Copies the sources as git sees them, without what only the benchmarks need."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            stdout=subprocess.PIPE, check=True, text=True).stdout
    for path in filter(os.path.exists, listed.split("\0")):
        os.makedirs(os.path.dirname(f"{COPY}/{path}") or COPY, exist_ok=True)
        # With the time of the copy: cargo builds what is newer than the last build.
        shutil.copy(path, f"{COPY}/{path}")
    with open(f"{COPY}/Cargo.toml", encoding="utf-8") as file:
        manifest = file.read()
    with open(f"{COPY}/Cargo.toml", "w", encoding="utf-8") as file:
        file.write(BENCHMARKS.sub("", manifest))


def cargo_test(*args):
    command = ["cargo", "test", "--quiet", "--offline", "--test", "tests", *args]
    environ = {**os.environ, **PROFILE, "CARGO_TARGET_DIR": os.path.abspath(BUILD)}
    return subprocess.run(command, cwd=COPY, env=environ, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def apply(patch, directory):
    return applies(patch, directory) and run_patch(patch, directory)


def applies(patch, directory, *options):
    return run_patch(patch, directory, "--dry-run", *options)


def run_patch(patch, directory, *options):
    done = subprocess.run(["patch", "-p1", "--force", "--no-backup-if-mismatch", *options], cwd=directory,
                          input=patch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode == 0


if __name__ == "__main__":
    main()
