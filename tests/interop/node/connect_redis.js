// Sessions of express in connect-redis. To be run by caches.py.

"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { RedisStore } = require("connect-redis");
const express = require("express");
const session = require("express-session");
const { createClient } = require(process.env.NODE_REDIS);

let client;
let store;
let web;

before(async () => {
  client = await createClient({ socket: { port: Number(process.env.PORT) } }).connect();
  store = new RedisStore({ client, prefix: "s:", ttl: 100 });
  const app = express();
  app.use(session({ store, secret: "x", resave: false, saveUninitialized: false }));
  app.get("/visit", (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1;
    response.send(String(request.session.visits));
  });
  app.get("/leave", (request, response) => request.session.destroy(() => response.send("bye")));
  await new Promise((resolve) => { web = app.listen(0, "127.0.0.1", resolve); });
});
after(() => {
  client.destroy();
  web.close();
  web.closeAllConnections();
});

// A browser: it keeps its cookie.
function browser() {
  let cookie = "";
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${web.address().port}${path}`,
      { headers: { cookie } });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return response.text();
  };
}

test("each browser has a session", async () => {
  await client.flushAll();
  const [one, other] = [browser(), browser()];
  assert.deepEqual([await one("/visit"), await one("/visit"), await other("/visit")],
    ["1", "2", "1"]);
  assert.equal(await store.length(), 2);
  assert.deepEqual((await store.all()).map((kept) => kept.visits).sort(), [1, 2]);
  const [key] = await client.keys("s:*");
  assert.ok((await client.ttl(key)) > 90);
  assert.equal(await one("/leave"), "bye");
  assert.equal(await store.length(), 1);
  assert.equal(await one("/visit"), "1");
  assert.equal(await other("/visit"), "2");
  await store.clear();
  assert.equal(await store.length(), 0);
});
