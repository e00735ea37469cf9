#!/usr/bin/env python3
"""Checks that the guide's backtrace of a SET is the one that gdb shows.

    tests/debugger/backtrace.py PROGRAM [--write]

PROGRAM is a build for debuggers (`make debug`). The breakpoint is the one that the guide sets.
Of gdb's frames only those of threadbare's own functions are compared, in order, with their
files: no numbers, which change with each line of source and each version of the standard
library. With --write the guide gets the backtrace as it is now.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis"))

from servers import free_port

GUIDE = "src/guide/debugging.md"
BREAKPOINT = re.compile(r"^\(gdb\) break (\S+)$", re.MULTILINE)
# The frames behind gdb's command, up to the end of the block.
SHOWN = re.compile(r"(?<=^\(gdb\) backtrace\n)(?:#.*\n)+", re.MULTILINE)
SET = b"*3\r\n$3\r\nSET\r\n$8\r\ngreeting\r\n$5\r\nhello\r\n"
TIMEOUT_S = 120


def main():
    program, *options = sys.argv[1:]
    with open(GUIDE) as file:
        guide = file.read()
    breakpoint_, shown = BREAKPOINT.search(guide), SHOWN.search(guide)
    if not breakpoint_ or not shown:
        sys.exit(f"{GUIDE} shows no breakpoint, or no backtrace")
    said = debug(program, breakpoint_.group(1))
    found = [frame for line in said.splitlines() if (frame := own_frame(line))]
    if not found:
        sys.exit(f"gdb does not stop at {breakpoint_.group(1)}:\n{said}")
    text = "".join(f"#{number:<3}{place}\n" for number, place in found)
    if "--write" in options:
        with open(GUIDE, "w") as file:
            file.write(guide[:shown.start()] + text + guide[shown.end():])
    elif places(shown.group()) != places(text):
        sys.exit(f"{GUIDE} shows another backtrace than gdb (make backtrace WRITE=1):\n{text}")
    print(f"{len(found)} frames from {breakpoint_.group(1)} on, as {GUIDE} shows them")


def debug(program, function):
    """Returns gdb's output when a client's SET has reached `function`."""
    port, directory = free_port(), tempfile.mkdtemp(prefix="threadbare-gdb-")
    script = os.path.join(directory, "commands")
    # A script ends at the first error, for example a function that does not exist.
    with open(script, "w") as file:
        file.write("set pagination off\nset breakpoint pending off\n"
                   "set print frame-arguments none\n"
                   f"break {function}\nrun\nbacktrace\nkill\n")
    server = [program, "--port", str(port), "--dir", directory, "--loglevel", "warning"]
    over = threading.Event()
    client = threading.Thread(target=send_a_set, args=(port, over))
    client.start()
    try:
        done = subprocess.run(["gdb", "--quiet", "--nx", "--batch", "-x", script, "--args", *server],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S, check=False)
        return done.stdout
    except subprocess.TimeoutExpired:
        sys.exit(f"gdb has not stopped at {function} within {TIMEOUT_S} seconds")
    finally:
        over.set()
        client.join()
        shutil.rmtree(directory, ignore_errors=True)


def send_a_set(port, over):
    """Sends a SET until no answer arrives. An answer says that the server is loading."""
    while not over.is_set():
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as stream:
                stream.sendall(SET)
                stream.recv(1000)
        time.sleep(0.05)


def own_frame(line):
    """Returns number and place of a frame in a function of threadbare's, or None for any other
    line. Closures have no name of their own."""
    numbered = re.match(r"#(\d+)\s+(?:0x[0-9a-f]+ in )?(threadbare::.*)", line)
    if not numbered:
        return None
    function, _, rest = without_generics(numbered.group(2)).partition(" (")
    file = rest.rpartition(" at ")[2].rpartition(":")[0]
    return None if "{" in function else (int(numbered.group(1)), f"{function} at {file}")


def without_generics(text):
    """Removes text between < and >, at any depth."""
    text, more = text.replace("->", ""), 1
    while more:
        text, more = re.subn(r"<[^<>]*>", "", text)
    return text


def places(text):
    """Returns the frames without their numbers."""
    return [line.split(maxsplit=1)[1] for line in text.splitlines()]


if __name__ == "__main__":
    main()
