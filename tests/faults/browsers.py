"""Hostile browsers at the page of `view-port`, while a client is measured.

Bar: each request is answered with a status that tells what is wrong, or its connection ends in
time. The server's memory, threads and descriptors stay bounded, nothing is changed, and the
client waits at most 50 ms in 99 of 100 cases (with QUICK 150 ms). Afterwards the page is served
as before.
"""

import os
import random
import resource
import socket
import threading
import time

from latency import Probe
from resp import decode
from servers import free_port
from settings import demand, demand_speed, memory_kb, wait_for

# The server's own limits.
MOST_BROWSERS = 64
REQUEST_S = 5

MOST_MB = 16
P99_MS = 50
STATUSES = {200, 400, 401, 403, 404, 405, 408, 413, 415, 421, 431, 501, 503}


def cases(settings):
    for case, hostile in [
            ("nobody", lambda site: []),
            ("1,000 connections that send nothing", lambda site: silent(site, 1_000)),
            ("64 that send a byte at a time", lambda site: slow(site, MOST_BROWSERS)),
            ("64 that send without an end", lambda site: endless(site, MOST_BROWSERS)),
            ("10 viewers that do not read", lambda site: viewers(site, 10)),
            ("64 viewers that do not read", lambda site: viewers(site, MOST_BROWSERS))]:
        yield case, lambda hostile=hostile: measured(settings, hostile)
    yield "requests of all kinds", lambda: all_kinds(settings, settings.times(20_000, 1_000))


class Site:
    """A server with a page, and what it used before anybody came."""

    def __init__(self, settings):
        self.view_port = free_port()
        self.server = settings.start("everysec", "--view-port", str(self.view_port),
                                     "--classroom", "yes")
        self.pid = self.server.process.pid
        self.before = self.used()

    def used(self):
        """Returns threads, descriptors and kilobytes."""
        return count(self.pid, "task"), count(self.pid, "fd"), memory_kb(self.server)

    def connect(self):
        browser = socket.create_connection(("127.0.0.1", self.view_port), 10)
        browser.settimeout(REQUEST_S + 10)
        return browser

    def request(self, path=b"/", more=b""):
        return b"GET %s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n" % (path, self.view_port, more)

    def exchange(self, *parts):
        """Sends the parts of a request and returns the response."""
        with self.connect() as browser:
            try:
                for part in parts:
                    browser.sendall(part)
                browser.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return received(browser)

    def serves(self):
        return self.exchange(self.request()).startswith(b"HTTP/1.1 200 ")


def allow_descriptors():
    """Raises this program's own limit: it is all the browsers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def count(pid, what):
    return len(os.listdir(f"/proc/{pid}/{what}"))


def received(browser):
    """Returns what a browser receives until the end. A reset is an end too."""
    parts = []
    try:
        while part := browser.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def silent(site, number):
    return [site.connect() for _ in range(number)]


def slow(site, number):
    browsers = silent(site, number)

    def drip():
        request = site.request(more=b"a: " + b"b" * 1_000)
        for byte in request[:60]:
            for browser in browsers:
                try:
                    browser.sendall(bytes([byte]))
                except OSError:
                    pass
            time.sleep(0.2)
    threading.Thread(target=drip, daemon=True).start()
    return browsers


def endless(site, number):
    browsers = silent(site, number)

    def flood(browser):
        try:
            browser.sendall(site.request()[:-2])
            while True:
                browser.sendall(b"name: " + b"x" * 100 + b"\r\n")
        except OSError:
            pass
    for browser in browsers:
        threading.Thread(target=flood, args=[browser], daemon=True).start()
    return browsers


def viewers(site, number):
    browsers = silent(site, number)
    for browser in browsers:
        browser.sendall(site.request(b"/events"))
    return browsers


def measured(settings, hostile):
    allow_descriptors()
    site = Site(settings)
    try:
        probe = Probe(site.server.port, settings.times(10, 2), "GET", "key")
        browsers = hostile(site)
        most = [0, 0, 0]
        while probe.process.poll() is None:
            most = [max(pair) for pair in zip(most, site.used())]
            time.sleep(0.05)
        found = probe.result()
        for browser in browsers:
            browser.close()
        wait_for("the page to be served", site.serves, 2 * REQUEST_S)
    finally:
        site.server.stop()
    threads, descriptors, kb = (now - then for now, then in zip(most, site.before))
    # The probe is a client: one more thread and descriptor.
    is_bounded = (threads <= MOST_BROWSERS + 4 and descriptors <= MOST_BROWSERS + 4
                  and kb <= MOST_MB * 1024)
    text = (f"a client's GET p50 {found['p50']} ms, p99 {found['p99']} ms; at most {threads} "
            f"threads, {descriptors} descriptors, {kb / 1024:.1f} MB more")
    demand(is_bounded, text)
    return demand_speed(found["p99"] <= P99_MS * settings.times(1, 3), text)


def all_kinds(settings, number):
    """Sends requests that differ from good ones, whole and in pieces."""
    site = Site(settings)
    statuses = {}
    try:
        with site.server.connect() as client:
            client.ask(b"SET", b"key", b"value")
        begun = time.monotonic()
        for _ in range(number):
            request = mutated(site)
            at = random.randrange(len(request) + 1)
            response = site.exchange(request[:at], request[at:])
            status = int(response.split(b" ")[1]) if response.startswith(b"HTTP/1.1 ") else 0
            statuses[status] = statuses.get(status, 0) + 1
            demand(status in STATUSES or (status == 0 and not response),
                   f"{request!r} is answered with {response[:100]!r}")
        took = time.monotonic() - begun
        demand(site.serves(), "the page is not served afterwards")
        with site.server.connect() as client:
            keys, value = decode(client.ask(b"DBSIZE")), decode(client.ask(b"GET", b"key"))
        demand((keys, value) == (1, b"value"), f"the data has changed: {keys} keys, {value}")
        demand("panicked" not in site.server.log(), site.server.log())
    finally:
        site.server.stop()
    found = ", ".join(f"{status or 'none'} {times}" for status, times in sorted(statuses.items()))
    return f"{number:,} requests in {took:.0f} s: {found}"


PATHS = [b"/", b"/event", b"/..", b"/../../etc/passwd", b"//", b"/%2e%2e", b"/\x00", b"/classroom/kill",
         b"/classroom/disk", b"/classroom/../", b"http://localhost/", b"*", b"/?" + b"q" * 5_000]
LINES = [b"Host: example.org", b"Host: localhost", b"Host:", b"Content-Length: 5",
         b"Content-Length: -1", b"Content-Length: 5000", b"Content-Length: 0x10",
         b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity, chunked",
         b"Origin: http://example.org", b"Origin: null", b"Connection: keep-alive", b" folded",
         b"Expect: 100-continue", b"Upgrade: websocket", b"Sec-Fetch-Site: cross-site",
         b"Authorization: Basic ????", b"Cookie: " + b"c" * 4_000, b"x: " + b"\xff" * 10,
         b"Content-Type: application/x-www-form-urlencoded", b"a:" * 2_000]
BODIES = [b"", b"ms=5", b"ms=99999999999999999999", b"&" * 3_000, b"x" * 6_000, b"*1\r\n$4\r\nPING\r\n"]


def mutated(site):
    """Returns a request with a few things wrong. None has this page's origin, so none may change
    anything."""
    method = random.choice([b"GET"] * 3 + [b"POST"] * 3 + [b"HEAD", b"PUT", b"OPTIONS", b"get", b""])
    lines = [b"%s %s HTTP/1.1" % (method, random.choice(PATHS))]
    lines += [b"Host: localhost:%d" % site.view_port] * random.choice([0, 1, 1, 1, 1, 2])
    lines += random.choices(LINES, k=random.randrange(4))
    lines += [b"n%d: v" % line for line in range(random.choice([0, 0, 0, 100, 2_000]))]
    end = random.choice([b"\r\n"] * 8 + [b"\n", b"\r"])
    request = bytearray(end.join(lines) + end * 2 + random.choice(BODIES))
    for _ in range(random.choice([0, 0, 0, 1, 3])):
        place = random.randrange(len(request))
        change = random.choice(["replace", "remove", "repeat", "cut"])
        if change == "replace":
            request[place] = random.randrange(256)
        elif change == "remove":
            del request[place]
        elif change == "repeat":
            request[place:place] = request[place:place + 40]
        else:
            del request[place + 1:]
    return bytes(request) * random.choice([1, 1, 1, 1, 2])
