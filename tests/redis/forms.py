"""Random requests of given forms. A form is a line of text: how often it comes, its name, and its
words.

Words in capitals stand for themselves, `a|B` is one of several. Words in small letters are kinds
of words: each is a method of an object that makes them. `(...)+` comes once or more often. What is
in brackets comes at the end, in any order, any number of times.
"""

import itertools
import re
from typing import NamedTuple


class Form(NamedTuple):
    """A line, as functions that append words to a list."""

    weight: float
    name: bytes
    words: list
    options: list


class Forms:
    """The lines of a text whose names `has` accepts. `words` makes their words."""

    def __init__(self, text, words, has=lambda name: True):
        self.words = words
        forms = [self.form(line) for line in text.splitlines() if line]
        self.forms = [form for form in forms if has(form.name)]
        self.weights = list(itertools.accumulate(form.weight for form in self.forms))

    def form(self, line):
        weight, name, text = re.fullmatch(r"\s*(\S+) (\w+)\s*(.*)", line).groups()
        words, *options = text.split("[")
        return Form(float(weight), name.encode(), self.makers(words),
                    [self.makers(option.strip(" ]")) for option in options])

    def makers(self, text):
        found = []
        for group, word in re.findall(r"\((.*?)\)\+|(\S+)", text):
            found.append(self.repeated(self.makers(group)) if group else self.maker(word))
        return found

    def maker(self, word):
        if word.islower():
            make = getattr(self.words, word)
            return lambda request: request.append(make())
        literals = [literal.encode() for literal in word.split("|")]
        return lambda request: request.append(self.words.cased(self.words.one(literals)))

    def repeated(self, makers):
        def make(request):
            for _ in range(1 + int(self.words.chance() * 4)):
                for maker in makers:
                    maker(request)
        return make

    def request(self):
        form = self.words.random.choices(self.forms, cum_weights=self.weights)[0]
        request = [self.words.cased(form.name)]
        for make in form.words:
            make(request)
        if form.options:
            for _ in range(int(self.words.chance() * 4)):
                for make in self.words.one(form.options):
                    make(request)
        return request
