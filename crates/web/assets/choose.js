// Choosing messages: boxes appear beside them when somebody wants to choose, and what is chosen stays so while it is off the page.

let log;
let form;
const chosen = new Set();
let last;

const boxOf = (message) => message.querySelector(":scope > .pick");

/** Puts a box beside each message that has none. */
function addBoxes(within) {
  for (const message of within.querySelectorAll(".chunk > [id], :scope > [id]")) {
    if (boxOf(message)) continue;
    const box = document.createElement("input");
    box.type = "checkbox";
    box.className = "pick";
    box.checked = chosen.has(message.id);
    box.setAttribute("aria-label", `${form.dataset.label} ${message.querySelector("time")?.title ?? ""}`);
    message.prepend(box);
  }
}

function set(message, isChosen) {
  const box = boxOf(message);
  if (box) box.checked = isChosen;
  if (isChosen) chosen.add(message.id);
  else chosen.delete(message.id);
}

function tell() {
  form.querySelector("output").textContent = chosen.size;
  form.elements.ids.value = [...chosen].map((id) => id.slice(1)).join(" ");
}

function begin() {
  form.hidden = false;
  document.body.classList.add("choosing");
  addBoxes(log);
  tell();
}

function end() {
  form.hidden = true;
  document.body.classList.remove("choosing");
  chosen.clear();
  for (const box of log.querySelectorAll(".pick")) box.remove();
}

export function start(element) {
  log = element;
  form = document.querySelector("#chosen");
  const button = document.querySelector("[data-choose]");
  if (!form || !button) return;
  button.hidden = false;
  button.addEventListener("click", () => (form.hidden ? begin() : end()));
  form.querySelector("[data-stop]").addEventListener("click", end);
  form.addEventListener("submit", (event) => { if (chosen.size === 0) event.preventDefault(); });
  log.addEventListener("arrived", (event) => { if (!form.hidden) addBoxes(event.detail); });
  log.addEventListener("choose", (event) => {
    if (form.hidden) begin();
    set(event.target, !chosen.has(event.target.id));
    tell();
  });
  log.addEventListener("click", (event) => {
    if (!event.target.classList.contains("pick")) return;
    const message = event.target.parentElement;
    const all = [...log.querySelectorAll(".chunk > [id]")];
    const [from, to] = [all.indexOf(last), all.indexOf(message)];
    // With the shift key everything in between goes along.
    const range = event.shiftKey && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [message];
    for (const one of range) set(one, event.target.checked);
    last = message;
    tell();
  });
}
