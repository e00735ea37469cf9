// The log: what is queued, what is in the file, what is on the disk, and what a power cut would take.

const PULSE_US = 15e6;

const log = { writes: [], syncs: [], lastWrite: -1, lastSync: -1 };

function showLog(now, before) {
  const it = now.log ?? {};
  const rate = perSecond(now, before, "written_bytes");
  collect(now, before);
  write($("policy"), it.on ? it.policy ? `appendfsync ${it.policy}` : "" : "off");
  const lost = (it.queued_bytes ?? 0) + (it.unsynced_bytes ?? 0);
  const records = (it.queued_records ?? 0) + (it.unsynced_records ?? 0);
  showStage("queued", it.queued_bytes);
  showStage("unsynced", it.unsynced_bytes);
  write($("synced"), it.on ? bytes(Math.max(0, it.file_bytes - (it.unsynced_bytes ?? 0))) : "–");
  showRisk(it, lost, records);
  showRewrite(it);
  facts($("log-facts"), [
    ["written", it.on ? `${bytes(rate)}/s${perWrite(it, before?.log)}` : ""],
    ["last sync", it.syncs ? time(it.last_sync_us) : ""],
    ["file", it.on ? `${bytes(it.file_bytes)}${it.base_bytes ? `, base ${bytes(it.base_bytes)}` : ""}` : ""],
    ["last rewrite", it.rewrites ? time(it.last_rewrite_us) : ""],
    ["recovered", now.recovered?.records ? `${count(now.recovered.keys, "key")} in ${time(now.recovered.ms * 1000)}` : ""],
  ]);
  drawPulse(now.us);
}

function perSecond(now, before, name) {
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  return seconds > 0 ? Math.max(0, ((now.log?.[name] ?? 0) - (before.log?.[name] ?? 0)) / seconds) : 0;
}

function perWrite(one, other) {
  const writes = other ? one.writes - other.writes : 0;
  return writes > 0 ? `, ${number((one.records - other.records) / writes)} a write` : "";
}

function showStage(id, size = 0) {
  write($(id), size ? bytes(size) : "empty");
  $(id).parentElement.classList.toggle("full", size > 0);
}

function showRisk(it, lost, records) {
  const named = records ? `${count(records, "record")}, ${bytes(lost)}` : bytes(lost);
  const since = it.unsynced_us ? `, of the last ${time(it.unsynced_us)}` : "";
  const all = "all since the last snapshot: nothing is logged";
  write($("risk"), it.on ? (lost ? named + since : "nothing") : all);
  $("risk").classList.toggle("safe", Boolean(it.on) && !lost);
  $("risk").classList.toggle("failing", Boolean(it.failing));
  write($("policy-words"), it.failing ? "The disk refuses the log, so writes are refused." : it.promise ?? "");
}

function showRewrite(it) {
  $("rewrite").hidden = !it.rewriting;
  if (!it.rewriting) return;
  const { bytes: written = 0, us = 0 } = it.rewrite ?? {};
  write($("rewrite-words"), `rewrite: ${bytes(written)}, ${time(us)}`);
  // The new file is at most about as big as the old one, so this is an upper bound of what is left.
  $("rewrite-bar").value = Math.min(1, written / Math.max(1, it.base_bytes || it.file_bytes));
}

function recoveredWords({ keys, records, bytes: size, cut_bytes: cut, ms }) {
  const read = records === undefined ? "" : ` from ${count(records, "record")} (${bytes(size)})`;
  return `${count(keys, "key")}${read} in ${time(ms * 1000)}${cut ? `, ${bytes(cut)} cut off` : ""}`;
}

// Keeps each write and each sync with the time at which the page heard of it. Older ones than the first
// sample have no such time.
function collect(now, before) {
  const { recent_writes: writes = [], recent_syncs: syncs = [] } = now.log ?? {};
  const times = before && [before.us, now.us];
  log.lastWrite = keep(log.writes, writes, log.lastWrite, times);
  log.lastSync = keep(log.syncs, syncs, log.lastSync, times);
}

// Returns the number of the last event.
function keep(kept, events, last, times) {
  if (times) {
    const [from, to] = times;
    const fresh = events.filter((it) => it.n > last);
    fresh.forEach((it, at) => kept.push({ ...it, at: from + ((at + 1) * (to - from)) / fresh.length }));
    while (kept.length && kept[0].at < to - PULSE_US) kept.shift();
  }
  return events.at(-1)?.n ?? last;
}

function drawPulse(us) {
  const [context, width, height] = canvas($("pulse"));
  const x = (at) => width * (1 - (us - at) / PULSE_US);
  const most = Math.max(1, ...log.writes.map((it) => it.bytes));
  const middle = height * 0.62;
  context.fillStyle = colour("--purple");
  for (const it of log.writes) {
    const high = Math.max(2, (middle * Math.log1p(it.bytes)) / Math.log1p(most));
    context.fillRect(x(it.at) - 4, middle - high, 4, high);
  }
  context.fillStyle = colour("--line");
  context.fillRect(0, middle, width, 1);
  const slowest = Math.max(1, ...log.syncs.map((it) => it.us));
  context.fillStyle = colour("--disk");
  for (const it of log.syncs) {
    const high = 5 + (height - middle - 7) * (it.us / slowest);
    context.fillRect(x(it.at) - 7, height - high, 7, high);
  }
  const [biggest, longest] = [bytes(log.writes.length ? most : 0), time(log.syncs.length ? slowest : 0)];
  write($("pulse-writes"), log.writes.length ? `writes up to ${biggest}` : "no write");
  write($("pulse-syncs"), log.syncs.length ? `syncs up to ${longest}` : "no sync");
  label($("pulse"), `The last 15 seconds: ${count(log.writes.length, "write")}, the biggest of ${biggest}; `
    + `${count(log.syncs.length, "sync")}, the slowest of ${longest}`);
}

function label(node, words) {
  if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
}
