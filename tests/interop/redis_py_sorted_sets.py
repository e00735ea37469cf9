"""Uses the sorted sets, places and HyperLogLogs of Python's redis and walrus packages.

Each check runs with RESP2 and with RESP3.
"""

import asyncio
import math

import redis
import walrus

from redis_py_lists import WithClient
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

    def test_reads_ranges_in_part(self):
        client = self.client
        self.assertEqual(client.zrange("z", 3, 1, byscore=True, desc=True, offset=1, num=1), ["b"])
        self.same(client.zrevrange("z", 0, 0, withscores=True), [("c", 3.0)])
        self.same(client.zrangebyscore("z", "-inf", "(3", withscores=True, score_cast_func=int),
                  [("a", 1), ("b", 2)])
        self.same(client.zrevrangebyscore("z", 3, 1, start=1, num=1, withscores=True),
                  [("b", 2.5)])
        self.assertEqual(client.zrangestore("y", "z", 3, 2, byscore=True, desc=True, offset=0,
                                            num=1), 1)
        self.assertEqual(client.zrange("y", 0, -1), ["c"])
        self.assertEqual(list(client.zscan_iter("z", match="[ab]", count=1)),
                         [("a", 1.0), ("b", 2.5)])

    def test_reads_and_removes_members_of_one_score_by_name(self):
        client = self.client
        client.zadd("names", dict.fromkeys("abcde", 0))
        self.assertEqual((client.zrangebylex("names", "[b", "(d"),
                          client.zrangebylex("names", "-", "+", start=1, num=1),
                          client.zrevrangebylex("names", "+", "(c")),
                         (["b", "c"], ["b"], ["e", "d"]))
        self.assertEqual(client.zremrangebylex("names", "[b", "[d"), 3)
        self.assertEqual(client.zrange("names", 0, -1), ["a", "e"])

    def test_keeps_every_number_as_score(self):
        client, scores = self.client, [-math.inf, -1e300, 5e-324, 0.1 + 0.2, 2.0**53, math.inf]
        client.zadd("scores", {str(score): score for score in scores})
        self.same(client.zrange("scores", 0, -1, withscores=True),
                  [(str(score), score) for score in scores])
        with self.assertRaisesRegex(redis.ResponseError, "not a valid float"):
            client.zadd("scores", {"none": math.nan})
        with self.assertRaisesRegex(redis.ResponseError, "resulting score is not a number"):
            client.zincrby("scores", -math.inf, "inf")

    def test_reads_a_score_with_the_rank(self):
        self.needs(b"INCREX")  # Redis 7.0, which has neither, has no option WITHSCORE.
        self.assertEqual((self.client.zrank("z", "b", withscore=True),
                          self.client.zrevrank("z", "a", withscore=True),
                          self.client.zrank("z", "none", withscore=True)),
                         ([1, 2.5], [2, 1.0], None))

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

    def test_combines_sets_with_weights(self):
        client = self.client
        client.zadd("y", {"b": 1, "d": 7})
        self.assertEqual(client.zunionstore("x", {"z": 1, "y": -2}, aggregate="MIN"), 4)
        self.same(client.zrange("x", 0, -1, withscores=True),
                  [("d", -14.0), ("b", -2.0), ("a", 1.0), ("c", 3.0)])
        self.assertEqual(client.zinterstore("x", {"z": 2, "y": 0.5}, aggregate="MAX"), 1)
        self.assertEqual(client.zscore("x", "b"), 5.0)
        self.assertEqual(client.zintercard(2, ["z", "z"], limit=2), 2)

    def test_pops_members(self):
        client = self.client
        self.same(client.zpopmax("z", 1), [("c", 3.0)])
        waits = self.waiting(self.another().bzpopmax, "none", 0)
        client.zadd("none", {"x": 4, "y": 5})
        self.assertEqual(tuple(waits()), ("none", "y", 5.0))
        self.same(client.zpopmin("z", 2), [("a", 1.0), ("b", 2.5)])
        self.assertFalse(client.bzpopmin("z", 0.05))

    def test_pops_members_of_the_first_set_that_has_some(self):
        client = self.client
        key, popped = client.zmpop(2, ["none", "z"], min=True, count=2)
        self.assertEqual((key, [(member, float(score)) for member, score in popped]),
                         ("z", [("a", 1.0), ("b", 2.5)]))
        waits = self.waiting(self.another().bzmpop, 0, 2, ["none", "other"], False, True)
        client.zadd("other", {"x": 4, "y": 5})
        key, [(member, score)] = waits()
        self.assertEqual((key, member, float(score)), ("other", "y", 5.0))
        self.assertIsNone(client.zmpop(1, ["none"], max=True))
        self.assertIsNone(client.bzmpop(0.05, 1, ["none"], max=True))

    def test_a_changed_set_aborts_a_transaction(self):
        with self.client.pipeline() as pipeline:
            pipeline.watch("z")
            [least] = pipeline.zrange("z", 0, 0)
            pipeline.multi()
            pipeline.zrem("z", least).zcard("z")
            self.another().zincrby("z", 1, least)
            with self.assertRaises(redis.WatchError):
                pipeline.execute()
            self.same(pipeline.zrem("z", least).zrange("z", 0, -1, withscores=True).execute()[1],
                      [("b", 2.5), ("c", 3.0)])

    def test_is_asynchronous(self):
        async def work():
            async with redis.asyncio.Redis(port=self.server.port, protocol=self.PROTOCOL,
                                           decode_responses=True) as client:
                consumers = [asyncio.create_task(client.bzpopmin("q", timeout=10))
                             for _ in range(10)]
                await asyncio.gather(*(client.zadd("q", {f"m{i}": i}) for i in range(10)))
                return sorted(tuple(popped) for popped in await asyncio.gather(*consumers))

        self.assertEqual(asyncio.run(work()), [("q", f"m{i}", float(i)) for i in range(10)])


class Places(WithPairs):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.client.geoadd("s", SICILY), 2)

    def test_tells_places(self):
        client = self.client
        self.assertAlmostEqual(client.geodist("s", "Palermo", "Catania", unit="km"), 166.2742)
        self.assertAlmostEqual(client.geodist("s", "Palermo", "Catania", unit="mi"), 103.3182)
        self.assertIsNone(client.geodist("s", "Palermo", "none"))
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

    def test_adds_and_moves_places(self):
        client, moved = self.client, (13.5, 38.0, "Palermo")
        self.assertEqual((client.geoadd("s", moved, nx=True),
                          client.geoadd("s", (13.583333, 37.316667, "Agrigento"), xx=True),
                          client.geoadd("s", moved, ch=True), client.zcard("s")), (0, 0, 1, 2))
        self.assertAlmostEqual(client.geopos("s", "Palermo")[0][0], 13.5, places=4)
        with self.assertRaisesRegex(redis.ResponseError, "invalid longitude,latitude pair"):
            client.geoadd("s", (200, 0, "nowhere"))

    def test_tells_everything_about_places_found(self):
        client, details = self.client, {"withdist": True, "withhash": True, "withcoord": True}
        member, distance, number, place = client.georadius("s", 15, 37, 200, unit="km",
                                                           sort="DESC", count=1, **details)[0]
        self.assertEqual((member, distance, number), ("Palermo", 190.4424, 3479099956230698))
        self.assertAlmostEqual(place[1], SICILY[1], places=4)
        self.assertEqual([found[0] for found in client.georadiusbymember(
            "s", "Catania", 200, unit="km", sort="ASC", **details)], ["Catania", "Palermo"])
        self.assertEqual(len(client.geosearch("s", member="Catania", radius=200, unit="km",
                                              count=1, any=True, **details)), 1)
        self.assertEqual(client.georadius("s", 15, 37, 200, unit="km", store_dist="d"), 2)
        self.assertAlmostEqual(client.zscore("d", "Palermo"), 190.4424, places=4)
        with self.assertRaisesRegex(redis.ResponseError, "could not decode requested zset member"):
            client.geosearch("s", member="none", radius=1)


class Autocompletion(WithClient):
    """Walrus keeps the titles for each beginning of a word in a sorted set. A search intersects
    these sets."""

    def setUp(self):
        super().setUp()
        database = walrus.Database(port=self.server.port, protocol=self.PROTOCOL)
        self.addCleanup(database.close)
        self.titles = database.autocomplete()
        for number, title in enumerate(("red lamp", "red apple", "green apple")):
            self.titles.store(number, title)

    def found(self, phrase):
        return list(self.titles.search(phrase))

    def test_finds_titles_by_the_beginnings_of_words(self):
        self.assertEqual(self.found("app"), ["green apple", "red apple"])
        self.assertEqual((self.found("red l"), self.found("red blue")), (["red lamp"], []))
        [found] = self.client.scan_iter("autocomplete:c:*", _type="zset")
        self.assertIn(self.client.ttl(found), range(1, 601))

    def test_forgets_a_title(self):
        self.titles.remove(1)
        self.assertEqual((self.found("red"), self.found("apple")), (["red lamp"], ["green apple"]))


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


class AutocompletionResp3(Resp3, Autocompletion):
    pass


class HyperLogLogsResp3(Resp3, HyperLogLogs):
    pass


if __name__ == "__main__":
    run_with_server()
