// Every page of the site, in both languages, light and dark, on a desktop and on a phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertAccessible, assertFits, DESKTOP, launch, PHONE, withPage } from './support/browser.mjs';
import { demo, scratch, serve } from './support/program.mjs';
import { crawl } from './support/routes.mjs';

/** Pages that the navigation leads to. */
const SECTIONS = ['/', '/people', '/search', '/gallery', '/stats', '/imports', '/settings', '/archive', '/export', '/welcome'];
/** Further pages, which the crawl must have met. */
const MET = ['/c/…', '/imports/…', '/m/…/details'];

let browser;
let server;
let cookies;
/** Addresses by kind. */
let addresses;

before(async () => {
  const folder = scratch('pages');
  const made = await demo(folder);
  server = await serve(folder, { archive: made.archive });
  cookies = await server.enter();
  browser = await launch();
}, { timeout: 120_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

function options(rest) {
  return { origin: server.origin, cookies, ...rest };
}

test('every page that a link leads to is there, is accessible and fits', { timeout: 180_000 }, async () => {
  await withPage(browser, options({ language: 'zh', theme: 'light', viewport: DESKTOP }), async (page) => {
    const faults = [];
    addresses = await crawl(page, server.origin, [...SECTIONS, '/search?q=合同'], async (address, answer) => {
      if (answer.status() >= 400) faults.push(`${address} answers ${answer.status()}`);
      for (const check of [assertAccessible, assertFits]) {
        await check(page, address).catch((error) => faults.push(error.message));
      }
    });
    assert.deepEqual(faults, []);
  });
  for (const kind of MET) assert.ok(addresses.has(kind), `${kind} was met; met were ${[...addresses.keys()].join(' ')}`);
});

for (const [language, theme, device, viewport] of [
  ['en', 'dark', 'phone', PHONE],
  ['zh', 'dark', 'desktop', DESKTOP],
  ['en', 'light', 'phone', PHONE],
]) {
  test(`every page is accessible and fits: ${language}, ${theme}, ${device}`, { timeout: 180_000 }, async () => {
    await withPage(browser, options({ language, theme, viewport }), async (page) => {
      const faults = [];
      for (const address of addresses.values()) {
        await page.goto(server.origin + address);
        for (const check of [assertAccessible, assertFits]) {
          await check(page, address).catch((error) => faults.push(error.message));
        }
      }
      assert.deepEqual(faults, []);
    });
  });
}

test('pages speak the language of the browser', { timeout: 60_000 }, async () => {
  for (const [language, word] of [['zh', '会话'], ['en', 'Chats']]) {
    await withPage(browser, options({ language }), async (page) => {
      await page.goto(`${server.origin}/`);
      await page.getByRole('navigation').first().getByRole('link', { name: word, exact: true }).waitFor();
      assert.match(await page.locator('html').getAttribute('lang'), new RegExp(`^${language}`));
    });
  }
});

test('pages can be read without scripts', { timeout: 60_000 }, async () => {
  await withPage(browser, options({ javaScript: false }), async (page) => {
    await page.goto(`${server.origin}/`);
    await page.locator('main a[href^="/c/"]').first().click();
    await page.locator('#log .m').first().waitFor();
  });
});
