// Suggestions while one types a query (a combobox with a listbox).
// Without this script one types the query and sends it.

const PAUSE_MS = 120;
const form = document.querySelector("form[data-ask]");
const input = form?.querySelector("input[type=search]");
const list = form?.querySelector("[role=listbox]");

/** @type {{insert: string, label: string, note: string}[]} */
let items = [];
let from = 0;
let until = 0;
let chosen = -1;
let asking;
let pause;

const close = () => {
  asking?.abort();
  clearTimeout(pause);
  items = [];
  chosen = -1;
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
};

const choose = (number) => {
  chosen = number;
  [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
  if (chosen < 0) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", list.children[chosen].id);
  list.children[chosen].scrollIntoView({ block: "nearest" });
};

/** Puts a suggestion in the place of the word at hand; an operator alone asks for what may follow it. */
const take = (number) => {
  const item = items[number];
  if (!item) return;
  // What was typed since the list was asked for belongs to the same word.
  const end = input.selectionStart ?? input.value.length;
  if (end > until && !/\s/.test(input.value.slice(until, end))) until = end;
  const rest = input.value.slice(until).trimStart();
  const before = input.value.slice(0, from) + item.insert;
  input.value = before + rest;
  input.setSelectionRange(before.length, before.length);
  input.focus();
  close();
  if (item.insert.endsWith(":")) ask();
};

const draw = () => {
  list.replaceChildren(
    ...items.map((item, number) => {
      const option = document.createElement("li");
      option.id = `suggestion-${number}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const label = document.createElement("bdi");
      label.textContent = item.label;
      const note = document.createElement("small");
      note.textContent = item.note;
      option.append(label, note);
      // The field keeps the focus, so that the list does not close before the click is done.
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => take(number));
      return option;
    }),
  );
  list.hidden = items.length === 0;
  input.setAttribute("aria-expanded", String(items.length > 0));
  choose(-1);
};

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const end = input.selectionStart ?? input.value.length;
  const query = new URLSearchParams({ q: input.value.slice(0, end) });
  try {
    const answer = await fetch(`/search/suggest?${query}`, {
      signal: asking.signal,
      headers: { accept: "application/json" },
    });
    if (!answer.ok) return close();
    const found = await answer.json();
    [items, from, until] = [found.items, found.from, end];
    draw();
  } catch (error) {
    if (error.name !== "AbortError") close();
  }
}

if (form && input && list) {
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  input.addEventListener("input", (event) => {
    clearTimeout(pause);
    if (!event.isComposing) pause = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("compositionend", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isOpen = !list.hidden;
    const last = items.length - 1;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      if (isOpen) choose(chosen >= last ? 0 : chosen + 1);
      else ask();
    } else if (event.key === "ArrowUp" && isOpen) {
      event.preventDefault();
      choose(chosen <= 0 ? last : chosen - 1);
    } else if ((event.key === "Enter" || event.key === "Tab") && isOpen && chosen >= 0) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      close();
    }
  });
}
