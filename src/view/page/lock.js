// The lock: its holders, its waiters, and the shares of the last second.

// Shares are of this time, so that a word does not flicker.
const SHARE_US = 1e6;

const MAX_PEOPLE = 6;

const SHARES = [["alone", "holds-alone"], ["shared", "holds-shared"], ["free", "sleeps"]];

const lockPast = [];

// Notes how the lock is held, which is also done in a pause.
function keepLock({ us, lock }) {
  lockPast.push({ us, lock });
  while (lockPast.length > 2 && lockPast[1].us <= us - SHARE_US) lockPast.shift();
}

function showLock({ lock }) {
  const shares = lockShares();
  keyed($("shares"), SHARES, ([name]) => name, ([, state]) => {
    const part = element("span");
    part.style.setProperty("--tint", `var(${stateOf(state).colour})`);
    return part;
  }, (part, [name]) => {
    part.className = name;
    part.style.setProperty("flex-grow", shares[name].toFixed(4));
  });
  keyed($("share-words"), SHARES, ([name]) => name,
    ([name, state]) => element("li", {}, shape(state), element("b"), element("span", {}, name)),
    (item, [name]) => write(item.querySelector("b"), shares.words[name]));
  write($("readers"), shares.readers > 1 ? `${shares.readers.toFixed(1)} readers at once` : "");
  showPeople("holders", lock.holders);
  showPeople("waiters", lock.waiters);
  write($("holding"), lock.holding > 1 ? number(lock.holding) : "");
  write($("waiting"), lock.waiting ? number(lock.waiting) : "");
  write($("waited"), shares.waited_us >= 1 ? time(shares.waited_us) : "none");
  const longest = lock.longest;
  write($("longest"), longest ? `${time(longest.us)}: ${nameOf(longest)}, ${span(longest.ago_s)} ago`
    : `none over ${time(lock.noted_us)}`);
}

// The server sums up for how long each reader has held the lock. Where readers overlap, that is more
// than the time in which it was held shared. So this time is known up to a bound only, and the free time too.
function lockShares() {
  const [first, last] = [lockPast[0], lockPast.at(-1)];
  const spent = lockPast.length > 1 ? last.us - first.us : 0;
  const part = (name) => (spent > 0 ? Math.max(0, (last.lock[name] - first.lock[name]) / spent) : 0);
  const [alone, readers] = [Math.min(1, part("alone_us")), part("shared_us")];
  const shared = Math.min(1 - alone, readers);
  const free = 1 - alone - shared;
  const bound = (sign) => (shared < 0.01 ? "" : `${sign} `);
  const words = { alone: percent(alone), shared: bound("≤") + percent(shared), free: bound("≥") + percent(free) };
  return { alone, shared, free, words, readers, waited_us: part("waited_us") * SHARE_US };
}

function nameOf({ command, name }) {
  return command ? `${command.toUpperCase()} of ${name}` : name;
}

function showPeople(id, people) {
  const shown = people.slice(0, MAX_PEOPLE);
  if (!shown.length) shown.push({ name: "nobody", command: "", isNobody: true });
  const make = () => element("li", {}, element("span"), element("b"), element("em"));
  keyed($(id), shown, (it) => `${it.name} ${it.command}`, make, showPerson);
}

function showPerson(item, person) {
  const state = person.isNobody ? "sleeps" : person.mode ? `holds-${person.mode}` : "waits-lock";
  const [icon, name, words] = item.children;
  if (item.dataset.state !== state) icon.replaceChildren(shape(state));
  item.dataset.state = state;
  const command = person.command.toUpperCase();
  write(name, `${person.name}${command ? ` ${command}` : ""}`);
  write(words, person.isNobody ? "" : `${person.mode ?? person.wants}, ${time(person.since_us)}`);
}
