// The keyboard, colours and sizes: nobody is left out.
"use strict";

const { Page } = require("../browser.js");

// Returns texts whose contrast is too low, by WCAG 2.2: 4.5, or 3 for big text.
function lowContrast() {
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue].map((it) => it / 255)
    .map((it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4))
    .reduce((sum, it, at) => sum + it * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((it) => it.nodeType === 3 && it.textContent.trim());
    if (!own || !node.offsetParent || node.disabled) continue;
    const style = getComputedStyle(node);
    const [one, other] = [light(parse(style.color)), light(ground(node))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed) found.push(`${node.textContent.trim().slice(0, 20)}: ${ratio.toFixed(2)}`);
  }
  return found;
}

async function checkContrast({ page }) {
  for (const dialog of ["", "legend-box", "kill-box", "waterfall"]) {
    if (dialog) await page.tab.evaluate((id) => document.getElementById(id).showModal(), dialog);
    const found = await page.tab.evaluate(lowContrast);
    if (found.length) throw new Error(`${dialog || "page"}: ${found.join("; ")}`);
    if (dialog) await page.tab.evaluate((id) => document.getElementById(id).close(), dialog);
  }
}

// What the focus is on, and whether the eye sees that.
const focused = (page) => page.tab.evaluate(() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  return { name: node.id || node.textContent.trim().slice(0, 20), isBody: node === document.body,
    isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 };
});

module.exports = {
  "light text has contrast": checkContrast,
  "dark text has contrast": { theme: "dark", run: checkContrast },

  "the keyboard reaches all controls, and leaves them": {
    settings: ["--classroom", "yes"],
    run: async ({ page }) => {
      const reached = new Set();
      for (let left = 60; left; left -= 1) {
        await page.tab.keyboard.press("Tab");
        const focus = await focused(page);
        if (focus.isBody && reached.size) break;
        if (!focus.isSeen) throw new Error(`the focus at ${focus.name} is not seen`);
        reached.add(focus.name);
      }
      const controls = await page.tab.$$eval("button, select, input, summary", (all) => all
        .filter((it) => it.offsetParent && !it.disabled).map((it) => it.id || it.textContent.trim().slice(0, 20)));
      const missed = controls.filter((it) => !reached.has(it));
      if (missed.length) throw new Error(`not reached: ${missed}`);
    },
  },

  "a redraw leaves the focus where it is": {
    settings: ["--classroom", "yes"],
    run: async ({ server, page }) => {
      for (const id of ["slow-client", "disk-ms", "pause", "cursor"]) {
        await page.tab.focus(`#${id}`);
        const client = await server.client();
        await page.until((name) => document.querySelector(`[data-thread="${name}"]`), "a new lane", `client-${client.id}`);
        const now = await page.tab.evaluate(() => document.activeElement.id);
        if (now !== id) throw new Error(`from ${id} to ${now}`);
      }
    },
  },

  "with a password the page is for its owner": {
    settings: ["--requirepass", "chalk"],
    password: "chalk",
    run: async ({ server, page, browser }) => {
      await page.untilText("#connection", /^connected$/);
      const tab = await (await browser.createBrowserContext()).newPage();
      const answer = await tab.goto(server.url).catch((error) => error);
      const status = answer.status?.() ?? String(answer);
      if (status !== 401 && !/INVALID_AUTH/.test(status)) throw new Error(`a stranger is answered ${status}`);
      await tab.browserContext().close();
    },
  },

  "a projector shows all panels but the figures in the first screen, in letters of 13 pixels and more": async ({ page }) => {
    const outside = await page.tab.$$eval("main > section", (all) => all
      .filter((it) => it.getBoundingClientRect().bottom > innerHeight || it.offsetHeight < 150).map((it) => it.id));
    if (outside.length) throw new Error(`not seen: ${outside}`);
    const small = await page.tab.$$eval("body *", (all) => all.filter((it) => it.offsetParent && it.textContent.trim()
      && parseFloat(getComputedStyle(it).fontSize) < 13).map((it) => it.id || it.tagName));
    if (small.length) throw new Error(`too small: ${small}`);
  },

  "no size needs sideways scrolling": async ({ server, page, browser }) => {
    for (const size of ["phone", "projector", "wide"]) {
      const other = await Page.open(browser, server, { size });
      const [needed, there] = await other.tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      page.faults.push(...other.faults);
      await other.tab.close();
      if (needed > there) throw new Error(`${size}: ${needed} of ${there}`);
    }
  },
};
