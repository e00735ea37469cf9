// Figures over the last minutes: plots with one cursor for all, and a table.

const KEPT_US = 300e6;

const rate = (part, name) => (now, before, seconds) => (now[part][name] - before[part][name]) / seconds;

// Name, format, and the lines: words, and the value of a sample, given the one before.
const FIGURES = [
  ["requests a second", number, [["", rate("figures", "calls")]]],
  ["a call takes", time, [["half at most", (now) => now.figures.p50_us], ["99 % at most", (now) => now.figures.p99_us]]],
  ["memory", bytes, [["", (now) => now.figures.memory_bytes]]],
  ["clients", number, [["", (now) => now.figures.clients]]],
  ["log, a second", bytes, [["", rate("log", "written_bytes")]]],
];

const LINES = FIGURES.flatMap(([name, format, lines]) =>
  lines.map(([words, value]) => [words ? `${name} (${words})` : name, format, value]));

const figures = { samples: [], seconds: 60, until: 0, at: 1 };

function keepFigures(now, before) {
  const seconds = before ? (now.us - before.us) / 1e6 : 0;
  if (!(seconds > 0)) return;
  const values = LINES.map(([, , value]) => Math.max(0, value(now, before, seconds)));
  figures.samples.push({ at: performance.now() * 1000, values });
  // In a pause the samples that are shown stay too: the ones up to its beginning.
  const [oldest, paused] = [performance.now() * 1000 - KEPT_US, page.isPaused ? figures.until : 0];
  figures.samples = figures.samples.filter((it) => it.at >= oldest || (it.at <= paused && it.at >= paused - KEPT_US));
}

// Draws the figures until `until`, by the page's clock: the last sample, or the moment of the pause.
function showFigures(until) {
  figures.until = until;
  const from = until - figures.seconds * 1e6;
  const shown = figures.samples.filter((it) => it.at >= from && it.at <= until);
  if (!shown.length) return;
  const moment = from + figures.at * figures.seconds * 1e6;
  const near = shown.reduce((best, it) => (Math.abs(it.at - moment) < Math.abs(best.at - moment) ? it : best));
  write($("cursor-out"), figures.at === 1 ? "now" : `${((until - near.at) / 1e6).toFixed(1)} s ago`);
  let line = 0;
  keyed($("plots"), FIGURES, ([name]) => name, newPlot, (plot, [, format, lines]) => {
    drawPlot(plot, lines.map((_, at) => line + at), { shown, from, near, format });
    line += lines.length;
  });
  showTable(shown);
}

function newPlot([name, , lines]) {
  const paths = lines.map((_, at) => picture("path", { class: at ? "second" : "first" }));
  const image = picture("svg", { viewBox: "0 0 300 60", preserveAspectRatio: "none", "aria-hidden": "true" },
    picture("path", { class: "area" }), ...paths, picture("line", { class: "cursor", y1: 0, y2: 60 }));
  return element("div", { class: "plot", "data-figure": name }, element("h3", {}, name), element("b"), image,
    element("small"));
}

function drawPlot(plot, lines, { shown, from, near, format }) {
  const most = Math.max(...shown.flatMap((it) => lines.map((line) => it.values[line])), 1e-9);
  const x = (at) => (((at - from) / (figures.seconds * 1e6)) * 300).toFixed(1);
  const points = (line) => shown.map((it) => `${x(it.at)} ${(57 - (it.values[line] / most) * 53).toFixed(1)}`);
  const [area, ...rest] = plot.querySelectorAll("path");
  area.setAttribute("d", `M${x(shown[0].at)} 60L${points(lines[0]).join("L")}L${x(shown.at(-1).at)} 60z`);
  rest.forEach((path, at) => path.setAttribute("d", `M${points(lines[at]).join("L")}`));
  const cursor = plot.querySelector("line");
  cursor.setAttribute("x1", x(near.at));
  cursor.setAttribute("x2", x(near.at));
  cursor.style.setProperty("display", figures.at === 1 ? "none" : "inline");
  write(plot.querySelector("b"), lines.map((line) => format(near.values[line])).join(" – "));
  const legend = lines.length > 1 ? "; — half, ┄ 99 % at most" : "";
  write(plot.querySelector("small"), `up to ${format(most < 1e-6 ? 0 : most)}${legend}`);
}

function showTable(shown) {
  if (!$("plot-table").closest("details").open) return;
  const cells = () => [0, 1, 2, 3].map(() => element("td", { class: "right" }));
  const row = ([name]) => element("tr", {}, element("th", { scope: "row" }, name), ...cells());
  keyed($("plot-table"), LINES, ([name]) => name, row, ({ children }, figure) => {
    const [, format] = figure;
    const values = shown.map((it) => it.values[LINES.indexOf(figure)]);
    const latest = values.at(-1);
    values.sort((one, other) => one - other);
    [latest, values[0], values[values.length >> 1], values.at(-1)]
      .forEach((value, at) => write(children[at + 1], format(value)));
  });
}

function startFigures() {
  for (const [seconds, words] of [[15, "15 s"], [60, "1 min"], [300, "5 min"]]) {
    const button = element("button", { type: "button", "aria-pressed": String(seconds === figures.seconds) }, words);
    button.addEventListener("click", () => {
      figures.seconds = seconds;
      [...$("zoom").children].forEach((it) => it.setAttribute("aria-pressed", String(it === button)));
      showFigures(figures.until);
    });
    $("zoom").append(button);
  }
  $("cursor").addEventListener("input", (event) => {
    figures.at = Number(event.target.value) / 100;
    showFigures(figures.until);
  });
  $("plot-table").closest("details").addEventListener("toggle", () => showFigures(figures.until));
}
