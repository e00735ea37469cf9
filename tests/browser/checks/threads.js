"use strict";

module.exports = {
  "a client in BLPOP waits for data until it comes": async ({ server, page }) => {
    const [waiting, giving] = [await server.client(), await server.client()];
    const reply = waiting.call("BLPOP", "mail", 0);
    await page.untilState(waiting, "blocked");
    await page.until((name) => document.querySelector(`[data-thread="${name}"] .command`).textContent === "BLPOP",
      "the command", `client-${waiting.id}`);
    await giving.call("RPUSH", "mail", "letter");
    if ((await reply)[1] !== "letter") throw new Error("another letter");
    await waiting.call("PING");
    await page.untilState(waiting, "sleeps", "polls", "reads");
  },

  "each state has a shape and words": async ({ server, page }) => {
    const waiting = await server.client();
    waiting.call("BLPOP", "mail", 0);
    await page.untilState(waiting, "blocked");
    const [words, drawn] = await page.tab.$eval(`[data-thread="client-${waiting.id}"] .now`, (cell) =>
      [cell.textContent, cell.querySelector("path").getAttribute("d").length]);
    if (words !== "waits for data" || !drawn) throw new Error(`shows ${words}`);
    await page.tab.click("#legend-open");
    const shapes = await page.tab.$$eval("#legend path", (paths) => paths.map((it) => it.getAttribute("d")));
    if (shapes.length < 10 || new Set(shapes).size !== shapes.length) throw new Error("two states with one shape");
  },

  "many clients fold into groups": async ({ server, page }) => {
    for (let left = 60; left; left -= 1) await server.client();
    await page.untilText("#folded", /\d+ sleeps/);
    const lanes = await page.tab.$$eval('[data-thread^="client-"]', (rows) => rows.length);
    if (lanes > 40) throw new Error(`${lanes} lanes`);
    await page.until(() => parseInt(document.querySelector("#threads-count").textContent, 10) > 60, "all threads counted");
  },

  "CPU and switches of a busy client are figures": async ({ server, page }) => {
    const busy = await server.client();
    const stop = busy.repeat("PING");
    await page.until((name) => {
      const [cpu, switches] = [...document.querySelectorAll(`[data-thread="${name}"] .right`)].map((it) => it.textContent);
      return !/^0 %/.test(cpu) && switches !== "0";
    }, "figures above 0", `client-${busy.id}`);
    await stop();
  },
};
