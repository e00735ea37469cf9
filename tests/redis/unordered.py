"""Replies in a comparable form, without meaningless order."""

import re

from resp import decode, pairs


def is_unordered(request):
    return [word.upper() for word in request[:2]] == [b"CONFIG", b"GET"]


def without_order(reply):
    value = decode(reply)
    return pairs(value) if isinstance(value, list) else value


def info(entry, names):
    """Returns an entry of COMMAND INFO, without order where there is none."""
    if entry is None:
        return None
    name, arity, flags, first, last, step, categories, tips, keys, subcommands = entry
    return {
        "name": name, "arity": arity, "flags": sorted(flags), "keys": (first, last, step),
        "categories": sorted(categories), "tips": sorted(tips),
        "key specifications": [key_specification(key) for key in keys],
        "subcommands": {entry[0]: info(entry, names) for entry in subcommands
                        if entry[0] in names},
    }


def key_specification(flat):
    found = pairs(flat)
    found[b"flags"] = sorted(found[b"flags"])
    return found


def docs(flat, names):
    """Returns a reply of COMMAND DOCS as maps, with only the subcommands in `names`."""
    found = {}
    for name, entry in pairs(flat).items():
        if name not in names:
            continue
        entry = pairs(entry)
        if b"history" in entry:
            entry[b"history"] = sorted(entry[b"history"])
        entry[b"arguments"] = [argument(one) for one in entry.get(b"arguments", [])]
        entry[b"subcommands"] = docs(entry.get(b"subcommands", []), names)
        found[name] = entry
    return found


def argument(flat):
    found = pairs(flat)
    found[b"flags"] = sorted(found.get(b"flags", []))
    found[b"arguments"] = [argument(one) for one in found.get(b"arguments", [])]
    return found


def info_fields(text):
    """Returns sections and names of INFO's lines, in their order. Each name comes with its
    section. Lines about single commands, errors and databases come and go with them, and are left out."""
    section, fields = None, []
    for line in text.decode().split("\r\n"):
        if line.startswith("# "):
            section = line
            fields.append(line)
        elif line and not re.match(r"(db\d|cmdstat_|errorstat_|latency_percentiles_|threads_)", line):
            fields.append(f"{section} {line.split(':')[0]}")
    return fields


def client_fields(text):
    """Returns the last client's fields. The server may not yet have noticed that other clients
    are gone."""
    return dict(field.split("=", 1) for field in text.decode().split("\n")[-2].split(" "))
