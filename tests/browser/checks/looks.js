// Screenshots of a busy server, in all sizes and both themes, for eyes.
"use strict";

const { SIZES } = require("../browser.js");

async function busy(server) {
  const clients = [];
  let isOver = false;
  const waiting = await server.client();
  waiting.call("BLPOP", "mail", 0);
  const work = async (at) => {
    const client = await server.client();
    for (let turn = at; !isOver; turn += 4) {
      await client.call("SET", `page:${turn % 6000}`, "x".repeat(turn % 50));
      if (turn % 7 === 0) await client.call("ZADD", "leaderboard", turn, `player:${turn % 500}`);
      if (turn % 11 === 0) await client.call("HSET", `user:${turn % 90}`, "name", "Ada", "seen", turn);
      if (turn % 13 === 0) await client.call("SET", `short:${turn}`, 1, "PX", 400);
    }
  };
  for (let at = 0; at < 4; at += 1) clients.push(work(at));
  return async () => { isOver = true; await Promise.all(clients); };
}

async function show(page, [width, height], theme) {
  await page.tab.setViewport({ width, height });
  const has = await page.tab.evaluate(() => document.documentElement.dataset.theme);
  if (has !== theme) await page.tab.click("#theme");
  const line = await page.tab.$eval("#plots .first", (node) => node.getAttribute("d"));
  await page.until((before) => document.querySelector("#plots .first").getAttribute("d") !== before, "a sample", line);
}

module.exports = {
  "screenshots are kept in target/view": {
    settings: ["--classroom", "yes"],
    run: async ({ server, page }) => {
      const stop = await busy(server);
      const hasSamples = () => document.querySelector("#plots .first")?.getAttribute("d").split("L").length > 40;
      await page.until(hasSamples, "ten seconds");
      await page.until(() => document.querySelectorAll("#stream li").length > 3, "requests");
      for (const [name, size] of Object.entries(SIZES)) {
        for (const theme of ["light", "dark"]) {
          await show(page, size, theme);
          await page.screenshot(`${name}-${theme}`);
        }
      }
      await show(page, SIZES.projector, "light");
      // The stream stands still under the pointer.
      await page.tab.hover("#stream");
      await page.tab.click("#stream button");
      await page.until(() => document.querySelector("#waterfall").open, "a waterfall");
      await page.screenshot("waterfall");
      await stop();
    },
  },
};
