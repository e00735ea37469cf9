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

async function endSlowMotion(page) {
  await page.slide("#slow-ms", 0);
  await page.until(() => document.querySelector("#walk").hidden, "the end of slow motion");
}

const ROOMS = ["read", "parse", "find", "lock", "run", "record", "log", "send"];

// Notes from now on where the request is, with the words of all rooms.
const watchRooms = (page) => page.tab.evaluate(() => {
  window.rooms = [];
  new MutationObserver(() => {
    const room = document.querySelector("#stations [aria-current]")?.dataset.room;
    const words = [...document.querySelectorAll("#stations small")].map((it) => it.textContent);
    if (room && window.rooms.at(-1)?.room !== room) window.rooms.push({ room, words });
  }).observe(document.querySelector("#stations"), { attributes: true, subtree: true, childList: true });
});

// Returns the rooms that a SET of a slow client is seen in, after its times are shown.
async function walkOf(page, client) {
  await page.tab.evaluate(() => { window.rooms.length = 0; });
  await client.call("SET", "greeting", "hello");
  await page.untilText("#walk-title", /SET took/);
  const rooms = await page.tab.evaluate(() => window.rooms);
  for (const { room, words } of rooms) {
    const [at, known] = [ROOMS.indexOf(room), (word) => ["is here", "passed", ""].includes(word)];
    if (!words.every(known) || words.slice(at + 1).some(Boolean)) throw new Error(`at ${room} rooms show ${words}`);
  }
  return rooms.map(({ room }) => room);
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
      const { step, max } = await page.tab.$eval("#slow-ms", ({ step, max }) => ({ step, max }));
      // A sample comes each 250 ms, so each room has one.
      if (step < 300 || max < 5000) throw new Error(`steps of ${step} ms up to ${max} ms`);
      await slowDown(page, client, 1);
      await watchRooms(page);
      // A machine that is too busy for half a second a room gets more time.
      for (let presses = 1, rooms; (rooms = await walkOf(page, client)).join() !== ROOMS.join(); presses *= 2) {
        if (presses > 4) throw new Error(`rooms ${rooms}`);
        await slowDown(page, client, presses);
      }
      const shown = await page.tab.$$eval("#stations small", (all) => all.map((it) => it.textContent));
      if (!shown.every((words) => /^\d.* m?s$/.test(words))) throw new Error(`the times are ${shown}`);
      await endSlowMotion(page);
    },
  },

  "the values of another page are shown as they are": {
    settings,
    run: async ({ server, page }) => {
      const client = await server.client();
      for (const [ms, words] of [[40, "40 ms"], [150, "150 ms"], [3500, "3.5 s"], [5000, "5.0 s"], [1234, "1.234 s"]]) {
        await server.press("disk", { ms });
        await page.untilText("#disk-out", new RegExp(`^${words}$`));
      }
      await server.press("slow", { client: client.id, ms: 70 });
      await page.untilText("#slow-out", /^70 ms$/);
      await page.until((id) => document.querySelector("#slow-client").value === id, "the client", String(client.id));
      await server.press("hold", { ms: 7000 });
      await page.untilText("#hold", /^Held 7\.0 s$/);
    },
  },

  "a client that connects while the list has the focus can be chosen": {
    settings,
    run: async ({ server, page }) => {
      const first = await server.client();
      await page.until((id) => document.querySelector(`#slow-client [value="${id}"]`), "the first", first.id);
      await page.tab.focus("#slow-client");
      const second = await server.client();
      await page.until((id) => document.querySelector(`#slow-client [value="${id}"]`), "the second", second.id);
      await page.tab.select("#slow-client", String(second.id));
      first.close();
      await page.until((id) => !document.querySelector(`[data-thread="client-${id}"]`), "the first gone", first.id);
      const chosen = await page.tab.$eval("#slow-client", (node) => node.value);
      if (chosen !== String(second.id)) throw new Error(`the choice is ${chosen}`);
      await page.tab.focus("#hold");
      await page.until((id) => !document.querySelector(`#slow-client [value="${id}"]`), "the list to shrink", first.id);
    },
  },

  "the lock is held by hand, and clients wait": {
    settings,
    run: async ({ server, page }) => {
      const client = await server.client();
      const stop = client.repeat("SET", "a", 1);
      await page.tab.select("#hold-ms", "1000");
      await page.tab.click("#hold");
      await page.untilText("#longest", /\d s: classroom/);
      // Again and again, until the page has shown all of it.
      let isOver = false;
      const holding = (async () => { while (!isOver) await server.press("hold", { ms: 1000 }); })();
      await page.until(isPressed, "the button pressed", "#hold", "true");
      await page.untilText("#holders", /classroom/);
      await page.untilText("#waiters", new RegExp(`client-${client.id} SET`));
      isOver = true;
      await Promise.all([holding, stop()]);
      await page.untilText("#holders", /nobody/);
      await page.until(isPressed, "the button free", "#hold", "false");
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
