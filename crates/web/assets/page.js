// What every page has: "/" goes to the search field.

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector("[data-search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

/** The value that requests which change something must carry in the header `x-form-token`. */
export const formToken = () => document.querySelector("meta[name=form-token]")?.content ?? "";
