"use strict";

const filled = (page) => page.tab.$eval("#cells", (node) => Number(node.dataset.filled));

// Sets keys in one turn.
const fill = (client, from, to) =>
  client.call("MSET", ...Array.from({ length: to - from }, (_, at) => [`key:${from + at}`, at]).flat());

// Notes from now on which cells are marked as split, also for the short time between two looks.
const watchSplits = (page) => page.tab.evaluate(() => {
  const cells = document.querySelector("#cells");
  window.splits = [];
  new MutationObserver(() => window.splits.push(cells.dataset.split)).observe(cells, { attributeFilter: ["data-split"] });
});

// Waits until no cell is marked any more, and returns the marks since `watchSplits`.
async function splitsOf(page) {
  await page.until(() => window.splits.length && !window.splits.at(-1), "the end of the marks");
  return page.tab.evaluate(() => [...new Set(window.splits.splice(0))].filter(Boolean).join(" "));
}

function expect(what, found, expected) {
  if (found !== expected) throw new Error(`${what}: ${found}, not ${expected}`);
}

module.exports = {
  "cells fill and split with keys, and FLUSHALL empties them": async ({ server, page }) => {
    const client = await server.client();
    await watchSplits(page);
    // Five shards; the third one is the next to be split.
    await fill(client, 0, 2000);
    await page.untilText("#keys", /2,000 keys/);
    await page.untilText("#cells-words", /5 shards/);
    expect("the first cells", await splitsOf(page), "0,1,2,3,4");
    await fill(client, 2000, 2300);
    await page.untilText("#cells-words", /6 shards/);
    expect("the halves", await splitsOf(page), "2,3");
    await client.call("FLUSHALL");
    await page.untilText("#keys", /^0 keys/);
    await page.untilText("#cells-words", /empty/);
    if (await filled(page)) throw new Error("cells with keys are left");
  },

  "the marks of cells move along while others are split": async ({ server, page }) => {
    const client = await server.client();
    await fill(client, 0, 3000);
    await page.untilText("#cells-words", /7 shards/);
    await page.until(() => !document.querySelector("#cells").dataset.split, "the end of the marks");
    await watchSplits(page);
    await fill(client, 3000, 3200);
    await page.untilText("#cells-words", /8 shards/);
    // A new round: the first shard, before the marked ones.
    await fill(client, 3200, 3600);
    await page.untilText("#cells-words", /9 shards/);
    const found = await splitsOf(page);
    // The first marks may have ended before the second ones begin.
    if (!/^6,7 (0,1,7,8 0,1|0,1,7,8|0,1)$/.test(found)) throw new Error(`marks ${found}`);
  },

  "a split is shown when a cell stands for many shards too": async ({ server, page }) => {
    const client = await server.client();
    for (let at = 0; at < 150_000; at += 10_000) await fill(client, at, at + 10_000);
    await page.untilText("#cells-words", /335 shards in 256 cells/);
    await page.until(() => !document.querySelector("#cells").dataset.split, "the end of the marks");
    await watchSplits(page);
    await fill(client, 150_000, 151_000);
    await page.untilText("#cells-words", /338 shards/);
    expect("the cells", await splitsOf(page), "79,80,81");
  },

  "the cells of several databases have their numbers": async ({ server, page }) => {
    const client = await server.client();
    await client.call("SET", "a", 1);
    await page.untilText("#keys", /^1 key$/);
    expect("one database", await page.tab.$eval("#cells", (node) => node.dataset.databases), "");
    await client.call("SELECT", 3);
    await client.call("SET", "a", 1);
    await page.untilText("#keys", /^2 keys in 2 databases$/);
    expect("two databases", await page.tab.$eval("#cells", (node) => node.dataset.databases), "db 0,db 3");
  },

  "a touched cell is warm": async ({ server, page }) => {
    const client = await server.client();
    const stop = client.repeat("SET", "key", 1);
    await page.untilText("#cells-words", /[1-9]\d* touched/);
    await stop();
    await page.untilText("#cells-words", /^\d+ shards?$/);
  },

  "expired keys are counted, and the sweep that removes them is told": async ({ server, page }) => {
    const client = await server.client();
    await page.untilText("#sweep", /nothing to do/);
    for (let at = 0; at < 50; at += 1) await client.call("SET", `short:${at}`, at, "PX", 300);
    await page.untilText("#expiry", /^50 expired/);
    await page.untilText("#keys", /^0 keys/);
    // The sweep was over within one sample.
    await page.untilText("#sweep", /^last sweep \d+ s ago: [1-9]\d* keys? removed in \d+ steps?, [\d.]+ (µs|ms)/);
    await client.call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
    await page.untilText("#sweep", /switched off/);
  },

  "the biggest keys of each type are named": async ({ server, page }) => {
    const client = await server.client();
    await client.call("SET", "text", "x".repeat(100_000));
    await client.call("RPUSH", "small", 1);
    await client.call("RPUSH", "queue", ...Array(1000).keys());
    await client.call("ZADD", "board", ...Array.from({ length: 300 }, (_, at) => [at, `p${at}`]).flat());
    await page.untilText("#biggest", /queue/);
    const rows = await page.tab.$$eval("#biggest tr", (all) =>
      all.map((row) => [...row.children].map((it) => it.textContent)));
    const queue = rows.find(([key]) => key === "queue");
    if (queue?.[1] !== "list" || queue[2] !== "1,000") throw new Error(`shows ${rows}`);
    await page.untilText("#biggest", /board/);
    await page.untilText("#biggest", /text/);
    // The rows go with the keys: no sample has one without the other.
    await page.tab.evaluate(() => {
      window.stale = 0;
      new MutationObserver(() => {
        const isEmpty = document.querySelector("#cells-words").textContent === "empty";
        window.stale += Number(isEmpty && document.querySelectorAll("#biggest tr").length > 0);
      }).observe(document.querySelector("#keyspace"), { childList: true, subtree: true, characterData: true });
    });
    await client.call("FLUSHALL");
    await page.until(() => !document.querySelector("#biggest tr"), "no big keys");
    if (await page.tab.evaluate(() => window.stale)) throw new Error("keys are shown beside an empty keyspace");
  },
};
