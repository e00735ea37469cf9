// The walk of a slowed request from room to room.

// The rooms that a request walks through, with the states of its thread there.
const ROOMS = [
  ["read", ["reads"]], ["parse", ["parses"]], ["find", ["runs"]], ["lock", ["waits-lock"]],
  ["run", ["holds-shared", "holds-alone"]], ["record", ["records"]], ["log", ["waits-log", "disk"]],
  ["send", ["answers"]],
];

// The slowed client, the room where its request is, and the rooms where that has been. `after` is the number of
// the last traced request when one was last seen in a room: a request with a greater number is over.
const walk = { client: undefined, room: undefined, last: undefined, passed: new Set(), after: 0 };

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
