// Sends files by tus 1.0, in chunks that are checked, and goes on where it was after the connection was lost.
//
// Small files travel together in packs (see uploads/pack.rs): for each file the length of its path, the path, the length of
// its content, the content. A pack is a Blob that refers to the files; nothing of it is in memory before it is sent.

const SMALL_BYTES = 4 << 20;
const PACK_BYTES = 32 << 20;
const PACK_FILES = 4000;
const CHUNK_BYTES = 8 << 20;
const MIN_CHUNK_BYTES = 64 << 10;
const MAX_WAIT_MS = 10000;

/** @typedef {{path: string, file: File}} Picked */
/** @typedef {{path: string, blob: Blob, kind: string, mark: string, names: string[]}} Item what one upload carries */

/** An end that trying again does not help. */
export class UploadError extends Error {
  /** @param {string} reason `room`, `refused` or `changed` @param {string} detail */
  constructor(reason, detail) {
    super(detail);
    this.reason = reason;
  }
}

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const metadata = (fields) =>
  Object.entries(fields).map(([name, value]) => `${name} ${base64(new TextEncoder().encode(value))}`).join(",");

/** A new name for a batch. */
export const newBatch = () => hex(crypto.getRandomValues(new Uint8Array(16)));

/**
 * The uploads that carry these files: large ones alone, small ones in packs. The same files give the same packs.
 * @param {Picked[]} picked @returns {Promise<Item[]>}
 */
export async function plan(picked) {
  const sorted = [...picked].sort((one, other) => (one.path < other.path ? -1 : 1));
  const stamp = ({ file }) => `${file.size}-${file.lastModified}`;
  const items = [];
  let pack = [];
  let bytes = 0;
  const close = async () => {
    if (pack.length === 0) return;
    const parts = [];
    for (const { path, file } of pack) {
      const name = new TextEncoder().encode(path);
      const head = new DataView(new ArrayBuffer(4 + name.length + 8));
      head.setUint32(0, name.length, true);
      new Uint8Array(head.buffer).set(name, 4);
      head.setBigUint64(4 + name.length, BigInt(file.size), true);
      parts.push(head.buffer, file);
    }
    const list = pack.map((one) => `${one.path}\0${stamp(one)}`).join("\n");
    const mark = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(list)));
    items.push({ path: `pack-${mark.slice(0, 16)}`, blob: new Blob(parts), kind: "pack", mark, names: pack.map((one) => one.path) });
    pack = [];
    bytes = 0;
  };
  for (const one of sorted) {
    if (one.file.size >= SMALL_BYTES || picked.length === 1) {
      items.push({ path: one.path, blob: one.file, kind: "file", mark: stamp(one), names: [one.path] });
      continue;
    }
    if (bytes + one.file.size > PACK_BYTES || pack.length >= PACK_FILES) await close();
    pack.push(one);
    bytes += one.file.size;
  }
  await close();
  return items;
}

/** Sends the uploads of one batch, one after the other. */
export class Uploader {
  /**
   * @param {{batch: string, token: string, items: Item[], onProgress: (sent: number, total: number, name: string) => void,
   *   onWaiting: (isWaiting: boolean) => void}} options
   */
  constructor({ batch, token, items, onProgress, onWaiting }) {
    Object.assign(this, { batch, token, items, onProgress, onWaiting });
    this.total = items.reduce((sum, item) => sum + item.blob.size, 0);
    this.before = 0;
    this.chunk = CHUNK_BYTES;
    this.isPaused = false;
    this.isCancelled = false;
    /** @type {string[]} */
    this.skipped = [];
    this.wake = () => {};
  }

  pause() {
    this.isPaused = true;
    this.request?.abort();
  }

  resume() {
    this.isPaused = false;
    this.wake();
  }

  cancel() {
    this.isCancelled = true;
    this.request?.abort();
    this.wake();
  }

  /** Whether everything has arrived; false when it was cancelled. */
  async run() {
    const known = await this.known();
    for (const item of this.items) {
      const name = item.names.length === 1 ? item.names[0] : `${item.names[0]} … ${item.names[item.names.length - 1]}`;
      const same = known.find((one) => one.path === item.path && one.mark === item.mark && one.length === item.blob.size);
      if (!(await this.send(item, name, same?.id))) return false;
      this.before += item.blob.size;
    }
    return true;
  }

  /** What the server has of this batch already. */
  async known() {
    const answer = await this.call("GET", `/welcome/uploads/${this.batch}`, {}).catch(() => null);
    try {
      return JSON.parse(answer?.text ?? "{}").uploads ?? [];
    } catch {
      return [];
    }
  }

  /** Sends one upload to its end. `id` is set when a part of it has arrived before. */
  async send(item, name, id) {
    let address = id ? `/uploads/${id}` : null;
    let offset = null;
    let tries = 0;
    while (true) {
      if (this.isCancelled) return false;
      if (this.isPaused) {
        await new Promise((done) => (this.wake = done));
        continue;
      }
      const answer = await this.step(item, name, address, offset);
      if (answer === "skipped") return true;
      if (answer?.address !== undefined) address = answer.address;
      if (answer) {
        ({ offset } = answer);
        if (offset !== null) this.onProgress(this.before + offset, this.total, name);
        if (offset === item.blob.size) return true;
      }
      if (answer?.isFine) {
        tries = 0;
        this.onWaiting(false);
        continue;
      }
      if (this.isPaused || this.isCancelled) continue;
      // The connection is lost, or the server is: ask where we are, each time a little later, with smaller pieces.
      offset = null;
      this.chunk = Math.max(MIN_CHUNK_BYTES, this.chunk / 2);
      if (tries > 0) {
        this.onWaiting(true);
        await this.wait(Math.min(MAX_WAIT_MS, 250 * 2 ** tries));
      }
      tries += 1;
    }
  }

  /** One request: creates, asks for the offset, or sends a chunk. Nothing when it failed and may be tried again. */
  async step(item, name, address, offset) {
    if (address === null) {
      const fields = { batch: this.batch, path: item.path, kind: item.kind, mark: item.mark };
      const headers = { "Upload-Length": String(item.blob.size), "Upload-Metadata": metadata(fields) };
      const answer = await this.call("POST", "/uploads", headers);
      if (answer.status === 201) return { address: new URL(answer.header("Location"), location.href).pathname, offset: 0, isFine: true };
      if (answer.status === 400) {
        this.skipped.push(...item.names);
        return "skipped";
      }
      if (answer.status === 413 || answer.status === 507) throw new UploadError("room", answer.text);
      return this.lost(answer);
    }
    if (offset === null) {
      const answer = await this.call("HEAD", address, {});
      if (answer.status === 200) return { offset: Number(answer.header("Upload-Offset")), isFine: true };
      if (answer.status === 404 || answer.status === 410) return { address: null, offset: null, isFine: true };
      return this.lost(answer);
    }
    const end = Math.min(item.blob.size, offset + this.chunk);
    let bytes;
    try {
      bytes = await item.blob.slice(offset, end).arrayBuffer();
    } catch (error) {
      throw new UploadError("changed", `${name} (${error.name})`);
    }
    const digest = base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
    const headers = {
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(offset),
      "Upload-Checksum": `sha256 ${digest}`,
    };
    const start = this.before + offset;
    const answer = await this.call("PATCH", address, headers, bytes, (sent) => this.onProgress(start + sent, this.total, name));
    if (answer.status === 204) {
      this.chunk = Math.min(CHUNK_BYTES, this.chunk * 2);
      return { offset: Number(answer.header("Upload-Offset")), isFine: true };
    }
    if (answer.status === 507) throw new UploadError("room", answer.text);
    if (answer.status === 422) throw new UploadError("refused", answer.text);
    return this.lost(answer);
  }

  /** What may be tried again; all else is an end. */
  lost(answer) {
    if ([400, 401, 403, 412, 415, 429].includes(answer.status)) throw new UploadError("refused", `${answer.status} ${answer.text}`);
    return null;
  }

  /** Waits, or until the network is back. */
  wait(milliseconds) {
    return new Promise((done) => {
      const end = () => {
        clearTimeout(timer);
        removeEventListener("online", end);
        done();
      };
      const timer = setTimeout(end, milliseconds);
      addEventListener("online", end);
      this.wake = end;
    });
  }

  /** A request; status 0 when there was no answer. @returns {Promise<{status: number, text: string, header: (name: string) => string}>} */
  call(method, address, headers, body = null, onSent = null) {
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, address);
      request.setRequestHeader("x-form-token", this.token);
      request.setRequestHeader("Tus-Resumable", "1.0.0");
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (onSent) request.upload.onprogress = (event) => onSent(event.loaded);
      request.onloadend = () =>
        done({ status: request.status, text: request.responseText, header: (name) => request.getResponseHeader(name) ?? "" });
      request.send(body);
    });
  }
}
