// Sorted sets, geo and HyperLogLogs of node-redis. To be run by node_clients.py, with RESP 2 and 3.

"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { createClient, WatchError } = require(process.env.NODE_REDIS);
const { untilBlocked } = require("./waiting");

const options = { socket: { port: Number(process.env.PORT) }, RESP: Number(process.env.RESP) };
const members = [["a", 1], ["b", 2.5], ["c", 3]].map(([value, score]) => ({ value, score }));
const [a, b, c] = members;
const palermo = { longitude: 13.361389, latitude: 38.115556, member: "Palermo" };
const catania = { longitude: 15.087269, latitude: 37.502669, member: "Catania" };
const from = { longitude: 15, latitude: 37 };
const within = (radius) => ({ radius, unit: "km" });
let client;
let other;

before(async () => {
  [client, other] = await Promise.all([1, 2].map(() => createClient(options).connect()));
});
beforeEach(async () => {
  await client.flushAll();
  await client.zAdd("z", members);
  await client.geoAdd("s", [palermo, catania]);
});
after(() => [client, other].forEach((one) => one.destroy()));

// Compares values only: replies have no prototype.
function same(found, wanted) {
  assert.deepEqual(JSON.parse(JSON.stringify(found)), wanted);
}

test("members and scores", async () => {
  const changes = [{ value: "a", score: 0 }, { value: "c", score: 4 }];
  assert.equal(await client.zAdd("z", changes, { comparison: "GT", CH: true }), 1);
  assert.equal(await client.zAddIncr("z", { value: "none", score: 1 }, { condition: "XX" }), null);
  assert.equal(await client.zIncrBy("z", 1.5, "a"), 2.5);
  assert.deepEqual([await client.zScore("z", "none"), await client.zCard("z")], [null, 3]);
  assert.deepEqual(await client.zmScore("z", ["a", "none"]), [2.5, null]);
  assert.deepEqual([await client.zRank("z", "b"), await client.zRevRank("z", "b")], [1, 1]);
  assert.deepEqual([await client.zCount("z", "(2.5", "+inf"), await client.zRem("z", ["a", "x"])],
    [1, 1]);
  assert.ok(["b", "c"].includes(await client.zRandMember("z")));
  assert.equal((await client.zRandMemberCount("z", -9)).length, 9);
  assert.deepEqual((await client.zRandMemberCountWithScores("z", 9)).map((it) => it.score).sort(),
    [2.5, 4]);
  await client.zAdd("ends",
    [{ value: "high", score: Infinity }, { value: "low", score: -Infinity }]);
  assert.deepEqual(await client.zmScore("ends", ["high", "low"]), [Infinity, -Infinity]);
});

test("ranges", async () => {
  assert.deepEqual(await client.zRange("z", 0, 1, { REV: true }), ["c", "b"]);
  same(await client.zRangeWithScores("z", "(1", "+inf", { BY: "SCORE" }), [b, c]);
  assert.deepEqual(await client.zRange("z", "[c", "-",
    { BY: "LEX", REV: true, LIMIT: { offset: 1, count: 1 } }), ["b"]);
  const LIMIT = { offset: 1, count: 1 };
  assert.deepEqual(await client.zRangeByScore("z", "(1", 3, { LIMIT }), ["c"]);
  same(await client.zRangeByScoreWithScores("z", 2, 3, { LIMIT }), [c]);
  assert.equal(await client.zRangeStore("y", "z", 3, 1, { BY: "SCORE", REV: true, LIMIT }), 1);
  await client.zAdd("n", ["a", "b", "c"].map((value) => ({ value, score: 0 })));
  assert.deepEqual(await client.zRangeByLex("n", "[a", "(c"), ["a", "b"]);
  assert.deepEqual([await client.zLexCount("n", "-", "+"),
    await client.zRemRangeByLex("n", "-", "[a")], [3, 1]);
  assert.deepEqual([await client.zRemRangeByRank("z", 0, 0),
    await client.zRemRangeByScore("z", 2, 2.5)], [1, 1]);
});

test("combined sets", async () => {
  await client.zAdd("y", [{ value: "b", score: 1 }, { value: "d", score: 7 }]);
  const weighted = [{ key: "z", weight: 2 }, { key: "y", weight: 1 }];
  assert.deepEqual(await client.zUnion(["z", "y"], { AGGREGATE: "MIN" }), ["a", "b", "c", "d"]);
  same(await client.zUnionWithScores(["z", "y"], { AGGREGATE: "MAX" }),
    [...members, { value: "d", score: 7 }]);
  assert.deepEqual(await client.zInter(["z", "y"]), ["b"]);
  same(await client.zInterWithScores(weighted), [{ value: "b", score: 6 }]);
  assert.deepEqual(await client.zDiff(["z", "y"]), ["a", "c"]);
  same(await client.zDiffWithScores(["z", "y"]), [a, c]);
  assert.equal(await client.zInterCard(["z", "z"], 2), 2);
  assert.deepEqual([await client.zUnionStore("x", weighted),
    await client.zDiffStore("x", ["z", "y"]),
    await client.zInterStore("x", weighted, { AGGREGATE: "MAX" })], [4, 2, 1]);
  assert.equal(await client.zScore("x", "b"), 5);
});

test("popped members", async () => {
  same(await client.zPopMax("z"), c);
  same(await client.zmPop(["none", "z"], "MIN", { COUNT: 1 }), { key: "z", members: [a] });
  same([await client.zPopMinCount("z", 5), await client.zPopMaxCount("z", 5)], [[b], []]);
  assert.equal(await client.zPopMin("z"), null);
  const [x, y] = [{ value: "x", score: 7 }, { value: "y", score: 8 }];
  for (const [call, result] of [
    [() => other.bzPopMin(["none", "q"], 0), { key: "q", ...x }],
    [() => other.bzPopMax("q", 0), { key: "q", ...y }],
    [() => other.bzmPop(0, "q", "MAX", { COUNT: 2 }), { key: "q", members: [y, x] }],
  ]) {
    const waits = call();
    await untilBlocked(() => client.info("clients"), 1);
    await client.zAdd("q", [x, y]);
    same(await waits, result);
    await client.del("q");
  }
  assert.deepEqual([await other.bzPopMin("none", 0.05), await client.zmPop("none", "MIN")],
    [null, null]);
});

test("a scan", async () => {
  await client.zAdd("big", Array.from({ length: 500 }, (_, i) => ({ value: `m:${i}`, score: i })));
  const found = new Map();
  for await (const part of client.zScanIterator("big", { MATCH: "m:*", COUNT: 50 })) {
    part.forEach(({ value, score }) => found.set(value, score));
  }
  assert.deepEqual([found.size, found.get("m:42")], [500, 42]);
});

test("transactions", async () => {
  same(await client.multi().zPopMin("z").zRangeWithScores("z", 0, -1).zScore("z", "b").exec(),
    [a, [b, c], 2.5]);
  await other.watch("z");
  await client.zIncrBy("z", 1, "b");
  await assert.rejects(other.multi().zCard("z").exec(), WatchError);
});

test("places", async () => {
  const moved = { ...palermo, latitude: 38 };
  assert.equal(await client.geoAdd("s", moved, { condition: "NX" }), 0);
  assert.equal(await client.geoAdd("s", moved, { condition: "XX", CH: true }), 1);
  assert.equal(await client.geoAdd("s", palermo), 0);
  assert.equal(await client.geoDist("s", "Palermo", "Catania", "km"), 166.2742);
  assert.equal(await client.geoDist("s", "Palermo", "none"), null);
  assert.deepEqual(await client.geoHash("s", ["Palermo", "none"]), ["sqc8b49rny0", null]);
  const [place, none] = await client.geoPos("s", ["Catania", "none"]);
  assert.ok(Math.abs(place.longitude - catania.longitude) < 1e-5);
  assert.ok(Math.abs(place.latitude - catania.latitude) < 1e-5);
  assert.equal(none, null);
});

test("places that are found", async () => {
  assert.deepEqual(await client.geoSearch("s", from, within(200), { SORT: "ASC" }),
    ["Catania", "Palermo"]);
  const box = { width: 200, height: 200, unit: "km" };
  const [found] = await client.geoSearchWith("s", from, box,
    ["WITHDIST", "WITHHASH", "WITHCOORD"], { COUNT: { value: 1, ANY: true } });
  assert.deepEqual([found.member, Number(found.distance), Number(found.hash)],
    ["Catania", 56.4413, 3479447370796909]);
  assert.ok(Math.abs(found.coordinates.latitude - catania.latitude) < 1e-5);
  assert.equal(await client.geoSearchStore("d", "s", "Palermo", within(200), { STOREDIST: true }),
    2);
  assert.ok(Math.abs(await client.zScore("d", "Catania") - 166.27415) < 1e-4);
});

test("places that are found by the old calls", async () => {
  const last = { SORT: "DESC", COUNT: 1 };
  assert.deepEqual(await client.geoRadius("s", from, 200, "km", last), ["Palermo"]);
  assert.deepEqual(await client.geoRadiusRo("s", from, 100, "km"), ["Catania"]);
  assert.equal(await client.geoRadiusStore("s", from, 200, "km", "d"), 2);
  assert.deepEqual(await client.geoRadiusByMember("s", "Palermo", 1, "m"), ["Palermo"]);
  assert.deepEqual(await client.geoRadiusByMemberRo("s", "Catania", 200, "km", last), ["Palermo"]);
  assert.equal(await client.geoRadiusByMemberStore("s", "Palermo", 1, "m", "d"), 1);
  for (const [name, ...start] of [["geoRadiusWith", from], ["geoRadiusRoWith", from],
    ["geoRadiusByMemberWith", "Catania"], ["geoRadiusByMemberRoWith", "Catania"]]) {
    const found = await client[name]("s", ...start, 200, "km", ["WITHHASH"], last);
    assert.deepEqual(found.map((it) => [it.member, Number(it.hash)]),
      [["Palermo", 3479099956230698]], name);
  }
});

test("HyperLogLogs", async () => {
  assert.deepEqual([await client.pfAdd("h", ["a", "b"]), await client.pfAdd("h", "a")], [1, 0]);
  assert.equal(await client.pfMerge("i", ["h", "none"]), "OK");
  assert.deepEqual([await client.pfCount(["h", "none"]), await client.pfCount("i")], [2, 2]);
});
