"use strict";

const hasSamples = (wanted) => document.querySelector("#plots .first")?.getAttribute("d").split("L").length >= wanted;

const shown = (page) => page.text("#plots");

module.exports = {
  "requests, memory and clients are plotted": async ({ server, page }) => {
    const client = await server.client();
    const stop = client.repeat("SET", "a", 1);
    await page.until(() => {
      const value = (name) => document.querySelector(`[data-figure="${name}"] b`)?.textContent ?? "0";
      return /^[1-9]/.test(value("requests a second")) && /MB/.test(value("memory"))
        && value("clients") === "2" && !/^0 B/.test(value("log, a second"));
    }, "figures of the load");
    await stop();
    await page.until(hasSamples, "a line", 2);
  },

  "a pause keeps the page, and zoom works in it": async ({ server, page }) => {
    const client = await server.client();
    await page.until(hasSamples, "some samples", 8);
    await page.tab.click("#pause");
    const before = await shown(page);
    for (let at = 0; at < 200; at += 1) await client.call("SET", `key:${at}`, at);
    await page.passSamples(4);
    if ((await shown(page)) !== before) throw new Error("the page goes on");
    const line = () => page.tab.$eval("#plots .first", (path) => path.getAttribute("d"));
    const wide = await line();
    await page.tab.click("#zoom button");
    if ((await line()) === wide) throw new Error("the zoom changes nothing");
    await page.tab.focus("#cursor");
    await page.tab.keyboard.press("ArrowLeft");
    await page.untilText("#cursor-out", /s ago/);
    await page.tab.click("#pause");
    await page.untilText("#keys", /200 keys/);
  },

  "a pause of many minutes leaves what is shown": async ({ page }) => {
    await page.until(hasSamples, "some samples", 8);
    await page.tab.click("#pause");
    await page.tab.evaluate(() => {
      const now = performance.now.bind(performance);
      performance.now = () => now() + 400_000;
    });
    await page.passSamples(4);
    const line = () => page.tab.$eval("#plots .first", (path) => path.getAttribute("d"));
    const before = await line();
    await page.tab.click("#zoom button");
    if ((await line()) === before) throw new Error("the zoom changes nothing");
    await page.tab.focus("#cursor");
    await page.tab.keyboard.press("ArrowLeft");
    await page.untilText("#cursor-out", /s ago/);
  },

  "a table has the figures for screen readers": async ({ page }) => {
    await page.tab.click("summary");
    await page.until(() => document.querySelectorAll("#plot-table tr").length === 6, "six rows");
    const cells = await page.tab.$$eval("#plot-table td", (all) => all.map((it) => it.textContent));
    if (cells.length !== 24 || cells.includes("")) throw new Error(`shows ${cells}`);
  },
};
