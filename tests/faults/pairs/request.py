"""Requests, and the meaning of their replies."""

from typing import NamedTuple

REFUSALS = (b"-MISCONF", b"-LOADING", b"-EXECABORT")


class Request(NamedTuple):
    """Some requests to send at once. The reply to the last shows whether they took effect. If the
    server may decide that, `key` is the only key that they change."""

    lines: list
    change: object
    may_fail: bool = False
    key: bytes = None

    def text(self):
        return " ; ".join(" ".join(repr(part)[2:-1][:60] for part in line) for line in self.lines)


def is_refused(request, reply):
    """Returns whether a reply reports that nothing was done."""
    return (reply.startswith(REFUSALS) or (request.may_fail and reply.startswith(b"-"))
            or (request.lines[-1][0] == b"EXEC" and reply == b"*-1\r\n"))
