// Chromium and a page in it. All that goes wrong in the page is collected.
"use strict";

const path = require("path");

const directory = path.resolve("target/view");
const puppeteer = require(path.join(directory, "node_modules/puppeteer-core"));

// Patience only: a check waits for things that come, and a slow machine takes longer.
const PATIENCE_MS = 60_000;

const SIZES = { projector: [1280, 720], wide: [1920, 1080], phone: [390, 844] };

function launch() {
  return puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    timeout: PATIENCE_MS,
    // Containers run it as root, for which its sandbox does not work.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

class Page {
  static async open(browser, server, { size = "projector", theme = "light", password } = {}) {
    const page = new Page();
    page.tab = await browser.newPage();
    page.tab.setDefaultTimeout(PATIENCE_MS);
    page.faults = [];
    page.tab.on("console", (message) => {
      if (["error", "warn", "warning"].includes(message.type())) page.faults.push(message.text());
    });
    page.tab.on("pageerror", (error) => page.faults.push(error.message));
    page.tab.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(server.url) && !url.startsWith("data:")) page.faults.push(`asks elsewhere: ${url}`);
    });
    await page.tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    const [width, height] = SIZES[size];
    await page.tab.setViewport({ width, height, isMobile: size === "phone", hasTouch: size === "phone" });
    if (password) await page.tab.authenticate({ username: "default", password });
    await page.tab.goto(server.url);
    await page.until(() => document.querySelector("#lanes tr"), "the first sample");
    return page;
  }

  // Waits until `condition`, which runs in the page with `values`, holds.
  async until(condition, what, ...values) {
    try {
      return await this.tab.waitForFunction(condition, { polling: 50 }, ...values);
    } catch (error) {
      throw new Error(`waited for ${what}: ${error.message}`);
    }
  }

  untilText(selector, pattern) {
    const shows = (where, source) => new RegExp(source).test(document.querySelector(where)?.textContent ?? "");
    return this.until(shows, `${selector} to show ${pattern}`, selector, pattern.source);
  }

  // Waits until the lane of a client shows one of `states`.
  untilState(client, ...states) {
    const shows = (name, wanted) =>
      wanted.includes(document.querySelector(`[data-thread="${name}"] .now`)?.dataset.state);
    return this.until(shows, `client-${client.id} in ${states}`, `client-${client.id}`, states);
  }

  // Moves a slider with the keyboard to a number of steps of it.
  async slide(selector, steps) {
    await this.tab.focus(selector);
    await this.tab.keyboard.press("Home");
    const left = () => this.tab.$eval(selector, (node, wanted) => wanted - node.value / node.step, steps);
    while ((await left()) > 0) await this.tab.keyboard.press("ArrowRight");
  }

  // Waits until the server has sent this number of further samples, which the page need not show.
  passSamples(wanted) {
    return this.tab.evaluate((left) => new Promise((done) => {
      const events = new EventSource("/events");
      events.addEventListener("sample", () => { left -= 1; if (!left) { events.close(); done(); } });
    }), wanted);
  }

  text(selector) {
    return this.tab.$eval(selector, (node) => node.textContent);
  }

  screenshot(name) {
    return this.tab.screenshot({ path: path.join(directory, `${name}.png`) });
  }
}

module.exports = { launch, Page, SIZES };
