// The wizard's comfort: dropping files, reading a key file, and seeing an import go on.

import { formToken } from "./page.js";
import { UploadError, Uploader, newBatch, plan } from "./upload.js";
import "./job.js";

const REMEMBERED = "hutong-upload";

const zone = document.querySelector("[data-drop]");
if (zone) dropZone(zone);

const keyForm = document.querySelector("[data-key-form]");
if (keyForm) keyFile(keyForm);

/** A key file is read here and put into the field; it is not sent as a file. */
function keyFile(form) {
  const line = form.querySelector("[data-key-file]");
  const field = form.querySelector("textarea");
  if (!field) return;
  line.hidden = false;
  line.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file && file.size <= 1 << 20) field.value = await file.text();
    event.target.value = "";
  });
}

function dropZone(zone) {
  const one = (name) => zone.querySelector(`[data-${name}]`);
  const word = (name) => zone.querySelector(`[data-word=${name}]`).textContent;
  const [target, sending, messages] = ["target", "sending", "messages"].map(one);
  let isBusy = false;
  zone.hidden = false;

  for (const input of zone.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      start(async () => Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file })));
    });
  }
  // The whole page takes what is dropped, so that a near miss does not lead away from it.
  addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    // Entries can be asked for during the event only.
    const entries = Array.from(event.dataTransfer.items, (item) => item.webkitGetAsEntry?.() ?? null).filter(Boolean);
    const files = Array.from(event.dataTransfer.files, (file) => ({ path: file.name, file }));
    start(() => (entries.length > 0 ? walk(entries) : files));
  });

  function say(...lines) {
    messages.replaceChildren(
      ...lines.map((line) => {
        const paragraph = document.createElement("p");
        paragraph.textContent = line;
        return paragraph;
      }),
    );
  }

  async function start(list) {
    if (isBusy) return;
    isBusy = true;
    target.hidden = true;
    sending.hidden = false;
    one("status").textContent = word("listing");
    say();
    try {
      const picked = await list();
      if (picked.length === 0) throw new UploadError("empty", "");
      if (await send(picked)) return;
    } catch (error) {
      if (!(error instanceof UploadError)) say(word("failed") + error.message);
      else if (error.reason === "empty") say(word("empty"));
      else if (error.reason === "room") say(word("room"), error.message);
      else say((error.reason === "changed" ? word("changed") : word("failed")) + error.message);
    }
    isBusy = false;
    target.hidden = false;
    sending.hidden = true;
  }

  /** Uploads and leads on. */
  async function send(picked) {
    const items = await plan(picked);
    const total = items.reduce((sum, item) => sum + item.blob.size, 0);
    if (total > Number(zone.dataset.room)) throw new UploadError("room", size(total));
    const batch = await batchFor(items);
    sessionStorage.setItem(REMEMBERED, batch);
    const begun = performance.now();
    let first = null;
    const uploader = new Uploader({
      batch,
      token: formToken(),
      items,
      onProgress(sent, total, name) {
        first ??= sent;
        const seconds = (performance.now() - begun) / 1000;
        const rate = seconds > 0.5 ? (sent - first) / seconds : 0;
        one("total").value = total > 0 ? sent / total : 1;
        const parts = [`${size(sent)} ${word("of")} ${size(total)}`, `${picked.length} ${word("files")}`];
        if (rate > 0) parts.push(`${size(rate)}/s`, `${word("left")} ${clock((total - sent) / rate)}`);
        one("figures").textContent = parts.join(" · ");
        one("file").textContent = name;
      },
      onWaiting(isWaiting) {
        one("status").textContent = word(isWaiting ? "waiting" : "sending");
      },
    });
    one("status").textContent = word("sending");
    const pause = one("pause");
    pause.textContent = word("pause");
    pause.onclick = () => {
      if (uploader.isPaused) uploader.resume();
      else uploader.pause();
      pause.textContent = word(uploader.isPaused ? "resume" : "pause");
      one("status").textContent = word(uploader.isPaused ? "paused" : "sending");
    };
    one("cancel").onclick = () => uploader.cancel();
    const leave = (event) => event.preventDefault();
    addEventListener("beforeunload", leave);
    let isWhole;
    try {
      isWhole = await uploader.run();
    } finally {
      removeEventListener("beforeunload", leave);
    }
    if (!isWhole) {
      sessionStorage.removeItem(REMEMBERED);
      await fetch(`/welcome/uploads/${batch}/discard`, { method: "POST", headers: { "x-form-token": formToken() } });
      return false;
    }
    if (uploader.skipped.length > 0) say(word("skipped"), ...uploader.skipped.slice(0, 20));
    sessionStorage.removeItem(REMEMBERED);
    one("status").textContent = word("done");
    const form = one("look");
    form.elements.batch.value = batch;
    form.requestSubmit();
    return true;
  }
}

/** The batch of an upload that was broken off, when these are the same files; else a new one. */
async function batchFor(items) {
  const remembered = sessionStorage.getItem(REMEMBERED);
  if (remembered) {
    const answer = await fetch(`/welcome/uploads/${remembered}`).catch(() => null);
    const uploads = answer?.ok ? (await answer.json()).uploads : [];
    const isSame = (one) => items.some((item) => item.path === one.path && item.mark === one.mark);
    if (uploads.length > 0 && uploads.every(isSame)) return remembered;
  }
  return newBatch();
}

/** All files below dropped entries. Asked for side by side: one after the other, ten thousand files take ten seconds. */
async function walk(entries) {
  const found = [];
  const visit = async (entry) => {
    if (entry.isFile) {
      const file = await new Promise((done, fail) => entry.file(done, fail));
      found.push({ path: entry.fullPath.replace(/^\/+/, ""), file });
      return;
    }
    const reader = entry.createReader();
    // A folder is handed out a hundred names at a time.
    for (let more; (more = await new Promise((done, fail) => reader.readEntries(done, fail))).length > 0; ) {
      await Promise.all(more.map(visit));
    }
  };
  await Promise.all(entries.map(visit));
  return found;
}

function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1000 && unit + 1 < units.length) {
    bytes /= 1024;
    unit += 1;
  }
  return `${unit > 0 && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
