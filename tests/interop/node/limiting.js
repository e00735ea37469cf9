"use strict";

const isIoredis = process.env.CLIENT === "ioredis";

// Returns a client of the package that CLIENT names.
async function connect() {
  const port = Number(process.env.PORT);
  if (isIoredis) return new (require("ioredis"))({ port });
  const { createClient } = require(process.env.NODE_REDIS);
  return createClient({ socket: { port }, RESP: Number(process.env.RESP) }).connect();
}

const inRange = (number, least, most) => least <= number && number <= most;

module.exports = { connect, inRange, isIoredis };
