"use strict";

async function sampled(server, page, ...words) {
  const client = await server.client();
  const stop = client.repeat(...words);
  await page.until((word) => document.querySelector("#stream").textContent.split(word).length > 5, "samples", words[1]);
  await stop();
  return client;
}

const STEPS = ["read", "parse", "lock", "run", "record", "log", "send"];

// Returns the steps of the newest request that has all of them: name, time and source. The bytes of a
// request can have been read with the ones before, and the first sample begins after a read.
async function wholeRequest(page) {
  for (;;) {
    const steps = await page.tab.$$eval("#steps tr", (rows) => rows.map((row) =>
      [row.dataset.step, row.children[2].textContent, row.children[3].textContent]));
    const names = steps.map(([name]) => name);
    if (STEPS.every((name) => names.includes(name))) return steps;
    if (await page.tab.$eval("#older", (button) => button.disabled)) throw new Error(`steps are ${names}`);
    await page.tab.click("#older");
  }
}

module.exports = {
  "a sampled SET opens as a waterfall": async ({ server, page }) => {
    const client = await sampled(server, page, "SET", "greeting", "hello");
    await page.tab.hover("#stream");
    await page.tab.click("#stream button");
    await page.until(() => document.querySelector("#waterfall").open, "the waterfall");
    const title = await page.text("#waterfall-title");
    if (!/^SET greeting/i.test(title)) throw new Error(`shows ${title}`);
    if (!(await page.text("#waterfall-words")).includes(`client-${client.id}`)) throw new Error("another client");
    const steps = await wholeRequest(page);
    const bad = steps.find(([, time, source]) => !/ (µs|ms|s)$/.test(time) || !/\.rs/.test(source));
    if (bad) throw new Error(`a step shows ${bad}`);
    await page.tab.keyboard.press("Escape");
    const focus = await page.tab.evaluate(() => document.activeElement.closest("#stream") !== null);
    if (!focus) throw new Error("the focus is not where it was");
  },

  "the stream stands still under the focus": async ({ server, page }) => {
    await sampled(server, page, "SET", "greeting", "hello");
    await page.tab.focus("#stream button");
    const before = await page.text("#stream");
    const client = await server.client();
    const stop = client.repeat("SET", "farewell", "bye");
    await page.untilText("#stream-note", /newer/);
    await stop();
    if ((await page.text("#stream")) !== before) throw new Error("the lines have moved");
    await page.tab.focus("#pause");
    await page.untilText("#stream", /farewell/);
  },

  "passwords are not shown": async ({ server, page }) => {
    const client = await server.client();
    const stop = client.repeat("AUTH", "default", "secret-word");
    await page.untilText("#stream", /AUTH/i);
    await stop();
    if (/secret-word/.test(await page.text("body"))) throw new Error("it is");
  },
};
