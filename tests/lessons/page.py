"""What the page receives: the stream of events of the lesson's server."""

import contextlib
import http.client
import json
import re
import time

PATIENCE_S = 15


def misses(port, expression):
    """Waits until `expression` is true of a sample and the requests before it. Returns the last sample
    if that does not happen in time, else None."""
    deadline, last, requests = time.monotonic() + PATIENCE_S, {}, []
    while time.monotonic() < deadline:
        # The stream ends when the server does, and is there again after its restart.
        with contextlib.suppress(OSError, http.client.HTTPException):
            for name, data in events(port, deadline):
                if name == "request":
                    requests.append(data)
                elif name == "sample":
                    last = data
                    if is_true(expression, {"sample": data, "requests": requests, **data}):
                        return None
        time.sleep(0.1)
    return f"the page does not show this, but\n{last}\n{requests[-5:]}"


def is_true(expression, names):
    """A sample without a field that the expression names does not fulfil it."""
    try:
        return eval(expression, names)
    except (LookupError, NameError):
        return False


def press(port, text):
    """Sends what a button sends: a path and a form, in which CLIENT is the newest client. Returns the
    refusal, if there is one."""
    path, form = text.split()
    if "CLIENT" in form:
        form = form.replace("CLIENT", str(newest_client(port)))
    host = f"127.0.0.1:{port}"
    with contextlib.closing(http.client.HTTPConnection(host, timeout=PATIENCE_S)) as connection:
        connection.request("POST", path, form, {
            "Origin": f"http://{host}", "Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        said = response.read().decode()
        return None if response.status == 204 else f"{response.status}: {said}"


def newest_client(port):
    """Returns the number of the client that came last."""
    for name, data in events(port, time.monotonic() + PATIENCE_S):
        if name == "sample":
            names = [re.fullmatch(r"client-(\d+)", it["name"]) for it in data["threads"]]
            return max(int(name.group(1)) for name in names if name)
    raise OSError("the page has no sample")


def events(port, deadline):
    """Yields the name and the data of each event until the deadline."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/events")
        response, name = connection.getresponse(), "message"
        while time.monotonic() < deadline:
            line = response.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
