"use strict";

const settings = ["--classroom", "yes"];

const isPressed = (button, wanted) => document.querySelector(button).getAttribute("aria-pressed") === wanted;

async function slowDown(page, client, presses) {
  await page.until((id) => [...document.querySelector("#slow-client").options].some((it) => it.value === id),
    "the client to choose", String(client.id));
  await page.tab.select("#slow-client", String(client.id));
  await page.tab.focus("#slow-ms");
  for (let left = presses; left; left -= 1) await page.tab.keyboard.press("ArrowRight");
  await page.until(() => !document.querySelector("#walk").hidden, "the walk");
}

module.exports = {
  "without the setting there is nothing of it": async ({ page }) => {
    await page.until(() => document.querySelectorAll("#lanes tr").length, "a sample");
    const isThere = await page.tab.$$eval("#classroom, #walk", (parts) => parts.some((it) => it.offsetHeight));
    if (isThere) throw new Error("controls are shown");
  },

  "a SET in slow motion walks from room to room": {
    settings,
    run: async ({ server, page }) => {
      const client = await server.client();
      await slowDown(page, client, 8);
      await page.tab.evaluate(() => {
        window.rooms = [];
        new MutationObserver(() => {
          const room = document.querySelector("#stations [aria-current]")?.dataset.room;
          if (room && window.rooms.at(-1) !== room) window.rooms.push(room);
        }).observe(document.querySelector("#stations"), { attributes: true, subtree: true, childList: true });
      });
      await client.call("SET", "greeting", "hello");
      await page.until(() => window.rooms.includes("send"), "the last room");
      const rooms = await page.tab.evaluate(() => window.rooms);
      const order = ["read", "parse", "find", "lock", "run", "record", "log", "send"].filter((it) => rooms.includes(it));
      if (order.length < 6) throw new Error(`only ${rooms}`);
      const walked = rooms.filter((room, at) => rooms.indexOf(room) === at);
      if (walked.join() !== order.join()) throw new Error(`the order is ${rooms}`);
      await page.tab.focus("#slow-ms");
      await page.tab.keyboard.press("Home");
      await page.until(() => document.querySelector("#walk").hidden, "the end of slow motion");
    },
  },

  "the lock is held by hand, and clients wait": {
    settings,
    run: async ({ server, page }) => {
      const client = await server.client();
      await page.tab.select("#hold-ms", "3000");
      await page.tab.click("#hold");
      await page.until(isPressed, "the button pressed", "#hold", "true");
      await page.until(() => document.querySelector('#holders [data-state^="holds"]'), "a holder");
      const reply = client.call("SET", "a", 1);
      await page.untilText("#waiters", new RegExp(`client-${client.id} SET`));
      await reply;
      await page.untilText("#holders", /nobody/);
    },
  },

  "the gentle load is switched on and off": {
    settings,
    run: async ({ page }) => {
      await page.tab.click("#load");
      await page.until(isPressed, "the load on", "#load", "true");
      await page.until(() => /^[1-9]/.test(document.querySelector("#plots b").textContent), "requests a second");
      await page.tab.click("#load");
      await page.until(isPressed, "the load off", "#load", "false");
    },
  },
};
