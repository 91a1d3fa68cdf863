// Makes the pictures of the guide and the README from invented data: node tests/browser/pictures.mjs [NAME…]
//
// The demo's seed is fixed, so the same pages give the same pictures.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { launch, newPage, PHONE } from './support/browser.mjs';
import { demo, forge, hutong, scratch, serve } from './support/program.mjs';

const OUT = fileURLToPath(new URL('../../docs/guide/images/', import.meta.url));
const WINDOW = { width: 1200, height: 760 };

/** What is shown: where, how, and what happens before the shutter. */
const PICTURES = [
  { name: 'chats', address: () => '/' },
  { name: 'chat', address: ({ bundle }) => `/c/${bundle.conversation}?at=${bundle.id}` },
  { name: 'chat-phone', address: ({ bundle }) => `/c/${bundle.conversation}?at=${bundle.id}`, viewport: PHONE, theme: 'dark' },
  { name: 'people', address: () => '/people' },
  { name: 'search', address: ({ word }) => `/search?q=${encodeURIComponent(word)}` },
  { name: 'gallery', address: () => '/gallery' },
  { name: 'statistics', address: () => '/stats' },
  { name: 'import', address: () => '/welcome' },
  { name: 'year', address: ({ year }) => `/year/${year}` },
];

const wanted = process.argv.slice(2);
const folder = scratch('pictures');
const made = await demo(folder, { messages: 3000 });
const server = await serve(folder, { archive: made.archive });
const cookies = await server.enter();
const found = await hutong(folder, '--json', '--archive', made.archive, 'search', 'kind:forward on:wechat', '-n', '100');
/** A bundle in a group, so that there is something to see. */
const bundle = found.trim().split('\n').map((line) => JSON.parse(line)).find((one) => one.conversation_kind === 'group');
const browser = await launch();
await mkdir(OUT, { recursive: true });
for (const { name, address, viewport = WINDOW, theme = 'light', prepare } of PICTURES) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const language of ['zh', 'en']) {
    const page = await newPage(browser, { origin: server.origin, cookies, language, theme, viewport });
    await page.goto(server.origin + address({ bundle, word: '合同', year: 2022 }));
    await page.waitForLoadState('networkidle');
    await prepare?.(page, language);
    await page.screenshot({ path: path.join(OUT, `${name}.${language}.png`), animations: 'disabled', caret: 'hide' });
    if (page.faults.length > 0) console.error(name, language, page.faults);
    await page.context().close();
  }
}
await browser.close();
await server.stop();
