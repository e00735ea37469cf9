// Shows what the server says of itself. It comes as server-sent events: `sample` four times a second,
// `request` for each sampled request. Texts of the server enter the page as text, never as HTML.

const $ = (id) => document.getElementById(id);

// The states of a thread: shape, words, colour.
const STATES = {
  reads: ["▼", "reads its socket", "--reads"],
  polls: ["◌", "polls", "--polls"],
  runs: ["▶", "runs", "--runs"],
  "waits-lock": ["◆", "waits for the lock", "--waits-lock"],
  "holds-shared": ["○", "holds the lock, shared", "--holds-shared"],
  "holds-alone": ["●", "holds the lock alone", "--holds-alone"],
  "waits-log": ["≡", "waits for the log", "--waits-log"],
  answers: ["▲", "answers", "--answers"],
  blocked: ["‖", "waits for data", "--blocked"],
  disk: ["■", "writes to the disk", "--disk"],
  sleeps: ["–", "sleeps", "--sleeps"],
};

// What each step of a request is, and the source that does it.
const STEPS = {
  read: ["read", "--reads", "server/connection.rs: receive"],
  parse: ["parse", "--polls", "resp/request.rs: parse"],
  lock: ["wait for the lock", "--waits-lock", "store/lock.rs: take"],
  run: ["run", "--runs", "engine/turn.rs: run"],
  record: ["record", "--holds-alone", "engine/guard.rs: send"],
  log: ["wait for the log", "--waits-log", "aof/commit: is_committed"],
  send: ["send", "--answers", "client/outbox: send"],
};

const KEPT_SECONDS = 300;
const LANE_SAMPLES = 60;

const state = {
  paused: false, waiting: [], last: null, lanes: new Map(), samples: [], syncs: [], requests: [],
  chosen: null, seconds: 60, warm: new Map(), cells: new Map(),
};

// Elements.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") Object.entries(value).forEach(([event, act]) => made.addEventListener(event, act));
    else if (key === "style") Object.entries(value).forEach(([it, text]) => made.style.setProperty(it, text));
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function facts(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function badge(name, text) {
  const [shape, words, colour] = STATES[name] ?? STATES.sleeps;
  return element("span", { class: "state" },
    element("i", { "aria-hidden": "true", style: { "--tint": `var(${colour})` } }, shape), text ?? words);
}

// Numbers.

const number = (value) => Math.round(value).toLocaleString("en");

function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 10_000 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${number(value)} ${units[unit]}`;
}

function time(us) {
  if (us < 1000) return `${number(us)} µs`;
  if (us < 1_000_000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
  return `${(us / 1_000_000).toFixed(1)} s`;
}

const percent = (part) => `${Math.round(part * 100)} %`;

// Panels.

function showThreads(now, before) {
  const lanes = $("lanes");
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  const earlier = new Map(before?.threads.map((it) => [it.tid, it]) ?? []);
  const seen = new Set();
  for (const thread of now.threads) {
    seen.add(thread.tid);
    const lane = state.lanes.get(thread.tid) ?? newLane(thread);
    lane.states.push(thread.state);
    if (lane.states.length > LANE_SAMPLES) lane.states.shift();
    const old = earlier.get(thread.tid);
    const rate = (name) => (old && seconds ? Math.max(0, (thread[name] - old[name]) / seconds) : 0);
    lane.doing.replaceChildren(badge(thread.state));
    lane.command.textContent = thread.command ?? "";
    lane.cpu.textContent = percent(rate("cpu_us") / 1e6);
    lane.switches.textContent = number(rate("switches"));
    drawLane(lane);
    lanes.append(lane.row);
  }
  for (const [tid, lane] of state.lanes) {
    if (!seen.has(tid)) { lane.row.remove(); state.lanes.delete(tid); }
  }
  const folded = now.folded.map((it) => `${number(it.count)} ${STATES[it.state]?.[1] ?? it.state}`);
  $("folded").textContent = folded.length ? `And ${folded.join(", ")}.` : "";
}

function newLane(thread) {
  const lane = {
    states: [], doing: element("td"), command: element("td"), cpu: element("td"), switches: element("td"),
    canvas: element("canvas", { class: "lane", width: LANE_SAMPLES * 4, height: 20, "aria-hidden": "true" }),
  };
  const name = element("td", thread.peer ? { title: thread.peer } : {}, thread.name);
  lane.row = element("tr", { "data-thread": thread.name }, name, lane.doing, lane.command,
    element("td", {}, lane.canvas), lane.cpu, lane.switches);
  state.lanes.set(thread.tid, lane);
  return lane;
}

function drawLane(lane) {
  const context = lane.canvas.getContext("2d");
  const colours = getComputedStyle(document.documentElement);
  context.clearRect(0, 0, lane.canvas.width, lane.canvas.height);
  lane.states.forEach((name, at) => {
    context.fillStyle = colours.getPropertyValue((STATES[name] ?? STATES.sleeps)[2]);
    const height = name === "sleeps" ? 4 : 20;
    context.fillRect((LANE_SAMPLES - lane.states.length + at) * 4, 20 - height, 4, height);
  });
}

function showLock(now, before) {
  const lock = now.lock;
  const span = before ? now.us - before.us : 0;
  const part = (name) => (span ? Math.min(1, Math.max(0, (lock[name] - before.lock[name]) / span)) : 0);
  const alone = part("alone_us");
  const shared = Math.min(1 - alone, part("shared_us"));
  const parts = [["alone", alone, "--holds-alone", "●"], ["shared", shared, "--holds-shared", "○"],
    ["free", 1 - alone - shared, "--sleeps", "–"]];
  $("shares").replaceChildren(...parts.map(([name, share, colour, shape]) => element("span",
    { style: { width: percent(share), background: `var(${colour})` } }, share > 0.12 ? `${shape} ${name} ${percent(share)}` : "")));
  $("shares").setAttribute("aria-label", parts.map(([name, share]) => `${name} ${percent(share)}`).join(", "));
  const holders = now.threads.filter((it) => it.state.startsWith("holds-"));
  facts($("lock-facts"), [
    ["held by", holders.map((it) => `${it.name} ${it.command ?? ""}`).join(", ") || "nobody"],
    ["all waits so far", time(lock.waited_us)],
  ]);
  const waiters = now.threads.filter((it) => it.state === "waits-lock");
  $("queue").replaceChildren(...waiters.slice(0, 8).map((it) => element("li", {},
    `${it.name} ${it.command ?? ""}, for ${time(it.since_us)}`)));
}

function showLog(now, before) {
  const log = now.log;
  const perWrite = (one, other) => (other && one.writes > other.writes ? number((one.records - other.records) / (one.writes - other.writes)) : "0");
  if (before && log.syncs > before.log.syncs) {
    state.syncs.push(log.last_sync_us);
    if (state.syncs.length > 40) state.syncs.shift();
  }
  const most = Math.max(1000, ...state.syncs);
  $("pulse").replaceChildren(...state.syncs.map((us, at) => element("i", {
    style: { height: `${Math.max(4, (us / most) * 100)}%` }, title: time(us),
    class: at === state.syncs.length - 1 && before && log.syncs > before.log.syncs ? "new" : "",
  })));
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  const rate = seconds ? (log.written_bytes - before.log.written_bytes) / seconds : 0;
  facts($("log-facts"), !log.on ? [["state", "off (appendonly no)"]] : [
    ["waits to be written", bytes(log.queued_bytes)],
    ["written", `${bytes(rate)}/s, ${perWrite(log, before?.log)} records a write`],
    ["last sync took", `${time(log.last_sync_us)}, of ${number(log.syncs)}`],
    ["lost if the power went now", bytes(log.unsynced_bytes + log.queued_bytes)],
    ["file", `${bytes(log.file_bytes)}, ${bytes(log.base_bytes)} at the last rewrite`],
    ["rewrite", log.rewriting ? "running" : "none"],
  ]);
}

function showKeyspace(now, before) {
  const databases = now.databases;
  const keys = databases.reduce((sum, it) => sum + it.keys, 0);
  const expired = before ? now.expired - before.expired : 0;
  facts($("keyspace-facts"), [
    ["keys", `${number(keys)} in ${number(databases.reduce((sum, it) => sum + it.shards, 0))} shards`],
    ["expired", `${number(now.expired)}${expired > 0 ? `, ${number(expired)} just now` : ""}`],
  ]);
  const cells = databases.flatMap((it) => it.cells.map((size, at) => ({ size, name: `db${it.number} ${at}` })));
  const most = Math.max(1, ...cells.map((it) => it.size));
  const grew = state.cells.size && cells.length > state.cells.size;
  $("cells").replaceChildren(...cells.map(({ size, name }) => {
    const old = state.cells.get(name);
    const classes = [old !== undefined && old !== size ? "warm" : "", grew && old === undefined ? "split" : ""];
    return element("i", { class: classes.join(" ").trim(), title: `${name}: ${number(size)} keys`,
      style: { "--fill": (size ? 0.15 + (0.85 * size) / most : 0).toFixed(2) } });
  }));
  $("cells").setAttribute("aria-label", `${cells.length} cells of shards, ${number(keys)} keys`);
  state.cells = new Map(cells.map(({ size, name }) => [name, size]));
}

function showRequests() {
  const items = state.requests.slice(-40).reverse().map((request) => {
    const total = request.steps.reduce((sum, it) => sum + it.us, 0);
    const choose = () => { state.chosen = request; showRequests(); showWaterfall(); };
    return element("li", {}, element("button", { type: "button", on: { click: choose }, "aria-current": String(request === state.chosen) },
      element("span", {}, request.client), element("span", {}, request.words), element("span", {}, time(total))));
  });
  const focused = document.activeElement?.closest?.("#stream li");
  const place = focused ? [...$("stream").children].indexOf(focused) : -1;
  $("stream").replaceChildren(...items);
  if (place >= 0) $("stream").children[Math.min(place, items.length - 1)]?.firstChild.focus();
}

function showWaterfall() {
  const request = state.chosen;
  if (!request) return;
  const total = Math.max(1, request.steps.reduce((sum, it) => sum + it.us, 0));
  let begin = 0;
  const rows = request.steps.map((step) => {
    const [words, colour, source] = STEPS[step.name] ?? [step.name, "--sleeps", ""];
    const bar = element("i", { style: { "--tint": `var(${colour})`, left: `${(begin / total) * 100}%`, width: `${(step.us / total) * 100}%` } });
    begin += step.us;
    return element("div", { class: "step" }, element("span", {}, words), element("span", { class: "track" }, bar),
      element("span", {}, time(step.us)), element("code", {}, source));
  });
  $("waterfall").replaceChildren(element("h3", {}, `${request.client}: ${request.words}, ${time(total)}`), ...rows);
}

// Figures over time: name, unit, and the value of a sample, given the one before.
const FIGURES = [
  ["requests a second", number, (now, before, seconds) => (now.figures.calls - before.figures.calls) / seconds],
  ["half of the calls take at most", time, (now) => now.figures.p50_us],
  ["99 % of the calls take at most", time, (now) => now.figures.p99_us],
  ["memory", bytes, (now) => now.figures.memory_bytes],
  ["clients", number, (now) => now.figures.clients],
  ["log, bytes a second", bytes, (now, before, seconds) => (now.log.written_bytes - before.log.written_bytes) / seconds],
];

function keepFigures(now, before) {
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  if (!seconds) return;
  state.samples.push({ us: now.us, values: FIGURES.map(([, , value]) => value(now, before, seconds)) });
  while (state.samples[0].us < now.us - KEPT_SECONDS * 1e6) state.samples.shift();
}

function showFigures(now) {
  const shown = state.samples.filter((it) => it.us >= now.us - state.seconds * 1e6);
  if (!shown.length) return;
  const plots = FIGURES.map(([name, format], index) => {
    const values = shown.map((it) => it.values[index]);
    const most = Math.max(...values, 1e-9);
    const points = shown.map((it, at) => {
      const x = 300 - ((now.us - it.us) / (state.seconds * 1e6)) * 300;
      return `${at ? "L" : "M"}${x.toFixed(1)} ${(58 - (values[at] / most) * 54).toFixed(1)}`;
    });
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", "0 0 300 60");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", points.join(" "));
    picture.append(path);
    return element("div", { class: "plot" }, `${name}: `, element("b", {}, format(values.at(-1))), picture);
  });
  $("plots").replaceChildren(...plots);
  $("plot-table").replaceChildren(...FIGURES.map(([name, format], index) => {
    const sorted = shown.map((it) => it.values[index]);
    const latest = sorted.at(-1);
    sorted.sort((one, other) => one - other);
    const cells = [latest, sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((it) => element("td", {}, format(it)));
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  }));
}

// Events.

function take(now) {
  const before = state.last;
  state.last = now;
  keepFigures(now, before);
  if (state.paused) return;
  $("about").textContent = now.about;
  showThreads(now, before);
  showLock(now, before);
  showLog(now, before);
  showKeyspace(now, before);
  showFigures(now);
}

function connect() {
  const events = new EventSource("/events");
  const tell = (text, isLost) => {
    $("connection").textContent = text;
    $("connection").classList.toggle("lost", isLost);
  };
  events.addEventListener("open", () => {
    // Another server may be there now, whose sums begin again.
    state.last = null;
    tell("connected", false);
  });
  events.addEventListener("sample", (event) => take(JSON.parse(event.data)));
  events.addEventListener("request", (event) => {
    state.requests.push(JSON.parse(event.data));
    if (state.requests.length > 200) state.requests.shift();
    if (!state.paused) showRequests();
  });
  events.addEventListener("error", () => {
    tell("the server is gone; trying again", true);
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  });
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  $("theme").textContent = name === "dark" ? "Light" : "Dark";
  for (const lane of state.lanes.values()) drawLane(lane);
}

$("legend").replaceChildren(...Object.keys(STATES).map((name) => element("li", {}, badge(name))));
$("pause").addEventListener("click", () => {
  state.paused = !state.paused;
  $("pause").setAttribute("aria-pressed", String(state.paused));
  $("pause").textContent = state.paused ? "Go on" : "Pause";
});
$("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
$("zoom").replaceChildren(...[[30, "30 seconds"], [60, "1 minute"], [300, "5 minutes"]].map(([seconds, words]) =>
  element("button", { type: "button", "aria-pressed": String(seconds === state.seconds), on: {
    click: (event) => {
      state.seconds = seconds;
      [...$("zoom").children].forEach((it) => it.setAttribute("aria-pressed", String(it === event.target)));
      if (state.last) showFigures(state.last);
    },
  } }, words)));
setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
connect();
