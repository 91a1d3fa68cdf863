// Looking for something: suggestions by keyboard, hits, the way into the chat; filtering lists; the large view of pictures.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, withPage } from './support/browser.mjs';
import { demo, scratch, serve } from './support/program.mjs';

let browser;
let server;
let cookies;

before(async () => {
  const folder = scratch('search');
  const { archive } = await demo(folder, { messages: 1500 });
  server = await serve(folder, { archive, language: 'en' });
  cookies = await server.enter();
  browser = await launch();
}, { timeout: 120_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

const look = (body, options = {}) =>
  withPage(browser, { origin: server.origin, cookies, language: 'en', ...options }, body);

test('a query is put together by keyboard and leads into the chat', { timeout: 60_000 }, async () => {
  await look(async (page) => {
    await page.goto(`${server.origin}/search`);
    const field = page.getByRole('combobox', { name: 'Query' });
    await field.pressSequentially('fro');
    const list = page.getByRole('listbox', { name: 'Suggestions' });
    await list.getByRole('option', { name: 'from:' }).waitFor();
    assert.equal(await field.getAttribute('aria-expanded'), 'true');
    await field.press('ArrowDown');
    const active = await field.getAttribute('aria-activedescendant');
    assert.equal(await page.locator(`#${active}`).getAttribute('aria-selected'), 'true');
    await field.press('Enter');
    assert.equal(await field.inputValue(), 'from:', 'Enter takes the suggestion and does not send the form');
    await list.getByRole('option').first().waitFor();
    await field.pressSequentially('me');
    await list.getByRole('option', { name: 'me', exact: false }).first().waitFor();
    await field.press('ArrowDown');
    await field.press('Tab');
    assert.equal(await field.inputValue(), 'from:me ');
    await field.pressSequentially('kind:te');
    await list.getByRole('option', { name: 'text' }).first().waitFor();
    await field.press('Escape');
    assert.equal(await field.getAttribute('aria-expanded'), 'false');
    await field.pressSequentially('xt');
    // Nothing is chosen in the list, so Enter sends the form whether the list has come by then or not.
    await field.press('Enter');
    await page.waitForURL(/q=from%3Ame/);
    const hit = page.locator('ol.hits li a').first();
    const address = await hit.getAttribute('href');
    await hit.click();
    await page.waitForURL(/\/c\/[0-9a-f]{32}/);
    const id = address.split('/').pop();
    const message = page.locator(`#m${id}`);
    await message.waitFor();
    const box = await message.boundingBox();
    assert.ok(box.y >= 0 && box.y < 800, 'the message that was found is in view');
  });
});

test('words are marked, counts narrow, and everything works without scripts', { timeout: 60_000 }, async () => {
  await look(async (page) => {
    await page.goto(`${server.origin}/search?q=${encodeURIComponent('我')}`);
    assert.ok((await page.locator('mark').count()) > 0);
    const before = await page.locator('[data-count]').textContent();
    await page.locator('.facet a').first().click();
    await page.locator('ol.hits').waitFor();
    assert.notEqual(await page.locator('[data-count]').textContent(), before);
    await page.goto(`${server.origin}/search?q=kind:nothing`);
    await page.getByRole('alert').waitFor();
  }, { javaScript: false });
});

test('chats are filtered while one types', { timeout: 60_000 }, async () => {
  await look(async (page) => {
    await page.goto(`${server.origin}/`);
    const rows = page.locator('ul.chats li');
    const all = await rows.count();
    const title = await rows.first().locator('a bdi').textContent();
    await page.getByRole('searchbox', { name: 'Filter chats by name' }).pressSequentially(title);
    await page.waitForFunction((count) => document.querySelectorAll('ul.chats li').length < count, all);
    assert.ok((await rows.allTextContents()).some((row) => row.includes(title)));
    assert.ok(new URL(page.url()).searchParams.get('q'), 'the address tells the filter');
    await page.reload();
    assert.ok((await rows.count()) < all);
  });
});

test('a picture is shown large and leads to its message', { timeout: 60_000 }, async () => {
  await look(async (page) => {
    await page.goto(`${server.origin}/gallery`);
    const tile = page.locator('.tiles a[data-full]').first();
    await tile.click();
    const dialog = page.getByRole('dialog', { name: 'Large view' });
    await dialog.waitFor();
    const first = await dialog.locator('p').textContent();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((text) => document.querySelector('dialog p').textContent !== text, first);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await tile.click();
    await dialog.getByRole('link', { name: 'Show in the chat' }).click();
    await page.waitForURL(/\/c\/[0-9a-f]{32}/);
  });
});
