// The classroom's controls, and the walk of a slowed request from room to room. A server without
// `classroom yes` sends no classroom, and none of this is shown.

// The rooms that a request walks through, with the states of its thread there.
const ROOMS = [
  ["read", ["reads"]], ["parse", ["parses"]], ["find", ["runs"]], ["lock", ["waits-lock"]],
  ["run", ["holds-shared", "holds-alone"]], ["record", ["records"]], ["log", ["waits-log", "disk"]],
  ["send", ["answers"]],
];

// The value of a slider is left alone for this time after a hand has moved it.
const HAND_MS = 1500;

// The slowed client, the room where its request is, and the rooms where that has been. A request is over if its
// number is above `after`, which is the last one of when a request was seen in a room.
const walk = { client: undefined, room: undefined, last: undefined, passed: new Set(), after: 0 };

// When a hand last moved each slider.
const touched = new Map();

// The last request for each thing. They go in order: of two on their way, the server could take the later one
// first.
const sent = new Map();

function post(path, fields = {}) {
  sent.set(path, (sent.get(path) ?? Promise.resolve()).then(() => send(path, fields)));
}

async function send(path, fields) {
  try {
    const answer = await fetch(`/classroom/${path}`, { method: "POST", body: new URLSearchParams(fields) });
    if (!answer.ok) tell(`${path}: ${(await answer.text()).trim()}`);
  } catch {
    // The server is gone, as the stream of events tells.
  }
}

function showClassroom(now) {
  const it = now.classroom;
  $("classroom").hidden = !it;
  showWalk(now);
  if (!it) return;
  showClients(now, it.slow);
  showDelay("slow", it.slow?.ms ?? 0);
  showDelay("disk", it.disk_ms);
  $("load").setAttribute("aria-pressed", String(it.load));
  $("hold").setAttribute("aria-pressed", String(it.hold_ms > 0));
  write($("hold"), it.hold_ms ? `Held ${delayWords(it.hold_ms)}` : "Hold lock");
  write($("kill-promise"), lossByKill(now.log));
}

// Returns which writes the end of the process takes. What is in the file is the kernel's.
function lossByKill({ on: isOn, first: isFirst, queued_bytes: queued }) {
  if (!isOn) return "Nothing is logged, so all data is lost.";
  if (isFirst) return "The first file is not complete, so all data is lost.";
  const answered = "A write that was answered is in the file and comes back.";
  return `${answered} Queued, and not answered: ${queued ? bytes(queued) : "nothing"}.`;
}

function delayWords(ms) {
  if (!ms) return "off";
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms % 100 ? 3 : 1)} s`;
}

// Shows the server's delay, which another page or program may have set, to a value between the slider's steps.
function showDelay(name, ms) {
  const slider = $(`${name}-ms`);
  const isMoved = performance.now() - (touched.get(name) ?? -Infinity) < HAND_MS;
  if (isMoved || slider.matches(":active")) return;
  if (Number(slider.value) !== ms) slider.value = ms;
  tellDelay(name, ms);
}

function tellDelay(name, ms) {
  write($(`${name}-out`), delayWords(ms));
  $(`${name}-ms`).setAttribute("aria-valuetext", delayWords(ms));
}

function touch(name) {
  touched.set(name, performance.now());
  tellDelay(name, Number($(`${name}-ms`).value));
}

function showClients(now, slow) {
  const select = $("slow-client");
  const clients = new Set(now.threads.map((it) => it.client).filter((it) => it !== undefined));
  if (slow) clients.add(slow.client);
  // The focus stays here while the hand is in another window, so the list may grow, at its end. It does not
  // shrink: another client would come under the hand.
  const isFocused = document.activeElement === select;
  if (isFocused) for (const { value } of select.options) clients.add(Number(value));
  const list = [...clients].sort((one, other) => one - other);
  const chosen = isFocused && document.hasFocus() || !slow ? select.value : String(slow.client);
  keyed(select, list, (id) => id, (id) => element("option", { value: id }, `client-${id}`), () => {});
  if (clients.has(Number(chosen)) && select.value !== chosen) select.value = chosen;
}

function showWalk(now) {
  const slow = now.classroom?.slow;
  $("walk").hidden = !slow?.ms;
  const thread = slow && now.threads.find((it) => it.client === slow.client);
  const last = requests.all.findLast((it) => it.client === slow?.client);
  noteWalk(slow?.client, roomOf(thread?.state), last?.n ?? 0);
  if (!slow?.ms) return;
  const ended = !walk.room && last?.n > walk.after ? last : null;
  write($("walk-title"), `client-${slow.client} ${walkWords(thread, ended)}`);
  keyed($("stations"), ROOMS, ([name]) => name, newStation, (station, [name]) => {
    station.toggleAttribute("aria-current", name === walk.room);
    write(station.lastChild, stationWords(name, ended));
  });
}

// A room that comes before the last one is of the next request.
function noteWalk(client, room, n) {
  const order = (name) => ROOMS.findIndex(([it]) => it === name);
  if (client !== walk.client) Object.assign(walk, { client, last: undefined, after: n });
  const isNext = room && order(room) < order(walk.last);
  if (isNext || !walk.last) walk.passed.clear();
  walk.room = room;
  if (!room) return;
  walk.passed.add(room);
  Object.assign(walk, { last: room, after: n });
}

function walkWords(thread, ended) {
  if (ended) return `${ended.words[0].toUpperCase()} took ${time(ended.total_us)}`;
  // Busier clients may have taken its lane.
  if (!thread) return "has no lane now";
  return `${thread.command.toUpperCase()} ${stateOf(thread.state).words}`.trim();
}

// The times are known when the request is over. Those of the one before would mislead.
function stationWords(name, ended) {
  const steps = ended?.steps.filter((it) => it.name === name) ?? [];
  if (steps.length) return time(steps.reduce((sum, it) => sum + it.us, 0));
  if (name === walk.room) return "is here";
  return walk.passed.has(name) && !ended ? "passed" : "";
}

// A thread that runs without the lock finds the command, or frees memory when it is done with it.
function roomOf(state) {
  const isDone = state === "runs" && ["run", "record"].includes(walk.last);
  return isDone ? walk.last : ROOMS.find(([, states]) => states.includes(state))?.[0];
}

function newStation([name]) {
  return element("li", { "data-room": name }, badge(STEPS[name][1], name), element("small"));
}

function startClassroom() {
  const slow = () => post("slow", { client: $("slow-client").value, ms: $("slow-ms").value });
  $("slow-client").addEventListener("change", () => { touch("slow"); if (Number($("slow-ms").value)) slow(); });
  $("slow-ms").addEventListener("change", () => { touch("slow"); if ($("slow-client").value) slow(); });
  $("disk-ms").addEventListener("change", () => { touch("disk"); post("disk", { ms: $("disk-ms").value }); });
  for (const name of ["slow", "disk"]) $(`${name}-ms`).addEventListener("input", () => touch(name));
  $("hold").addEventListener("click", () => post("hold", { ms: $("hold-ms").value }));
  $("load").addEventListener("click", (event) =>
    post("load", { on: event.target.getAttribute("aria-pressed") === "true" ? "no" : "yes" }));
  $("kill").addEventListener("click", () => $("kill-box").showModal());
  $("kill-no").addEventListener("click", () => $("kill-box").close());
  $("kill-yes").addEventListener("click", () => { $("kill-box").close(); post("kill"); });
}
