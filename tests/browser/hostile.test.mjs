// What others wrote into a chat stays words: no script, no style, no frame, no request, no page that hangs.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { assertFits, launch, PHONE, withPage } from './support/browser.mjs';
import { hutong, scratch, serve } from './support/program.mjs';

const NAME = '</title><script>hostile(1)</script><img src=x onerror=hostile(2)>';
const TEXTS = [
  '<script>hostile(3)</script>',
  '<img src="http://elsewhere.example/beacon.png" onerror="hostile(4)">',
  '<svg onload="hostile(5)"><script>hostile(6)</script></svg>',
  '<style>body{display:none}</style><link rel="stylesheet" href="//elsewhere.example/x.css">',
  '"><iframe srcdoc="<script>parent.hostile(7)</script>"></iframe>',
  'javascript:hostile(8) data:text/html,<script>hostile(9)</script> https://elsewhere.example/?q="onmouseover="hostile(10)',
  '</p></div></main></body><form action="/lock" method="post"><button>hostile</button></form>',
  '\u202egnp.exe\u202c \u2066\u202e reversed \u2069 \u200f\u200e',
  `z${'\u0301\u0327'.repeat(50_000)}`,
  'overlong'.repeat(1_250_000),
  '{{7*7}} ${7*7} #{7*7} %3Cscript%3Ehostile(11)%3C/script%3E',
  '\u0000\u0001\u001b[31mred\u001b[0m\ufffe\uffff',
  'last',
];

let browser;
let server;
let cookies;
let chat;
let pages;

before(async () => {
  const folder = scratch('hostile');
  const files = path.join(folder, 'chatlab');
  await mkdir(files);
  const people = ['hostile_one', 'hostile_two'];
  const lines = [
    {
      _type: 'header',
      chatlab: { version: '0.0.2', exportedAt: 1_700_000_000, generator: 'test' },
      meta: { name: NAME, platform: 'wechat', type: 'private', ownerId: people[0] },
    },
    ...people.map((platformId) => ({ _type: 'member', platformId, accountName: `${NAME}${platformId}` })),
    ...TEXTS.map((content, index) => ({
      _type: 'message', sender: people[index % 2], accountName: NAME, timestamp: 1_600_000_000 + 60 * index,
      type: 0, content, platformMessageId: String(7_000_000_000_000_000_000n + BigInt(index)),
    })),
  ];
  await writeFile(path.join(files, 'hostile.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  const archive = path.join(folder, 'hostile.hutong');
  await hutong(folder, '--archive', archive, 'import', files);
  pages = path.join(folder, 'pages');
  await hutong(folder, '--archive', archive, 'export', '--to', 'html', '-o', pages);
  server = await serve(folder, { archive });
  cookies = await server.enter();
  browser = await launch();
}, { timeout: 120_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function assertInert(page, address) {
  assert.equal(await page.evaluate(() => window.hostileCalls ?? 0), 0, `nothing ran on ${address}`);
  assert.equal(await page.locator('iframe, object, embed, link[href*=elsewhere], main style, main script:not([src])').count(), 0);
  assert.equal(await page.locator('button', { hasText: 'hostile' }).count(), 0);
  assert.ok(await page.locator('main').isVisible(), `${address} is still shown`);
}

/** Waits for exactly these words; a search by the driver would take minutes over the overlong line. */
async function shows(page, words) {
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll('main *')].some(
      (element) => element.childElementCount === 0 && element.textContent.length === wanted.length && element.textContent === wanted,
    ),
    words,
  );
}

function options(rest = {}) {
  return { origin: server.origin, cookies, ...rest };
}

async function watch(page) {
  await page.addInitScript(() => {
    window.hostileCalls = 0;
    window.hostile = () => (window.hostileCalls += 1);
  });
}

test('hostile names and words are inert in the list of chats and in the chat', { timeout: 120_000 }, async () => {
  for (const rest of [{}, { viewport: PHONE, theme: 'dark' }]) {
    await withPage(browser, options(rest), async (page) => {
      await watch(page);
      await page.goto(`${server.origin}/`);
      await assertInert(page, '/');
      await assertFits(page);
      chat = await page.locator('main a[href^="/c/"]').first().getAttribute('href');
      await page.goto(server.origin + chat);
      await shows(page, 'last');
      await assertInert(page, chat);
      await assertFits(page);
      await shows(page, '<script>hostile(3)</script>');
    });
  }
});

test('hostile words are inert in exported pages', { timeout: 120_000 }, async () => {
  await withPage(browser, {}, async (page) => {
    await watch(page);
    await page.goto(pathToFileURL(path.join(pages, 'index.html')).href);
    await assertInert(page, 'index.html');
    await assertFits(page);
    await page.locator('main li a').first().click();
    await shows(page, '<script>hostile(3)</script>');
    await assertInert(page, 'the exported chat');
    await assertFits(page);
    // The overlong line fills its page, the rest stands on the next one.
    await page.locator('a[rel=next]').last().click();
    await shows(page, 'last');
    await assertInert(page, 'its second page');
  });
});
