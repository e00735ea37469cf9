// The lanes of the threads: the state of each, now and in the last seconds.

const LANE_SAMPLES = 60;

const lanes = new Map();

// Threads that work for this page: in a lane they would only show that somebody looks.
const isOfPage = ({ kind }) => ["view", "viewer"].includes(kind);

// The log's thread and the sweeper come first, then the clients, then threads that mostly sleep.
function rank({ kind }) {
  if (["aof", "sweeper"].includes(kind)) return 0;
  return ["client", "client_out", "classroom"].includes(kind) ? 1 : 2;
}

// The last states of each thread, by its number.
const pasts = new Map();

// Notes the states of a sample, which is also done in a pause.
function keepLanes({ threads }) {
  const numbers = new Set(threads.map((it) => it.tid));
  for (const tid of pasts.keys()) if (!numbers.has(tid)) pasts.delete(tid);
  for (const { tid, state } of threads) {
    const past = pasts.get(tid) ?? [];
    pasts.set(tid, past);
    past.push(state);
    if (past.length > LANE_SAMPLES) past.shift();
  }
}

function showThreads(now, before) {
  const threads = now.threads.filter((it) => !isOfPage(it)).sort((one, other) =>
    rank(one) - rank(other) || (one.client ?? 0) - (other.client ?? 0) || one.tid - other.tid);
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  const earlier = new Map(before?.threads.map((it) => [it.tid, it]));
  // The kernel gives the number of a thread to another one later.
  keyed($("lanes"), threads, (it) => `${it.tid} ${it.name}`, newLane, (row, thread) => {
    const old = earlier.get(thread.tid);
    const rate = (name) => (old && seconds ? Math.max(0, (thread[name] - old[name]) / seconds) : 0);
    const lane = lanes.get(row);
    lane.states = [...pasts.get(thread.tid)];
    showBadge(lane.now, thread.state);
    write(lane.command, (thread.command ?? "").toUpperCase());
    write(lane.cpu, percent(rate("cpu_us") / 1e6));
    write(lane.switches, rough(rate("switches")));
  });
  for (const row of lanes.keys()) if (!row.isConnected) lanes.delete(row);
  drawLanes();
  showFolded(now.folded, now.threads.length, now.threads.filter(isOfPage).length);
}

function newLane(thread) {
  const lane = { states: [], now: element("td", { class: "now" }), command: element("td", { class: "command" }),
    picture: element("canvas", { class: "lane", "aria-hidden": "true" }),
    cpu: element("td", { class: "right" }), switches: element("td", { class: "right" }) };
  const name = element("th", { scope: "row", ...(thread.peer ? { title: thread.peer } : {}) }, thread.name);
  const row = element("tr", { "data-thread": thread.name }, name, lane.now, lane.command,
    element("td", { class: "past" }, lane.picture), lane.cpu, lane.switches);
  lanes.set(row, lane);
  return row;
}

function showFolded(folded, shown, ofPage) {
  const more = folded.reduce((sum, it) => sum + it.count, 0);
  write($("threads-count"), count(shown + more, "thread"));
  const groups = folded.map(({ state, count: many }) => ({ state, words: `${number(many)} ${stateOf(state).words}` }));
  groups.push({ key: "page", state: "sleeps", words: `${number(ofPage)} for this page` });
  keyed($("folded"), groups, (it) => it.key ?? it.state, (it) => badge(it.state),
    (node, it) => write(node.lastChild, it.words));
}

function drawLanes() {
  for (const lane of lanes.values()) drawLane(lane);
}

function drawLane({ picture, states }) {
  const [context, width, height] = canvas(picture);
  const step = width / LANE_SAMPLES;
  const left = LANE_SAMPLES - states.length;
  for (let from = 0, to = 0; from < states.length; from = to) {
    while (to < states.length && states[to] === states[from]) to += 1;
    const state = stateOf(states[from]);
    const high = Math.max(2, height * (state.level ?? 1));
    const [x, wide] = [(left + from) * step, (to - from) * step];
    fill(context, state, [x, height - high, wide, high]);
  }
}
