// Messages, transactions that watch, and MONITOR of ioredis. To be run by node_clients.py.

"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { after, beforeEach, test } = require("node:test");
const Redis = require("ioredis");

const clients = [1, 2, 3].map(() => new Redis({ port: Number(process.env.PORT) }));
const [client, other, listener] = clients;

beforeEach(() => client.flushall());
after(() => clients.forEach((one) => one.disconnect()));

test("messages", async () => {
  assert.equal(await listener.subscribe("news", "weather"), 2);
  assert.equal(await listener.psubscribe("n*"), 3);
  const message = once(listener, "message");
  const pmessage = once(listener, "pmessage");
  assert.equal(await client.publish("news", "hello"), 2);
  assert.deepEqual(await message, ["news", "hello"]);
  assert.deepEqual(await pmessage, ["n*", "news", "hello"]);
  assert.deepEqual((await client.pubsub("CHANNELS")).sort(), ["news", "weather"]);
  assert.deepEqual(await client.pubsub("NUMSUB", "news", "none"), ["news", 1, "none", 0]);
  assert.equal(await listener.unsubscribe("news", "weather"), 1);
  assert.equal(await listener.punsubscribe("n*"), 0);
  assert.equal(await listener.get("k"), null);
});

test("messages as bytes, in order", async () => {
  await listener.subscribe("bytes");
  const found = [];
  const all = new Promise((resolve) => {
    listener.on("messageBuffer", (_, message) => {
      found.push(message);
      if (found.length === 1000) resolve();
    });
  });
  const pipeline = client.pipeline();
  const sent = Array.from({ length: 1000 }, (_, i) => Buffer.from([i & 255, i >> 8, 13, 10]));
  sent.forEach((message) => pipeline.publish("bytes", message));
  assert.deepEqual(new Set((await pipeline.exec()).map(String)), new Set([",1"]));
  await all;
  assert.deepEqual(found, sent);
  await listener.unsubscribe("bytes");
});

test("messages of shards", async () => {
  assert.equal(await listener.ssubscribe("orders"), 1);
  const message = once(listener, "smessage");
  assert.equal(await client.spublish("orders", "one"), 1);
  assert.deepEqual(await message, ["orders", "one"]);
  await listener.sunsubscribe("orders");
});

test("a transaction fails once what it watches has changed", async () => {
  await client.watch("n");
  await other.set("n", 1);
  assert.equal(await client.multi().incr("n").exec(), null);
  assert.deepEqual(await client.multi().incr("n").get("n").exec(), [[null, 2], [null, "2"]]);
});

test("MONITOR", async () => {
  const monitor = await client.monitor();
  const line = once(monitor, "monitor");
  await client.set("k", 'a "word"');
  const [, words, , database] = await line;
  assert.deepEqual([words, database], [["set", "k", 'a "word"'], "0"]);
  monitor.disconnect();
});

test("a client that was killed connects again and subscribes again", async () => {
  await listener.subscribe("news");
  const ready = once(listener, "ready");
  assert.equal(await client.client("KILL", "TYPE", "pubsub"), 1);
  await ready;
  while ((await client.pubsub("NUMSUB", "news"))[1] !== 1) { /* until it has */ }
  const message = once(listener, "message");
  await client.publish("news", "again");
  assert.deepEqual(await message, ["news", "again"]);
});
