// Takes the server's events and hands them to the panels. They come as server-sent events: `sample` four
// times a second, `request` for each sampled request.

const RETRY_MS = 700;

const page = { isPaused: false, last: null, process: null, lostAt: 0 };

function take(now) {
  const before = page.last;
  page.last = now;
  noteProcess(now);
  // The panels note each sample, and draw it unless the page is paused.
  keepFigures(now, before);
  keepLanes(now);
  keepLock(now);
  keepLog(now);
  showClassroom(now);
  if (page.isPaused) return;
  write($("about"), aboutWords(now));
  showThreads(now, before);
  showLock(now);
  showLog(now, before);
  showKeyspace(now, before);
  showRequests();
  showFigures(performance.now() * 1000);
}

function aboutWords(now) {
  if (!now.pid) return now.about ?? "";
  return `port ${now.port}, process ${now.pid}, up ${span(now.up_s)}`;
}

// Tells of another process in the place of the last one, and what it has recovered.
function noteProcess(now) {
  const process = now.pid ?? /process (\d+)/.exec(now.about)?.[1];
  const former = page.process;
  if (former && former.id !== process) {
    const gone = page.lostAt ? ` after ${time((performance.now() - page.lostAt) * 1000)}` : "";
    const recovered = now.recovered ? ` Recovered: ${recoveredWords(now.recovered)}.` : "";
    tell(`Process ${former.id} is gone, ${process} serves${gone}. Before: ${count(former.keys, "key")}.${recovered}`);
  }
  page.process = { id: process, keys: now.keys };
}

// Shows one message, which stays until it is closed.
function tell(words) {
  const close = element("button", { type: "button", "aria-label": "Close the message" }, "Close");
  close.addEventListener("click", () => { $("news").replaceChildren(); $("pause").focus(); });
  $("news").replaceChildren(element("p", {}, words), close);
}

// Another server may be there now, whose sums begin again.
function forget() {
  page.last = null;
  requests.all.length = requests.shown.length = 0;
  lockPast.length = 0;
  pasts.clear();
  forgetLog();
}

function connect() {
  const events = new EventSource("/events");
  const show = (words, isLost) => {
    write($("connection"), words);
    $("connection").classList.toggle("lost", isLost);
  };
  events.addEventListener("open", () => { forget(); show("connected", false); });
  events.addEventListener("sample", (event) => { take(JSON.parse(event.data)); page.lostAt = 0; });
  events.addEventListener("request", (event) => takeRequest(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    page.lostAt ||= performance.now();
    show("the server is gone; trying again", true);
    // The browser's own patience is several seconds.
    events.close();
    setTimeout(connect, RETRY_MS);
  });
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  write($("theme"), name === "dark" ? "Light" : "Dark");
  colours.clear();
  redraw();
}

// Draws the canvases again, at another size or in other colours.
function redraw() {
  drawLanes();
  if (!page.last) return;
  drawPulse();
  drawCells(page.last.us);
}

function start() {
  $("legend").replaceChildren(...Object.keys(STATES).map((name) => element("li", {}, badge(name))));
  $("legend-open").addEventListener("click", () => $("legend-box").showModal());
  $("legend-close").addEventListener("click", () => $("legend-box").close());
  $("pause").addEventListener("click", () => {
    page.isPaused = !page.isPaused;
    $("pause").setAttribute("aria-pressed", String(page.isPaused));
    write($("pause"), page.isPaused ? "Go on" : "Pause");
  });
  const isDark = () => document.documentElement.dataset.theme === "dark";
  $("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
  addEventListener("resize", redraw);
  startFigures();
  startRequests();
  startClassroom();
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  connect();
}

start();
