// Large uploads: gone on with after the page was loaded again, and through a server that does not grow with them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { launch, withPage } from './support/browser.mjs';
import { forge, scratch, serve } from './support/program.mjs';

/** As large as is sensible in every run; larger ones by hand: `HUTONG_UPLOAD_MB=5120 node --test tests/browser/upload.test.mjs`. */
const MEGABYTES = Number(process.env.HUTONG_UPLOAD_MB ?? 300);
const MB = 1 << 20;
const CHUNK = 8 * MB;

let browser;
let folder;
before(async () => {
  folder = scratch('upload');
  browser = await launch();
}, { timeout: 60_000 });
after(() => browser?.close());

async function withNewArchive(name, body) {
  const server = await serve(folder, { archive: path.join(folder, `${name}.hutong`), passphrase: null });
  try {
    return await body(server, await server.enter());
  } finally {
    await server.stop();
  }
}

async function drop(page, files) {
  const session = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await session.send('Input.dispatchDragEvent', {
      type, x: 600, y: 300, data: { items: [], files, dragOperationsMask: 1 },
    });
  }
  await session.detach();
}

test('an upload goes on after the page was loaded again', { timeout: 120_000 }, async () => {
  const said = await forge(folder, 'wechat4', '--messages', '300', '--out', path.join(folder, 'wechat'));
  const account = /^account +(.*)$/m.exec(said)[1];
  writeFileSync(path.join(account, 'backup.bin'), randomBytes(40 * MB));
  const pack = path.join(folder, 'wechat.tar');
  execFileSync('tar', ['-cf', pack, '-C', path.dirname(account), path.basename(account)]);
  const size = statSync(pack).size;

  await withNewArchive('reloaded', async (server, cookies) => {
    await withPage(browser, { origin: server.origin, cookies, language: 'en' }, async (page) => {
      page.on('dialog', (dialog) => dialog.accept());
      await page.goto(`${server.origin}/welcome`);
      // The third piece never arrives: the page is left while it is on its way.
      const sent = [];
      let isHeld;
      const held = new Promise((done) => (isHeld = done));
      await page.route('**/uploads/*', async (route) => {
        const request = route.request();
        if (request.method() !== 'PATCH') return route.continue();
        sent.push(Number(request.headers()['upload-offset']));
        if (sent.length < 3) return route.continue();
        isHeld();
      });
      await drop(page, [pack]);
      await held;
      const arrived = sent.at(-1);
      assert.equal(arrived, 2 * CHUNK);
      await page.reload();
      await page.unroute('**/uploads/*');

      const later = [];
      page.on('request', (request) => {
        if (request.method() === 'PATCH') later.push(Number(request.headers()['upload-offset']));
      });
      await drop(page, [pack]);
      await page.waitForURL(/\/welcome\/[0-9a-f]{32}$/, { timeout: 60_000 });
      assert.equal(later[0], arrived, 'it begins where it was broken off');
      assert.ok(later.length <= Math.ceil((size - arrived) / CHUNK), `${later} of ${size}`);
      await page.getByText('WeChat 4').first().waitFor();
    });
  });
});

test(`${MEGABYTES} MB arrive whole, and the server does not grow with them`, { timeout: 60_000 + MEGABYTES * 400 }, async () => {
  await withNewArchive('large', async (server, [{ name, value }]) => {
    const cookie = `${name}=${value}`;
    const page = await (await fetch(`${server.origin}/welcome`, { headers: { cookie } })).text();
    const token = /name="form-token" content="([0-9a-f]+)"/.exec(page)[1];
    const ask = (method, address, headers, body) => fetch(new URL(address, server.origin), {
      method, body, headers: { cookie, 'x-form-token': token, 'tus-resumable': '1.0.0', ...headers },
    });
    const length = MEGABYTES * MB;
    const made = await ask('POST', '/uploads', {
      'upload-length': String(length),
      'upload-metadata': `filename ${btoa('large.bin')},batch ${btoa('cd'.repeat(16))}`,
    });
    assert.equal(made.status, 201, await made.text());
    const address = made.headers.get('location');
    const resident = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(server.pid)]).toString()) / 1024;
    const before = resident();
    let most = before;
    const digest = createHash('sha256');
    const piece = randomBytes(CHUNK);
    for (let offset = 0; offset < length; offset += CHUNK) {
      // No two pieces are alike.
      piece.writeDoubleLE(offset, 0);
      const bytes = piece.subarray(0, Math.min(CHUNK, length - offset));
      digest.update(bytes);
      const answer = await ask('PATCH', address, {
        'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset),
        'upload-checksum': `sha256 ${createHash('sha256').update(bytes).digest('base64')}`,
      }, bytes);
      assert.equal(answer.status, 204, await answer.text());
      most = Math.max(most, resident());
    }
    assert.ok(most - before < 64, `resident memory went from ${before} to ${most} MiB`);
    const arrived = readdirSync(folder, { recursive: true }).map((one) => path.join(folder, one))
      .find((file) => path.basename(file) === 'large.bin');
    assert.equal(statSync(arrived).size, length);
    const found = createHash('sha256');
    for await (const bytes of createReadStream(arrived)) found.update(bytes);
    assert.equal(found.digest('hex'), digest.digest('hex'));
    rmSync(arrived);
    console.log(`${MEGABYTES} MB: resident memory from ${before.toFixed(0)} to at most ${most.toFixed(0)} MiB`);
  });
});
