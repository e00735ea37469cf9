// Rate limiters and a leaderboard that need no scripts. To be run by node_clients.py, with CLIENT
// ioredis or node-redis, the latter with RESP 2 and 3.

"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { RateLimiterRedis, RateLimiterRedisNonAtomic } = require("rate-limiter-flexible");
const { RedisRateLimiter } = require("rolling-rate-limiter");
const { connect, isIoredis, inRange } = require("./limiting");

let client;

before(async () => { client = await connect(); });
beforeEach(() => (isIoredis ? client.flushall() : client.flushAll()));
after(() => (isIoredis ? client.disconnect() : client.destroy()));

const flexible = (Limiter, duration) => new Limiter({
  storeClient: client, useRedisPackage: !isIoredis, points: 3, duration,
});
const consumed = (result) => [result.consumedPoints, result.remainingPoints];
const refused = (points, duration) => (result) => {
  assert.deepEqual(consumed(result), [points, 0]);
  return duration ? inRange(result.msBeforeNext, 1, duration) : result.msBeforeNext === -1;
};

test("rate-limiter-flexible: points that never come back", async () => {
  const limiter = flexible(RateLimiterRedis, 0);
  assert.equal(await limiter.get("me"), null);
  for (const points of [1, 2]) {
    assert.deepEqual(consumed(await limiter.consume("me")), [points, 3 - points]);
  }
  await assert.rejects(limiter.consume("me", 2), refused(4));
  assert.deepEqual(consumed(await limiter.reward("me", 3)), [1, 2]);
  assert.deepEqual(consumed(await limiter.penalty("me", 2)), [3, 0]);
  assert.equal((await limiter.get("me")).msBeforeNext, -1);
  assert.deepEqual([await limiter.delete("me"), await limiter.delete("me")], [true, false]);
});

test("rate-limiter-flexible: exactly the limit passes in many calls", async () => {
  const limiter = flexible(RateLimiterRedis, 0);
  const calls = await Promise.allSettled(Array.from({ length: 50 }, () => limiter.consume("me")));
  assert.equal(calls.filter((call) => call.status === "fulfilled").length, 3);
  assert.deepEqual(calls.map((call) => (call.value ?? call.reason).consumedPoints),
    Array.from({ length: 50 }, (_, i) => i + 1));
});

test("rate-limiter-flexible: set and blocked for a time", async () => {
  const limiter = flexible(RateLimiterRedis, 60);
  await limiter.set("me", 2, 30);
  const found = await limiter.get("me");
  assert.deepEqual(consumed(found), [2, 1]);
  assert.ok(inRange(found.msBeforeNext, 1, 30_000));
  await limiter.block("me", 90);
  assert.ok(refused(4, 90_000)(await limiter.get("me")));
});

test("rate-limiter-flexible: without transactions", async () => {
  const limiter = flexible(RateLimiterRedisNonAtomic, 60);
  for (const points of [1, 2, 3]) {
    assert.deepEqual(consumed(await limiter.consume("me")), [points, 3 - points]);
  }
  await assert.rejects(limiter.consume("me"), refused(4, 60_000));
  assert.equal(await limiter.delete("me"), true);
  assert.deepEqual(consumed(await limiter.consume("me")), [1, 2]);
});

test("rolling-rate-limiter", async () => {
  const limiter = new RedisRateLimiter({
    client, namespace: "calls:", interval: 60_000, maxInInterval: 3,
  });
  assert.equal(await limiter.wouldLimit("me"), false);
  for (const remaining of [2, 1, 0]) {
    const { blocked, actionsRemaining } = await limiter.limitWithInfo("me");
    assert.deepEqual([blocked, actionsRemaining], [false, remaining]);
  }
  const refusal = await limiter.limitWithInfo("me");
  assert.deepEqual([refusal.blocked, refusal.blockedDueToCount], [true, true]);
  assert.ok(inRange(refusal.millisecondsUntilAllowed, 1, 60_000));
  assert.deepEqual([await limiter.limit("you"), await limiter.wouldLimit("me")], [false, true]);
  assert.ok(inRange(await client.ttl("calls:me"), 1, 60));
  await limiter.clear("me");
  assert.equal(await limiter.limit("me"), false);
});

test("rolling-rate-limiter: calls before the window do not count", async () => {
  const old = (Date.now() - 61_000) * 1000;
  const members = [0, 1, 2].map((i) => ({ score: old + i, value: `old:${i}` }));
  if (isIoredis) await client.zadd("me", ...members.flatMap((it) => [it.score, it.value]));
  else await client.zAdd("me", members);
  const limiter = new RedisRateLimiter({
    client, namespace: "", interval: 60_000, maxInInterval: 1,
  });
  assert.deepEqual([await limiter.limit("me"), await limiter.limit("me")], [false, true]);
});

const skip = isIoredis ? false : "takes only ioredis";

test("ratelimiter", { skip }, async () => {
  const Limiter = require("ratelimiter");
  const limiter = new Limiter({ id: "me", db: client, max: 2, duration: 60_000 });
  const get = () => new Promise((resolve, reject) => {
    limiter.get((error, result) => (error ? reject(error) : resolve(result)));
  });
  const results = [await get(), await get(), await get()];
  assert.deepEqual(results.map((result) => [result.remaining, result.total]),
    [[2, 2], [1, 2], [0, 2]]);
  assert.ok(inRange(results[2].resetMs - Date.now(), 1, 60_000));
  assert.equal(await client.zcard("limit:me"), 2);
  assert.ok(inRange(await client.pttl("limit:me"), 1, 60_000));
});

test("redis-rate-limiter", { skip }, async () => {
  const limiter = require("redis-rate-limiter").create({
    redis: client, key: (request) => request.user, rate: "2/minute",
  });
  const call = (user) => new Promise((resolve, reject) => {
    limiter({ user }, (error, rate) => (error ? reject(error) : resolve(rate)));
  });
  const rates = [await call("me"), await call("me"), await call("you"), await call("me")];
  assert.deepEqual(rates.map((rate) => [rate.key, rate.current, rate.over]),
    [["me", 1, false], ["me", 2, false], ["you", 1, false], ["me", 3, true]]);
  assert.ok(inRange(await client.ttl("ratelimit:me"), 1, 60));
  await client.persist("ratelimit:me");
  assert.equal((await call("me")).over, true);
  // It sets the time to live that is missing, without waiting for the reply.
  assert.ok(inRange(await client.ttl("ratelimit:me"), 1, 60));
});

test("redis-rank", { skip }, async () => {
  const { Leaderboard } = require("redis-rank");
  const options = { sortPolicy: "high-to-low", updatePolicy: "replace" };
  const board = new Leaderboard(client, "board", options);
  await board.update([{ id: "a", value: 10 }, { id: "b", value: 30 }, { id: "c", value: 20 }]);
  assert.equal(await board.updateOne("a", 15.5, "aggregate"), 25.5);
  assert.deepEqual(await board.top(2),
    [{ id: "b", score: 30, rank: 1 }, { id: "a", score: 25.5, rank: 2 }]);
  assert.deepEqual((await board.bottom(2)).map((it) => it.id), ["c", "a"]);
  assert.deepEqual(await board.at(2), { id: "a", score: 25.5, rank: 2 });
  assert.deepEqual([await board.score("c"), await board.rank("c"), await board.rank("none")],
    [20, 3, null]);
  await board.remove("b");
  assert.equal(await board.count(), 2);
  const ids = [];
  for await (const entries of board.exportStream(1)) ids.push(...entries.map((it) => it.id));
  assert.deepEqual(ids, ["a", "c"]);
});
