"use strict";

const filled = (page) => page.tab.$eval("#cells", (node) => Number(node.dataset.filled));

module.exports = {
  "cells fill and split with keys, and FLUSHALL empties them": async ({ server, page }) => {
    const client = await server.client();
    await Promise.all(Array.from({ length: 5000 }, (_, at) => client.call("SET", `key:${at}`, at)));
    await page.untilText("#keys", /5,000 keys/);
    await page.until(() => Number(document.querySelector("#cells").dataset.filled) > 1, "more than one cell");
    if (!/split off/.test(await page.text("#cells-words"))) throw new Error("no word of the split");
    await client.call("FLUSHALL");
    await page.untilText("#keys", /^0 keys/);
    await page.untilText("#cells-words", /empty/);
    if (await filled(page)) throw new Error("cells with keys are left");
  },

  "a touched cell is warm": async ({ server, page }) => {
    const client = await server.client();
    let isOver = false;
    const load = (async () => { for (let at = 0; !isOver; at += 1) await client.call("SET", `key:${at % 100}`, at); })();
    await page.untilText("#cells-words", /[1-9]\d* warm/);
    isOver = true;
    await load;
    await page.untilText("#cells-words", / 0 warm/);
  },

  "expired keys are counted": async ({ server, page }) => {
    const client = await server.client();
    for (let at = 0; at < 50; at += 1) await client.call("SET", `short:${at}`, at, "PX", 300);
    await page.untilText("#expiry", /^50 expired/);
    await page.untilText("#keys", /^0 keys/);
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
  },
};
