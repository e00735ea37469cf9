// Sampled requests: a stream of them, and one as a waterfall.

// The steps of a request: words, and the state of the thread meanwhile.
const STEPS = {
  read: ["read", "reads"],
  parse: ["parse", "parses"],
  find: ["find the command", "parses"],
  wait: ["wait", "blocked"],
  lock: ["wait for the lock", "waits-lock"],
  run: ["run", "runs"],
  record: ["record", "records"],
  log: ["wait for the log", "waits-log"],
  send: ["send", "answers"],
  free: ["free memory", "runs"],
};

const MAX_REQUESTS = 500;
const SHOWN_REQUESTS = 30;

const requests = { all: [], shown: [], chosen: null };

const ownerOf = (request) => request.name || `client-${request.client}`;

// A word with spaces, or an empty one, stands in quotes.
const quoted = (word) => (/^[^\s"]+$/.test(word) ? word : JSON.stringify(word));

const wordsOf = ({ words }) => words.map(quoted).join(" ");

// Comes after a sample, so the server is known. Another one begins with the same numbers.
function takeRequest(request) {
  requests.all.push({ ...request, key: `${page.last.run} ${request.n}` });
  if (requests.all.length > MAX_REQUESTS) requests.all.shift();
}

// The stream stands still while a reader is in it: a line under the pointer or the focus stays there.
function isRead() {
  return $("stream").matches(":hover, :focus-within") || $("waterfall").open;
}

function showRequests() {
  if (isRead()) {
    const newer = requests.all.length - 1 - requests.all.indexOf(requests.shown[0]);
    return write($("stream-note"), newer ? `held while you choose; ${count(newer, "newer one")}` : "");
  }
  requests.shown = requests.all.slice(-SHOWN_REQUESTS).reverse();
  write($("stream-note"), requests.all.length ? "choose one to see its steps" : "type SET greeting hello in redis-cli");
  keyed($("stream"), requests.shown, (it) => it.key, newRequest, () => {});
}

function newRequest(request) {
  const button = element("button", { type: "button", "aria-haspopup": "dialog" }, element("span", {}, ownerOf(request)),
    element("code", {}, wordsOf(request)), strip(request), element("b", {}, time(request.total_us)));
  button.addEventListener("click", () => openWaterfall(request));
  return element("li", {}, button);
}

// The steps in one line, as wide as their times.
function strip(request) {
  const parts = request.steps.map((step) => {
    const part = element("i");
    part.style.setProperty("flex-grow", String(step.us / Math.max(0.001, request.total_us)));
    part.style.setProperty("--tint", `var(${stateOf(STEPS[step.name][1]).colour})`);
    return part;
  });
  return element("span", { class: "strip", "aria-hidden": "true" }, ...parts);
}

function openWaterfall(request) {
  requests.chosen = request;
  showWaterfall();
  if (!$("waterfall").open) $("waterfall").showModal();
}

function showWaterfall() {
  const request = requests.chosen;
  const total = request.total_us;
  write($("waterfall-title"), wordsOf(request));
  write($("waterfall-words"), [`${time(total)} for ${ownerOf(request)}`,
    request.pipeline > 1 ? `in a pipeline of ${number(request.pipeline)}` : "",
    request.database ? `in database ${request.database}` : ""].filter(Boolean).join(", "));
  let begin = 0;
  $("steps").replaceChildren(...request.steps.map((step) => {
    const row = newStep(step, begin / Math.max(0.001, total), step.us / Math.max(0.001, total));
    begin += step.us;
    return row;
  }));
  const at = requests.shown.indexOf(request);
  $("newer").disabled = at <= 0;
  $("older").disabled = at < 0 || at === requests.shown.length - 1;
}

function newStep(step, from, part) {
  const [words, state] = STEPS[step.name];
  const bar = element("i");
  bar.style.setProperty("--tint", `var(${stateOf(state).colour})`);
  bar.style.setProperty("left", `${Math.min(99, from * 100)}%`);
  bar.style.setProperty("width", `${part * 100}%`);
  const title = [words, (step.command ?? "").toUpperCase()].join(" ").trim();
  return element("tr", { "data-step": step.name }, element("th", { scope: "row" }, badge(state, title)),
    element("td", { class: "track" }, element("div", {}, bar)), element("td", { class: "right" }, time(step.us)),
    element("td", {}, element("code", {}, step.source)));
}

// Chooses the request `by` lines further down.
function step(by) {
  const next = requests.shown[requests.shown.indexOf(requests.chosen) + by];
  if (next) openWaterfall(next);
}

function startRequests() {
  $("older").addEventListener("click", () => step(1));
  $("newer").addEventListener("click", () => step(-1));
  $("waterfall-close").addEventListener("click", () => $("waterfall").close());
}
