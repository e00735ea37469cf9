"""Finds a short list that still shows a failure: Zeller's ddmin."""

import time


def shrink(items, fails, seconds=30):
    """Returns the shortest list found in `seconds` for which `fails` is true. `fails` is true for
    `items`, whose last item is always kept."""
    *items, last = items
    deadline = time.monotonic() + seconds
    parts = 1
    while items and time.monotonic() < deadline:
        shorter = without_a_part(items, parts, lambda some: fails([*some, last]), deadline)
        if shorter is not None:
            items, parts = shorter, max(min(parts - 1, len(shorter)), 1)
        elif parts >= len(items):
            break
        else:
            parts = min(2 * parts, len(items))
    return [*items, last]


def without_a_part(items, parts, fails, deadline):
    """Returns `items` without one of `parts` parts, if that fails too."""
    for number in range(parts):
        if time.monotonic() > deadline:
            return None
        start, end = len(items) * number // parts, len(items) * (number + 1) // parts
        shorter = items[:start] + items[end:]
        if fails(shorter):
            return shorter
    return None


def recent(items, fails):
    """Returns the last few items, if they are enough to fail."""
    count = 30
    while count < len(items):
        if fails(items[-count:]):
            return items[-count:]
        count *= 6
    return items
