// Shows pictures and videos large, over the page: arrow keys go on, Escape closes. Without this script a tile leads to the
// message in its chat.

const tiles = [...document.querySelectorAll(".tiles a[data-full]")];
const isChinese = document.documentElement.lang.startsWith("zh");
const say = (zh, en) => (isChinese ? zh : en);
let at = 0;

const dialog = document.createElement("dialog");
dialog.className = "large";
dialog.setAttribute("aria-label", say("大图", "Large view"));
const stage = document.createElement("div");
stage.className = "stage";
const foot = document.createElement("div");
foot.className = "foot";
const caption = document.createElement("p");
const context = document.createElement("a");
context.className = "button";
context.textContent = say("在会话里查看", "Show in the chat");

const button = (text, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
};

const show = (number) => {
  at = (number + tiles.length) % tiles.length;
  const { full, kind, label } = tiles[at].dataset;
  const shown = document.createElement(kind === "video" ? "video" : "img");
  shown.src = full;
  if (kind === "video") shown.controls = true;
  else shown.alt = label;
  stage.replaceChildren(shown);
  caption.textContent = label;
  context.href = tiles[at].href;
};

foot.append(
  caption,
  context,
  button(say("上一张", "Previous"), () => show(at - 1)),
  button(say("下一张", "Next"), () => show(at + 1)),
  button(say("关闭", "Close"), () => dialog.close()),
);
dialog.append(stage, foot);
dialog.addEventListener("close", () => {
  stage.replaceChildren();
  tiles[at]?.focus();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") show(at - 1);
  if (event.key === "ArrowRight") show(at + 1);
});
document.body.append(dialog);

/** A tile whose picture the browser cannot show says so, and leads to the message. */
const unshown = (picture) => {
  const tile = picture.closest(".tiles a");
  if (!tile) return;
  const words = document.createElement("span");
  words.className = "gone";
  words.textContent = say("不能显示", "cannot be shown");
  picture.replaceWith(words);
};
for (const picture of document.querySelectorAll(".tiles img")) {
  picture.addEventListener("error", () => unshown(picture));
  if (picture.complete && picture.currentSrc && !picture.naturalWidth) unshown(picture);
}

tiles.forEach((tile, number) =>
  tile.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(number);
    dialog.showModal();
  }),
);
