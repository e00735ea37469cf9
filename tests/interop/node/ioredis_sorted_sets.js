// Sorted sets, geo and HyperLogLogs of ioredis. To be run by node_clients.py.

"use strict";

const assert = require("node:assert/strict");
const { after, beforeEach, test } = require("node:test");
const Redis = require("ioredis");
const { untilBlocked } = require("./waiting");

const port = Number(process.env.PORT);
const client = new Redis({ port });
const other = new Redis({ port });

beforeEach(async () => {
  await client.flushall();
  await client.zadd("z", 1, "a", 2.5, "b", 3, "c");
  await client.geoadd("s", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania");
});
after(() => [client, other].forEach((one) => one.disconnect()));

test("members and scores", async () => {
  assert.equal(await client.zadd("z", "GT", "CH", 0, "a", 4, "c", 9, "d"), 2);
  assert.equal(await client.zadd("z", "XX", "INCR", 1, "none"), null);
  assert.equal(await client.zincrby("z", 1.5, "a"), "2.5");
  assert.deepEqual([await client.zscore("z", "none"), await client.zcard("z")], [null, 4]);
  assert.deepEqual(await client.zmscore("z", "a", "none"), ["2.5", null]);
  assert.deepEqual([await client.zrank("z", "b"), await client.zrevrank("z", "b")], [1, 2]);
  assert.deepEqual([await client.zcount("z", "(2.5", "+inf"), await client.zrem("z", "a", "x")],
    [2, 1]);
  assert.equal((await client.zrandmember("z", -9, "WITHSCORES")).length, 18);
  const bytes = Buffer.from([0xff, 0]);
  await client.zadd("bytes", "inf", bytes);
  assert.deepEqual(await client.zrangeBuffer("bytes", 0, -1), [bytes]);
  assert.equal(await client.zscore("bytes", bytes), "inf");
});

test("ranges", async () => {
  assert.deepEqual(await client.zrange("z", 0, 0, "REV", "WITHSCORES"), ["c", "3"]);
  assert.deepEqual(await client.zrange("z", "(1", "+inf", "BYSCORE", "WITHSCORES"),
    ["b", "2.5", "c", "3"]);
  assert.deepEqual(await client.zrange("z", "[c", "-", "BYLEX", "REV", "LIMIT", 1, 1), ["b"]);
  assert.deepEqual(await client.zrevrange("z", 0, 1), ["c", "b"]);
  assert.deepEqual(await client.zrangebyscore("z", "(1", 3, "LIMIT", 0, 1), ["b"]);
  assert.deepEqual(await client.zrevrangebyscore("z", 3, "(1"), ["c", "b"]);
  assert.equal(await client.zrangestore("y", "z", 0, 1), 2);
  await client.zadd("n", 0, "a", 0, "b", 0, "c");
  assert.deepEqual(await client.zrangebylex("n", "[a", "(c"), ["a", "b"]);
  assert.deepEqual(await client.zrevrangebylex("n", "+", "(a", "LIMIT", 0, 1), ["c"]);
  assert.deepEqual([await client.zlexcount("n", "-", "+"),
    await client.zremrangebylex("n", "-", "[a")], [3, 1]);
  assert.deepEqual([await client.zremrangebyrank("z", 0, 0),
    await client.zremrangebyscore("z", 2, 2.5)], [1, 1]);
});

test("combined sets", async () => {
  await client.zadd("y", 1, "b", 7, "d");
  assert.deepEqual(await client.zunion(2, "z", "y", "AGGREGATE", "MAX", "WITHSCORES"),
    ["a", "1", "b", "2.5", "c", "3", "d", "7"]);
  assert.deepEqual(await client.zinter(2, "z", "y", "WEIGHTS", 2, 1, "WITHSCORES"), ["b", "6"]);
  assert.deepEqual(await client.zdiff(2, "z", "y", "WITHSCORES"), ["a", "1", "c", "3"]);
  assert.equal(await client.zintercard(2, "z", "z", "LIMIT", 2), 2);
  assert.deepEqual([await client.zunionstore("x", 2, "z", "none", "WEIGHTS", 2, 1),
    await client.zinterstore("x", 2, "z", "y"), await client.zdiffstore("x", 2, "z", "y")],
  [3, 1, 2]);
});

test("popped members", async () => {
  assert.deepEqual(await client.zpopmax("z"), ["c", "3"]);
  assert.deepEqual(await client.zmpop(2, "none", "z", "MIN", "COUNT", 1), ["z", [["a", "1"]]]);
  assert.deepEqual(await client.zpopmin("z", 5), ["b", "2.5"]);
  for (const [call, result] of [
    [() => other.bzpopmin("none", "q", 0), ["q", "x", "7"]],
    [() => other.bzpopmax("q", 0), ["q", "y", "8"]],
    [() => other.bzmpop(0, 1, "q", "MAX", "COUNT", 2), ["q", [["y", "8"], ["x", "7"]]]],
  ]) {
    const waits = call();
    await untilBlocked(() => client.info("clients"), 1);
    await client.zadd("q", 7, "x", 8, "y");
    assert.deepEqual(await waits, result);
    await client.del("q");
  }
  assert.equal(await other.bzpopmin("none", 0.05), null);
});

test("the stream of a scan", async () => {
  await client.zadd("big", ...Array.from({ length: 500 }, (_, i) => [i, `member:${i}`]).flat());
  const found = new Map();
  for await (const part of client.zscanStream("big", { match: "member:*", count: 50 })) {
    for (let i = 0; i < part.length; i += 2) found.set(part[i], part[i + 1]);
  }
  assert.deepEqual([found.size, found.get("member:42")], [500, "42"]);
});

test("a transaction is aborted by a changed sorted set", async () => {
  await other.watch("z");
  await client.zincrby("z", 1, "a");
  assert.equal(await other.multi().zpopmin("z").exec(), null);
  assert.deepEqual(await other.multi().zpopmin("z").zcard("z").zscore("z", "b").exec(),
    [[null, ["a", "2"]], [null, 2], [null, "2.5"]]);
});

test("places", async () => {
  assert.equal(await client.geoadd("s", "XX", "CH", 13.5, 38, "Palermo"), 1);
  assert.equal(await client.geoadd("s", "NX", 13.361389, 38.115556, "Palermo"), 0);
  assert.equal(await client.geoadd("s", 13.361389, 38.115556, "Palermo"), 0);
  assert.equal(await client.geodist("s", "Palermo", "Catania", "KM"), "166.2742");
  assert.equal(await client.geodist("s", "Palermo", "none"), null);
  assert.deepEqual(await client.geohash("s", "Palermo", "none"), ["sqc8b49rny0", null]);
  assert.deepEqual(await client.geopos("s", "none", "Catania"),
    [null, ["15.08726745843887329", "37.50266842333162032"]]);
  await assert.rejects(client.geoadd("s", 200, 0, "nowhere"), /ERR invalid longitude,latitude/);
});

test("places that are found", async () => {
  const from = ["FROMLONLAT", 15, 37];
  assert.deepEqual(await client.geosearch("s", ...from, "BYRADIUS", 200, "km", "ASC", "WITHDIST"),
    [["Catania", "56.4413"], ["Palermo", "190.4424"]]);
  assert.deepEqual(await client.geosearch("s", ...from, "BYBOX", 200, 200, "km", "WITHHASH"),
    [["Catania", 3479447370796909]]);
  assert.equal(await client.geosearchstore("d", "s", "FROMMEMBER", "Palermo", "BYRADIUS", 200, "km",
    "STOREDIST"), 2);
  assert.equal(await client.zscore("d", "Catania"), "166.27415156960032");
  assert.deepEqual(await client.georadius("s", 15, 37, 200, "km", "DESC", "COUNT", 1), ["Palermo"]);
  assert.deepEqual(await client.georadius_ro("s", 15, 37, 100, "km"), ["Catania"]);
  assert.deepEqual(await client.georadiusbymember("s", "Palermo", 1, "m", "WITHCOORD"),
    [["Palermo", ["13.36138933897018433", "38.11555639549629859"]]]);
  assert.deepEqual(await client.georadiusbymember_ro("s", "Catania", 1, "m"), ["Catania"]);
  assert.equal(await client.georadius("s", 15, 37, 200, "km", "STORE", "d"), 2);
});

test("HyperLogLogs", async () => {
  assert.deepEqual([await client.pfadd("h", "a", "b"), await client.pfadd("h", "a")], [1, 0]);
  assert.equal(await client.pfmerge("i", "h", "none"), "OK");
  assert.deepEqual([await client.pfcount("h", "none"), await client.pfcount("i")], [2, 2]);
});
