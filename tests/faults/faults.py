#!/usr/bin/env python3
"""The server put to the test: crashes, power cuts, full disks, disks with errors, hostile browsers.

    tests/faults/faults.py SERVER LIBRARY [--quick] [--only 'kills power'] [--seed N]
                           [--pairs 'rewrite swapdb'] [--seeds N]

LIBRARY is disk.c, built by setup.sh. Servers run on free ports, in temporary directories. Each
part has a file of its own, which says what is done and what its bar is. Prints a line for each
figure; the exit code is 1 if a bar was missed.
"""

import argparse
import os
import random
import sys
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis"))

import browsers
import full_disk
import hang
import kills
import order
import pairs
import pipelines
import power
import rewrite_load
import rewrite_steps
import slow_readers
import stop
import sync_error
from disk import Disk
from settings import Settings, TooSlow
from writers import Lost

# Quick runs are short, on machines that others use as well.
QUICK_TRIES = 3

PARTS = {part.__name__: part for part in (
    kills, power, full_disk, sync_error, rewrite_steps, rewrite_load, order, hang, slow_readers,
    pipelines, browsers, stop, pairs)}


def main():
    options = parse()
    Disk.library = os.path.abspath(options.library)
    missed = 0
    settings = Settings(options.server, options.quick, options.seed, options.seeds, options.pairs)
    for name in options.only.split() if options.only else PARTS:
        random.seed(f"{options.seed} {name}")
        begun = time.monotonic()
        for case, run in PARTS[name].cases(settings):
            kept, text = outcome(run, settings.times(1, QUICK_TRIES))
            missed += not kept
            print(f"{'ok    ' if kept else 'MISSED'} {name}, {case}: {text}", flush=True)
        print(f"       {name}: {time.monotonic() - begun:.0f} s", flush=True)
    sys.exit(bool(missed))


def outcome(run, tries):
    """Returns whether a case meets its bar in one of `tries` runs, and its report. Only a bar for
    a time is tried again."""
    try:
        return True, run()
    except TooSlow as error:
        return outcome(run, tries - 1) if tries > 1 else (False, str(error))
    except Lost as error:
        return False, str(error)
    except Exception:
        return False, traceback.format_exc()


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("library")
    parser.add_argument("--quick", action="store_true", help="a few minutes")
    parser.add_argument("--only", help=f"some of: {' '.join(PARTS)}")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--pairs", default="", help="one event, or those whose pairs are meant")
    parser.add_argument("--seeds", type=int, default=1, help="how many, of each pair of events")
    options = parser.parse_args()
    if not os.path.exists(options.library):
        parser.error(f"{options.library} is missing")
    return options


if __name__ == "__main__":
    main()
