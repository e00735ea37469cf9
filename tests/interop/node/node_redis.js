// Lists, sets and waiting calls of node-redis. To be run by node_clients.py, with RESP 2 and 3.

"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { createClient } = require(process.env.NODE_REDIS);
const { untilBlocked } = require("./waiting");

const options = { socket: { port: Number(process.env.PORT) }, RESP: Number(process.env.RESP) };
let client;
let other;

before(async () => {
  [client, other] = await Promise.all([1, 2].map(() => createClient(options).connect()));
});
beforeEach(() => client.flushAll());
after(() => [client, other].forEach((one) => one.destroy()));

const sorted = (members) => [...members].sort();

test("lists", async () => {
  assert.equal(await client.rPush("l", ["a", "b", "c"]), 3);
  assert.equal(await client.lPush("l", "x"), 4);
  assert.equal(await client.rPushX("none", "x"), 0);
  assert.deepEqual(await client.lRange("l", 0, -1), ["x", "a", "b", "c"]);
  assert.equal(await client.lIndex("l", 9), null);
  assert.equal(await client.lSet("l", 0, "X"), "OK");
  assert.equal(await client.lInsert("l", "AFTER", "a", "i"), 5);
  assert.equal(await client.lPos("l", "b"), 3);
  assert.deepEqual(await client.lPosCount("l", "b", 0), [3]);
  assert.equal(await client.lRem("l", -1, "i"), 1);
  assert.equal(await client.lTrim("l", 0, 2), "OK");
  assert.equal(await client.lMove("l", "m", "RIGHT", "LEFT"), "b");
  assert.equal(await client.rPopLPush("l", "m"), "a");
  assert.deepEqual(await client.lmPop(["none", "m"], "LEFT", { COUNT: 2 }), ["m", ["a", "b"]]);
  assert.deepEqual(await client.lPopCount("l", 5), ["X"]);
  assert.equal(await client.rPop("l"), null);
  assert.equal(await client.rPopCount("l", 2), null);
});

test("sets", async () => {
  assert.equal(await client.sAdd("a", ["1", "2", "3"]), 3);
  assert.equal(await client.sAdd("b", ["3", "x"]), 2);
  assert.deepEqual(sorted(await client.sMembers("a")), ["1", "2", "3"]);
  assert.equal(Number(await client.sIsMember("a", "1")), 1);
  assert.deepEqual((await client.smIsMember("a", ["1", "9"])).map(Number), [1, 0]);
  assert.deepEqual(sorted(await client.sInter(["a", "b"])), ["3"]);
  assert.equal(await client.sInterCard(["a", "b"], 5), 1);
  assert.deepEqual(sorted(await client.sDiff(["a", "b"])), ["1", "2"]);
  assert.deepEqual(sorted(await client.sUnion(["a", "b"])), ["1", "2", "3", "x"]);
  assert.equal(await client.sInterStore("c", ["a", "b"]), 1);
  assert.equal(await client.sPop("c"), "3");
  assert.equal([...(await client.sPopCount("a", 2))].length, 2);
  assert.equal((await client.sRandMemberCount("b", -7)).length, 7);
  const found = [];
  for await (const members of client.sScanIterator("b")) found.push(...members);
  assert.deepEqual(sorted(found), ["3", "x"]);
});

test("sort", async () => {
  await client.rPush("l", ["3", "1", "2"]);
  assert.deepEqual(await client.sort("l", { DIRECTION: "DESC" }), ["3", "2", "1"]);
  assert.deepEqual(await client.sortRo("l", { ALPHA: true, LIMIT: { offset: 1, count: 1 } }),
    ["2"]);
  assert.equal(await client.sortStore("l", "sorted"), 3);
});

test("transactions", async () => {
  const replies = await client.multi().rPush("l", "a").blPop("none", 0).lLen("l").exec();
  assert.deepEqual(replies, [1, null, 1]);
});

test("a client that waits is served", async () => {
  for (const [call, result] of [
    [() => other.blPop("k", 0), { key: "k", element: "v" }],
    [() => other.brPop(["a", "k"], 5), { key: "k", element: "v" }],
    [() => other.brPopLPush("k", "d", 0), "v"],
    [() => other.blMove("k", "d", "LEFT", "RIGHT", 0), "v"],
    [() => other.blmPop(0, "k", "LEFT"), ["k", ["v"]]],
  ]) {
    const found = call();
    await untilBlocked(() => client.info("clients"), 1);
    assert.equal(await client.rPush("k", "v"), 1);
    assert.deepEqual({ ...[await found] }, { ...[result] });
  }
});

test("a timeout ends the wait", async () => {
  assert.equal(await other.blPop("none", 0.05), null);
  assert.equal(await other.blmPop(0.05, ["a", "b"], "LEFT"), null);
});
