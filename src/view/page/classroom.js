// The classroom's controls, and the walk of a slowed request from room to room. A server without
// `classroom yes` sends no classroom, and none of this is shown.

// The rooms that a request walks through, with the states of its thread there.
const ROOMS = [
  ["read", ["reads"]], ["parse", ["parses"]], ["find", ["runs"]], ["lock", ["waits-lock"]],
  ["run", ["holds-shared", "holds-alone"]], ["record", ["records"]], ["log", ["waits-log", "disk"]],
  ["send", ["answers"]],
];

const classroom = { touched: new Map(), room: undefined };

async function post(path, fields = {}) {
  try {
    const answer = await fetch(`/classroom/${path}`, { method: "POST", body: new URLSearchParams(fields) });
    if (!answer.ok) tell(`${path}: ${(await answer.text()).trim() || answer.statusText}`);
    return answer.ok;
  } catch {
    return path === "kill";
  }
}

function showClassroom(now) {
  const it = now.classroom;
  $("classroom").hidden = !it;
  showWalk(now);
  if (!it) return;
  showClients(now, it.slow);
  set("slow-ms", it.slow?.ms ?? 0);
  set("disk-ms", it.disk_ms ?? 0);
  for (const name of ["slow", "disk"]) write($(`${name}-out`), delayWords(Number($(`${name}-ms`).value)));
  $("load").setAttribute("aria-pressed", String(Boolean(it.load)));
  $("hold").setAttribute("aria-pressed", String(it.hold_ms > 0));
  write($("kill-loss"), now.log?.queued_bytes ? bytes(now.log.queued_bytes) : "nothing");
}

const delayWords = (ms) => (ms ? `${(ms / 1000).toFixed(1)} s` : "off");

// Shows what the server says, unless a hand is on the control or has just left it.
function set(id, value) {
  const node = $(id);
  if (performance.now() - (classroom.touched.get(id) ?? -Infinity) < 1500) return;
  if (Number(node.value) !== Number(value)) node.value = value;
}

function touch(id) {
  classroom.touched.set(id, performance.now());
}

function showClients(now, slow) {
  const select = $("slow-client");
  const clients = (now.threads ?? []).map(clientOf).filter((it) => it >= 0).sort((one, other) => one - other);
  if (slow && !clients.includes(slow.client)) clients.push(slow.client);
  // A list that is open must not change under the hand.
  if (document.activeElement === select && select.options.length) return;
  const chosen = slow?.ms ? String(slow.client) : select.value;
  keyed(select, clients, (id) => id, (id) => element("option", { value: id }, `client-${id}`), () => {});
  if (clients.map(String).includes(chosen)) select.value = chosen;
}

function showWalk(now) {
  const slow = now.classroom?.slow;
  $("walk").hidden = !slow?.ms;
  if (!slow?.ms) return;
  const thread = (now.threads ?? []).find((it) => clientOf(it) === slow.client);
  const last = requests.all.findLast((it) => it.client === slow.client);
  const doing = thread ? `${(thread.command ?? "").toUpperCase()} ${stateOf(thread.state).words}` : "is gone";
  write($("walk-title"), `client-${slow.client} ${doing}`.trim());
  classroom.room = roomOf(thread?.state);
  keyed($("stations"), ROOMS, ([name]) => name, newStation, (station, [name]) => {
    const isHere = name === classroom.room;
    station.toggleAttribute("aria-current", isHere);
    const spent = last?.steps.find((it) => it.name === name)?.us;
    write(station.lastChild, isHere ? "is here" : spent === undefined ? "" : time(spent));
  });
}

// A thread that runs without the lock finds the command, or frees memory when it is done with it.
function roomOf(state) {
  const isDone = state === "runs" && ["run", "record"].includes(classroom.room);
  return isDone ? classroom.room : ROOMS.find(([, states]) => states.includes(state))?.[0];
}

function newStation([name]) {
  return element("li", { "data-room": name }, badge(STEPS[name][1], name), element("small"));
}

function startClassroom() {
  const slow = () => post("slow", { client: $("slow-client").value, ms: $("slow-ms").value });
  $("slow-client").addEventListener("change", () => { touch("slow-ms"); if (Number($("slow-ms").value)) slow(); });
  $("slow-ms").addEventListener("change", () => { touch("slow-ms"); if ($("slow-client").value) slow(); });
  $("disk-ms").addEventListener("change", () => { touch("disk-ms"); post("disk", { ms: $("disk-ms").value }); });
  for (const id of ["slow-ms", "disk-ms"]) $(id).addEventListener("input", () => touch(id));
  $("hold").addEventListener("click", () => post("hold", { ms: $("hold-ms").value }));
  $("load").addEventListener("click", (event) =>
    post("load", { on: event.target.getAttribute("aria-pressed") === "true" ? "no" : "yes" }));
  $("kill").addEventListener("click", () => $("kill-box").showModal());
  $("kill-no").addEventListener("click", () => $("kill-box").close());
  $("kill-yes").addEventListener("click", () => { $("kill-box").close(); post("kill"); });
}
