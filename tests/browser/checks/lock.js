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
    await page.untilText("#holders", /nobody/);
    await page.untilText("#waiters", /nobody/);
    await page.untilText("#longest", /[23]\.\d s: DEBUG/);
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
