#!/usr/bin/env python3
"""Checks of `make compare` itself: what it does with PEERS, and where its report goes.

    tests/compare/check.py [options of unittest]

To be run at the top of the repository, by `make compare-check`, with target/release/threadbare
built. Takes a minute.
"""

import collections
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest

sys.dont_write_bytecode = True
COMPARE = os.path.abspath("benches/compare/compare.py")
sys.path.insert(0, os.path.dirname(COMPARE))

import compare
import report
from measurement import Bar, Load
from results import View

THREADBARE = "target/release/threadbare --port {port} --dir {dir}"


def run(peers, *options):
    return subprocess.run([sys.executable, COMPARE, "--quick", *options], text=True, check=False,
                          capture_output=True, env=os.environ | {"PEERS": peers})


class MalformedPeers(unittest.TestCase):
    def refused(self, peers, words):
        done = run(peers)
        self.assertEqual(done.returncode, 1)
        self.assertIn(words, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_each_fault_is_told_in_words(self):
        for peers, words in (
                ("mine", "'mine' does not begin with a name and an equals sign"),
                ("=./mine {port}", "does not begin with a name"),
                ("my own=./mine {port}", "does not begin with a name"),
                ("mine=", "does not say where {port} belongs"),
                ("mine=./mine --port 7000", "does not say where {port} belongs"),
                ("mine=./mine {prot}", "{prot} in the command of mine"),
                ("mine=./mine {port", "{port in the command of mine"),
                ("mine=./mine '{port}", "No closing quotation"),
                ("redis=./mine {port}", "redis is the name of another server"),
                ("a=./mine {port}; a=./other {port}", "a is the name of another server")):
            with self.subTest(peers):
                self.refused(peers, words)


class Quick(unittest.TestCase):
    def test_peers_take_part_and_a_silent_one_is_given_up_once(self):
        done = run(f"twin={THREADBARE}; silent=sleep 1000 {{port}}", "--only", "connections")
        self.assertEqual(done.returncode, 1, done.stderr)
        path = done.stderr.splitlines()[-1]
        self.assertRegex(path, r"^target/compare/quick/only-connections/(narrower/)*report\.md$")
        with open(path) as file:
            text = file.read()
        head = next(line for line in text.splitlines() if line.startswith("|"))
        names = head.strip("| ").split(" | ")
        self.assertLess({"threadbare", "tokio", "mio", "twin", "silent"}, set(names))
        each = next(line for line in text.splitlines() if "KB a connection" in line)
        cells = dict(zip(names, each.strip("| ").split(" | ")[1:]))
        self.assertRegex(cells["twin"], r"^[\d.]+ \([\d.]+\?\)$")
        failed = [line for line in text.splitlines() if line.startswith("- connections")]
        self.assertEqual(len(failed), 1, failed)
        self.assertIn("silent is given up", failed[0])
        self.assertRegex(text, r"Rounds: 1 of each load \(1 were asked for\)")
        self.assertRegex(text, r"others kept [\d.]+ of \d+ processors busy; the load average was")


class Place(unittest.TestCase):
    def test_a_choice_has_a_directory_of_its_own(self):
        options = types.SimpleNamespace(pin="both")
        self.assertEqual(compare.place(options, False, False), "")
        self.assertEqual(compare.place(options, ["redis", "mine"], ["memory"]),
                         "servers-redis+mine/only-memory")
        self.assertEqual(compare.place(types.SimpleNamespace(pin="one"), False, ["memory"]),
                         "one-core/only-memory")

    def test_a_report_with_more_in_it_is_fuller(self):
        with tempfile.TemporaryDirectory() as directory:
            none = collections.Counter()
            self.assertFalse(compare.is_fuller(directory, none))
            with open(f"{directory}/coverage.json", "w") as file:
                json.dump({"GET / redis": 3, "SET / redis": 3}, file)
            for rounds, fuller in (((3, 3), False), ((7, 3), False), ((7, 2), True), ((7,), True)):
                ours = collections.Counter(
                    dict(zip(("GET / redis", "SET / redis"), rounds)))
                self.assertEqual(compare.is_fuller(directory, ours), fuller, rounds)


class Choices(unittest.TestCase):
    def test_a_group_stands_for_its_members(self):
        there_are = ["tokio", "types-rates", "tokio-current", "types-memory"]
        for names, found in (("types", ["types-rates", "types-memory"]),
                             ("types-memory,tokio", ["tokio", "types-memory"])):
            self.assertEqual(compare.chosen(names, there_are, "name", []), found)
        for unknown in ("type", "types-"):
            with self.assertRaises(SystemExit):
                compare.chosen(unknown, there_are, "name", [])


class Bars(unittest.TestCase):
    def test_a_bar_says_whether_it_is_met(self):
        cells = [{"measurement": "m", "load": "l", "server": server, "round": number,
                  "values": {"rate": rate}}
                 for server, rates in (("threadbare", [12, 20, 11]), ("redis", [10, 10, 10]))
                 for number, rate in enumerate(rates)]
        comparison = types.SimpleNamespace(reference=types.SimpleNamespace(name="redis"))
        for bar, text in ((Bar(at_least=1.2), "≥ 1.2x: met"),
                          (Bar(at_least=1.3), "**≥ 1.3x: missed**"),
                          (Bar(at_most=1.0), "**≤ 1x: missed**"),
                          (Bar(at_most=12, of_value=True), "≤ 12: met")):
            load = Load("l", None, bars={"rate": bar})
            shown = report.bar_text(View(cells), ("m", "l", "rate"), load, comparison)
            self.assertEqual(shown, text)


class Ratios(unittest.TestCase):
    def test_rounds_that_disagree_are_marked(self):
        self.assertEqual(report.ratio_text([1.2, 1.1, 1.5]), "1.20; 1.10-1.50")
        self.assertEqual(report.ratio_text([1.2, 0.9, 1.5]), "≈1.20; 0.90-1.50")
        self.assertEqual(report.ratio_text([1.2]), "1.20?")


if __name__ == "__main__":
    unittest.main()
