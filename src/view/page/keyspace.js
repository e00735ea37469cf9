// The keyspace: its keys, expiry, and the biggest keys.

// The sweeper's work is of one sweep until it has rested for so long.
const REST_US = 1e6;

// The last sweep: the sums before it, and after it.
let sweep = null;

function showKeyspace(now, before) {
  const { databases } = now;
  write($("keys"), keysWords(now, databases.length));
  noteCells(now.us, databases);
  const words = cellsWords(now.us, databases);
  write($("cells-words"), now.keys ? words : "empty");
  showExpiry(now, before);
  showSweep(now, before);
  // Last, since words above change the room that is left.
  drawCells(now.us);
  showBiggest(now.biggest);
}

// Another server has other keys.
function forgetKeys() {
  cells.clear();
  sweep = null;
}

function keysWords({ keys, used_databases: used }, shown) {
  const words = used > 1 ? ` in ${number(used)} databases` : "";
  return `${count(keys, "key")}${words}${used > shown && shown ? `, ${number(shown)} shown` : ""}`;
}

function showExpiry(now, before) {
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  const rate = seconds > 0 ? Math.max(0, (now.expired - before.expired) / seconds) : 0;
  const expiring = now.databases.reduce((sum, it) => sum + it.expiring, 0);
  write($("expiry"), [expiring ? `${number(expiring)} with a time` : "", `${number(now.expired)} expired`,
    rate >= 1 ? `${number(rate)} a second` : ""].filter(Boolean).join(", "));
}

// A sweep can be over before the next sample, so the last one stays in view.
function showSweep(now, before) {
  if (before && now.sweep.steps > before.sweep.steps) {
    if (!sweep || now.us - sweep.until > REST_US) sweep = { from: before.sweep };
    Object.assign(sweep, { to: now.sweep, until: now.us });
  }
  $("sweep").classList.toggle("now", sweep !== null && now.us - sweep.until <= REST_US);
  write($("sweep"), now.sweep.on ? sweepWords(now.us) : "the sweeper is switched off");
}

function sweepWords(us) {
  if (!sweep) return "the sweeper has nothing to do";
  const part = (name) => Math.max(0, sweep.to[name] - sweep.from[name]);
  const ago = us - sweep.until;
  const work = `${count(part("removed"), "key")} removed in ${count(part("steps"), "step")}, ${time(part("us"))}`;
  return ago > REST_US ? `last sweep ${span(ago / 1e6)} ago: ${work}` : `sweeps: ${work}`;
}

function showBiggest(biggest) {
  const row = () => element("tr", {}, element("th", { scope: "row" }), element("td"), element("td", { class: "right" }),
    element("td", { class: "right" }));
  keyed($("biggest"), biggest, (it) => biggest.indexOf(it), row, ({ children }, it) => {
    write(children[0], it.database ? `${it.key} (db ${it.database})` : it.key);
    write(children[1], it.type);
    write(children[2], number(it.elements));
    write(children[3], bytes(it.bytes));
  });
}
