// A server with its page, on free ports, with its files in a directory of its own.
"use strict";

const { spawn } = require("child_process");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");
const { Client } = require("./redis.js");

// Returns an unused port that is not assigned to outgoing connections.
function freePort() {
  return new Promise((done) => {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const probe = net.createServer().once("error", () => done(freePort()));
    probe.listen(port, "127.0.0.1", () => probe.close(() => done(port)));
  });
}

class Server {
  // Starts the program, by the loop of `make demo` if `isDemo`.
  static async start(program, { settings = [], isDemo = false } = {}) {
    const server = new Server();
    const demo = path.resolve(__dirname, "../demo/demo.sh");
    server.directory = fs.mkdtempSync(path.join(os.tmpdir(), "threadbare-view-"));
    server.port = await freePort();
    server.viewPort = await freePort();
    server.clients = [];
    server.command = isDemo
      ? [demo, [path.resolve(program), server.port, server.viewPort, server.directory, ...settings]]
      : [path.resolve(program), ["--port", server.port, "--view-port", server.viewPort,
        "--enable-debug-command", "local", ...settings]];
    server.#spawn();
    await server.client();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.viewPort}/`;
  }

  #spawn() {
    this.process = spawn(...this.command, { cwd: this.directory, stdio: ["ignore", "ignore", "pipe"] });
    this.process.stderr.setEncoding("utf8").on("data", (text) => { this.errors = (this.errors ?? "") + text; });
  }

  // Connects a client, as soon as the server accepts one.
  async client() {
    for (const until = Date.now() + 60_000; ; ) {
      try {
        const client = await Client.connect(this.port);
        this.clients.push(client);
        return client;
      } catch (error) {
        if (this.process.exitCode !== null || Date.now() > until) throw new Error(`no server: ${error.message}; ${this.errors ?? ""}`);
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  }

  // Ends the process, and starts the next one with more settings.
  async restart(...settings) {
    await this.#end("SIGKILL");
    this.command[1].push(...settings);
    this.#spawn();
  }

  // Sends what a button of the page sends. Returns the status.
  async press(name, fields) {
    const form = { method: "POST", headers: { Origin: this.url.slice(0, -1) }, body: new URLSearchParams(fields) };
    return (await fetch(`${this.url}classroom/${name}`, form)).status;
  }

  async #end(signal) {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill(signal);
    await ended;
  }

  async stop() {
    this.clients.forEach((client) => client.close());
    await this.#end("SIGTERM");
    fs.rmSync(this.directory, { recursive: true });
  }
}

module.exports = { Server };
