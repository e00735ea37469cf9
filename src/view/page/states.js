// The states of a thread. Each has a colour of Okabe and Ito, a shape in a box of 16 by 16, and words.
// In a lane it has a height and a filling too, so that nobody needs the colour.

const STATES = {
  reads: { words: "reads its socket", colour: "--sky", shape: "M2 4h12l-6 9z" },
  polls: { words: "polls for work", colour: "--sky", shape: "M8 5a3 3 0 1 0 .01 0z", level: 0.45 },
  parses: { words: "parses", colour: "--green", shape: "M1 6h4v4H1zM6 6h4v4H6zM11 6h4v4h-4z" },
  "waits-lock": { words: "waits for the lock", colour: "--orange", shape: "M8 1l7 7-7 7-7-7z",
    level: 0.7, fill: "hatched" },
  "holds-shared": { words: "holds lock shared", colour: "--yellow", fill: "hollow",
    shape: "M8 1a7 7 0 1 0 .01 0zM8 4.5a3.5 3.5 0 1 1-.01 0z" },
  "holds-alone": { words: "holds lock alone", colour: "--vermillion", shape: "M8 1a7 7 0 1 0 .01 0z" },
  runs: { words: "runs", colour: "--green", shape: "M3 2l11 6-11 6z" },
  records: { words: "records", colour: "--purple", shape: "M6 2h4v4h4v4h-4v4H6v-4H2V6h4z" },
  "waits-log": { words: "waits for the log", colour: "--purple", shape: "M2 2h12v3H2zM2 6.5h12v3H2zM2 11h12v3H2z",
    level: 0.7, fill: "hatched" },
  answers: { words: "answers", colour: "--sky", shape: "M2 12h12L8 3z" },
  disk: { words: "writes to the disk", colour: "--disk", shape: "M2 2h12v12H2z" },
  blocked: { words: "waits for data", colour: "--blue", shape: "M3 2h4v12H3zM9 2h4v12H9z", level: 0.4, fill: "hatched" },
  sleeps: { words: "sleeps", colour: "--grey", shape: "M2 6.5h12v3H2z", level: 0.15 },
};

const stateOf = (name) => STATES[name];

function shape(name) {
  const { shape, colour } = stateOf(name);
  const icon = picture("svg", { viewBox: "0 0 16 16", class: "shape", "aria-hidden": "true" },
    picture("path", { d: shape, "fill-rule": "evenodd" }));
  icon.style.setProperty("--tint", `var(${colour})`);
  icon.dataset.shape = name;
  return icon;
}

const badge = (name, words = stateOf(name).words) =>
  element("span", { class: "state" }, shape(name), element("span", {}, words));

// Changes a badge only if the state is another one.
function showBadge(cell, name) {
  if (cell.dataset.state === name) return;
  cell.dataset.state = name;
  cell.replaceChildren(badge(name));
}

// Colours for canvases, read from the style once for each theme.
const colours = new Map();

function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colours.get(name);
}

// Returns the context of a canvas that has as many pixels as the screen, cleared, with its size.
function canvas(node) {
  const [width, height] = [node.clientWidth, node.clientHeight];
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (node.width !== wide || node.height !== high) Object.assign(node, { width: wide, height: high });
  const context = node.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

// Fills a part of a lane with the state's filling.
function fill(context, { colour: name, fill: filling }, [x, y, width, height]) {
  context.fillStyle = context.strokeStyle = colour(name);
  if (!filling) return context.fillRect(x, y, width, height);
  context.lineWidth = 2;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.globalAlpha = 0.35;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
  context.beginPath();
  if (filling === "hollow") context.rect(x + 1, y + 1, width - 2, height - 2);
  for (let at = x - (x % 7) - height; filling === "hatched" && at < x + width; at += 7) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}
