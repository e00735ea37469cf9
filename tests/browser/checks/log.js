"use strict";

const always = ["--appendfsync", "always"];

async function slowDiskDown(page) {
  await page.tab.focus("#disk-ms");
  for (let left = 20; left; left -= 1) await page.tab.keyboard.press("ArrowRight");
  await page.untilText("#disk-out", /2\.0 s/);
}

async function endSlowDisk(page) {
  await page.tab.focus("#disk-ms");
  await page.tab.keyboard.press("Home");
  await page.untilText("#disk-out", /off/);
}

module.exports = {
  "writes and syncs of a SET appear": async ({ server, page }) => {
    const client = await server.client();
    await client.call("SET", "big", "x".repeat(1_000_000));
    await page.untilText("#pulse-writes", /(977 KB|1\.0 MB|\d+ KB)/);
    await page.untilText("#pulse-syncs", /syncs up to/);
    await page.untilText("#policy", /appendfsync everysec/);
    await page.untilText("#risk", /^nothing$/);
    await page.untilText("#synced", /97\d KB|1\.0 MB/);
  },

  "without a log, a power cut takes all": {
    settings: ["--appendonly", "no"],
    run: async ({ page }) => {
      await page.untilText("#risk", /nothing is logged/);
      await page.untilText("#policy", /^off$/);
    },
  },

  "a slowed disk fills the queue, and its clients wait for the log": {
    settings: ["--classroom", "yes", ...always],
    run: async ({ server, page }) => {
      await slowDiskDown(page);
      const [first, second] = [await server.client(), await server.client()];
      const replies = [first.call("SET", "a", 1), second.call("SET", "b", 2)];
      await page.untilState(first, "waits-log");
      await page.untilState(second, "waits-log");
      const isAtDisk = () => document.querySelector('[data-thread="aof"] .now').dataset.state === "disk";
      await page.until(isAtDisk, "the log's thread at the disk");
      await page.until(() => document.querySelectorAll("#pipe li.full").length, "a part of the pipe filled");
      await page.untilText("#risk", /record/);
      await Promise.all(replies);
      await endSlowDisk(page);
    },
  },

  "a rewrite is shown as it advances": {
    settings: ["--classroom", "yes"],
    run: async ({ server, page }) => {
      const client = await server.client();
      await client.call("DEBUG", "POPULATE", 300_000);
      await slowDiskDown(page);
      await client.call("BGREWRITEAOF");
      await page.until(() => !document.querySelector("#rewrite").hidden, "a rewrite");
      await page.until(() => document.querySelector("#rewrite-bar").value > 0, "a part of it");
      await endSlowDisk(page);
      await page.until(() => document.querySelector("#rewrite").hidden, "its end");
      await page.untilText("#log-facts", /base \d/);
    },
  },

  "a rewrite that ends between two samples is told": async ({ server, page }) => {
    const client = await server.client();
    await client.call("SET", "a", 1);
    await client.call("BGREWRITEAOF");
    await page.untilText("#log-facts", /last rewrite\d/);
  },
};
