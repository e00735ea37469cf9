// The cells of the keyspace: one for each shard, or for several of them.

// A cell is shown as warm, or as just split, for so long.
const WARM_US = 1e6;
const SPLIT_US = 3e6;

// The pixels that the number of a database takes.
const NUMBER_WIDTH = 46;

// The cells of all databases in the order of their keys' hashes, by database and part of the hash space.
let cells = new Map();

function noteCells(us, databases) {
  const shown = databases.length ? databases : [{ number: 0, cells: [0] }];
  const noted = new Map();
  for (const database of shown) {
    const [warm, split] = [new Set(database.warm), new Set(database.split)];
    const parts = partsOf(database.cells.length);
    database.cells.forEach((keys, at) => {
      const key = `${database.number} ${parts[at]}`;
      const cell = cells.get(key) ?? { database: database.number, warmUntil: 0, splitUntil: 0 };
      if (warm.has(at)) cell.warmUntil = us + WARM_US;
      if (split.has(at)) cell.splitUntil = us + SPLIT_US;
      noted.set(key, Object.assign(cell, { keys, isNext: database.next_split === at, isSwept: database.swept === at }));
    });
  }
  cells = noted;
}

// The parts of the hash space that the cells of a database stand for. Shards are split in order, round by round
// (src/store/map/mod.rs), so the number of cells tells their parts. A part keeps its name while others are split.
function partsOf(length) {
  const bits = 31 - Math.clz32(length);
  const halves = 2 * (length - 2 ** bits);
  return Array.from({ length }, (_, at) => (at < halves ? `${bits + 1}:${at}` : `${bits}:${at - halves / 2}`));
}

// Tells the cells to the canvas too, for screen readers.
function cellsWords(us, databases) {
  const list = [...cells.values()];
  const shards = databases.reduce((sum, it) => sum + it.shards, 0);
  const warm = list.filter((it) => it.warmUntil > us).length;
  const split = list.flatMap((it, at) => (it.splitUntil > us ? [at] : []));
  const filled = list.filter((it) => it.keys).length;
  const numbers = withNumbers(list).flatMap((it) => it.words ?? []);
  Object.assign($("cells").dataset, { cells: list.length, filled, split, databases: numbers });
  const words = [warm ? `${number(warm)} touched` : "", split.length ? `${number(split.length)} split` : ""].filter(Boolean);
  label($("cells"), [count(list.length, "cell"), `${number(filled)} with keys`, ...words, ...numbers].join(", "));
  const grouped = shards > list.length ? ` in ${number(list.length)} cells` : "";
  return [count(shards, "shard") + grouped, ...words].join(", ");
}

function drawCells(us) {
  const [context, width, height] = canvas($("cells"));
  const list = withNumbers([...cells.values()]);
  const most = Math.max(1, ...list.map((it) => it.keys ?? 0));
  const [side, places] = placeCells(list, width, height);
  list.forEach((cell, at) => {
    const [x, y] = places[at];
    if (cell.words) drawNumber(context, cell.words, [x, y, side]);
    else drawCell(context, cell, [x + 1, y + 1, side - 2], [Math.sqrt(cell.keys / most), us]);
  });
}

// If there are several databases, the number of each stands before its cells.
function withNumbers(list) {
  if (list[0]?.database === list.at(-1)?.database) return list;
  return list.flatMap((cell, at) =>
    (cell.database === list[at - 1]?.database ? [cell] : [{ words: `db ${cell.database}` }, cell]));
}

// Returns the biggest side with which all cells fit, and their places.
function placeCells(list, width, height) {
  for (let side = Math.max(4, Math.min(110, height)); ; side -= 0.5) {
    if (side > 4 && Math.floor(width / side) * Math.floor(height / side) < list.length) continue;
    const places = placesOf(list, side, width);
    if (side <= 4 || (places.at(-1)?.[1] ?? 0) + side <= height) return [side, places];
  }
}

function placesOf(list, side, width) {
  let [x, y] = [0, 0];
  return list.map(({ words }) => {
    const wide = words ? Math.ceil(NUMBER_WIDTH / side) * side : side;
    if (x + wide > width && x) [x, y] = [0, y + side];
    x += wide;
    return [x - wide, y];
  });
}

function drawNumber(context, words, [x, y, side]) {
  context.font = `600 ${Math.max(10, Math.min(14, side))}px system-ui, "DejaVu Sans", sans-serif`;
  context.fillStyle = colour("--ink");
  Object.assign(context, { textAlign: "left", textBaseline: "middle" });
  context.fillText(words, x + 2, y + Math.max(11, side) / 2, NUMBER_WIDTH - 6);
}

function drawCell(context, cell, [x, y, side], [part, us]) {
  const isSplit = cell.splitUntil > us;
  const isWarm = cell.warmUntil > us;
  context.fillStyle = colour("--paper");
  context.fillRect(x, y, side, side);
  context.lineWidth = isSplit || isWarm ? Math.max(1.5, side / 8) : 1;
  context.strokeStyle = colour(isSplit ? "--vermillion" : isWarm ? "--orange" : "--line");
  const inset = context.lineWidth / 2;
  context.strokeRect(x + inset, y + inset, side - 2 * inset, side - 2 * inset);
  drawMarks(context, cell, [x, y, side]);
  if (!cell.keys) return;
  const inner = Math.max(2, (side - 2 * context.lineWidth) * part);
  context.fillStyle = colour(isSplit ? "--vermillion" : "--blue");
  context.fillRect(x + (side - inner) / 2, y + (side - inner) / 2, inner, inner);
  // A cut tells a cell that was split without its colour.
  if (isSplit) {
    context.fillStyle = colour("--paper");
    context.fillRect(x + side * 0.44, y, side * 0.12, side);
  }
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
