// The keyspace: shards as cells, expiry, and the biggest keys.

// A cell is shown as warm, or as new, for so long.
const WARM_US = 1e6;
const SPLIT_US = 3e6;

const cells = new Map();
let shardsBefore = new Map();

function showKeyspace(now, before) {
  const databases = now.databases ?? [];
  const keys = databases.reduce((sum, it) => sum + it.keys, 0);
  const shards = databases.reduce((sum, it) => sum + it.shards, 0);
  write($("keys"), `${count(keys, "key")}${databases.length > 1 ? ` in ${databases.length} databases` : ""}`);
  noteCells(now.us, databases);
  const list = [...cells.values()];
  const filled = list.filter((it) => it.keys).length;
  const warm = list.filter((it) => it.warmUntil > now.us).length;
  const fresh = list.filter((it) => it.splitUntil > now.us).length;
  const words = `${count(shards, "shard")}, ${number(warm)} warm${fresh ? `, ${number(fresh)} split off` : ""}`;
  write($("cells-words"), keys ? words : "empty");
  label($("cells"), `${count(list.length, "cell")}, ${number(filled)} with keys, ${number(warm)} touched now`);
  Object.assign($("cells").dataset, { cells: list.length, filled });
  showExpiry(now, before);
  // Last, since words above change the room that is left.
  drawCells(now.us);
  showBiggest(now.biggest ?? []);
}

function noteCells(us, databases) {
  const shown = databases.length ? databases : [{ number: 0, keys: 0, shards: 1, cells: [0] }];
  const seen = new Set();
  for (const database of shown) {
    const warm = database.warm && new Set(database.warm);
    const grew = database.shards > (shardsBefore.get(database.number) ?? Infinity);
    database.cells.forEach((keys, at) => {
      const key = `${database.number}:${at}`;
      seen.add(key);
      const old = cells.get(key);
      const cell = old ?? { database: database.number, warmUntil: 0, splitUntil: grew ? us + SPLIT_US : 0 };
      // A server that does not tell the touched cells tells their sizes.
      if (warm ? warm.has(at) : old && old.keys !== keys) cell.warmUntil = us + WARM_US;
      Object.assign(cell, { keys, isNext: database.next_split === at, isSwept: database.swept === at });
      cells.set(key, cell);
    });
  }
  for (const key of cells.keys()) if (!seen.has(key)) cells.delete(key);
  shardsBefore = new Map(shown.map((it) => [it.number, it.shards]));
}

function drawCells(us) {
  const [context, width, height] = canvas($("cells"));
  const list = [...cells.values()];
  const side = cellSide(list.length, width, height);
  const columns = Math.max(1, Math.floor(width / side));
  const most = Math.max(1, ...list.map((it) => it.keys));
  list.forEach((cell, at) => {
    const [x, y] = [(at % columns) * side, Math.floor(at / columns) * side];
    drawCell(context, cell, [x + 1, y + 1, side - 2], [Math.sqrt(cell.keys / most), us]);
  });
}

// The biggest side with which all cells fit.
function cellSide(wanted, width, height) {
  let side = Math.min(110, height);
  while (side > 4 && Math.floor(width / side) * Math.floor(height / side) < wanted) side -= 0.5;
  return side;
}

function drawCell(context, cell, [x, y, side], [part, us]) {
  const isNew = cell.splitUntil > us;
  const isWarm = cell.warmUntil > us;
  context.fillStyle = colour("--paper");
  context.fillRect(x, y, side, side);
  context.lineWidth = isNew || isWarm ? Math.max(1.5, side / 8) : 1;
  context.strokeStyle = colour(isNew ? "--vermillion" : isWarm ? "--orange" : "--line");
  const inset = context.lineWidth / 2;
  context.strokeRect(x + inset, y + inset, side - 2 * inset, side - 2 * inset);
  drawMarks(context, cell, [x, y, side]);
  if (!cell.keys) return;
  const inner = Math.max(2, (side - 2 * context.lineWidth) * part);
  context.fillStyle = colour(isNew ? "--vermillion" : "--blue");
  context.fillRect(x + (side - inner) / 2, y + (side - inner) / 2, inner, inner);
  // A dot tells a warm cell without its colour.
  if (isWarm) {
    context.fillStyle = colour("--orange");
    context.beginPath();
    context.arc(x + side / 2, y + side / 2, side / 5, 0, 7);
    context.fill();
  }
  if (side >= 44) drawCount(context, rough(cell.keys), [x + side / 2, y + side / 2, side]);
}

// The number of keys, on a ground on which it can be read.
function drawCount(context, words, [x, y, side]) {
  context.font = `700 ${side / 4}px system-ui, "DejaVu Sans", sans-serif`;
  const wide = context.measureText(words).width + side / 8;
  context.fillStyle = colour("--paper");
  context.fillRect(x - wide / 2, y - side * 0.17, wide, side * 0.34);
  context.fillStyle = colour("--ink");
  Object.assign(context, { textAlign: "center", textBaseline: "middle" });
  context.fillText(words, x, y);
}

// The cell that is split next, and the one that the sweep has come to.
function drawMarks(context, cell, [x, y, side]) {
  context.lineWidth = Math.max(1, side / 12);
  if (cell.isNext) {
    context.strokeStyle = colour("--vermillion");
    context.setLineDash([side / 5, side / 7]);
    context.strokeRect(x + 1, y + 1, side - 2, side - 2);
    context.setLineDash([]);
  }
  context.fillStyle = colour("--ink");
  if (cell.isSwept) context.fillRect(x, y + side * 0.82, side, side * 0.18);
}

function showExpiry(now, before) {
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  const rate = seconds > 0 ? Math.max(0, (now.expired - before.expired) / seconds) : 0;
  const expiring = (now.databases ?? []).reduce((sum, it) => sum + (it.expiring ?? 0), 0);
  write($("expiry"), [expiring ? `${number(expiring)} with a time` : "", `${number(now.expired)} expired`,
    rate >= 1 ? `${number(rate)} a second` : ""].filter(Boolean).join(", "));
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
