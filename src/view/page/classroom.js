// The classroom's controls. A server without `classroom yes` sends no classroom, and none of this is shown.

// The value of a slider is left alone for this time after a hand has moved it.
const HAND_MS = 1500;

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
