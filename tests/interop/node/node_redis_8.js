// Calls of node-redis that are newer than Redis 7.0. To be run by node_clients.py, with RESP 2 and 3.

"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { createClient } = require(process.env.NODE_REDIS);

const options = { socket: { port: Number(process.env.PORT) }, RESP: Number(process.env.RESP) };
let client;

before(async () => { client = await createClient(options).connect(); });
beforeEach(() => client.flushAll());
after(() => client.destroy());

test("locks, comparisons and limits", async () => {
  const set = (value, options) => client.set("lock", value, options);
  assert.equal(await set("mine", { condition: "NX", expiration: { type: "PX", value: 30000 } }),
    "OK");
  assert.equal(await set("theirs", { condition: "IFEQ", matchValue: "theirs" }), null);
  assert.equal(await set("mine", { condition: "IFEQ", matchValue: "mine" }), "OK");
  assert.equal(await client.delEx("lock", { condition: "IFNE", matchValue: "mine" }), 0);
  const matchValue = await client.digest("lock");
  assert.equal(await client.delEx("lock", { condition: "IFDEQ", matchValue }), 1);
  assert.equal(await client.mSetEx({ a: "1", b: "2" }, { expiration: { type: "EX", value: 9 } }),
    1);
  assert.equal(await client.mSetEx({ b: "3", c: "4" }, { mode: "NX" }), 0);
  const call = () => client.increx("calls",
    { upperBound: 2, expiration: { type: "EX", value: 60, ENX: true } });
  assert.deepEqual([await call(), await call(), await call()], [[1, 1], [2, 1], [2, 0]]);
  const sums = await client.incrExByFloat("a", 0.5, { upperBound: 1.25, saturate: true });
  assert.deepEqual(sums.map(Number), [1.25, 0.25]);
});

test("scores with ranks, and how many sets have a member", async () => {
  await client.zAdd("z", [{ value: "a", score: 1.5 }, { value: "b", score: 2 }]);
  assert.deepEqual({ ...(await client.zRankWithScore("z", "b")) }, { rank: 1, score: 2 });
  assert.deepEqual({ ...(await client.zRevRankWithScore("z", "a")) }, { rank: 1, score: 1.5 });
  assert.equal(await client.zRankWithScore("z", "none"), null);
  assert.equal(await client.zUnionStore("y", ["z", "z"], { AGGREGATE: "COUNT" }), 2);
  assert.equal(await client.zScore("y", "a"), 2);
});
