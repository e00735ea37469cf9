// Rate limiters whose calls are scripts. To be run by node_clients.py as limiters.js is.

"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const Bottleneck = require("bottleneck");
const { RateLimiterRedis } = require("rate-limiter-flexible");
const { connect, isIoredis, inRange } = require("./limiting");

let client;

before(async () => { client = await connect(); });
beforeEach(() => (isIoredis ? client.flushall() : client.flushAll()));
after(() => (isIoredis ? client.disconnect() : client.destroy()));

test("rate-limiter-flexible", async () => {
  const limiter = new RateLimiterRedis({
    storeClient: client, useRedisPackage: !isIoredis, points: 3, duration: 60, blockDuration: 90,
  });
  const calls = await Promise.allSettled(Array.from({ length: 20 }, () => limiter.consume("me")));
  assert.equal(calls.filter((call) => call.status === "fulfilled").length, 3);
  assert.ok(inRange((await limiter.get("me")).msBeforeNext, 60_001, 90_000));
});

test("bottleneck", { skip: isIoredis ? false : "takes only older versions" }, async (t) => {
  const connection = new Bottleneck.IORedisConnection({
    clientOptions: { port: Number(process.env.PORT) },
  });
  const limiter = new Bottleneck({ id: "tasks", connection, maxConcurrent: 2, reservoir: 10 });
  t.after(async () => {
    await limiter.disconnect();
    await connection.disconnect();
  });
  await limiter.ready();
  let [running, most, resume] = [0, 0, null];
  const twoRun = new Promise((resolve) => { resume = resolve; });
  await Promise.all(Array.from({ length: 10 }, () => limiter.schedule(async () => {
    running += 1;
    most = Math.max(most, running);
    if (running === 2) resume();
    await twoRun;
    await client.ping();
    running -= 1;
  })));
  assert.deepEqual([most, await limiter.currentReservoir()], [2, 0]);
});
