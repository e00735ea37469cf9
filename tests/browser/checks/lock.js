"use strict";

module.exports = {
  "DEBUG SLEEP holds the lock, and others queue": async ({ server, page }) => {
    const [holder, reader, writer] = [await server.client(), await server.client(), await server.client()];
    const held = holder.call("DEBUG", "SLEEP", 3);
    await page.untilText("#holders", new RegExp(`client-${holder.id} DEBUG`));
    await page.untilState(holder, "holds-alone", "holds-shared");
    const replies = [writer.call("SET", "a", 1), reader.call("GET", "a")];
    await page.untilText("#waiters", new RegExp(`client-${writer.id} SET`));
    await page.untilState(writer, "waits-lock");
    const answer = await held;
    if (answer instanceof Error) throw answer;
    await Promise.all(replies);
    await page.untilText("#waited", /\d/);
    await page.untilText("#holders", /nobody/);
    await page.untilText("#waiters", /nobody/);
    await page.untilText("#longest", /[23]\.\d s: DEBUG/);
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
    const held = holder.call("DEBUG", "SLEEP", 2);
    await page.until(() => [...document.querySelectorAll("#share-words b")].slice(0, 2)
      .some((it) => parseInt(it.textContent, 10) > 50), "a held lock");
    await held;
    await page.until(() => document.querySelector("#share-words li:last-child b").textContent === "100 %", "a free lock");
  },
};
