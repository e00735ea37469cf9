// Tests the page in a browser: each panel shows an action whose outcome is known.
//
//     node tests/browser/run.js SERVER [NAME...]
//
// Checks are in checks/: a name, and a function that throws if the page shows anything else. With
// NAMEs, only checks run whose names contain one. Screenshots are kept in target/view.
"use strict";

const { launch, Page } = require("./browser.js");
const { Server } = require("./server.js");

const FILES = ["threads", "lock", "log", "keyspace", "requests", "figures", "classroom", "restart", "access", "looks"];

async function check(browser, program, { run, faults = [], ...rest }) {
  const server = await Server.start(program, rest);
  let page;
  try {
    page = await Page.open(browser, server, rest);
    await run({ server, page, browser });
    const unexpected = page.faults.filter((fault) => !faults.some((expected) => expected.test(fault)));
    if (unexpected.length) throw new Error(`the console says: ${unexpected.join("; ")}`);
    const missing = /.*\b(NaN|undefined|null|Infinity)\b.*/.exec(await page.tab.$eval("body", (body) => body.innerText));
    if (missing) throw new Error(`the page shows a value that is none: ${missing[0]}`);
  } catch (error) {
    await page?.screenshot("failed");
    throw error;
  } finally {
    await page?.tab.close();
    await server.stop();
  }
}

async function main(program, ...names) {
  const browser = await launch();
  const checks = FILES.flatMap((file) =>
    Object.entries(require(`./checks/${file}.js`)).map(([name, it]) => [`${file}: ${name}`, it]));
  const chosen = checks.filter(([name]) => !names.length || names.some((it) => name.includes(it)));
  let failures = 0;
  for (const [name, it] of chosen) {
    const began = Date.now();
    try {
      await check(browser, program, typeof it === "function" ? { run: it } : it);
      console.log(`ok      ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failures += 1;
      console.log(`FAILED  ${name}\n        ${error.stack}`);
    }
  }
  await browser.close();
  console.log(`${chosen.length - failures} of ${chosen.length} checks pass`);
  process.exitCode = failures || !chosen.length ? 1 : 0;
}

main(...process.argv.slice(2));
