// Counting may take longer than a page should: more of it is asked for when the page is there.
// Without this script a link counts everything.

const PARTS = ["[data-facets]", "[data-count]", "[data-figures]", "[data-shared]"];
const all = document.querySelector("a[data-count-all]");
if (all) {
  const answer = await fetch(all.href.replace(/count=all$/, "count=more"), { headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of PARTS) {
      const fresh = page.querySelector(part);
      if (fresh) document.querySelector(part)?.replaceWith(document.adoptNode(fresh));
    }
    if (page.querySelector("[data-complete]")) all.remove();
  }
}
