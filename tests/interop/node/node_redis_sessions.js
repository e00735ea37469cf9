// Messages, transactions that watch, and MONITOR of node-redis. To be run by node_clients.py,
// with RESP 2 and 3.

"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { createClient, WatchError } = require(process.env.NODE_REDIS);

const options = { socket: { port: Number(process.env.PORT) }, RESP: Number(process.env.RESP) };
const clients = [];
let client;
let other;
let listener;

async function connect() {
  clients.push(await createClient(options).connect());
  return clients.at(-1);
}

before(async () => {
  [client, other, listener] = [await connect(), await connect(), await connect()];
});
beforeEach(() => client.flushAll());
after(() => clients.forEach((one) => one.destroy()));

// Returns a function to call with a message, and the promise of `count` of them.
function gather(count) {
  const found = [];
  let done;
  const all = new Promise((resolve) => { done = resolve; });
  const take = (message, channel) => {
    found.push([String(channel), String(message)]);
    if (found.length === count) done(found);
  };
  return [take, all];
}

test("messages", async () => {
  const [take, all] = gather(3);
  await listener.subscribe(["news", "weather"], take);
  await listener.pSubscribe("n*", take);
  assert.equal(await client.publish("news", "hello"), 2);
  assert.equal(await client.publish("weather", "it rains"), 1);
  assert.equal(await client.publish("sport", "none"), 0);
  assert.deepEqual((await all).sort(),
    [["news", "hello"], ["news", "hello"], ["weather", "it rains"]]);
  assert.deepEqual((await client.pubSubChannels()).sort(), ["news", "weather"]);
  assert.equal(await client.pubSubNumPat(), 1);
  await listener.unsubscribe(["news", "weather"]);
  await listener.pUnsubscribe("n*");
  assert.equal(await client.publish("news", "none"), 0);
});

test("messages of shards, as bytes", async () => {
  const [take, all] = gather(1);
  await listener.sSubscribe("orders", take, true);
  assert.equal(await client.sPublish("orders", "one"), 1);
  assert.deepEqual(await all, [["orders", "one"]]);
  await listener.sUnsubscribe("orders");
});

test("many messages come in order", async () => {
  const [take, all] = gather(1000);
  await listener.subscribe("numbers", take);
  const numbers = Array.from({ length: 1000 }, (_, i) => String(i));
  await Promise.all(numbers.map((number) => client.publish("numbers", number)));
  assert.deepEqual((await all).map(([, number]) => number), numbers);
  await listener.unsubscribe("numbers");
});

test("a transaction fails once what it watches has changed", async () => {
  await client.watch("n");
  await other.set("n", 1);
  await assert.rejects(client.multi().incr("n").exec(), WatchError);
  assert.deepEqual(await client.multi().incr("n").get("n").exec(), [2, "2"]);
});

test("MONITOR", async () => {
  const monitor = await connect();
  const [take, all] = gather(1);
  await monitor.monitor((line) => take(line));
  await client.set("k", 'a "word"');
  assert.match((await all)[0][1], /^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "k" "a \\"word\\""$/);
});
