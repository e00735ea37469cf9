#!/usr/bin/env python3
"""Runs the lessons of the course: each command in its terminal, with its output compared, what they
tell to see on the page, and the test of each exercise, without and with the solution.

    tests/lessons/check.py [--lessons '1 3'] [--part commands|exercises]

Outside of the lessons nothing is changed: their server has its own ports, its data are under
target/lessons, and the exercises are done on a copy of the sources there.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis"))

import exercise
import page
from lesson import lessons
from servers import free_port
from terminal import Terminal

PLACE = "target/lessons"
# Long enough for a build.
PATIENCE_S = 300
# Done elsewhere: the exercises on a copy; the comparison, if its report is there.
EXERCISE = re.compile(r"make exercise\b")
COMPARE = re.compile(r"make compare QUICK=1$")
REPORT = "target/compare/quick/report.md"


class Failure(Exception):
    """A lesson that says something else than happens."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lessons", default="")
    parser.add_argument("--part", choices=["commands", "exercises"])
    options = parser.parse_args()
    chosen, failures = lessons(options.lessons), 0
    if options.part != "exercises":
        for lesson in chosen:
            failures += not try_to(run_lesson, lesson)
    if options.part != "commands":
        failures += not try_to(exercise.check_all, chosen)
    sys.exit(f"{failures} of the lessons' checks failed" if failures else 0)


def try_to(act, subject):
    began = time.monotonic()
    try:
        print(f"{act(subject)} ({time.monotonic() - began:.0f} s)", flush=True)
        return True
    except (Failure, exercise.Failure) as failure:
        print(failure, file=sys.stderr, flush=True)
        return False


def run_lesson(lesson):
    """Runs the commands of a lesson, with an empty database in the beginning."""
    data = f"{PLACE}/demo"
    shutil.rmtree(data, ignore_errors=True)
    ports = {"6379": str(free_port()), "8080": str(free_port())}
    session = Session(lesson, ports, environment(ports, data))
    try:
        for step in lesson.steps:
            session.take(step)
    finally:
        session.close()
    return f"{lesson.path}: {len(lesson.steps)} steps"


def environment(ports, data):
    """Returns the environment of a terminal: `make` finds ports and data there, and programs before
    those of the same name that know the port."""
    programs = os.path.abspath(f"{PLACE}/programs")
    os.makedirs(programs, exist_ok=True)
    for name in ["redis-cli", "redis-benchmark"]:
        write_program(f"{programs}/{name}", f'exec {shutil.which(name)} -p "$PORT" "$@"')
    write_program(f"{programs}/pidof",
                  f'for pid in $({shutil.which("pidof")} "$@"); do\n'
                  'tr "\\0" " " </proc/$pid/cmdline 2>&1 | grep -q -- "--port $PORT " && echo $pid\ndone')
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "dumb",
            "LC_ALL": "C.UTF-8", "PORT": ports["6379"], "VIEW_PORT": ports["8080"], "DEMO": data,
            "MAKEFLAGS": "", "PAGER": "cat"}


def write_program(path, script):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n{script}\n")
    os.chmod(path, 0o755)


class Session:
    """The terminals of one lesson."""

    def __init__(self, lesson, ports, environ):
        self.lesson, self.ports, self.environ = lesson, ports, environ
        self.terminals = {}

    def take(self, step):
        if step.kind in ["page", "press"]:
            act = page.misses if step.kind == "page" else page.press
            if problem := act(int(self.ports["8080"]), step.text):
                self.fail(step, problem)
            return
        if step.terminal not in self.terminals:
            self.terminals[step.terminal] = Terminal(self.environ)
        try:
            getattr(self, step.kind)(step, self.terminals[step.terminal])
        except TimeoutError as late:
            self.fail(step, late)

    def command(self, step, terminal):
        if is_done_elsewhere(step.text):
            return
        terminal.wait_for_end(PATIENCE_S)
        terminal.unread = ""
        terminal.type(self.to_here(step.text))
        if step.text == "redis-cli":
            self.wait_for_redis_cli(step, terminal)
        elif step.goes_on:
            self.shows(step, terminal)
            if step.text.startswith("make demo"):
                self.wait_for_server(step)
        else:
            output, status = terminal.wait_for_end(PATIENCE_S)
            self.compare(step, output)
            if status:
                self.fail(step, f"it ended with status {status}")

    def wait_for_server(self, step):
        """Waits until the server accepts clients, as a student does without noticing."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(
                    ("127.0.0.1", int(self.ports["6379"])), 5):
                return
            if time.monotonic() > deadline:
                self.fail(step, "the server accepts no client")
            time.sleep(0.05)

    def typed(self, step, terminal):
        terminal.type(step.text)
        self.compare(step, self.wait_for_redis_cli(step, terminal))

    def wait_for_redis_cli(self, step, terminal):
        """Waits for the prompt of redis-cli. Returns the output before it."""
        prompt = re.compile(rf"127\.0\.0\.1:{self.ports['6379']}(\(TX\))?> $")
        found = terminal.wait_for(prompt, PATIENCE_S)
        if not found:
            self.fail(step, f"redis-cli does not come back:\n{terminal.unread}")
        output, terminal.unread = terminal.unread[:found.start()], ""
        return output

    def interrupt(self, step, terminal):
        terminal.interrupt()
        output, _ = terminal.wait_for_end(PATIENCE_S)
        if step.expected:
            self.compare(step, output)

    def shows(self, step, terminal):
        """Waits for expected lines of a command that goes on."""
        if not step.expected:
            return
        pattern = re.compile(self.pattern(step))
        found = terminal.wait_for(pattern, PATIENCE_S if step.text else 15)
        if not found:
            self.fail(step, f"terminal {step.terminal} shows\n{terminal.unread}")
        terminal.unread = terminal.unread[found.end():]

    def compare(self, step, output):
        lines = output.rstrip("\n").split("\n") if output.strip() else []
        if not re.fullmatch(self.pattern(step), "".join(f"{line.rstrip()}\n" for line in lines)):
            self.fail(step, f"it says\n{output}")

    def pattern(self, step):
        """Returns the regular expression of the expected lines."""
        lines = []
        for line in step.expected:
            if line.strip() == "...":
                lines.append(r"(?:.*\n)*?")
            else:
                text = ".*?".join(re.escape(part) for part in self.to_here(line.rstrip()).split("..."))
                lines.append(text + r"[ ]*\n")
        return "".join(lines)

    def to_here(self, text):
        """Replaces the ports and the directory of a lesson by those of this run."""
        for port, own in self.ports.items():
            text = re.sub(rf"\b{port}\b", own, text)
        return text.replace("target/demo", self.environ["DEMO"])

    def fail(self, step, why):
        shown = step.text or f"output of terminal {step.terminal}"
        raise Failure(f"{self.lesson.path}:{step.line}: {shown}\n{why}")

    def close(self):
        for terminal in self.terminals.values():
            terminal.close()


def is_done_elsewhere(command):
    return EXERCISE.match(command) or COMPARE.match(command) and os.path.exists(REPORT)


if __name__ == "__main__":
    main()
