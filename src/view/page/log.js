// The log: the bytes in its queue, in the file and on the disk, and those that a power cut would take.

const PULSE_US = 15e6;

const NOTHING = "nothing";

// Writes and syncs, summed up by tenths of a second: all of the last seconds, and the drawn ones.
const log = { writes: [], syncs: [], shown: { us: 0, writes: [], syncs: [] } };

// Notes the writes and the syncs of a sample, which is also done in a pause.
function keepLog(now) {
  const { recent_writes: writes, recent_syncs: syncs } = now.log;
  keepTenths(log.writes, writes, now.us - PULSE_US);
  keepTenths(log.syncs, syncs, now.us - PULSE_US);
}

// Each sample has the last tenths once more: the very last one may not have been over.
function keepTenths(kept, fresh, oldest) {
  while (kept.length && kept.at(-1).at_us >= fresh[0]?.at_us) kept.pop();
  kept.push(...fresh);
  while (kept.length && kept[0].at_us < oldest) kept.shift();
}

function forgetLog() {
  log.writes.length = log.syncs.length = 0;
}

function showLog(now, before) {
  const it = now.log;
  const rate = perSecond(now, before, "written_bytes");
  const hasFile = it.on && !it.first;
  write($("policy"), now.loading ? "loading" : it.on ? `appendfsync ${it.policy}` : "off");
  showStage("queued", it.queued_bytes);
  showStage("unsynced", it.unsynced_bytes);
  write($("synced"), hasFile ? bytes(Math.max(0, it.file_bytes - it.unsynced_bytes)) : "–");
  showRisk(it, now.loading);
  showRewrite(it);
  facts($("log-facts"), [
    ["written", hasFile ? `${bytes(rate)}/s${perWrite(it, before?.log)}` : ""],
    ["last sync", it.syncs ? time(it.last_sync_us) : ""],
    ["file", hasFile ? `${bytes(it.file_bytes)}${it.base_bytes ? `, base ${bytes(it.base_bytes)}` : ""}` : ""],
    ["last rewrite", lastRewrite(it)],
    ["recovered", now.recovered?.records ? `${count(now.recovered.keys, "key")} in ${time(now.recovered.ms * 1000)}` : ""],
  ]);
  log.shown = { us: now.us, writes: [...log.writes], syncs: [...log.syncs] };
  drawPulse();
}

function perSecond(now, before, name) {
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  return seconds > 0 ? Math.max(0, (now.log[name] - before.log[name]) / seconds) : 0;
}

function perWrite(one, other) {
  const writes = other ? one.writes - other.writes : 0;
  return writes > 0 ? `, ${number((one.records - other.records) / writes)} a write` : "";
}

function showStage(id, size) {
  write($(id), size ? bytes(size) : "empty");
  $(id).parentElement.classList.toggle("full", size > 0);
}

function showRisk(it, isLoading) {
  const words = riskWords(it, isLoading);
  write($("risk"), words);
  $("risk").classList.toggle("safe", words === NOTHING);
  $("risk").classList.toggle("failing", it.failing);
  write($("policy-words"), it.failing ? "The disk refuses the log, so writes are refused." : isLoading ? "" : it.promise);
}

function riskWords(it, isLoading) {
  if (isLoading) return "nothing new: the data is being loaded, and writes are refused";
  if (!it.on) return "all: nothing is logged";
  if (it.first) return "all, until the first file is there";
  const lost = it.queued_bytes + it.unsynced_bytes;
  const records = it.queued_records + it.unsynced_records;
  const since = it.unsynced_us ? `, of the last ${time(it.unsynced_us)}` : "";
  return lost ? `${records ? `${count(records, "record")}, ` : ""}${bytes(lost)}${since}` : NOTHING;
}

function lastRewrite(it) {
  if (typeof it.rewrite_failed_s === "number") return `failed, ${span(it.rewrite_failed_s)} ago`;
  return it.rewrites ? time(it.last_rewrite_us) : "";
}

function showRewrite(it) {
  $("rewrite").hidden = !it.rewrite;
  if (!it.rewrite) return;
  const { bytes: written, us } = it.rewrite;
  write($("rewrite-words"), `${it.first ? "first file" : "rewrite"}: ${bytes(written)}, ${time(us)}`);
  // The new file is about as big as the old one at most. How big a first file will be, nobody knows.
  const most = it.first ? 0 : Math.max(it.base_bytes, it.file_bytes);
  if (written < most) $("rewrite-bar").value = written / most;
  else $("rewrite-bar").removeAttribute("value");
}

function recoveredWords({ keys, records, bytes: size, cut_bytes: cut, ms }) {
  const read = `from ${count(records, "record")} (${bytes(size)})`;
  return `${count(keys, "key")} ${read} in ${time(ms * 1000)}${cut ? `, ${bytes(cut)} cut off` : ""}`;
}

// Draws the biggest write and the slowest sync of each tenth of a second.
function drawPulse() {
  const [context, width, height] = canvas($("pulse"));
  const { us, writes, syncs } = log.shown;
  const x = (at) => width * (1 - (us - at) / PULSE_US);
  const most = Math.max(1, ...writes.map((it) => it.most_bytes));
  const middle = height * 0.62;
  context.fillStyle = colour("--purple");
  for (const it of writes) {
    const high = Math.max(2, (middle * Math.log1p(it.most_bytes)) / Math.log1p(most));
    context.fillRect(x(it.at_us) - 2, middle - high, 4, high);
  }
  context.fillStyle = colour("--line");
  context.fillRect(0, middle, width, 1);
  const slowest = Math.max(1, ...syncs.map((it) => it.most_us));
  context.fillStyle = colour("--disk");
  for (const it of syncs) {
    const high = 5 + (height - middle - 7) * (it.most_us / slowest);
    context.fillRect(x(it.at_us) - 3, height - high, 7, high);
  }
  showPulseWords(bytes(writes.length ? most : 0), time(syncs.length ? slowest : 0));
}

function showPulseWords(biggest, slowest) {
  const { writes, syncs } = log.shown;
  write($("pulse-writes"), writes.length ? `writes up to ${biggest}` : "no write");
  write($("pulse-syncs"), syncs.length ? `syncs up to ${slowest}` : "no sync");
  const total = (tenths) => tenths.reduce((sum, it) => sum + it.count, 0);
  label($("pulse"), `The last 15 seconds: ${count(total(writes), "write")}, the biggest of ${biggest}; `
    + `${count(total(syncs), "sync")}, the slowest of ${slowest}`);
}

function label(node, words) {
  if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
}
