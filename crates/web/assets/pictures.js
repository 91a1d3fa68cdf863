// Pictures open over the page; arrow keys go to the one before and after.

let log;
let shown;

const all = () => [...log.querySelectorAll("a[data-picture]")];

function show(box, link) {
  shown = link;
  const picture = box.querySelector("img");
  picture.hidden = false;
  picture.src = link.href;
  picture.alt = link.querySelector("img")?.alt ?? "";
  const place = link.closest("#log > * > [id], #log > [id]");
  box.querySelector("[data-place]").hash = place?.id ?? "log";
  box.querySelector("[data-file]").href = link.href;
  const links = all();
  const at = links.indexOf(link);
  box.querySelector("[data-step='-1']").disabled = at <= 0;
  box.querySelector("[data-step='1']").disabled = at >= links.length - 1;
}

function step(box, by) {
  const links = all();
  const next = links[links.indexOf(shown) + by];
  if (next) show(box, next);
}

/** In place of a picture that the browser cannot show: what it is, and the file as it was sent. */
function unshown(picture) {
  const link = picture.closest("a[data-picture]");
  if (!link) return;
  const original = /^\/media\/[0-9a-f]{64}/.exec(new URL(link.href).pathname)?.[0];
  link.removeAttribute("data-picture");
  link.className = "h f";
  if (original) link.href = original;
  link.download = "";
  link.textContent = document.documentElement.lang.startsWith("zh")
    ? "这张图片不能显示，点此下载原文件"
    : "This picture cannot be shown; download the original";
}

export function start(element) {
  log = element;
  // Errors do not bubble. Those from before this script ran can be seen by the picture itself.
  log.addEventListener("error", (event) => event.target.matches?.("img") && unshown(event.target), true);
  for (const picture of log.querySelectorAll("img")) {
    if (picture.complete && picture.currentSrc && !picture.naturalWidth) unshown(picture);
  }
  const box = document.querySelector("#lightbox");
  if (!box) return;
  log.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-picture]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(box, link);
    box.showModal();
  });
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(box, Number(button.dataset.step));
    else if (event.target === box) box.close();
    else if (event.target.closest("[data-place]")) {
      event.preventDefault();
      box.close();
      shown.scrollIntoView({ block: "center" });
    }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(box, -1);
    if (event.key === "ArrowRight") step(box, 1);
  });
  box.addEventListener("close", () => {
    box.querySelector("img").removeAttribute("src");
    shown?.focus({ preventScroll: true });
  });
}
