// Filters a list while one types: asks for the same page and puts its list in place of the one that is there.
// Without this script the form is sent by its button.

const form = document.querySelector("form[data-sieve]");
const PAUSE_MS = 150;

/** The address that sending the form would lead to. */
const addressOf = () => {
  const pairs = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(pairs).toString();
  return query ? `${form.getAttribute("action")}?${query}` : form.getAttribute("action");
};

let asking;
let pause;

async function show() {
  asking?.abort();
  asking = new AbortController();
  const address = addressOf();
  const found = document.querySelector("[data-found]");
  found.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: asking.signal, headers: { accept: "text/html" } });
    // Locked meanwhile, or something went wrong: the whole page tells it better.
    if (!answer.ok || answer.redirected) return location.assign(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-found]");
    if (!fresh) return location.assign(address);
    found.replaceWith(document.adoptNode(fresh));
    const count = document.querySelector("[data-count]");
    if (count) count.textContent = page.querySelector("[data-count]")?.textContent ?? "";
    history.replaceState(null, "", address);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

if (form) {
  form.classList.add("live");
  form.addEventListener("input", (event) => {
    clearTimeout(pause);
    // Characters of an input method that is still composing are not words yet.
    if (event.isComposing) return;
    pause = setTimeout(show, event.target.matches("select") ? 0 : PAUSE_MS);
  });
  form.addEventListener("compositionend", () => {
    clearTimeout(pause);
    pause = setTimeout(show, PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    show();
  });
}
