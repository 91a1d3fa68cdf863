// The year in review: pages side by side, turned by arrow keys, buttons or a swipe; and the picture as PNG, drawn from the
// server's SVG by the browser, which has the fonts.

const pages = document.querySelector("#pages");
const leaves = [...pages.querySelectorAll(".leaf")];
const turn = document.querySelector(".turn");
const place = turn.querySelector("[data-place]");

pages.classList.add("turning");
turn.hidden = false;

const current = () => Math.round(pages.scrollLeft / Math.max(1, pages.clientWidth));

const show = (index) => {
  const leaf = leaves[Math.max(0, Math.min(leaves.length - 1, index))];
  pages.scrollTo({ left: leaf.offsetLeft - pages.offsetLeft });
};

const tell = () => {
  const index = current();
  place.textContent = `${index + 1} / ${leaves.length}`;
  turn.querySelector("[data-turn='-1']").disabled = index === 0;
  turn.querySelector("[data-turn='1']").disabled = index >= leaves.length - 1;
};

for (const leaf of leaves) leaf.tabIndex = 0;

for (const button of turn.querySelectorAll("[data-turn]")) {
  button.addEventListener("click", () => show(current() + Number(button.dataset.turn)));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, summary")) return;
  const steps = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
  if (event.key in steps) show(current() + steps[event.key]);
  else if (event.key === "Home") show(0);
  else if (event.key === "End") show(leaves.length - 1);
  else return;
  event.preventDefault();
});

let waiting;
pages.addEventListener("scroll", () => {
  clearTimeout(waiting);
  waiting = setTimeout(tell, 60);
});
addEventListener("resize", tell);
if (location.hash) show(leaves.findIndex((leaf) => `#${leaf.id}` === location.hash));
tell();

const picture = document.querySelector("[data-picture]");
const link = document.querySelector("[data-save=svg]");
const button = document.querySelector("[data-save=png]");
const hide = document.querySelector("[data-hide]");
const status = document.querySelector("[data-status]");
const shown = link.getAttribute("href");

document.querySelector("[data-names]").hidden = false;
hide.addEventListener("change", () => {
  const address = hide.checked ? hide.value : shown;
  picture.src = address;
  link.href = address;
});

/** The picture as PNG. */
const asPng = async () => {
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const address = URL.createObjectURL(await answer.blob());
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("canvas"))), "image/png");
    });
  } finally {
    URL.revokeObjectURL(address);
  }
};

button.hidden = false;
button.addEventListener("click", async () => {
  button.disabled = true;
  status.textContent = "";
  try {
    const address = URL.createObjectURL(await asPng());
    const save = document.createElement("a");
    save.href = address;
    save.download = link.download.replace(/svg$/, "png");
    save.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } catch (error) {
    status.textContent = `PNG: ${error.message}`;
  }
  button.disabled = false;
});
