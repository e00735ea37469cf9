"""The machine on which the measurements ran."""

import os
import platform
import re
import subprocess
import tempfile
import time


def this_machine():
    """Returns one line that identifies the machine. Results are compared only if this line is the
    same."""
    return ", ".join(str(value) for _, value in hardware())


def hardware():
    """Returns pairs of name and value. The directory of the servers' files counts too: a sync on
    a tmpfs takes no time."""
    return [
        ("processor", first_match("/proc/cpuinfo", r"model name.*: (.*)")),
        ("cores", os.cpu_count()),
        ("kernel", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("filesystem of the servers' directories",
         output("df", "--output=fstype", tempfile.gettempdir()).split()[-1]),
    ]


def description(specs):
    """Returns a description of the machine for the reader, as a list in Markdown."""
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
    """Returns the load of other processes: the processors they keep busy, measured for a second,
    and the load average of the last minute."""
    before, started = busy_ticks(), time.monotonic()
    time.sleep(1)
    after = busy_ticks()
    ticks = (time.monotonic() - started) * os.sysconf("SC_CLK_TCK")
    return {"busy": round((after - before) / ticks, 2), "average": os.getloadavg()[0]}


def busy_ticks():
    """Returns the ticks of all processors since boot, without idle time and disk waits."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, *interrupts = map(int, stat.readline().split()[1:8])
    return user + nice + system + sum(interrupts)


def first_match(path, pattern):
    with open(path) as file:
        found = re.search(pattern, file.read())
    return found.group(1) if found else "0"


def output(*command):
    """Returns a command's output, or a word saying that it printed nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
