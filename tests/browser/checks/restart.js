"use strict";

// The browser itself tells the console of a connection that is refused or cut.
const faults = [/net::ERR_/];

async function restarted(server, page, kill) {
  const client = await server.client();
  for (let at = 0; at < 100; at += 1) await client.call("SET", `key:${at}`, at);
  await page.untilText("#keys", /100 keys/);
  await kill();
  await page.untilText("#news", /Process \d+ is gone, \d+ serves/);
  await page.untilText("#connection", /^connected$/);
  await page.untilText("#keys", /100 keys/);
  await page.untilText("#news", /Before: 100 keys.*Recovered: 100 keys/);
}

module.exports = {
  "the page connects to the next process, and tells what it recovered": {
    faults,
    run: ({ server, page }) => restarted(server, page, () => server.restart()),
  },

  "kill -9 by the page asks first": {
    isDemo: true,
    faults,
    run: async ({ server, page }) => {
      const processOf = async () => /process \d+/.exec(await page.text("#about"))[0];
      const former = await processOf();
      await page.tab.focus("#kill");
      await page.tab.keyboard.press("Enter");
      await page.until(() => document.querySelector("#kill-box").open, "the question");
      await page.tab.keyboard.press("Enter");
      await page.until(() => !document.querySelector("#kill-box").open, "no");
      await server.client();
      if ((await processOf()) !== former) throw new Error("it was killed without a yes");
      await restarted(server, page, async () => {
        await page.tab.click("#kill");
        await page.tab.click("#kill-yes");
      });
    },
  },
};
