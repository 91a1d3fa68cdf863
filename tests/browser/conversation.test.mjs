// Reading a chat: with and without scripts, by keyboard, pictures, bundles, origins, choices, and messages that mean harm.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { assertAccessible, assertFits, launch, PHONE, withPage } from './support/browser.mjs';
import { demo, hutong, scratch, serve } from './support/program.mjs';

let browser;
let server;
let cookies;
/** Addresses of all chats, and of those with something that a test needs. */
const chats = { all: [] };

const LINE = '='.repeat(64);

/** A text as QQ's message manager writes it, with these messages. */
function text(messages) {
  const lines = messages.map((message, index) => {
    const minute = String(index % 60).padStart(2, '0');
    return `2020-01-0${1 + Math.floor(index / 60)} 10:${minute}:00 ${index % 2 ? '石头' : '林海'}\r\n${message}\r\n\r\n`;
  });
  return `\ufeff消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n${LINE}\r\n消息分组:我的好友\r\n${LINE}\r\n消息对象:石头\r\n${LINE}\r\n\r\n${lines.join('')}`;
}

const HARMFUL = [
  '<script>window.harmed = 1</script>',
  '<img src=x onerror="window.harmed = 1">',
  '<svg onload="window.harmed = 1"></svg><style>*{display:none}</style>',
  'javascript:window.harmed=1 https://a.example/"onclick="window.harmed=1',
  '\u202egpj.exe \u2066\u2067',
  `e${'\u0301'.repeat(100_000)}`,
  '长'.repeat(3_400_000),
  '最后一句',
];

before(async () => {
  const folder = scratch('conversation');
  const made = await demo(folder, { messages: 1200 });
  const file = path.join(folder, 'harmful.txt');
  writeFileSync(file, text(HARMFUL));
  await hutong(folder, '--archive', made.archive, 'import', file);
  server = await serve(folder, { archive: made.archive });
  cookies = await server.enter();
  browser = await launch();
  const listed = await hutong(folder, '--json', '--archive', made.archive, 'chats');
  const all = listed.trim().split('\n').map((line) => JSON.parse(line)).sort((a, b) => b.messages - a.messages);
  chats.all = all.map(({ id }) => `/c/${id}`);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  for (const chat of chats.all) {
    const html = await (await fetch(server.origin + chat, { headers: { cookie } })).text();
    if (!chats.pictures && html.split('data-picture').length > 2) chats.pictures = chat;
    if (!chats.bundle && html.includes('<details class="fw"')) chats.bundle = chat;
    if (!chats.voice && html.includes('<audio')) chats.voice = chat;
    if (!chats.harmful && html.includes('最后一句')) chats.harmful = chat;
  }
  for (const what of ['pictures', 'bundle', 'voice', 'harmful']) assert.ok(chats[what], `the demo shows ${what}`);
}, { timeout: 300_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

const options = (rest = {}) => ({ origin: server.origin, cookies, ...rest });
const open = (page, address) => page.goto(server.origin + address);

test('a chat is read to its beginning without scripts', { timeout: 120_000 }, async () => {
  await withPage(browser, options({ javaScript: false }), async (page) => {
    await open(page, chats.all[0]);
    const seen = new Set();
    for (;;) {
      const ids = await page.locator('#log .chunk > [id^=m]').evaluateAll((all) => all.map(({ id }) => id));
      assert.ok(ids.every((id) => !seen.has(id)), 'no message comes twice');
      ids.forEach((id) => seen.add(id));
      const earlier = page.locator('[data-side=earlier]:not([hidden]) a');
      if ((await earlier.count()) === 0) break;
      await earlier.click();
    }
    assert.ok(seen.size > 60, `${seen.size} messages`);
    // The way back down is there too.
    await page.locator('[data-side=later]:not([hidden]) a').waitFor();
  });
});

for (const theme of ['light', 'dark']) {
  for (const [device, viewport] of [['desktop', undefined], ['phone', PHONE]]) {
    test(`chats, details and bundles pass axe and fit: ${theme}, ${device}`, { timeout: 180_000 }, async () => {
      await withPage(browser, options({ theme, ...(viewport && { viewport }) }), async (page) => {
        for (const address of new Set([chats.pictures, chats.bundle, chats.voice, chats.harmful])) {
          await open(page, address);
          await assertAccessible(page);
          await assertFits(page, address);
        }
        const id = await page.locator('#log .m').first().getAttribute('id');
        await open(page, `/m/${id.slice(1)}/details`);
        await assertAccessible(page);
      });
    });
  }
}

test('the keyboard goes from message to message and to everything else', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, chats.all[0]);
    const focused = () => page.evaluate(() => document.activeElement.id);
    await page.locator('#log .m').first().waitFor();
    const order = await page.$$eval('#log .chunk > [id^=m]', (all) => all.map(({ id }) => id));
    await page.keyboard.press('j');
    const first = await focused();
    assert.ok(order.includes(first), 'a message has the focus');
    await page.keyboard.press('k');
    const now = await page.$$eval('#log .chunk > [id^=m]', (all) => all.map(({ id }) => id));
    assert.equal(now.indexOf(await focused()), now.indexOf(first) - 1);
    await page.keyboard.press('?');
    await page.locator('#help[open]').waitFor();
    await assertAccessible(page, 'help');
    await page.keyboard.press('Escape');
    await page.locator('#help:not([open])').waitFor({ state: 'attached' });
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    assert.equal(await focused(), 'jump');
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('/');
    assert.ok(await page.evaluate(() => document.activeElement.matches('[data-search]')));
  });
});

test('pictures open over the page and follow each other', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, chats.pictures);
    const link = page.locator('a[data-picture]').last();
    await link.scrollIntoViewIfNeeded();
    const { width, height } = await link.locator('img').evaluate((img) => img.getBoundingClientRect());
    assert.ok(width > 10 && height > 10, 'the place of a picture is kept');
    await link.click();
    const box = page.locator('#lightbox[open]');
    await box.waitFor();
    const picture = box.locator('img');
    await page.waitForFunction(() => document.querySelector('#lightbox img').naturalWidth > 0);
    const before = await picture.getAttribute('src');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((before) => document.querySelector('#lightbox img').src !== new URL(before, location).href, before);
    await assertAccessible(page, 'lightbox');
    await page.keyboard.press('Escape');
    await page.locator('#lightbox:not([open])').waitFor({ state: 'attached' });
  });
});

test('a voice can be played', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, chats.voice);
    const seconds = await page.locator('audio').last().evaluate((audio) => new Promise((resolve, reject) => {
      audio.addEventListener('loadedmetadata', () => resolve(audio.duration));
      audio.addEventListener('error', () => reject(new Error(audio.error?.message)));
      audio.preload = 'metadata';
      audio.load();
    }));
    assert.ok(seconds > 0, `${seconds} s`);
  });
});

test('a bundle opens in place', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, chats.bundle);
    const bundle = page.locator('details.fw').last();
    await bundle.scrollIntoViewIfNeeded();
    if ((await bundle.getAttribute('open')) === null) await bundle.locator('summary').first().click();
    assert.ok((await bundle.getAttribute('open')) !== null);
  });
});

test('a message has a permanent link, and an origin', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, `${chats.all[0]}?edge=start`);
    const message = page.locator('#log .m').nth(30);
    const id = await message.getAttribute('id');
    const address = await message.locator('.lk a').first().getAttribute('href');
    assert.equal(address, `/m/${id.slice(1)}`);
    await open(page, address);
    await page.locator(`#${id}`).waitFor();
    assert.ok(await page.locator(`#${id}`).evaluate((one) => one.matches(':target')), 'it is pointed out');
    await page.waitForFunction((id) => {
      const { top, bottom } = document.getElementById(id).getBoundingClientRect();
      return top > 0 && bottom < innerHeight;
    }, id);
    await page.locator(`#${id} .og`).click();
    await page.getByRole('heading', { name: '出处' }).waitFor();
    assert.match(await page.locator('.copies').innerText(), /\.db/);
    await page.locator('.way a').click();
    await page.locator(`#${id}`).waitFor();
  });
});

test('loading again leads to the same place', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, `${chats.all[0]}?edge=start`);
    await page.mouse.move(500, 400);
    await page.mouse.wheel(0, 900);
    await page.waitForURL(/[?]at=[0-9a-f]{32}/);
    const id = new URL(page.url()).searchParams.get('at');
    await page.reload();
    await page.waitForFunction((id) => {
      const box = document.getElementById(`m${id}`)?.getBoundingClientRect();
      return box && box.bottom > 0 && box.top < innerHeight;
    }, id);
  });
});

test('chosen messages become a file', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, chats.all[0]);
    await page.getByRole('button', { name: '选择' }).click();
    const boxes = page.locator('#log .pick');
    const count = await boxes.count();
    await boxes.nth(count - 4).check();
    await boxes.nth(count - 2).click({ modifiers: ['Shift'] });
    assert.equal(await page.locator('#chosen output').innerText(), '3');
    await assertAccessible(page, 'choosing');
    await page.locator('#chosen-format').selectOption('jsonl');
    const [download] = await Promise.all([
      page.waitForEvent('download'), page.locator('#chosen').getByRole('button', { name: '导出' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(lines.length, 3);
    assert.ok(lines.every(({ type }) => type === 'message'));
  });
});

test('messages that mean harm are only words', { timeout: 120_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await open(page, chats.harmful);
    await page.locator('#log .m').last().waitFor();
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.locator('#log :is(script, style, svg, img[src="x"])').count(), 0);
    assert.match(await page.locator('#log').innerText(), /<script>window\.harmed = 1<\/script>/);
    const heights = await page.$$eval('#log .m', (all) => all.map((one) => one.getBoundingClientRect().height));
    assert.ok(Math.max(...heights) < 30_000, `${heights}`);
    // What is piled up stays inside its own message.
    const piled = await page.$$eval('#log .m', (all) => all.map((one) => one.querySelector('.t'))
      .filter((words) => words && getComputedStyle(words).overflowY !== 'clip').length);
    assert.equal(piled, 0);
    const rest = page.locator('#log .more a').last();
    assert.match(await rest.getAttribute('href'), /^\/m\/[0-9a-f]{32}\/details$/);
    const address = await rest.getAttribute('href');
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const whole = await (await fetch(server.origin + address, { headers: { cookie } })).text();
    assert.ok(whole.length > 3_400_000, 'all of it is there for those who ask');
  });
});
