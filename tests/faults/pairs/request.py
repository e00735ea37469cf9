"""Requests, and what their replies mean."""

from typing import NamedTuple

REFUSALS = (b"-MISCONF", b"-LOADING", b"-EXECABORT")


class Request(NamedTuple):
    """Some requests to be sent at once; the reply to the last says whether they took effect. If
    that is up to the server, `key` is the only one that they change."""

    lines: list
    change: object
    may_fail: bool = False
    key: bytes = None

    def text(self):
        return " ; ".join(" ".join(repr(part)[2:-1][:60] for part in line) for line in self.lines)


def is_refused(request, reply):
    """Whether a reply says that nothing was done."""
    return (reply.startswith(REFUSALS) or (request.may_fail and reply.startswith(b"-"))
            or (request.lines[-1][0] == b"EXEC" and reply == b"*-1\r\n"))
