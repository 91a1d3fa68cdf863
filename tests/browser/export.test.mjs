// The pages of the `html` export, opened as a person opens them: from a folder, without any server.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { assertAccessible, assertFits, DESKTOP, launch, PHONE, withPage } from './support/browser.mjs';
import { demo, hutong, scratch } from './support/program.mjs';

let browser;
/** Folders of exported pages by language. */
const exports = {};

before(async () => {
  const folder = scratch('export');
  const made = await demo(folder, { language: 'zh' });
  exports.zh = made.pages;
  exports.en = path.join(folder, 'pages-en');
  await hutong(folder, '--lang', 'en', '--archive', made.archive, 'export', '--to', 'html', '-o', exports.en);
  browser = await launch();
}, { timeout: 120_000 });
after(() => browser?.close());

/** The table of contents and the largest chats, which together hold every kind of message. */
function pagesOf(folder, count = 3) {
  const chats = readdirSync(path.join(folder, 'chats'))
    .map((name) => path.join('chats', name))
    .map((name) => ({ name, size: statSync(path.join(folder, name)).size }))
    .sort((a, b) => b.size - a.size);
  return ['index.html', ...chats.slice(0, count).map(({ name }) => name)];
}

for (const language of ['zh', 'en']) {
  for (const theme of ['light', 'dark']) {
    for (const [device, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
      test(`exported pages are whole, accessible and fit: ${language}, ${theme}, ${device}`, { timeout: 120_000 }, async () => {
        const pages = exports[language];
        await withPage(browser, { language, theme, viewport }, async (page) => {
          for (const name of pagesOf(pages)) {
            await page.goto(pathToFileURL(path.join(pages, name)).href);
            await assertFits(page, name);
            await assertAccessible(page, name);
          }
        });
      });
    }
  }
}

test('an exported chat is reached from the table of contents and leads back to it', { timeout: 60_000 }, async () => {
  await withPage(browser, { language: 'zh' }, async (page) => {
    await page.goto(pathToFileURL(path.join(exports.zh, 'index.html')).href);
    const link = page.locator('main li a').first();
    const title = await link.innerText();
    await link.click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    assert.ok((await page.locator('main [id]').count()) > 0, 'the chat shows messages');
    await page.getByRole('link', { name: '目录' }).first().click();
    await page.waitForURL(/index\.html#/);
  });
});
