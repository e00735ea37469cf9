"""What the measurements ran on."""

import os
import platform
import re
import subprocess
import tempfile
import time


def this_machine():
    """What results depend on, in a line: others are not compared with those from here."""
    return ", ".join(str(value) for _, value in hardware())


def hardware():
    """Pairs of name and value. Where the servers have their files counts, too: a sync takes
    nothing at all on a tmpfs."""
    return [
        ("processor", first_match("/proc/cpuinfo", r"model name.*: (.*)")),
        ("cores", os.cpu_count()),
        ("kernel", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("filesystem of the servers' directories",
         output("df", "--output=fstype", tempfile.gettempdir()).split()[-1]),
    ]


def description(specs):
    """All that a reader may want to know, as a list in Markdown."""
    memory = first_match("/proc/meminfo", r"MemTotal:\s+(\d+)")
    rows = [
        *hardware(),
        ("memory", f"{int(memory) / 1024 / 1024:.1f} GB"),
        ("rustc", output("rustc", "--version")),
        ("redis-server", output("redis-server", "--version").split(" sha")[0]),
        ("tree", output("git", "describe", "--always", "--dirty")),
    ]
    rows += [(spec.name, f"`{spec.command}`") for spec in specs]
    if any(spec.name == "mini-redis" for spec in specs):
        installed = output("cargo", "install", "--list", "--root", "target/peers")
        rows.append(("mini-redis' version", installed.splitlines()[0].rstrip(":")))
    return "\n".join(f"- {name}: {value}" for name, value in rows)


def others_load():
    """What others do on this machine just now: how many processors they keep busy, in a second
    of looking, and the load average of the last minute."""
    before, started = busy_ticks(), time.monotonic()
    time.sleep(1)
    after = busy_ticks()
    ticks = (time.monotonic() - started) * os.sysconf("SC_CLK_TCK")
    return {"busy": round((after - before) / ticks, 2), "average": os.getloadavg()[0]}


def busy_ticks():
    """Of all processors since the start: all but idle and waiting for a disk."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, *interrupts = map(int, stat.readline().split()[1:8])
    return user + nice + system + sum(interrupts)


def first_match(path, pattern):
    with open(path) as file:
        found = re.search(pattern, file.read())
    return found.group(1) if found else "0"


def output(*command):
    """What a command says, or a word that it says nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
