"""A disk with faults on command: controls disk.c."""

import atexit
import mmap
import os
import shutil
import struct
import tempfile
from typing import NamedTuple

ORDERS = ["slow_ms", "hang", "fail_syncs", "failed", "step", "at_step", "action", "call",
          "full"]
KILL, FAIL = 1, 2
# This step is never reached; it makes disk.c count steps.
NEVER = 1 << 62


class Sync(NamedTuple):
    """A sync that succeeded: when it ended, `bytes` of the file were on the disk."""

    name: str
    inode: int
    bytes: int
    begun: float
    ended: float


class Disk:
    """What the server's file system calls go through. Orders are attributes:
    `disk.slow_ms = 3000` holds from the next sync on."""

    library = None

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="threadbare-disk-")
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        self.notes_path = os.path.join(self.directory, "notes")
        orders_path = os.path.join(self.directory, "orders")
        with open(orders_path, "w+b") as file:
            file.truncate(8 * len(ORDERS))
            self.__dict__["orders"] = mmap.mmap(file.fileno(), 0)
        self.environment = {"LD_PRELOAD": self.library, "DISK_ORDERS": orders_path,
                            "DISK_NOTES": self.notes_path}

    def __getattr__(self, name):
        if name not in ORDERS:
            raise AttributeError(name)
        return struct.unpack_from("q", self.orders, 8 * ORDERS.index(name))[0]

    def __setattr__(self, name, value):
        if name in ORDERS:
            struct.pack_into("q", self.orders, 8 * ORDERS.index(name), value)
        else:
            self.__dict__[name] = value

    def behave(self):
        """Withdraws all orders."""
        for name in ORDERS:
            setattr(self, name, 0)

    def call_at_step(self):
        return self.orders[8 * ORDERS.index("call"):][:8].split(b"\0")[0].decode()

    def syncs(self):
        """Returns all successful syncs, in the order in which they ended."""
        if not os.path.exists(self.notes_path):
            return []
        with open(self.notes_path) as notes:
            return [sync_of(line) for line in notes]

    def safe_bytes(self, path):
        """Returns the number of bytes of a file that are certainly on the disk."""
        inode = os.stat(path).st_ino
        return max((sync.bytes for sync in self.syncs() if sync.inode == inode), default=0)

    def cut_power(self, directory):
        """Removes from each append-only file the bytes that may not be on the disk."""
        for name in os.listdir(directory):
            if ".aof" in name:
                path = os.path.join(directory, name)
                os.truncate(path, min(self.safe_bytes(path), os.path.getsize(path)))


def sync_of(line):
    name, inode, size, begun, ended = line.split()
    return Sync(name, int(inode), int(size), int(begun) / 1e9, int(ended) / 1e9)
