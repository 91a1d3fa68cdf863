// Keys: a list of them is in the page (`?`). The key "/" belongs to every page and is handled there.

import { firstSeen } from "./scroll.js";

let log;

/** The message at hand: the one that has the focus, else the first that is seen. */
const current = () => document.activeElement?.closest?.("#log > * > [id], #log > [id]");

function step(forward) {
  const all = [...log.querySelectorAll(":scope > * > [id], :scope > [id]")];
  const from = current();
  const next = from ? all[all.indexOf(from) + (forward ? 1 : -1)] : log.dataset.chat ? firstSeen() : all[0];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  const head = Math.max(0, document.querySelector(".head")?.getBoundingClientRect().bottom ?? 0);
  const box = next.getBoundingClientRect();
  if (box.top < head + 8) scrollBy({ top: box.top - head - 8 });
  else if (box.bottom > innerHeight - 8) scrollBy({ top: Math.min(box.bottom - innerHeight + 8, box.top - head - 8) });
}

const link = (selector) => document.querySelector(selector)?.click();

const ACTIONS = {
  j: () => step(true),
  k: () => step(false),
  "g d": () => {
    const field = document.querySelector("#jump");
    field?.focus();
    try { field?.showPicker(); } catch { /* Some browsers want a click; the field has the focus. */ }
  },
  "g g": () => link('.tools a[href$="edge=start"]'),
  G: () => link(".tools a:nth-of-type(2)"),
  o: () => current()?.querySelector(".og")?.click(),
  x: () => current()?.dispatchEvent(new CustomEvent("choose", { bubbles: true })),
  "?": () => document.querySelector("#help")?.showModal(),
};

export function start(element) {
  log = element;
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
    if (event.key === "Escape") {
      if (location.hash === "#dates") location.hash = "#log";
      document.querySelector("#chosen:not([hidden]) [data-stop]")?.click();
      return;
    }
    const action = ACTIONS[`${before} ${event.key}`] ?? ACTIONS[event.key];
    before = action || event.key === "Shift" ? "" : event.key;
    if (!action) return;
    event.preventDefault();
    action();
  });
  const button = document.querySelector("[data-help]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", ACTIONS["?"]);
  }
}
