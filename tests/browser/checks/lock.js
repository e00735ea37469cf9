"use strict";

// Returns the three shares that the page shows, in percent.
const shares = (page) => page.tab.$$eval("#share-words b", (all) =>
  all.map((it) => (/</.test(it.textContent) ? 0 : parseInt(/\d+/.exec(it.textContent), 10))));

module.exports = {
  "DEBUG SLEEP holds the lock, and others queue": async ({ server, page }) => {
    const [holder, reader, writer] = [await server.client(), await server.client(), await server.client()];
    // Again and again, until the page has shown all of it.
    const stops = [holder.repeat("DEBUG", "SLEEP", 1), writer.repeat("SET", "a", 1), reader.repeat("GET", "a")];
    await page.untilText("#holders", new RegExp(`client-${holder.id} DEBUG`));
    await page.untilState(holder, "holds-alone");
    await page.untilText("#waiters", new RegExp(`client-${writer.id} SET`));
    await page.untilState(writer, "waits-lock");
    await page.untilState(reader, "waits-lock");
    await page.untilText("#waited", /\d/);
    await Promise.all(stops.map((stop) => stop()));
    await page.untilText("#holders", /nobody/);
    await page.untilText("#waiters", /nobody/);
    await page.untilText("#longest", /\d s: DEBUG/);
  },

  "without a long hold the page says which ones it looks for": async ({ page }) => {
    // A machine that is busy elsewhere makes long holds.
    await page.untilText("#longest", /^none over 100 µs$|^\d.*: /);
  },

  "readers that hold the lock at once are not taken for its time": async ({ server, page }) => {
    const loader = await server.client();
    await loader.call("DEBUG", "POPULATE", 300_000);
    let isOver = false;
    const read = async () => {
      const client = await server.client();
      while (!isOver) await client.call("KEYS", "no*");
    };
    const readers = [read(), read(), read(), read()];
    await page.untilText("#readers", /^[1-4]\.\d readers at once$/);
    await page.untilText("#share-words", /≤ \d+ %shared≥ /);
    isOver = true;
    await Promise.all(readers);
    await page.untilText("#readers", /^$/);
  },

  "the shares of a second add up to it": async ({ server, page }) => {
    const holder = await server.client();
    const stop = holder.repeat("DEBUG", "SLEEP", 1);
    await page.until(() => parseInt(document.querySelector("#share-words b").textContent, 10) > 50, "a held lock");
    const sum = (await shares(page)).reduce((one, other) => one + other);
    if (sum < 98 || sum > 102) throw new Error(`they add up to ${sum} %`);
    await stop();
    await page.until(() => document.querySelector("#share-words li:last-child b").textContent === "100 %", "a free lock");
  },
};
