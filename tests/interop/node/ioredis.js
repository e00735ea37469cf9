// Lists, sets and waiting calls of ioredis. To be run by node_clients.py.

"use strict";

const assert = require("node:assert/strict");
const { after, beforeEach, test } = require("node:test");
const Redis = require("ioredis");
const { untilBlocked } = require("./waiting");

const port = Number(process.env.PORT);
const client = new Redis({ port });
const others = [];

function another(options) {
  const other = new Redis({ port, ...options });
  others.push(other);
  return other;
}

beforeEach(() => client.flushall());
after(() => [client, ...others].forEach((one) => one.disconnect()));

test("lists", async () => {
  assert.equal(await client.rpush("l", "a", "b", "c"), 3);
  assert.equal(await client.lpush("l", ["y", "x"]), 5);
  assert.deepEqual(await client.lrange("l", 0, -1), ["x", "y", "a", "b", "c"]);
  assert.equal(await client.lindex("l", -1), "c");
  assert.equal(await client.lindex("l", 10), null);
  assert.equal(await client.lset("l", 0, "X"), "OK");
  assert.equal(await client.linsert("l", "BEFORE", "a", "i"), 6);
  assert.equal(await client.lpos("l", "b"), 4);
  assert.deepEqual(await client.lpos("l", "b", "COUNT", 0), [4]);
  assert.equal(await client.lrem("l", 0, "i"), 1);
  assert.equal(await client.ltrim("l", 1, -1), "OK");
  assert.equal(await client.lmove("l", "m", "LEFT", "RIGHT"), "y");
  assert.equal(await client.rpoplpush("l", "m"), "c");
  assert.deepEqual(await client.lmpop(2, "none", "m", "LEFT", "COUNT", 2), ["m", ["c", "y"]]);
  assert.deepEqual(await client.lpop("l", 5), ["a", "b"]);
  assert.equal(await client.rpop("l"), null);
  await assert.rejects(client.lset("l", 0, "x"), /ERR no such key/);
  assert.deepEqual(await client.rpushBuffer("l", Buffer.from([0xff, 0])), 1);
  assert.deepEqual(await client.lpopBuffer("l"), Buffer.from([0xff, 0]));
});

test("sets", async () => {
  assert.equal(await client.sadd("a", "1", "2", "3"), 3);
  assert.equal(await client.sadd("b", ["3", "4"]), 2);
  assert.equal(await client.scard("a"), 3);
  assert.deepEqual(await client.smembers("a"), ["1", "2", "3"]);
  assert.deepEqual(await client.smismember("a", "1", "9"), [1, 0]);
  assert.deepEqual(await client.sinter("a", "b"), ["3"]);
  assert.equal(await client.sintercard(2, "a", "b"), 1);
  assert.deepEqual(await client.sdiff("a", "b"), ["1", "2"]);
  assert.equal(await client.sunionstore("c", "a", "b"), 4);
  assert.equal(await client.smove("c", "b", "1"), 1);
  assert.ok(["2", "3", "4"].includes(await client.spop("c")));
  assert.equal((await client.spop("c", 5)).length, 2);
  assert.equal((await client.srandmember("a", -7)).length, 7);
  assert.equal(await client.srem("a", "1", "9"), 1);
});

test("streams of a scan", async () => {
  const members = Array.from({ length: 500 }, (_, i) => `member:${i}`);
  await client.sadd("s", members);
  const found = new Set();
  for await (const part of client.sscanStream("s", { match: "member:*", count: 50 })) {
    part.forEach((member) => found.add(member));
  }
  assert.equal(found.size, 500);
});

test("sort", async () => {
  await client.rpush("l", 3, 1, 2);
  for (const i of [1, 2, 3]) await client.hset(`h:${i}`, "name", `n${i}`, "weight", 10 - i);
  assert.deepEqual(await client.sort("l", "DESC", "LIMIT", 0, 2), ["3", "2"]);
  assert.deepEqual(await client.sort("l", "BY", "h:*->weight", "GET", "h:*->name"),
    ["n3", "n2", "n1"]);
  assert.equal(await client.sort("l", "ALPHA", "STORE", "sorted"), 3);
});

test("pipelines and transactions", async () => {
  const results = await client.pipeline().rpush("l", "a").sadd("s", "a").lindex("l", 0).get("l")
    .exec();
  assert.deepEqual(results.slice(0, 3), [[null, 1], [null, 1], [null, "a"]]);
  assert.match(results[3][0].message, /^WRONGTYPE/);
  assert.deepEqual(await client.multi().lpush("l", "b").blpop("none", 0).lrange("l", 0, -1).exec(),
    [[null, 2], [null, null], [null, ["b", "a"]]]);
});

test("a client that waits is served", async () => {
  const waiting = another();
  for (const [call, result] of [
    [() => waiting.blpop("k", 0), ["k", "v"]],
    [() => waiting.brpop("a", "k", 5), ["k", "v"]],
    [() => waiting.brpoplpush("k", "d", 0), "v"],
    [() => waiting.blmove("k", "d", "LEFT", "RIGHT", 0), "v"],
    [() => waiting.blmpop(0, 1, "k", "LEFT"), ["k", ["v"]]],
  ]) {
    const found = call();
    await untilBlocked(() => client.info("clients"), 1);
    assert.equal(await client.rpush("k", "v"), 1);
    assert.deepEqual(await found, result);
  }
  assert.equal(await client.llen("d"), 2);
});

test("requests behind one that waits are answered after it", async () => {
  const waiting = another();
  const replies = Promise.all([waiting.blpop("k", 0), waiting.set("a", 1), waiting.get("a")]);
  await untilBlocked(() => client.info("clients"), 1);
  assert.equal(await client.exists("a"), 0);
  await client.rpush("k", "v");
  assert.deepEqual(await replies, [["k", "v"], "OK", "1"]);
});

test("a timeout ends the wait", async () => {
  assert.equal(await another().blpop("none", 0.05), null);
  assert.equal(await another().brpoplpush("none", "d", 0.05), null);
});
