// Messages come in as they are scrolled to and leave on the far side, so that the page stays small in a chat of any length.
//
// The log consists of chunks that follow each other. Each says where it begins and ends and whether anything lies beyond,
// so that the chunks on the page are all the state there is.

/** The most messages on the page; what is further away than a few screens is dropped beyond that. */
const MOST = 360;

/** Screens of messages that are kept ready on either side. */
const AHEAD = 2.5;

let log;
const busy = { earlier: false, later: false };
let isWaiting = false;

const chunks = () => [...log.children];
const edge = (side) => (side === "earlier" ? log.firstElementChild : log.lastElementChild);
const messages = (chunk) => chunk.querySelectorAll(":scope > [id]").length;

/** A day that goes on in the next chunk is named once. */
function nameDays() {
  let day;
  for (const chunk of chunks()) {
    const days = chunk.querySelectorAll(":scope > .d");
    if (days.length === 0) continue;
    days[0].hidden = days[0].dataset.day === day;
    day = days[days.length - 1].dataset.day;
  }
}

/** The links for those without scripts lead on from where the page now ends. */
function setLinks() {
  for (const side of ["earlier", "later"]) {
    const place = document.querySelector(`.on[data-side=${side}]`);
    const chunk = edge(side);
    place.hidden = !(side in chunk.dataset);
    const cursor = side === "earlier" ? chunk.dataset.first : chunk.dataset.last;
    place.firstElementChild.search = `?${side === "earlier" ? "before" : "after"}=${cursor}`;
  }
}

/** Drops what is farthest from `side`, never what can be seen. */
function drop(side) {
  let count = chunks().reduce((sum, chunk) => sum + messages(chunk), 0);
  const far = side === "earlier" ? "later" : "earlier";
  while (count > MOST && log.children.length > 2) {
    const chunk = edge(far);
    const box = chunk.getBoundingClientRect();
    if (box.top < innerHeight && box.bottom > 0) break;
    if (chunk.contains(document.activeElement)) document.activeElement.blur();
    count -= messages(chunk);
    chunk.remove();
    edge(far).dataset[far] = "";
  }
}

async function load(side) {
  const from = edge(side);
  if (busy[side] || !(side in from.dataset)) return;
  busy[side] = true;
  try {
    const cursor = side === "earlier" ? `before=${from.dataset.first}` : `after=${from.dataset.last}`;
    const answer = await fetch(`/c/${log.dataset.chat}/messages?${cursor}`);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const frame = document.createElement("template");
    frame.innerHTML = await answer.text();
    const chunk = frame.content.firstElementChild;
    // The same messages stay at the same place on the screen, whatever comes and goes above them.
    const before = from.getBoundingClientRect().top;
    if (side === "earlier") log.prepend(chunk);
    else log.append(chunk);
    delete from.dataset[side];
    if (!chunk.dataset.first) {
      delete chunk.dataset.earlier;
      delete chunk.dataset.later;
    }
    drop(side);
    nameDays();
    const moved = from.getBoundingClientRect().top - before;
    if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: "instant" });
    setLinks();
    log.dispatchEvent(new CustomEvent("arrived", { detail: chunk }));
    busy[side] = false;
    watch();
  } catch {
    // The link stays for another try; scrolling tries again after a while.
    setTimeout(() => (busy[side] = false), 3000);
  }
}

/** Loads what will soon be seen. */
function watch() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    const box = log.getBoundingClientRect();
    if (box.top > -AHEAD * innerHeight) load("earlier");
    if (box.bottom < (1 + AHEAD) * innerHeight) load("later");
  });
}

/** The first message that is seen. */
export function firstSeen() {
  const top = Math.max(0, document.querySelector(".head")?.getBoundingClientRect().bottom ?? 0);
  for (const chunk of log.children) {
    if (chunk.getBoundingClientRect().bottom <= top) continue;
    for (const message of chunk.querySelectorAll(":scope > [id]")) {
      if (message.getBoundingClientRect().bottom > top + 4) return message;
    }
  }
  return null;
}

/** Goes to a message on the page and points it out. Says whether it is there. */
export function follow(id) {
  const message = document.getElementById(`m${id}`);
  if (!message) return false;
  message.scrollIntoView({ block: "center" });
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  for (const other of document.querySelectorAll(".here")) other.classList.remove("here");
  message.classList.add("here");
  return true;
}

/** Marks the month of a message in the date rail. */
function markMonth(message) {
  document.querySelector(".rail .now")?.classList.remove("now");
  const day = message?.querySelector("time")?.dateTime;
  if (day) document.querySelector(`.rail a[href$="date=${day.slice(0, 7)}"]`)?.classList.add("now");
}

/** The address names what is seen, so that going back or loading again leads there. */
let remembering;
function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const seen = firstSeen();
    markMonth(seen);
    const isEnd = !("later" in edge("later").dataset) && log.getBoundingClientRect().bottom < innerHeight + 40;
    const search = isEnd || !seen ? "" : `?at=${seen.id.slice(1)}`;
    history.replaceState(null, "", location.pathname + search);
  }, 400);
}

export function start(element) {
  log = element;
  history.scrollRestoration = "manual";
  nameDays();
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target) target.scrollIntoView({ block: "center" });
  else if (log.dataset.at) document.getElementById(`m${log.dataset.at}`)?.scrollIntoView();
  else if ("open" in log.dataset) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  addEventListener("scroll", () => { watch(); remember(); }, { passive: true });
  addEventListener("resize", watch, { passive: true });
  watch();
  remember();
}
