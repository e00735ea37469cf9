// Takes the server's events and hands them to the panels. They come as server-sent events: `sample` four
// times a second, `request` for each sampled request.

// After a lost connection, since a server that starts again is there soon. The browser's own patience is
// several seconds.
const RETRY_S = 0.7;

// The last sample, and the last one that the panels have shown; during a pause they differ. `former` is the
// last sample of a server that another one has followed, until that one has loaded its data.
const page = { isPaused: false, last: null, shown: null, former: null, lostAt: 0 };

function take(now) {
  const last = ofSameRun(page.last, now);
  if (page.last && !last) page.former ??= page.last;
  if (!last) forget();
  if (!now.loading) noteService(now);
  // The panels note each sample, and draw it unless the page is paused.
  keepFigures(now, last);
  keepLanes(now);
  keepLock(now);
  keepLog(now);
  page.last = now;
  showClassroom(now);
  if (!page.isPaused) show(now);
}

function show(now) {
  const before = ofSameRun(page.shown, now);
  if (!before) forgetKeys();
  page.shown = now;
  const doing = now.loading ? "loads its data" : `up ${span(now.us / 1e6)}`;
  write($("about"), `port ${now.port}, process ${now.pid}, ${doing}`);
  showThreads(now, before);
  showLock(now);
  showLog(now, before);
  showKeyspace(now, before);
  showRequests();
  showFigures(performance.now() * 1000);
}

// Returns `before`, unless another server sent it: the sums of each begin at 0.
const ofSameRun = (before, now) => (before?.run === now.run ? before : null);

// Notes that a server has its data and serves. Tells it if it follows another one.
function noteService(now) {
  if (page.former) tellRestart(page.former, now);
  page.former = null;
  page.lostAt = 0;
}

// Tells of another server in the place of the last one, and what it has recovered.
function tellRestart(former, now) {
  const gone = page.lostAt ? ` after ${time((performance.now() - page.lostAt) * 1000)}` : "";
  const recovered = now.recovered ? ` Recovered: ${recoveredWords(now.recovered)}.` : "";
  tell(`Process ${former.pid} is gone; a new one, ${now.pid}, serves${gone}. `
    + `Before: ${count(former.keys, "key")}.${recovered}`);
}

// Shows one message, which stays until it is closed.
function tell(words) {
  const close = element("button", { type: "button", "aria-label": "Close the message" }, "Close");
  close.addEventListener("click", () => { $("news").replaceChildren(); $("pause").focus(); });
  $("news").replaceChildren(element("p", {}, words), close);
}

// Drops the notes of another server. In a pause the panels still show it.
function forget() {
  requests.all = [];
  lockPast.length = 0;
  pasts.clear();
  forgetLog();
}

function connect() {
  const events = new EventSource("/events");
  events.addEventListener("open", () => showConnection("connected", false));
  events.addEventListener("sample", (event) => take(JSON.parse(event.data)));
  events.addEventListener("request", (event) => takeRequest(JSON.parse(event.data)));
  events.addEventListener("error", async () => {
    const isRefused = events.readyState === EventSource.CLOSED;
    events.close();
    page.lostAt ||= performance.now();
    const lost = { words: "the server is gone; trying again", seconds: RETRY_S };
    const { words, seconds } = (isRefused && (await askWhy())) || lost;
    showConnection(words, true);
    if (seconds) setTimeout(connect, seconds * 1000);
  });
}

function showConnection(words, isLost) {
  write($("connection"), words);
  $("connection").classList.toggle("lost", isLost);
}

// Returns why the server refuses its events, which a stream does not tell, and after how many seconds to try
// again, if at all. Returns null if the server is gone.
async function askWhy() {
  const asking = new AbortController();
  try {
    const answer = await fetch("/events", { signal: asking.signal });
    if (answer.ok) return { words: "connecting", seconds: RETRY_S };
    const seconds = Number(answer.headers.get("Retry-After"));
    const next = seconds ? `This page tries again in ${seconds} s.` : "Reload this page to try again.";
    return { words: `${(await answer.text()).trim()} ${next}`, seconds };
  } catch {
    return null;
  } finally {
    asking.abort();
  }
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
  if (!page.shown) return;
  drawPulse();
  drawCells(page.shown.us);
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
