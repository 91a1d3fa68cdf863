'use strict';
// SHA-256 (FIPS 180-4) over a file read in slices: crypto.subtle takes only what fits into memory at once.
const K = new Uint32Array([...primes(64)].map((p) => fraction(Math.cbrt(p))));
function* primes(count) {
  for (let n = 2; count > 0; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (prime) { count--; yield n; }
  }
}
function fraction(x) { return ((x - Math.floor(x)) * 4294967296) >>> 0; }
function sha256() {
  const h = new Uint32Array([...primes(8)].map((p) => fraction(Math.sqrt(p))));
  const w = new Uint32Array(64);
  const block = new Uint8Array(64);
  let filled = 0, total = 0;
  function round(bytes, at) {
    for (let i = 0; i < 16; i++, at += 4) w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15], b = w[i - 2];
      w[i] = (((a >>> 7 | a << 25) ^ (a >>> 18 | a << 14) ^ (a >>> 3)) + w[i - 7] + ((b >>> 17 | b << 15) ^ (b >>> 19 | b << 13) ^ (b >>> 10)) + w[i - 16]) | 0;
    }
    let [a, b, c, d, e, f, g, j] = h;
    for (let i = 0; i < 64; i++) {
      const t = (j + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const u = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      j = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += j;
  }
  return {
    update(bytes) {
      total += bytes.length;
      let at = 0;
      if (filled > 0) {
        const take = Math.min(64 - filled, bytes.length);
        block.set(bytes.subarray(0, take), filled);
        filled += take; at = take;
        if (filled < 64) return;
        round(block, 0); filled = 0;
      }
      for (; at + 64 <= bytes.length; at += 64) round(bytes, at);
      block.set(bytes.subarray(at)); filled = bytes.length - at;
    },
    hex() {
      const bits = total * 8;
      const end = new Uint8Array(filled < 56 ? 64 : 128);
      end.set(block.subarray(0, filled));
      end[filled] = 128;
      new DataView(end.buffer).setUint32(end.length - 8, Math.floor(bits / 4294967296));
      new DataView(end.buffer).setUint32(end.length - 4, bits >>> 0);
      for (let at = 0; at < end.length; at += 64) round(end, at);
      return [...h].map((word) => word.toString(16).padStart(8, '0')).join('');
    },
  };
}

const words = JSON.parse(document.getElementById('words').textContent);
const list = JSON.parse(document.getElementById('list').textContent);
const state = document.getElementById('state');
const chosen = new Map();
document.title = words.title;
document.querySelector('h1').textContent = words.title;
document.getElementById('how').textContent = words.how;
document.querySelector('label').textContent = words.choose;

function say(text, kind) {
  const line = document.createElement('p');
  line.textContent = text;
  if (kind) line.className = kind;
  state.append(line);
  return line;
}

async function digest(file, line) {
  const hash = sha256();
  const step = 8 * 1024 * 1024;
  for (let at = 0; at < file.size; at += step) {
    hash.update(new Uint8Array(await file.slice(at, at + step).arrayBuffer()));
    line.textContent = words.checking + file.name + ' ' + Math.floor(100 * Math.min(1, (at + step) / file.size)) + ' %';
  }
  return hash.hex();
}

let run = 0;
document.getElementById('pieces').addEventListener('change', async (event) => {
  const mine = ++run;
  const known = new Set(list.flatMap((cut) => cut.pieces.map((piece) => piece.name)));
  const foreign = [];
  // A phone may take one file at a time: what was chosen before stays chosen.
  for (const file of event.target.files) known.has(file.name) ? chosen.set(file.name, file) : foreign.push(file.name);
  state.replaceChildren();
  if (foreign.length > 0) say(words.foreign + foreign.join(', '), 'wrong');
  for (const cut of list) {
    const missing = cut.pieces.filter((piece) => !chosen.has(piece.name));
    if (missing.length === cut.pieces.length && list.length > 1) continue;
    if (missing.length > 0) { say(words.missing + missing.map((piece) => piece.name).join(', ')); continue; }
    const wrong = [];
    for (const piece of cut.pieces) {
      const line = say(words.checking + piece.name);
      const file = chosen.get(piece.name);
      const good = file.size === piece.bytes && (await digest(file, line)) === piece.sha256;
      if (mine !== run) return;
      line.remove();
      if (!good) wrong.push(piece.name);
    }
    if (wrong.length > 0) { wrong.forEach((name) => chosen.delete(name)); say(words.wrong + wrong.join(', '), 'wrong'); continue; }
    // A blob of files is a list of them: nothing is read until it is saved.
    const whole = new Blob(cut.pieces.map((piece) => chosen.get(piece.name)));
    const line = say(words.good + ' ');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(whole);
    link.download = cut.whole.name;
    link.textContent = words.save + cut.whole.name;
    line.append(link);
  }
});
