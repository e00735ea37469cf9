#!/usr/bin/env python3
"""Uses the sorted sets, places and HyperLogLogs of Python's redis package.

    target/python/bin/python tests/redis/real_sorted_sets.py SERVER [options of unittest]

Each check runs with RESP2 and with RESP3. real_clients.py tells more.
"""

import sys

sys.dont_write_bytecode = True

import redis

from real_lists import WithClient
from with_server import run_with_server

SICILY = (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")


class WithPairs(WithClient):
    def same(self, found, wanted):
        """Checks pairs, which are tuples with RESP2 and lists with RESP3."""
        self.assertEqual([tuple(pair) for pair in found], wanted)


class SortedSets(WithPairs):
    def setUp(self):
        super().setUp()
        self.client.zadd("z", {"a": 1, "b": 2.5, "c": 3})

    def test_adds_and_removes_members(self):
        client = self.client
        self.assertEqual((client.zadd("z", {"a": 5, "d": 4}, nx=True),
                          client.zadd("z", {"a": 9, "e": 1}, xx=True, ch=True),
                          client.zadd("z", {"a": 2}, gt=True, ch=True),
                          client.zadd("z", {"d": 1}, incr=True)), (1, 1, 0, 5.0))
        self.assertEqual(client.zincrby("z", 0.5, "b"), 3.0)
        self.assertEqual((client.zscore("z", "a"), client.zmscore("z", ["b", "none"])),
                         (9.0, [3.0, None]))
        self.assertEqual((client.zrank("z", "a"), client.zrevrank("z", "a"),
                          client.zrank("z", "none")), (3, 0, None))
        self.assertEqual((client.zrem("z", "a", "none"), client.zcard("z")), (1, 3))

    def test_reads_ranges(self):
        client = self.client
        self.same(client.zrange("z", 0, -1, withscores=True),
                  [("a", 1.0), ("b", 2.5), ("c", 3.0)])
        self.assertEqual(client.zrange("z", "(1", "+inf", byscore=True), ["b", "c"])
        self.assertEqual(client.zrange("z", "[c", "[b", bylex=True, desc=True), ["c", "b"])
        self.assertEqual(client.zrevrange("z", 0, 1), ["c", "b"])
        self.assertEqual(client.zrangebyscore("z", 1, 3, start=1, num=1), ["b"])
        self.assertEqual(client.zrevrangebyscore("z", "+inf", "(1"), ["c", "b"])
        self.assertEqual((client.zcount("z", 2, 3), client.zlexcount("z", "-", "[b")), (2, 2))
        self.assertEqual(client.zrangestore("y", "z", 0, 1), 2)
        self.assertEqual(sorted(client.zscan_iter("z")), [("a", 1.0), ("b", 2.5), ("c", 3.0)])
        self.assertEqual(sorted(client.zrandmember("z", 9)), ["a", "b", "c"])
        self.assertEqual((client.zremrangebyrank("z", 0, 0),
                          client.zremrangebyscore("z", 2, 2.9)), (1, 1))

    def test_combines_sets(self):
        client = self.client
        client.zadd("y", {"b": 1, "d": 7})
        self.same(client.zunion(["z", "y"], aggregate="MAX", withscores=True),
                  [("a", 1.0), ("b", 2.5), ("c", 3.0), ("d", 7.0)])
        self.same(client.zinter({"z": 2, "y": 1}, withscores=True), [("b", 6.0)])
        self.assertEqual(client.zdiff(["z", "y"]), ["a", "c"])
        self.assertEqual((client.zunionstore("x", ["z", "y"]), client.zinterstore("x", ["z", "y"]),
                          client.zdiffstore("x", ["z", "y"]), client.zintercard(2, ["z", "y"])),
                         (4, 1, 2, 1))

    def test_pops_members(self):
        client = self.client
        self.same(client.zpopmin("z", 2), [("a", 1.0), ("b", 2.5)])
        waits = self.waiting(self.another().bzpopmax, "none", 0)
        client.zadd("none", {"x": 4})
        self.assertEqual(tuple(waits()), ("none", "x", 4.0))
        self.same(client.zpopmax("z", 1), [("c", 3.0)])
        self.assertFalse(client.bzpopmin("z", 0.05))


class Places(WithPairs):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.client.geoadd("s", SICILY), 2)

    def test_tells_places(self):
        client = self.client
        self.assertAlmostEqual(client.geodist("s", "Palermo", "Catania", unit="km"), 166.2742)
        self.assertEqual(client.geohash("s", "Palermo", "none"), ["sqc8b49rny0", None])
        place, none = client.geopos("s", "Palermo", "none")
        self.assertIsNone(none)
        self.assertAlmostEqual(place[0], SICILY[0], places=4)
        self.assertAlmostEqual(place[1], SICILY[1], places=4)

    def test_searches(self):
        client = self.client
        center = {"longitude": 15, "latitude": 37, "unit": "km"}
        self.assertEqual(client.geosearch("s", **center, radius=200, sort="ASC"),
                         ["Catania", "Palermo"])
        self.assertEqual(client.geosearch("s", **center, width=400, height=400, count=1),
                         ["Catania"])
        self.same(client.geosearch("s", member="Palermo", unit="km", radius=1, withdist=True,
                                   withhash=True), [("Palermo", 0.0, 3479099956230698)])
        self.assertEqual(client.geosearchstore("d", "s", **center, radius=100, storedist=True), 1)
        self.assertAlmostEqual(client.zscore("d", "Catania"), 56.4413, places=3)
        self.assertEqual(client.georadius("s", 15, 37, 100, unit="km"), ["Catania"])
        self.assertEqual(client.georadiusbymember("s", "Palermo", 200, unit="km", store="d"), 2)


class HyperLogLogs(WithClient):
    def test_counts_and_merges(self):
        client = self.client
        self.assertEqual((client.pfadd("a", 1, 2, 3), client.pfadd("a", 1), client.pfadd("b", 4)),
                         (1, 0, 1))
        self.assertTrue(client.pfmerge("c", "a", "b"))
        self.assertEqual((client.pfcount("a"), client.pfcount("a", "b"), client.pfcount("c")),
                         (3, 4, 4))


class Resp3:
    PROTOCOL = 3


class SortedSetsResp3(Resp3, SortedSets):
    pass


class PlacesResp3(Resp3, Places):
    pass


class HyperLogLogsResp3(Resp3, HyperLogLogs):
    pass


if __name__ == "__main__":
    run_with_server(__doc__)
