// Statistics and the year in review: whole without scripts, turned with them, and saved as a picture.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { assertAccessible, assertFits, DESKTOP, launch, PHONE, withPage } from './support/browser.mjs';
import { demo, scratch, serve } from './support/program.mjs';

let browser;
let server;
let cookies;
const YEAR = 2022;

before(async () => {
  const folder = scratch('statistics');
  const { archive } = await demo(folder);
  server = await serve(folder, { archive });
  cookies = await server.enter();
  browser = await launch();
}, { timeout: 180_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens an address and waits until it has been counted. */
async function open(page, address) {
  const wait = () => page.goto(`${server.origin}${address}`);
  let answer = await wait();
  while (answer.headers().refresh) answer = await wait();
  assert.equal(answer.status(), 200, address);
}

const inSession = (options, body) => withPage(browser, { origin: server.origin, cookies, ...options }, body);

for (const theme of ['light', 'dark']) {
  for (const [name, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
    test(`statistics and a year are accessible and fit: ${theme}, ${name}`, { timeout: 90_000 }, async () => {
      await inSession({ theme, viewport, language: theme === 'dark' ? 'en' : 'zh' }, async (page) => {
        for (const address of ['/stats', `/stats?year=${YEAR}`, `/year/${YEAR}`]) {
          await open(page, address);
          await assertFits(page, address);
          await assertAccessible(page, address);
        }
        // The numbers of every chart can be unfolded.
        await open(page, '/stats');
        for (const summary of await page.locator('details.numbers summary').all()) await summary.click();
        await assertFits(page, 'unfolded numbers');
        await assertAccessible(page, 'unfolded numbers');
      });
    });
  }
}

test('a year is turned by keys and buttons', { timeout: 60_000 }, async () => {
  await inSession({}, async (page) => {
    await open(page, `/year/${YEAR}`);
    const place = page.locator('[data-place]');
    const count = await page.locator('.leaf').count();
    const at = (number) => page.waitForFunction(
      ([text]) => document.querySelector('[data-place]').textContent === text, [`${number} / ${count}`],
    );
    await at(1);
    await page.keyboard.press('ArrowRight');
    await at(2);
    await page.locator('[data-turn="1"]').click();
    await at(3);
    await page.keyboard.press('ArrowLeft');
    await at(2);
    await page.keyboard.press('End');
    await at(count);
    assert.equal(await page.locator('[data-turn="1"]').isDisabled(), true, await place.textContent());
  });
});

test('without scripts a year is one long page', { timeout: 60_000 }, async () => {
  await inSession({ javaScript: false }, async (page) => {
    await open(page, `/year/${YEAR}`);
    const leaves = await page.locator('.leaf').all();
    assert.ok(leaves.length > 8);
    let bottom = 0;
    for (const leaf of leaves) {
      const box = await leaf.boundingBox();
      assert.ok(box.y >= bottom, 'pages stand below each other');
      bottom = box.y + box.height;
    }
    assert.equal(await page.locator('[data-save=png]').isVisible(), false);
    assert.equal(await page.locator('[data-save=svg]').isVisible(), true);
  });
});

test('the picture is saved as PNG, with names and without', { timeout: 60_000 }, async () => {
  await inSession({}, async (page) => {
    await open(page, `/year/${YEAR}`);
    await page.keyboard.press('End');
    const save = async () => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-save=png]').click()]);
      assert.equal(download.suggestedFilename(), `hutong-${YEAR}.png`);
      return readFileSync(await download.path());
    };
    const shown = await save();
    assert.equal(shown.subarray(1, 4).toString(), 'PNG');
    assert.equal(shown.readUInt32BE(16), 1080);
    assert.ok(shown.readUInt32BE(20) > 1500, 'the picture has its whole height');
    await page.locator('[data-hide]').check();
    const hidden = await save();
    assert.notDeepEqual(hidden, shown);
  });
});
