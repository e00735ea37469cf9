"""Runs a unit of Redis's own test suite against a server, and reads what the suite prints.

It knows the suite's options and its output, nothing of which tests should pass.
"""

import itertools
import os
import re
import signal
import socket
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST_REASON = 300

# The suite's program, the copy of it that also reads carry_on.tcl, and the line before which it
# does: behind it the tests run.
PROGRAM = "tests/test_helper.tcl"
PATIENT_PROGRAM = "tests/test_helper_carry_on.tcl"
START = "\nif {$::client} {\n"

NUMBERS = itertools.count(os.getpid())

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STATUS = re.compile(r"\[(ok|err|exception|TIMEOUT|ready|skip|ignore|\d+/\d+ done)\]: ")
PASSED = re.compile(r"(.*) \(\d+ ms\)")
FAILED = re.compile(r"(.*) in tests/\S+\.tcl")
HANGING = re.compile(r"^\S+ => \(IN PROGRESS\) (.*)$", re.MULTILINE)
# What a test says under which the connection has ended, and one that has found no server to
# talk to, which says nothing about the test.
CONNECTION_ENDED = "I/O error reading reply"
NO_SERVER = "couldn't open socket"


class Limits:
    """Seconds: a test that takes longer than `test` hangs; a unit is cut off after `unit`."""

    def __init__(self, test, unit):
        self.test, self.unit = test, unit


class Run:
    """The result of one run of a unit.

    `passed` are names; `failed` maps names to reasons. A name may be in both, as tests can share
    one. `stops` are the reasons, if any, for which the suite skipped tests.
    """

    def __init__(self):
        self.passed = set()
        self.failed = {}
        self.stops = []

    def names(self):
        return self.passed | set(self.failed)

    def fail(self, name, reason):
        self.failed.setdefault(name.strip(), reason)

    def server_ended(self, reason):
        self.stops.append(reason)
        self.failed |= {name: reason for name, other in self.failed.items()
                        if other == CONNECTION_ENDED}


def run(directory, unit, port, names, limits):
    """Runs the tests `names` of `unit`, of the suite in `directory`."""
    write_program(directory)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as names_file:
        names_file.write("\n".join(sorted(names)))
        names_file.flush()
        output, in_time = bounded(
            ["tclsh", PATIENT_PROGRAM, "--host", "127.0.0.1", "--port", str(port),
             "--single", unit, "--durable", "--timeout", str(limits.test),
             "--baseport", str(base_port())],
            directory, {"CARRY_ON_NAMES": names_file.name}, limits.unit)
    told = read(output, limits)
    if not in_time:
        told.stops.append(f"cut off after {limits.unit} s")
    return told


def write_program(directory):
    """Writes the program that reads carry_on.tcl. Others may do the same at this time."""
    with open(os.path.join(directory, PROGRAM), encoding="utf-8") as file:
        text = file.read()
    if text.count(START) != 1:
        raise SystemExit(f"{PROGRAM}: not the suite of Redis 7.0.15")
    source = "\nsource {" + os.path.join(HERE, "carry_on.tcl") + "}"
    path = os.path.join(directory, PATIENT_PROGRAM)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=os.path.dirname(path),
                                     delete=False) as file:
        file.write(text.replace(START, source + START))
    os.replace(file.name, path)


def base_port():
    """Returns the suite's first port; its own port lies 32 below. The suite would not notice that
    the port is taken. So each run gets another port, and every process begins elsewhere."""
    while True:
        base = 21111 + next(NUMBERS) % 300 * 32
        if is_free(base - 32):
            return base


def is_free(port):
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def bounded(command, directory, environment, seconds):
    """Returns a command's output, and whether it ended in time. Its children end with it."""
    process = subprocess.Popen(command, cwd=directory, env={**os.environ, **environment},
                               start_new_session=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output, in_time = process.communicate(timeout=seconds)[0], True
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, in_time = process.communicate()[0], False
    return output.decode("utf-8", "replace"), in_time


def read(output, limits):
    """Returns the run that the suite's `output` describes."""
    told = Run()
    found = False
    for status, text in messages(COLOUR.sub("", output)):
        found = True
        if status == "ok":
            told.passed.add(PASSED.match(text)[1].strip())
        elif status == "err":
            take_error(told, text)
        elif status == "exception":
            told.stops.append(text.removeprefix("Executing test client: ").split("\n")[0].strip())
        elif status == "TIMEOUT":
            take_timeout(told, text, limits)
    if not found:
        told.stops.append("it did not start: " + full_error(output.split("\n")))
    return told


def messages(output):
    """Returns pairs of a status and a text, up to the suite's summary. A text can have several
    lines."""
    parts = STATUS.split(output.split("\n                   The End\n")[0])
    return [(status, text.strip()) for status, text in zip(parts[1::2], parts[2::2])]


def take_error(told, text):
    """An error in a test, or between two tests: then the suite leaves the block of both."""
    first, *rest = text.split("\n")
    test = FAILED.fullmatch(first)
    reason = full_error(rest if test else [first, *rest])
    if not test:
        told.stops.append(reason)
    elif NO_SERVER not in reason:
        told.fail(test[1], reason)


def full_error(lines):
    """Returns one line about an error.

    The suite prints an assertion's message in full, but cuts ten characters off any other
    message. It then repeats that message in full, with a trace.
    """
    message = lines
    for count in range(1, len(lines) // 2 + 1):
        again = lines[count:2 * count]
        if "\n".join(again)[10:] == "\n".join(lines[:count]):
            message = again
    message = re.sub(r" \(context: .*", "", " ".join(" ".join(message).split()))
    return message if len(message) <= LONGEST_REASON else message[:LONGEST_REASON] + "..."


def take_timeout(told, text, limits):
    hanging = HANGING.search(text)
    if hanging:
        told.fail(hanging[1], f"hangs: cut off after {limits.test} s")
        told.stops.append(f"it hung in '{hanging[1]}'")
    else:
        told.stops.append(f"it hung between two tests: {full_error([text])}")
