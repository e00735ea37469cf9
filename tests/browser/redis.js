// A client of the server: RESP 2, one reply for each request, in order.
"use strict";

const net = require("net");

// Reads one reply of `text`, from `at`. Returns it with its end, or nothing if it is not whole yet.
function parse(text, at = 0) {
  const end = text.indexOf("\r\n", at);
  if (end < 0) return null;
  const [kind, rest, next] = [text[at], text.slice(at + 1, end), end + 2];
  if (kind === "+" || kind === "-") return [kind === "-" ? new Error(rest) : rest, next];
  if (kind === ":") return [Number(rest), next];
  const length = Number(rest);
  if (length < 0) return [null, next];
  if (kind === "$") return text.length < next + length + 2 ? null : [text.slice(next, next + length), next + length + 2];
  const items = [];
  for (let index = 0, place = next; ; index += 1) {
    if (index === length) return [items, place];
    const item = parse(text, place);
    if (!item) return null;
    items.push(item[0]);
    place = item[1];
  }
}

class Client {
  // `id` is the client's number at the server.
  static async connect(port) {
    const client = new Client();
    client.socket = net.connect(port, "127.0.0.1").setNoDelay();
    client.waiting = [];
    client.text = "";
    await new Promise((done, fail) => client.socket.once("connect", done).once("error", fail));
    client.socket.on("error", () => {});
    client.socket.on("data", (bytes) => client.#receive(bytes.toString("latin1")));
    client.id = await client.call("CLIENT", "ID");
    return client;
  }

  #receive(bytes) {
    this.text += bytes;
    for (let reply; (reply = parse(this.text)); ) {
      this.text = this.text.slice(reply[1]);
      this.waiting.shift()?.(reply[0]);
    }
  }

  // Sends a request. The promise ends with the reply; an error is a reply too.
  call(...words) {
    const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
    this.socket.write(`*${words.length}\r\n${parts.join("")}`);
    return new Promise((done) => this.waiting.push(done));
  }

  // Sends a request again and again. Returns a function that ends that, with the last reply.
  repeat(...words) {
    let isOver = false;
    const all = (async () => { while (!isOver) await this.call(...words); })();
    return () => { isOver = true; return all; };
  }

  close() {
    this.socket.destroy();
  }
}

module.exports = { Client };
