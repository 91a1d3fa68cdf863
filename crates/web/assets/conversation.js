// A chat in motion. Everything here is reachable without it: links lead to earlier and later messages, dates and details.

import { follow, start as scroll } from "./scroll.js";
import { start as keys } from "./keys.js";
import { start as pictures } from "./pictures.js";
import { start as choose } from "./choose.js";

const log = document.querySelector("#log");

/** Gets a page of ours and gives what `selector` finds in it. */
async function piece(address, selector) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} for ${address}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(selector);
}

document.addEventListener("click", async (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest?.("a[href]");
  if (!link || !log?.contains(link)) return;

  // The rest of a bundle opens where its beginning is.
  if (link.hasAttribute("data-more")) {
    event.preventDefault();
    const place = link.closest(".more");
    place.setAttribute("aria-busy", "true");
    try {
      const rest = await piece(link.href, "#log");
      const first = rest.querySelector("li");
      place.replaceWith(...rest.childNodes);
      if (first) {
        first.tabIndex = -1;
        first.focus({ preventScroll: true });
      }
    } catch {
      location.href = link.href;
    }
    return;
  }

  // What an answer refers to may be on the page, or have left it, since it was painted.
  const target = /^#m([0-9a-f]{32})$/.exec(link.getAttribute("href")) ?? /^\/m\/([0-9a-f]{32})$/.exec(link.getAttribute("href"));
  if (target && !link.closest(".lk")) {
    event.preventDefault();
    if (!follow(target[1])) location.href = `/m/${target[1]}`;
  }
});

if (log?.dataset.chat) {
  scroll(log);
  choose(log);
}
if (log) {
  keys(log);
  pictures(log);
}
