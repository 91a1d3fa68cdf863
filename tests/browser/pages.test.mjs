// Every page of the site, in both languages, light and dark, on a desktop and on a phone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { assertAccessible, assertFits, DESKTOP, launch, PHONE, withPage } from './support/browser.mjs';
import { demo, scratch, serve } from './support/program.mjs';
import { crawl, isOf, routes } from './support/routes.mjs';

/** Pages that the navigation leads to. */
const SECTIONS = ['/', '/people', '/search', '/gallery', '/stats', '/imports', '/settings', '/archive', '/export', '/welcome'];
/** Further pages, which the crawl must have met. */
const MET = ['/c/…', '/imports/…', '/m/…/details'];

/** Addresses that are no pages: pieces for scripts, files, streams, and ways that only lead on. */
const NO_PAGES = [
  '/c/{chat}/messages', '/search/suggest', '/media/{name}', '/static/{version}/{name}', '/year/{year}/picture.svg',
  '/export/download', '/jobs/{number}/events', '/welcome/uploads/{batch}', '/uploads', '/uploads/{id}', '/m/{message}', '/enter',
];

let browser;
let server;
let cookies;
/** Addresses by kind. */
let addresses;
/** Pages that no link leads to, each with the server that has it. */
const further = [];
const servers = [];

before(async () => {
  const folder = scratch('pages');
  const made = await demo(folder);
  server = await serve(folder, { archive: made.archive });
  cookies = await server.enter();
  servers.push(server);
  await steps(folder, made);
  browser = await launch();
}, { timeout: 180_000 });
after(async () => {
  await browser?.close();
  for (const one of servers) await one.stop();
});

/** Sends a form as the page does; gives where it leads. */
async function post(one, jar, address, fields) {
  const headers = { cookie: jar.map(({ name, value }) => `${name}=${value}`).join('; '), origin: one.origin };
  const page = await (await fetch(`${one.origin}/welcome`, { headers })).text();
  const token = /name="form-token" content="([0-9a-f]+)"/.exec(page)[1];
  const answer = await fetch(one.origin + address, {
    method: 'POST', headers, redirect: 'manual', body: new URLSearchParams({ ...fields, form_token: token }),
  });
  assert.equal(answer.status, 303, `${address} answers ${answer.status}`);
  return answer.headers.get('location');
}

/** Goes through what has to be gone through: the wizard on a machine without an archive, an import, a closed archive. */
async function steps(folder, made) {
  const wechat = path.join(path.dirname(made.archive), 'wechat');
  const key = readFileSync(path.join(wechat, 'wechat-keys.json'), 'utf8');

  const fresh = await serve(folder, { archive: path.join(folder, 'fresh.hutong') });
  servers.push(fresh);
  const jar = await fresh.enter();
  const keep = (address) => further.push({ server: fresh, cookies: jar, address });
  const draft = await post(fresh, jar, '/welcome/look', { path: wechat });
  keep('/welcome');
  keep(draft);
  keep(await post(fresh, jar, draft, { choose: '0' }));
  const other = await post(fresh, jar, '/welcome/look', { path: wechat });
  await post(fresh, jar, other, { choose: '0' });
  keep(await post(fresh, jar, `${other}/key`, { input: '0', text: key }));

  // Only bundles that are too large to open in place have a page that something leads to.
  const session = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
  const found = await fetch(`${server.origin}/api/v1/search?q=kind:forward`, { headers: session });
  const [{ id, parts }] = (await found.json()).messages;
  const bundle = parts.findIndex(({ type }) => type === 'forward');
  further.push({ server, cookies, address: `/m/${id}/bundle?path=${bundle}` });

  const again = await post(server, cookies, '/welcome/look', { path: wechat });
  await post(server, cookies, again, { choose: '0' });
  const job = await post(server, cookies, `${again}/key`, { input: '0', text: key });
  further.push({ server, cookies, address: job });
  // Waits for the end: events are sent until then.
  await (await fetch(`${server.origin}${job}/events`, { headers: session })).text();

  const closed = await serve(folder, { archive: made.archive, passphrase: null });
  servers.push(closed);
  further.push({ server: closed, cookies: await closed.enter(), address: '/unlock' });
}

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
  const seen = [...addresses.values(), ...further.map(({ address }) => address)];
  const unseen = routes().filter((route) => !NO_PAGES.includes(route) && !seen.some((address) => isOf(route, address)));
  assert.deepEqual(unseen, [], 'every page of the router is looked at');
  for (const kind of MET) assert.ok(addresses.has(kind), `${kind} was met; met were ${[...addresses.keys()].join(' ')}`);
});

for (const [language, theme, device, viewport] of [
  ['zh', 'light', 'desktop', DESKTOP],
  ['en', 'dark', 'phone', PHONE],
  ['zh', 'dark', 'desktop', DESKTOP],
  ['en', 'light', 'phone', PHONE],
]) {
  const name = `${language}, ${theme}, ${device}`;
  const look = async (page, address, faults) => {
    const answer = await page.goto(page.origin + address);
    if (answer.status() >= 400) faults.push(`${address} answers ${answer.status()}`);
    for (const check of [assertAccessible, assertFits]) {
      await check(page, address).catch((error) => faults.push(error.message));
    }
  };
  // The crawl has looked at the first kind already.
  const isCrawled = theme === 'light' && viewport === DESKTOP;
  if (!isCrawled) test(`every page is accessible and fits: ${name}`, { timeout: 180_000 }, async () => {
    await withPage(browser, options({ language, theme, viewport }), async (page) => {
      const faults = [];
      page.origin = server.origin;
      for (const address of addresses.values()) await look(page, address, faults);
      assert.deepEqual(faults, []);
    });
  });
  test(`every step of the wizard, an import and the lock are accessible and fit: ${name}`, { timeout: 120_000 }, async () => {
    for (const { server: one, cookies: jar, address } of further) {
      await withPage(browser, { origin: one.origin, cookies: jar, language, theme, viewport }, async (page) => {
        const faults = [];
        page.origin = one.origin;
        await look(page, address, faults);
        assert.deepEqual(faults, []);
      });
    }
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
