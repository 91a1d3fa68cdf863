// From nothing to reading: files are dropped or named, a key is asked for and tried, and chats are there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { assertAccessible, assertFits, launch, PHONE, withPage } from './support/browser.mjs';
import { forge, PASSPHRASE, scratch, serve } from './support/program.mjs';

let browser;
let folder;
/** A WeChat 4 account, encrypted, with its key file. */
let account;
let keys;

before(async () => {
  folder = scratch('wizard');
  const said = await forge(folder, 'wechat4', '--messages', '600', '--out', path.join(folder, 'wechat'));
  account = /^account +(.*)$/m.exec(said)[1];
  keys = readFileSync(/^key file +(.*)$/m.exec(said)[1], 'utf8');
  browser = await launch();
}, { timeout: 120_000 });
after(() => browser?.close());

/** Serves an archive that is not there yet. */
async function withNewArchive(name, body) {
  const archive = path.join(folder, `${name}.hutong`);
  const server = await serve(folder, { archive, passphrase: null });
  try {
    return await body({ server, cookies: await server.enter() });
  } finally {
    await server.stop();
  }
}

/** Drops files or folders on the page as a file manager does. */
async function drop(page, files) {
  const session = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize();
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await session.send('Input.dispatchDragEvent', {
      type, x: width / 2, y: height / 2, data: { items: [], files, dragOperationsMask: 1 },
    });
  }
  await session.detach();
}

const TEXT = {
  zh: {
    key: '打开它需要密钥', field: '数据库密钥，或密钥文件的内容', attempt: '试一试', wrong: '密钥不对', protect: '怎样保护你的存档',
    passphrase: /^口令/, again: '再输一次', start: '开始导入', done: '导入完成', read: '去看聊天记录', path: '文件或文件夹的路径', look: '看看', go: '下一步',
  },
  en: {
    key: 'It takes a key to open', field: 'Database key, or the content of a key file', attempt: 'Try it', wrong: 'does not fit',
    protect: 'How to protect your archive', passphrase: /^Passphrase/, again: 'Once more', start: 'Start', done: 'Done',
    read: 'Read your chats', path: 'Path of a file or folder', look: 'Look', go: 'Next',
  },
};

/** From the page that says what was found to the end of the import. */
async function throughKeyAndImport(page, words, { isNew }) {
  const heading = (name) => page.getByRole('heading', { level: 1, name, exact: true });
  const check = async () => {
    await assertAccessible(page);
    await assertFits(page);
  };
  await heading(words.key).or(page.getByRole('button', { name: words.go, exact: true })).first().waitFor();
  if (!(await heading(words.key).isVisible())) {
    await check();
    await page.getByRole('button', { name: words.go, exact: true }).click();
  }
  await heading(words.key).waitFor();
  await check();
  await page.getByLabel(words.field).fill('ab'.repeat(32));
  await page.getByRole('button', { name: words.attempt }).click();
  await page.getByText(words.wrong).first().waitFor();
  await check();
  await page.getByLabel(words.field).fill(keys);
  await page.getByRole('button', { name: words.attempt }).click();
  if (isNew) {
    await heading(words.protect).waitFor();
    await check();
    await page.getByLabel(words.passphrase).fill(PASSPHRASE.repeat(2));
    await page.getByLabel(words.again).fill(PASSPHRASE.repeat(2));
    await page.getByRole('button', { name: words.start }).click();
  }
  await heading(words.done).waitFor();
  await check();
  await page.getByRole('link', { name: words.read }).click();
  await page.locator('main a[href^="/c/"]').first().waitFor();
}

for (const [way, language, rest] of [['dropped', 'zh', {}], ['named by its path', 'en', { viewport: PHONE, theme: 'dark' }]]) {
  test(`an encrypted folder that is ${way} ends as chats to read`, { timeout: 120_000 }, async () => {
    await withNewArchive(way.split(' ')[0], async ({ server, cookies }) => {
      const words = TEXT[language];
      await withPage(browser, { origin: server.origin, cookies, language, ...rest }, async (page) => {
        // A key that does not fit is answered with a status that says so.
        page.allowed.push(/status of 422/);
        await page.goto(`${server.origin}/`);
        await page.waitForURL('**/welcome');
        await assertAccessible(page);
        await assertFits(page);
        if (way === 'dropped') {
          await drop(page, [account]);
        } else {
          await page.getByLabel(words.path).fill(account);
          await page.getByRole('button', { name: words.look, exact: true }).last().click();
        }
        await throughKeyAndImport(page, words, { isNew: true });
        const chats = await page.locator('main a[href^="/c/"]').count();
        assert.ok(chats > 10, `${chats} chats are listed`);
        await page.locator('main a[href^="/c/"]').first().click();
        await page.locator('#log .m').first().waitFor();
        assert.ok(!(await page.content()).includes(keys.trim()), 'no key is kept in the page');
      });
    });
  });
}
