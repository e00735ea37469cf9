// Elements of the page, and numbers as words. Texts of the server enter the page as text, never as HTML.

const $ = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "style") Object.entries(value).forEach(([it, text]) => made.style.setProperty(it, text));
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function picture(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Changes the page only where the text differs: a screen reader and a selection keep their place.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Makes `parent` have one child for each item, in order. A child stays the same element while its key
// stays, so that the focus stays too.
function keyed(parent, items, keyOf, make, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = old.get(key);
    old.delete(key);
    if (!child) {
      child = make(item);
      child.dataset.key = key;
    }
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
    update(child, item);
  }
  for (const child of old.values()) child.remove();
}

function facts(list, pairs) {
  const rows = pairs.filter(([, value]) => value);
  keyed(list, rows, ([name]) => name, ([name]) => element("div", {}, element("dt", {}, name), element("dd")),
    (row, [, value]) => write(row.lastChild, value));
}

// Numbers.

const number = (value) => Math.round(value).toLocaleString("en");

// The first digits of a number, in a narrow column.
function rough(value) {
  if (value < 10_000) return number(value);
  return value < 1e6 ? `${number(value / 1000)}k` : `${(value / 1e6).toFixed(1)}M`;
}

// `count(1, "key")` is "1 key", `count(2, "key")` is "2 keys".
const count = (value, noun) => `${number(value)} ${noun}${Math.round(value) === 1 ? "" : "s"}`;

function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${unit && value < 10 ? value.toFixed(1) : number(value)} ${units[unit]}`;
}

function time(us) {
  if (us < 10 && us % 1) return `${us.toFixed(1)} µs`;
  if (us < 1000) return `${number(us)} µs`;
  if (us < 1_000_000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
  return us < 100_000_000 ? `${(us / 1_000_000).toFixed(1)} s` : span(us / 1_000_000);
}

// A time of seconds, for the eye.
function span(seconds) {
  if (seconds < 120) return `${number(seconds)} s`;
  return seconds < 7200 ? `${number(seconds / 60)} min` : `${number(seconds / 3600)} h`;
}

function percent(part) {
  if (part > 0 && part < 0.01) return "<1 %";
  return `${Math.round(part * 100)} %`;
}
