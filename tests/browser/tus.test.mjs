// Uploads by tus 1.0, with a client that is not ours.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Upload } from 'tus-js-client';

import { scratch, serve } from './support/program.mjs';
import { wire } from './support/wire.mjs';

let folder;
let server;
let headers;

before(async () => {
  folder = scratch('tus');
  server = await serve(folder, { archive: path.join(folder, 'my.hutong'), passphrase: null });
  const [{ name, value }] = await server.enter();
  const cookie = `${name}=${value}`;
  const page = await (await fetch(`${server.origin}/welcome`, { headers: { cookie } })).text();
  headers = { cookie, 'x-form-token': /name="form-token" content="([0-9a-f]+)"/.exec(page)[1] };
}, { timeout: 60_000 });
after(() => server?.stop());

function upload(content, options) {
  return new Promise((resolve, reject) => {
    const sending = new Upload(content, {
      headers, chunkSize: 1 << 20, retryDelays: [50, 100, 200, 400, 800, 1600],
      metadata: { filename: 'history.bin', batch: '0123456789abcdef0123456789abcdef' },
      onError: reject,
      onSuccess: () => resolve(sending),
      ...options,
    });
    sending.start();
  });
}

/** Every file below a folder. */
function filesBelow(place) {
  return readdirSync(place, { recursive: true }).map((name) => path.join(place, name)).filter((file) => statSync(file).isFile());
}

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('a file arrives whole though the connection is lost twice', { timeout: 60_000 }, async () => {
  const content = randomBytes(8 << 20);
  const line = await wire(server.port);
  let breaks = 0;
  try {
    const lose = async (bytes) => {
      await line.cutAfter(bytes);
      breaks += 1;
      line.mend();
    };
    const losses = lose(2_500_000).then(() => lose(2_500_000));
    const done = await upload(content, { endpoint: `${line.origin}/uploads` });
    await losses;
    assert.equal(breaks, 2);
    assert.ok(line.sent < content.length + (4 << 20), `${line.sent} bytes were sent`);
    const state = await fetch(done.url, { method: 'HEAD', headers: { ...headers, 'tus-resumable': '1.0.0' } });
    assert.equal(state.headers.get('upload-offset'), String(content.length));
    const kept = filesBelow(folder).filter((file) => statSync(file).size === content.length);
    assert.deepEqual(kept.map((file) => digest(readFileSync(file))), [digest(content)]);
  } finally {
    await line.close();
  }
});

test('an upload can be found again and gone on with by another client', { timeout: 60_000 }, async () => {
  const content = randomBytes(3 << 20);
  const endpoint = `${server.origin}/uploads`;
  const address = await new Promise((resolve, reject) => {
    const sending = new Upload(content, {
      endpoint, headers, chunkSize: 1 << 20, retryDelays: null,
      metadata: { filename: 'again.bin', batch: '00000000000000000000000000000001' },
      onError: reject,
      onChunkComplete: () => sending.abort().then(() => resolve(sending.url)),
    });
    sending.start();
  });
  const sent = [];
  await upload(content, { uploadUrl: address, onChunkComplete: (size) => sent.push(size) });
  assert.ok(sent.reduce((sum, size) => sum + size, 0) < content.length, `${sent} bytes were sent the second time`);
});

test('the protocol is kept', { timeout: 30_000 }, async () => {
  const ask = (method, address, more = {}, body) => fetch(new URL(address, server.origin), {
    method, body, headers: { ...headers, 'tus-resumable': '1.0.0', ...more },
  });
  const options = await ask('OPTIONS', '/uploads');
  assert.equal(options.status, 204);
  assert.match(options.headers.get('tus-version'), /1\.0\.0/);
  assert.match(options.headers.get('tus-extension'), /creation/);
  assert.equal((await ask('POST', '/uploads', { 'tus-resumable': '0.2.2', 'upload-length': '1' })).status, 412);
  const made = await ask('POST', '/uploads', {
    'upload-length': '10',
    'upload-metadata': `filename ${btoa('../../escape.txt')},batch ${btoa('00000000000000000000000000000002')}`,
  });
  if (made.status === 201) {
    const address = made.headers.get('location');
    const chunk = { 'content-type': 'application/offset+octet-stream' };
    assert.equal((await ask('PATCH', address, { ...chunk, 'upload-offset': '5' }, 'hello')).status, 409);
    assert.equal((await ask('PATCH', address, { ...chunk, 'upload-offset': '0', 'upload-checksum': `sha1 ${btoa('x'.repeat(20))}` }, 'hello')).status, 460);
    assert.equal((await ask('PATCH', address, { ...chunk, 'upload-offset': '0' }, 'hello')).status, 204);
    assert.equal((await ask('PATCH', address, { ...chunk, 'upload-offset': '5' }, 'much too long')).status >= 400, true);
    assert.equal((await ask('DELETE', address)).status, 204);
    assert.ok([404, 410].includes((await ask('HEAD', address)).status));
  } else {
    assert.equal(made.status, 400, 'a name that leaves its folder is refused or made harmless');
  }
  for (const place of [folder, path.dirname(folder)]) assert.ok(!existsSync(path.join(place, 'escape.txt')));
  const stranger = await fetch(`${server.origin}/uploads`, { method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': '1' } });
  assert.equal(stranger.status, 401);
});
