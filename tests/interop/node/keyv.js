// @keyv/redis, which keyv and cache-manager keep their values in. To be run by caches.py.

"use strict";

const assert = require("node:assert/strict");
const { after, test } = require("node:test");
const { setTimeout: sleep } = require("node:timers/promises");

const { default: KeyvRedis } = require("@keyv/redis");
const { default: Keyv } = require("keyv");

const store = new KeyvRedis(`redis://127.0.0.1:${process.env.PORT}`);
const cache = new Keyv({ store, namespace: "things" });

after(() => cache.disconnect());

test("values", async () => {
  assert.equal(await cache.set("k", { a: [1, 2] }), true);
  assert.deepEqual(await cache.get("k"), { a: [1, 2] });
  assert.equal(await cache.has("k"), true);
  assert.equal(await cache.get("none"), undefined);
  assert.equal(await cache.delete("k"), true);
  assert.equal(await cache.get("k"), undefined);
});

test("many values", async () => {
  await cache.setMany([{ key: "a", value: 1 }, { key: "b", value: "two" }]);
  assert.deepEqual(await cache.getMany(["a", "none", "b"]), [1, undefined, "two"]);
  const found = [];
  for await (const [key, value] of cache.iterator()) found.push([key, value]);
  assert.deepEqual(found.sort(), [["a", 1], ["b", "two"]]);
  assert.equal([].concat(await cache.deleteMany(["a", "b"])).every(Boolean), true);
});

test("values that expire", async () => {
  await cache.set("short", "v", 50);
  assert.equal(await cache.get("short"), "v");
  const deadline = Date.now() + 10_000;
  while ((await cache.get("short")) !== undefined) {
    assert.ok(Date.now() < deadline, "it does not expire");
    await sleep(5);
  }
});

test("all of a namespace", async () => {
  await cache.set("k", "v");
  await cache.clear();
  assert.equal(await cache.get("k"), undefined);
});
