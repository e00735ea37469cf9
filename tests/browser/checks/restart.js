"use strict";

const http = require("http");

// The browser itself tells the console of a connection that is refused or cut.
const faults = [/net::ERR_/];

async function restarted(server, page, kill) {
  const client = await server.client();
  for (let at = 0; at < 100; at += 1) await client.call("SET", `key:${at}`, at);
  await page.untilText("#keys", /100 keys/);
  await kill();
  await page.untilText("#news", /Process \d+ is gone; a new one, \d+, serves/);
  await page.untilText("#connection", /^connected$/);
  await page.untilText("#keys", /100 keys/);
  await page.untilText("#news", /Before: 100 keys.*Recovered: 100 keys/);
  // Nobody has touched them in the new process.
  const cells = await page.text("#cells-words");
  if (/touched/.test(cells)) throw new Error(`shows ${cells}`);
}

module.exports = {
  "the page connects to the next process, and tells what it recovered": {
    faults,
    run: ({ server, page }) => restarted(server, page, () => server.restart()),
  },

  "a pause outlasts a restart": {
    faults,
    run: async ({ server, page }) => {
      const [client, other] = [await server.client(), await server.client()];
      await page.until((name) => document.querySelector(`[data-thread="${name}"]`), "a lane", `client-${other.id}`);
      await client.call("SET", "key", 1);
      await page.untilText("#keys", /^1 key$/);
      await page.tab.click("#pause");
      const before = await page.text("main");
      await server.restart();
      await page.untilText("#news", /is gone; a new one/);
      await page.tab.setViewport({ width: 1200, height: 700 });
      if ((await page.text("main")) !== before) throw new Error("the page goes on");
      await (await server.client()).call("SET", "other", 1);
      await page.tab.click("#pause");
      await page.untilText("#keys", /^2 keys$/);
      await page.untilText("#about", new RegExp(`process ${server.process.pid}`));
      const isGone = (name) => !document.querySelector(`[data-thread="${name}"]`);
      await page.until(isGone, "the lane of a client to end", `client-${other.id}`);
    },
  },

  "without room for a viewer the page says so, and waits for it": async ({ server, browser }) => {
    const viewers = Array.from({ length: 60 }, () => http.get(`${server.url}events`, { agent: false }, (it) => it.resume()));
    viewers.forEach((it) => it.on("error", () => {}));
    await Promise.all(viewers.map((it) => new Promise((done) => it.once("response", done).once("error", done))));
    const tab = await browser.newPage();
    tab.setDefaultTimeout(60_000);
    let asked = 0;
    tab.on("request", (it) => { asked += it.url().endsWith("/events"); });
    const shows = (source) => new RegExp(source).test(document.querySelector("#connection").textContent);
    const began = Date.now();
    await tab.goto(server.url);
    await tab.waitForFunction(shows, {}, "As many pages are open as can watch.*tries again in 5 s");
    viewers.forEach((it) => it.destroy());
    await tab.waitForFunction(shows, {}, "^connected$");
    const seconds = (Date.now() - began) / 1000;
    // Two for each try.
    if (asked > 2 * (seconds / 5 + 2)) throw new Error(`${asked} requests in ${seconds} s`);
    await tab.close();
  },

  "a page with a wrong password says so, and asks no more": {
    faults: [...faults, /status of 401/],
    run: async ({ server, page }) => {
      await page.untilText("#connection", /^connected$/);
      await page.tab.authenticate({ username: "default", password: "cheese" });
      await server.restart("--requirepass", "chalk");
      await page.untilText("#connection", /The page needs the server's password\. Reload this page/);
    },
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
      await page.untilText("#kill-promise", /comes back\. Queued, and not answered/);
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
