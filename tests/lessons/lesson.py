"""A lesson as the checks see it: its commands with their outputs, what the page must show, and the
patches of its exercise.

In a block of `console` a line begins with the number of a terminal:

    1$ command          typed in terminal 1; its output follows
    2$ command  # waits a command that goes on: the next line does not wait for its end
    2> text             what terminal 2 shows meanwhile, of the command that goes on
    2$ ^C               Ctrl-C in terminal 2
    127.0.0.1:6379> GET k      typed into the redis-cli that runs in the terminal of the line before

In an output `...` stands for any text in a line, and alone for any number of lines. Two kinds of
comments stand for what a student does with the browser:

    <!-- page: EXPRESSION -->          must become true of the samples that the page receives
    <!-- press: /classroom/hold ms=1000 -->    sends what a button of the page sends

A block of `diff` belongs to the exercise: to its test if it changes `tests/`, else to its solution.
"""

import dataclasses
import glob
import os
import re

COURSE = "src/guide/course"
PROMPT = re.compile(r"(\d)\$ (.*)$")
SHOWS = re.compile(r"(\d)> ?(.*)$")
GOES_ON = re.compile(r"# (waits|runs on)\b")
TYPED = re.compile(r"127\.0\.0\.1:6379(?:\(TX\))?> (.*)$")
PAGE = re.compile(r"<!-- (page|press): (.*) -->$")


@dataclasses.dataclass
class Step:
    """One thing that a student does or sees. `kind` is `command`, `typed`, `interrupt`, `shows`, `page`
    or `press`; `text` is the command or the expression."""
    line: int
    kind: str
    text: str
    terminal: str = ""
    expected: list = dataclasses.field(default_factory=list)

    @property
    def goes_on(self):
        return bool(GOES_ON.search(self.text))


class Lesson:
    """A file of the course."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path).removesuffix(".md")
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        self.steps, self.patches = [], {"test": "", "solution": ""}
        language, indent = None, 0
        for number, line in enumerate(self.lines, 1):
            text = line.strip()
            if text.startswith("```"):
                indent = len(line) - len(text)
                language = None if language is not None else text[3:]
            elif language == "console":
                self._read_console(number, line[indent:])
            elif language == "diff":
                self._read_diff(line[indent:])
            elif found := PAGE.match(text):
                self.steps.append(Step(number, *found.groups()))

    def _read_console(self, number, line):
        if found := PROMPT.match(line):
            terminal, command = found.groups()
            kind = "interrupt" if command == "^C" else "command"
            self.steps.append(Step(number, kind, command, terminal))
        elif found := TYPED.match(line):
            terminal = [step.terminal for step in self.steps if step.terminal][-1]
            self.steps.append(Step(number, "typed", found.group(1), terminal))
        elif found := SHOWS.match(line):
            terminal, text = found.groups()
            if self.steps[-1].kind != "shows" or self.steps[-1].terminal != terminal:
                self.steps.append(Step(number, "shows", "", terminal))
            self.steps[-1].expected.append(text)
        else:
            self.steps[-1].expected.append(line)

    def _read_diff(self, line):
        if line.startswith("--- "):
            self._part = "test" if line.startswith("--- a/tests/") else "solution"
        self.patches[self._part] += line + "\n"

    def test_names(self):
        """Returns the names of the exercise's tests."""
        return re.findall(r"^\+#\[test\]\n\+fn (\w+)", self.patches["test"], re.MULTILINE)


def lessons(chosen=""):
    """Returns the lessons in order: all, or those whose numbers are in `chosen`."""
    paths = sorted(glob.glob(f"{COURSE}/lesson_*.md"))
    found = [Lesson(path) for path in paths]
    numbers = chosen.split()
    return [it for it in found if not numbers or it.name.split("_")[1] in numbers]
