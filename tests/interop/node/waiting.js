"use strict";

// Waits until `count` clients wait for data. `info` returns the section of INFO.
async function untilBlocked(info, count) {
  const deadline = Date.now() + 10_000;
  while (!(await info()).includes(`blocked_clients:${count}\r\n`)) {
    if (Date.now() > deadline) throw new Error(`${count} clients do not wait`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

module.exports = { untilBlocked };
