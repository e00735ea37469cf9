"use strict";

const fs = require("fs");
const path = require("path");

const always = ["--appendfsync", "always"];

async function slowDiskDown(page) {
  await page.slide("#disk-ms", 20);
  await page.untilText("#disk-out", /2\.0 s/);
}

async function endSlowDisk(page) {
  await page.slide("#disk-ms", 0);
  await page.untilText("#disk-out", /off/);
}

// Returns which part of the pulse lies between the first and the last write. Runs in the page.
function pulseWidth(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, Math.floor(canvas.height * 0.62) - 2, canvas.width, 1);
  const columns = [...Array(canvas.width).keys()].filter((at) => data[4 * at + 3] > 0);
  return columns.length ? (columns.at(-1) - columns[0]) / canvas.width : 0;
}

// Returns how many columns of a lane show more than sleep. Runs in the page.
function tallColumns(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, Math.floor(canvas.height * 0.7), canvas.width, 1);
  return [...Array(canvas.width).keys()].filter((at) => data[4 * at + 3] > 0).length;
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
      await page.untilText("#risk", /^all: nothing is logged$/);
      await page.untilText("#policy", /^off$/);
      await page.untilText("#policy-words", /^$/);
    },
  },

  "while the data is loaded, the log is not taken for off": {
    faults: [/net::ERR_/],
    run: async ({ server, page }) => {
      const file = path.join(server.directory, "appendonly.aof");
      const request = (...words) => `*${words.length}\r\n${words.map((it) => `$${it.length}\r\n${it}\r\n`).join("")}`;
      const members = Array.from({ length: 100_000 }, (_, at) => String(at));
      // The load takes some seconds.
      fs.appendFileSync(file, request("SADD", "a", ...members) + request("ZUNIONSTORE", "b", "1", "a").repeat(30));
      await server.restart();
      await page.untilText("#policy", /^loading$/);
      await page.untilText("#risk", /the data is being loaded/);
      await page.untilText("#about", /loads its data/);
      // What it recovers is not known yet.
      const [news, isOver] = [await page.text("#news"), /appendfsync/.test(await page.text("#policy"))];
      if (news && !isOver) throw new Error(`the news are ${news}`);
      await page.untilText("#policy", /appendfsync/);
      await page.untilText("#risk", /^nothing$/);
      await page.untilText("#news", /a new one, \d+, serves.*Recovered: 2 keys/);
    },
  },

  "until the first file is there, a power cut takes all": {
    settings: ["--appendonly", "no", "--classroom", "yes"],
    run: async ({ server, page }) => {
      await slowDiskDown(page);
      const client = await server.client();
      await client.call("SET", "a", 1);
      const on = client.call("CONFIG", "SET", "appendonly", "yes");
      await page.untilText("#risk", /^all, until the first file is there$/);
      await page.untilText("#policy-words", /only in memory/);
      await page.untilText("#rewrite-words", /^first file/);
      const [isSafe, hasValue] = await page.tab.evaluate(() => [document.querySelector("#risk").classList.contains("safe"),
        document.querySelector("#rewrite-bar").hasAttribute("value")]);
      if (isSafe || hasValue) throw new Error("the page knows more than the server");
      await endSlowDisk(page);
      await on;
      await page.untilText("#risk", /^nothing$/);
      await page.untilText("#policy-words", /in the file/);
    },
  },

  "however many writes there are, the biggest is told": async ({ server, page }) => {
    const client = await server.client();
    const replies = [];
    for (let at = 0; at < 5000; at += 1) {
      replies.push(client.call("SET", "k", "x".repeat(at === 2500 ? 100_000 : 1)));
      if (at % 10 === 0) await replies.at(-1);
    }
    await Promise.all(replies);
    await page.untilText("#pulse-writes", /^writes up to 9[78] KB$/);
  },

  "after a pause the panels know what was in it": async ({ server, page }) => {
    await page.tab.click("#pause");
    const [writer, holder, waiting] = [await server.client(), await server.client(), await server.client()];
    await writer.call("SET", "a", 1);
    await holder.call("DEBUG", "SLEEP", 1);
    const popped = waiting.call("BLPOP", "list", 0);
    await page.passSamples(4);
    await writer.call("LPUSH", "list", "x");
    await popped;
    await page.passSamples(5);
    await page.tab.click("#pause");
    await page.until((name) => document.querySelector(`[data-thread="${name}"]`), "a lane", `client-${waiting.id}`);
    const lock = await page.text("#share-words");
    const wide = await page.tab.$eval("#pulse", pulseWidth);
    const past = await page.tab.$eval(`[data-thread="client-${waiting.id}"] .lane`, tallColumns);
    if (!/^0 %alone|^<1 %alone/.test(lock)) throw new Error(`the last second of the lock is of the pause: ${lock}`);
    if (wide < 0.1) throw new Error(`the writes are drawn within ${wide} of the pulse`);
    if (past < 2) throw new Error("the lane lacks the wait");
  },

  "a slowed disk fills the queue, and its clients wait for the log": {
    settings: ["--classroom", "yes", ...always],
    run: async ({ server, page }) => {
      await slowDiskDown(page);
      const [first, second] = [await server.client(), await server.client()];
      const stops = [first.repeat("SET", "a", 1), second.repeat("SET", "b", 2)];
      await page.untilState(first, "waits-log");
      await page.untilState(second, "waits-log");
      const isAtDisk = () => document.querySelector('[data-thread="aof"] .now').dataset.state === "disk";
      await page.until(isAtDisk, "the log's thread at the disk");
      await page.until(() => document.querySelectorAll("#pipe li.full").length, "a part of the pipe filled");
      await page.untilText("#risk", /record/);
      await endSlowDisk(page);
      await Promise.all(stops.map((stop) => stop()));
      await page.untilText("#risk", /^nothing$/);
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

  "the bar of a rewrite is as long as what is to be written": {
    settings: ["--classroom", "yes"],
    run: async ({ server, page }) => {
      const client = await server.client();
      await client.call("SET", "a", 1);
      await client.call("BGREWRITEAOF");
      await page.untilText("#log-facts", /last rewrite\d/);
      for (let at = 0; at < 9; at += 1) await client.call("SET", `k:${at}`, "x".repeat(1_000_000));
      await slowDiskDown(page);
      await client.call("BGREWRITEAOF");
      await page.until(() => document.querySelector("#rewrite-bar").value > 0, "a part of it");
      const [value, isSure] = await page.tab.$eval("#rewrite-bar", (bar) => [bar.value, bar.hasAttribute("value")]);
      if (value > 0.5 || !isSure) throw new Error(`the bar stands at ${value}`);
      await endSlowDisk(page);
    },
  },

  "a rewrite that fails is told": async ({ server, page }) => {
    const client = await server.client();
    await client.call("SET", "a", 1);
    const inTheWay = path.join(server.directory, "appendonly.aof.rewrite");
    fs.mkdirSync(inTheWay);
    await client.call("BGREWRITEAOF");
    await page.untilText("#log-facts", /last rewritefailed, \d+ s ago/);
    fs.rmdirSync(inTheWay);
    await client.call("BGREWRITEAOF");
    await page.untilText("#log-facts", /last rewrite\d/);
  },

  "a projector shows all words of the log and the lock, and the keyboard scrolls what is cut": {
    settings: ["--classroom", "yes"],
    run: async ({ server, page }) => {
      await page.tab.click("#load");
      const client = await server.client();
      await client.call("SET", "a", 1);
      await client.call("BGREWRITEAOF");
      await page.untilText("#log-facts", /last sync.*last rewrite/);
      await page.untilText("#risk", /record/);
      const cut = await page.tab.$$eval(".inner", (all) => all.map((it) => it.scrollHeight - it.clientHeight));
      if (cut.some((it) => it > 1)) throw new Error(`pixels that are cut: ${cut}`);
      await page.tab.setViewport({ width: 1280, height: 500 });
      await page.tab.focus("#log .inner");
      await page.tab.keyboard.press("End");
      await page.until(() => document.querySelector("#log .inner").scrollTop > 0, "the end of the log's words");
    },
  },

  "a rewrite that ends between two samples is told": async ({ server, page }) => {
    const client = await server.client();
    await client.call("SET", "a", 1);
    await client.call("BGREWRITEAOF");
    await page.untilText("#log-facts", /last rewrite\d/);
  },
};
