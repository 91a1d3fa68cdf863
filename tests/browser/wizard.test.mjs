// From dropped files to chats that can be read, over a connection that breaks.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import * as tus from 'tus-js-client';

import { assertAccessible, assertFits, launch, PHONE, withPage } from './support/browser.mjs';
import { forge, scratch, serve } from './support/program.mjs';
import { wire } from './support/wire.mjs';

const WRONG_KEY = '00112233445566778899aabbccddeeff'.repeat(2);

let browser;
let folder;
/** An invented, really encrypted WeChat 4 account. */
let account;
let key;

before(async () => {
  folder = scratch('wizard');
  const out = path.join(folder, 'wechat');
  await forge(folder, 'wechat4', '--messages', '3000', '--out', out);
  const found = readdirSync(out, { recursive: true, withFileTypes: true });
  const storage = found.find((entry) => entry.isDirectory() && entry.name === 'db_storage');
  account = storage.parentPath;
  const keyFile = found.find((entry) => entry.isFile() && /key/i.test(entry.name));
  key = readFileSync(path.join(keyFile.parentPath, keyFile.name), 'utf8');
  browser = await launch();
}, { timeout: 120_000 });
after(() => browser?.close());

let servers = 0;

async function withServer(body, language = 'en') {
  servers += 1;
  const archive = path.join(folder, `archive-${servers}`, 'my.hutong');
  const server = await serve(folder, { archive, language, passphrase: null });
  try {
    return await body({ ...server, archive, uploads: `${archive}.uploads` });
  } finally {
    await server.stop();
  }
}

/** From the list of what was found to the report. */
async function throughTheKey(page) {
  await page.getByText('WeChat 4').first().waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Next' }).click();
  const field = page.getByLabel('Database key');
  await field.fill(WRONG_KEY);
  page.allowed.push(/status of 422/);
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByRole('alert').waitFor();
  assert.ok(!(await page.content()).includes(WRONG_KEY), 'a key never comes back in a page');
  await assertAccessible(page);
  await page.getByLabel('Database key').fill(key);
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByLabel('Passphrase (at least').fill('correct horse battery');
  await page.getByLabel('Once more').fill('correct horse battery');
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('link', { name: 'Read your chats' }).waitFor({ timeout: 60_000 });
  assert.match(page.url(), /\/jobs\/1$/);
  await assertAccessible(page);
}

test('a folder that was chosen becomes chats, through a connection that breaks', { timeout: 180_000 }, async () => {
  await withServer(async (server) => {
    const line = await wire(server.port);
    const link = server.link.replace(server.origin, line.origin);
    await withPage(browser, { language: 'en', origin: line.origin }, async (page) => {
      page.allowed.push(/ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|ERR_NETWORK|request failed|Failed to load resource/);
      await page.goto(link);
      await page.goto(`${line.origin}/welcome`);
      await assertAccessible(page);
      await assertFits(page);
      const cut = line.cutAfter(700_000);
      await page.locator('#pick-folder').setInputFiles(account);
      await cut;
      await page.locator('[data-status]', { hasText: 'Connection lost' }).waitFor();
      line.mend();
      await page.waitForURL(/\/welcome\/[0-9a-f]{32}$/, { timeout: 60_000 });
      await throughTheKey(page);
      const left = existsSync(server.uploads) ? readdirSync(server.uploads) : [];
      assert.deepEqual(left, [], 'what was uploaded is removed when it was read');
      await page.getByRole('link', { name: 'Read your chats' }).click();
      assert.equal(new URL(page.url()).pathname, '/');
      await page.goto(`${line.origin}/imports`);
      await assertAccessible(page);
      await page.locator('a[href="/imports/1"]').first().click();
      await page.getByText('BLAKE3').waitFor();
      await assertAccessible(page);
    });
    await line.close();
  });
});

test('a folder that was dropped is listed and can be cancelled', { timeout: 120_000 }, async () => {
  await withServer(async (server) => {
    await withPage(browser, { language: 'en', origin: server.origin, theme: 'dark' }, async (page) => {
      await page.goto(server.link);
      await page.goto(`${server.origin}/welcome`);
      await assertAccessible(page);
      const session = await page.context().newCDPSession(page);
      const data = { items: [], files: [account], dragOperationsMask: 1 };
      for (const type of ['dragEnter', 'dragOver', 'drop']) {
        await session.send('Input.dispatchDragEvent', { type, x: 600, y: 300, data });
      }
      await page.waitForURL(/\/welcome\/[0-9a-f]{32}$/, { timeout: 60_000 });
      await page.getByText('WeChat 4').first().waitFor();
      await assertAccessible(page);
      await page.getByRole('button', { name: 'Give up and choose again' }).click();
      await page.getByText('Drop files or a folder here').waitFor();
      assert.deepEqual(readdirSync(server.uploads), [], 'what was given up is removed');
    });
  });
});

test('without scripts a path is enough, on a phone and in Chinese', { timeout: 120_000 }, async () => {
  await withServer(async (server) => {
    const options = { language: 'zh', origin: server.origin, viewport: PHONE, javaScript: false };
    await withPage(browser, options, async (page) => {
      await page.goto(server.link);
      await page.goto(`${server.origin}/welcome`);
      await page.getByLabel('文件或文件夹的路径').fill(account);
      await page.getByRole('button', { name: '看看' }).click();
      await page.getByRole('button', { name: '下一步' }).click();
      await page.getByLabel('数据库密钥').fill(key);
      await page.getByRole('button', { name: '试一试' }).click();
      await page.getByLabel('钥匙留在这台机器上').check();
      await page.getByRole('button', { name: '开始导入' }).click();
      await page.getByRole('link', { name: '去看聊天记录' }).waitFor({ timeout: 60_000 });
    });
  }, 'zh');
});

test('a public tus client uploads in chunks and goes on', { timeout: 120_000 }, async () => {
  await withServer(async (server) => {
    const [cookie] = await server.enter();
    const page = await fetch(`${server.origin}/welcome`, { headers: { cookie: `${cookie.name}=${cookie.value}` } });
    const token = /name="form-token" content="([0-9a-f]+)"/.exec(await page.text())[1];
    const batch = 'ab'.repeat(16);
    const content = Buffer.alloc(3_000_000, 'hutong ');
    const send = (options) => new Promise((resolve, reject) => {
      const upload = new tus.Upload(content, {
        endpoint: `${server.origin}/uploads`,
        chunkSize: 500_000,
        retryDelays: null,
        headers: { cookie: `${cookie.name}=${cookie.value}`, 'x-form-token': token },
        metadata: { filename: 'large.bin', batch },
        onError: reject,
        onSuccess: () => resolve(upload),
        ...options,
      });
      upload.start();
    });
    let address;
    await assert.rejects(new Promise((_, reject) => {
      const upload = new tus.Upload(content, {
        endpoint: `${server.origin}/uploads`,
        chunkSize: 500_000,
        retryDelays: null,
        headers: { cookie: `${cookie.name}=${cookie.value}`, 'x-form-token': token },
        metadata: { filename: 'large.bin', batch },
        onError: reject,
        onChunkComplete: async (_, sent) => {
          if (sent < 1_000_000) return;
          address = upload.url;
          await upload.abort();
          reject(new Error('broken off'));
        },
      });
      upload.start();
    }), /broken off/);
    const upload = await send({ uploadUrl: address });
    assert.equal(upload.url, address);
    const arrived = path.join(server.uploads, batch, 'files', 'large.bin');
    assert.ok(readFileSync(arrived).equals(content));
    await upload.abort(true);
    assert.ok(!existsSync(arrived), 'terminated uploads are gone');
  });
});
