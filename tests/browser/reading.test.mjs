// What a message holds and leads to, checked against what the command line says of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertAccessible, launch, withPage } from './support/browser.mjs';
import { demo, hutong, scratch, serve } from './support/program.mjs';

let folder;
let archive;
let browser;
let server;
let cookies;

before(async () => {
  folder = scratch('reading');
  ({ archive } = await demo(folder, { messages: 1500 }));
  server = await serve(folder, { archive });
  cookies = await server.enter();
  browser = await launch();
}, { timeout: 120_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

function options(rest = {}) {
  return { origin: server.origin, cookies, ...rest };
}

/** Messages that a query finds, newest first. */
async function found(query, count = 200) {
  const lines = await hutong(folder, '--json', '--archive', archive, 'search', query, '-n', String(count));
  return lines.trim().split('\n').map((line) => JSON.parse(line)).filter((line) => line.type === 'message');
}

/** Opens a message in its chat. */
async function open(page, { id }) {
  await page.goto(`${server.origin}/m/${id}`);
  const message = page.locator(`#m${id}`);
  await message.waitFor();
  return message;
}

test('a voice message plays', { timeout: 60_000 }, async () => {
  const [voice] = (await found('kind:voice')).filter((one) => one.attachments?.some((file) => file.present));
  await withPage(browser, options(), async (page) => {
    const message = await open(page, voice);
    const heard = await message.locator('audio').first().evaluate(async (audio) => {
      audio.muted = true;
      await audio.play();
      await new Promise((resolve) => audio.addEventListener('timeupdate', () => audio.currentTime > 0 && resolve()));
      audio.pause();
      return { duration: audio.duration, error: audio.error?.message };
    });
    assert.ok(heard.duration > 0 && heard.error === undefined, JSON.stringify(heard));
  });
});

test('a forward bundle opens in place, and bundles inside it', { timeout: 60_000 }, async () => {
  const bundles = await found('kind:forward');
  const nested = bundles.find((one) => JSON.stringify(one.parts).split('"type":"forward"').length > 2);
  assert.ok(nested, 'the demo holds a bundle in a bundle');
  await withPage(browser, options(), async (page) => {
    const message = await open(page, nested);
    const outer = message.locator('details.fw').first();
    if ((await outer.getAttribute('open')) === null) await outer.locator('summary').first().click();
    await outer.locator('ol > li').first().waitFor();
    const inner = outer.locator('details.fw').first();
    if ((await inner.getAttribute('open')) === null) await inner.locator('summary').first().click();
    await inner.locator('li').first().waitFor();
    await assertAccessible(page, 'an open bundle');
  });
});

test('an answer leads to what it answers', { timeout: 60_000 }, async () => {
  const answers = (await found('has:reply')).filter((one) => one.reply_to);
  assert.ok(answers.length > 0);
  await withPage(browser, options(), async (page) => {
    const message = await open(page, answers[0]);
    await message.locator(`a[href*="${answers[0].reply_to}"]`).first().click();
    await page.waitForFunction((id) => {
      const place = document.getElementById(id)?.getBoundingClientRect();
      return place && place.bottom > 0 && place.top < window.innerHeight;
    }, `m${answers[0].reply_to}`);
  });
});

test('a message says where it came from', { timeout: 60_000 }, async () => {
  const [message] = await found('on:wechat kind:text', 1);
  await withPage(browser, options(), async (page) => {
    await open(page, message);
    await page.locator(`#m${message.id} a[href$="/details"]`).click();
    await page.waitForURL(`**/m/${message.id}/details`);
    const text = await page.locator('main').innerText();
    for (const word of [message.origin.input, message.origin.table, message.origin.row, message.id]) {
      assert.ok(text.includes(word), `${word} is shown in: ${text}`);
    }
  });
});
