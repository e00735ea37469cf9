// A user of Redis Commander in Chromium: commander.js ADDRESS PICTURE. To be run by commander.py.

"use strict";

const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const puppeteer = require("puppeteer-core");

const [address, picture] = process.argv.slice(2);

// Opens the page, once Redis Commander is there.
async function open(page) {
  for (const deadline = Date.now() + 30_000; ;) {
    try {
      return await page.goto(address, { waitUntil: "load" });
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

const shows = (page, text, timeout) => page.waitForFunction(
  (wanted) => document.querySelector("#body").innerText.includes(wanted), { timeout }, text);

const textOf = (page) => page.$eval("#body", (body) => body.innerText);

// Clicks a node of the tree of keys once it stays in its place: the tree is drawn several times.
const clickNode = (page, node, options) => page.locator(`#keyTree ${node}`).click(options);

// Does something until the page shows a text: a click on a node that is drawn anew is lost.
async function actUntilShown(page, act, shown) {
  for (const deadline = Date.now() + 60_000; ;) {
    try {
      await act();
      return await shows(page, shown, 3_000);
    } catch (error) {
      if (!(error instanceof puppeteer.TimeoutError) || Date.now() > deadline) throw error;
    }
  }
}

// Clicks the node of a key, by its text. Waits until the page shows its key.
const select = (page, text, shown) =>
  actUntilShown(page, () => clickNode(page, `::-p-text(${text})`), shown);

// Opens the folder of users, and clicks the only key in it.
async function clickUser(page) {
  const user = "[aria-level=\"3\"]";
  if (!await page.$(`#keyTree ${user}`)) await clickNode(page, "::-p-text(user:)", { count: 2 });
  await clickNode(page, user);
}

// Double-clicks the row that begins with a field or a position. Replaces its value.
async function edit(page, first, form, input, value) {
  const rows = await page.$$("#body .table tbody tr");
  for (const row of rows) {
    const cell = await row.$eval("td", (td) => td.innerText.trim());
    if (cell === first) await row.click({ count: 2 });
  }
  await page.waitForSelector(input, { visible: true });
  await page.$eval(input, (element, text) => { element.value = text; }, value);
  await page.$eval(form, (element) => window.$(element).trigger("submit"));
  await page.waitForFunction(
    (wanted) => document.querySelector("#body .table")?.innerText.includes(wanted), {}, value);
  await page.waitForSelector(".modal-backdrop", { hidden: true });
}

async function use(page) {
  await open(page);
  await actUntilShown(page, () => clickNode(page, ".jstree-anchor"), "Redis version");
  assert.match(await textOf(page), /7\.0\.15/);
  await page.waitForSelector("#keyTree ::-p-text(greeting)");

  await select(page, "greeting", "Type: string");
  assert.equal(await page.$eval("#stringValue", (area) => area.value), "hello");
  await select(page, "colours", "Type: Set");
  assert.match(await textOf(page), /red/);
  await select(page, "board", "Type: Sorted Set");
  assert.match(await textOf(page), /1\.5/);

  await select(page, "tasks", "Type: List");
  assert.match(await textOf(page), /wash[\s\S]*cook[\s\S]*read/);
  await edit(page, "1", "#editListValueForm", "#listValue", "bake");

  await actUntilShown(page, () => clickUser(page), "Type: Hash");
  assert.match(await textOf(page), /name\s+Ada/);
  await edit(page, "town", "#editHashFieldForm", "#hashFieldValue", "Turin");
}

async function main() {
  const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium", headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  try {
    const page = await browser.newPage();
    page.on("dialog", (dialog) => dialog.accept());
    page.setDefaultTimeout(15_000);
    await page.setViewport({ width: 1200, height: 800 });
    try {
      await use(page);
    } finally {
      await page.screenshot({ path: picture });
    }
  } finally {
    await browser.close();
  }
}

main();
