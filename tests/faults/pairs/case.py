"""One case: a server, a load, two events close together, and then what is there.

After the events the server is killed at once; or the disk is mended, and when all is well again the
server is killed or stopped. Another one starts in the directory, and must have what was promised.
"""

import random
import signal
import subprocess
import threading
import time

import changes
from check import Check
from clients import Client, Gate, Hung
from data import PAD, ask
from history import History, Wrong
from lives import Lives, Refused, is_ready, threads_of
from load import Load, SwapLoad, now_ms
from request import Request

CLIENTS = 4
POLICIES = ["everysec", "everysec", "always", "no"]


class Case(Lives):
    """One pair of events with one seed."""

    def __init__(self, settings, events, seed):
        self.random = random.Random(f"{seed} {events[0].name} {events[1].name}")
        super().__init__(settings.program, self.random.choice(POLICIES))
        self.gate = Gate()
        self.errors, self.acts = [], []
        self.over = False
        self.pad = self.random.choice([0, 20_000, 100_000])
        self.pad_history = History(self.promise)
        # When many keys expire, and how many of each client.
        self.swept_at, self.swept = None, self.random.choice([1000, 4000, 12_000])
        self.was_told_to_stop = False
        self.clients = []
        self.events = [event(self) for event in events]

    def fail(self, error, where):
        self.note(f"{where}: {type(error).__name__}: {error}")
        if isinstance(error, Hung):
            self.note(threads_of(self.server.process.pid))
        self.errors.append(error)

    def is_over(self):
        return self.over or bool(self.errors)

    def histories(self):
        return [self.pad_history] + [client.history for client in self.clients]

    def run(self):
        try:
            self.prepare()
            self.meet()
            self.end()
        except Refused as error:
            # The case cannot continue from here.
            self.note(error)
        except Exception as error:
            self.fail(error, "the case")
            raise
        finally:
            self.over = True
            self.close()

    def prepare(self):
        options = [option for event in self.events for option in event.options]
        if self.random.random() < 0.3:
            options += ["--auto-aof-rewrite-min-size", "16kb"]
        if self.random.random() < 0.1:
            options += ["--aof-checksums", "no"]
        self.start(*options)
        self.restart()
        for event in self.events:
            event.prepare()
        self.fill()
        swept = (self.swept_at, self.swept) if self.swept_at else None
        loads = [Load] * CLIENTS + [SwapLoad] * bool(swept)
        self.clients = [Client(self, load(number, random.Random(self.random.random()), swept))
                        for number, load in enumerate(loads)]
        for client in self.clients:
            client.thread.start()
        if self.random.random() < 0.4:
            # Until it starts again, only who comes across something that is over removes it.
            self.ask(b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0")
        time.sleep(self.random.uniform(0.1, 0.25))
        self.disk.slow_ms = self.random.choice([0, 0, 20, 150])

    def fill(self):
        with self.connect() as connection:
            if self.pad:
                ask(connection, [b"SELECT", b"%d" % PAD],
                    [b"DEBUG", b"POPULATE", b"%d" % self.pad, b"pad", b"100"])
                request = Request([[b"DEBUG", b"POPULATE"]],
                                  changes.set_to((PAD, b"pad"), b"%d" % self.pad))
                self.pad_history.answer(self.pad_history.send(request, now_ms()), b"+OK\r\n")
        for event in self.events:
            event.fill()

    def meet(self):
        """Triggers both events, close together, and waits until their consequences can show."""
        moments = [self.random.choice([0, 0.005, 0.03, 0.08]) * self.random.random()
                   for _ in self.events]
        begin = time.monotonic() + max(event.delay() for event in self.events)
        threads = [threading.Thread(target=self.trigger, args=(event, begin + moment), daemon=True)
                   for event, moment in zip(self.events, moments)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            if thread.is_alive():
                raise Hung("an event does not end")
        self.wait(self.random.uniform(0, 0.3))

    def trigger(self, event, moment):
        try:
            time.sleep(max(0, moment - time.monotonic()))
            self.note(f"{event.name} begins")
            event.trigger()
            self.note(f"{event.name} ends")
        except Exception as error:
            self.fail(error, event.name)

    def wait(self, seconds):
        """Lets the clients continue for a while, unless a failure is found."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.errors:
            time.sleep(0.01)

    def end(self):
        how = self.random.choice(["kill", "settle, kill", "settle, stop"])
        self.note(f"the end: {how}")
        if how != "kill" or self.promise.is_void:
            self.settle()
        self.stop_clients()
        check = Check(self)
        if how != "kill":
            self.ask(b"DEBUG", b"SET-ACTIVE-EXPIRE", b"1")
            check.wait_until_swept()
        if how == "settle, stop":
            self.stop_in_order()
        elif self.is_alive():
            self.kill()
        check.run()
        # What the first start made of the file must do for a second.
        self.kill()
        check.run()

    def settle(self):
        """Mends the disk, and waits until the server is well."""
        self.disk.behave()
        if self.was_told_to_stop:
            self.wait_for_the_end()
        if not self.is_alive():
            self.restart()
        self.switch_on()
        for event in self.events:
            event.mend()
        self.wait_until_healthy()
        self.wait(0.1)

    def wait_for_the_end(self, patience=15):
        """Waits until a server that was told to stop has stopped, unless it reported that it
        cannot."""
        end = time.monotonic() + patience
        while self.is_alive() and not is_ready(self.ask(b"PING")):
            if time.monotonic() > end:
                raise Hung("a server that was told to stop neither answers nor ends")
            time.sleep(0.01)

    def switch_on(self):
        """Makes sure that `appendonly` is on in the end."""
        if self.info().get("aof_enabled") == "0":
            reply = self.ask(b"CONFIG", b"SET", b"appendonly", b"yes")
            self.note(f"appendonly yes: {reply}")
            if reply != b"OK":
                raise Wrong(f"CONFIG SET appendonly yes: {reply}")
            self.confirm()

    def confirm(self):
        """Promises everything answered so far."""
        for history in self.histories():
            history.confirm()
        self.promise.restore()

    def wait_until_healthy(self, patience=15):
        begun = time.monotonic()
        while not self.errors:
            info = self.info()
            if info and info["aof_last_write_status"] == "ok" and (
                    info["aof_rewrite_in_progress"] == info["aof_rewrite_scheduled"] == "0"):
                return
            if time.monotonic() - begun > patience:
                about = {name: value for name, value in info.items() if name.startswith("aof_")}
                raise Wrong(f"not well after {patience} s: {about}")
            time.sleep(0.01)

    def stop_clients(self):
        self.over = True
        for client in self.clients:
            client.thread.join(60)
            if client.thread.is_alive():
                raise Hung("a client does not end")
        if self.errors:
            raise self.errors[0]

    def stop_in_order(self, patience=15):
        self.server.process.send_signal(signal.SIGTERM)
        try:
            code = self.server.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Hung(f"SIGTERM, and the server runs on after {patience} s") from None
        self.note(f"stopped, {code}")
        if code != 0:
            raise Wrong(f"SIGTERM ends with {code}")
        self.check_file()
