// The client-side cache of node-redis, which takes RESP3. To be run by node_clients.py.

"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { BasicClientSideCache, createClient } = require(process.env.NODE_REDIS);

const options = { socket: { port: Number(process.env.PORT) }, RESP: 3 };
let cache;
let client;
let other;

before(async () => {
  cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: "LRU",
    recordStats: true });
  client = await createClient({ ...options, clientSideCache: cache }).connect();
  other = await createClient(options).connect();
  await other.flushAll();
});
after(() => [client, other].forEach((one) => one.destroy()));

test("what is read twice comes from the cache", async () => {
  await other.hSet("h", "f", "v");
  await other.set("k", "old");
  for (let i = 0; i < 5; i++) {
    assert.equal(await client.get("k"), "old");
    assert.equal(await client.hGet("h", "f"), "v");
  }
  const { hitCount, missCount } = cache.stats();
  assert.deepEqual([hitCount, missCount], [8, 2]);
});

async function until(read, wanted) {
  const deadline = Date.now() + 10_000;
  while ((await read()) !== wanted) {
    assert.ok(Date.now() < deadline, "no invalidation");
    // What comes from the cache waits for no socket.
    await new Promise(setImmediate);
  }
}

test("what another client changes, removes or flushes is read again", async () => {
  await other.set("k", "new");
  await until(() => client.get("k"), "new");
  await other.del("k");
  await until(() => client.get("k"), null);
  await other.hSet("h", "f", "w");
  await until(() => client.hGet("h", "f"), "w");
  await other.flushAll();
  await until(() => client.hGet("h", "f"), null);
});
