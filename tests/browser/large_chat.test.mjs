// A chat of very many messages: what the page costs, any date at once, and scrolling both ways without a gap.
//
// HUTONG_BROWSER_MESSAGES says how many; a million is for a run by hand. Times are printed, never asserted.

import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { launch, PHONE, withPage } from './support/browser.mjs';
import { countNodes, frames, transferred } from './support/measure.mjs';
import { forge, hutong, scratch, serve } from './support/program.mjs';

const MESSAGES = Number(process.env.HUTONG_BROWSER_MESSAGES ?? 50_000);
const LONG = 120_000 + MESSAGES;
/** More elements than this are never in the document at once. */
const MOST_NODES = 12_000;

let browser;
let server;
let cookies;
/** Address of the chat. */
let chat;
/** Its messages, oldest first: id and instant. */
const truth = [];
const places = new Map();

before(async () => {
  const folder = scratch('large');
  await forge(folder, 'chatlab', '--messages', String(2 * MESSAGES), '--out', path.join(folder, 'data'), '--no-truth');
  const archive = path.join(folder, 'large.hutong');
  const data = path.join(folder, 'data/chatlab/群聊.json');
  await hutong(folder, '--archive', archive, 'import', data);
  const [found] = (await hutong(folder, '--json', '--archive', archive, 'chats')).trim().split('\n').map((line) => JSON.parse(line));
  chat = `/c/${found.id}`;
  const list = path.join(folder, 'list.jsonl');
  await hutong(folder, '--archive', archive, 'export', '--to', 'jsonl', '-o', list);
  for await (const line of createInterface({ input: createReadStream(list) })) {
    const { type, id, sent_at: sentAt } = JSON.parse(line);
    if (type !== 'message') continue;
    places.set(id, truth.length);
    truth.push({ id, sentAt: Date.parse(sentAt) });
  }
  assert.equal(truth.length, found.messages);
  server = await serve(folder, { archive });
  cookies = await server.enter();
  browser = await launch();
}, { timeout: LONG });
after(async () => {
  await browser?.close();
  await server?.stop();
});

function options(rest = {}) {
  return { origin: server.origin, cookies, ...rest };
}

/** Positions in `truth` of the messages that are in the document, in its order. */
async function loaded(page) {
  const ids = await page.$$eval('#log .chunk > .m[id], #log .chunk > [id^=m]', (all) => all.map((one) => one.id.slice(1)));
  return ids.map((id) => places.get(id));
}

/** Positions of the messages within the window. */
async function visible(page) {
  const ids = await page.$$eval('#log .chunk > [id^=m]', (all) => all
    .filter((one) => {
      const { top, bottom } = one.getBoundingClientRect();
      return bottom > 60 && top < window.innerHeight;
    })
    .map((one) => one.id.slice(1)));
  return ids.map((id) => places.get(id));
}

/** Fails unless these are neighbours in the chat, in order: nothing missing, nothing twice. */
function assertUnbroken(positions) {
  assert.ok(positions.length > 0, 'messages are shown');
  positions.forEach((position, index) => {
    assert.equal(position, positions[0] + index, 'a message is missing, doubled or in the wrong place');
  });
}

test('the first load of a chat is small', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    const sizes = await transferred(page, () => page.goto(server.origin + chat));
    console.log(`first load: ${sizes.all} bytes in ${sizes.requests} requests, ${sizes.script} of script; ${await countNodes(page)} elements`);
    assert.ok(sizes.all < 150_000, `${sizes.all} bytes`);
    assert.ok(sizes.script > 0 && sizes.script < 30_000, `${sizes.script} bytes of script`);
    const shown = await loaded(page);
    assertUnbroken(shown);
    assert.equal(shown.at(-1), truth.length - 1, 'a chat opens at its newest message');
    assert.ok((await visible(page)).includes(truth.length - 1), 'and shows it');
  });
});

test('a date in the middle is reached at once', { timeout: 60_000 }, async () => {
  const middle = truth[Math.floor(truth.length / 2)].sentAt;
  // Midnight in Shanghai before that message.
  const day = 86_400_000;
  const midnight = Math.floor((middle + 8 * 3_600_000) / day) * day - 8 * 3_600_000;
  const date = new Date(midnight + 8 * 3_600_000).toISOString().slice(0, 10);
  const first = truth.findIndex(({ sentAt }) => sentAt >= midnight);
  await withPage(browser, options(), async (page) => {
    await page.goto(server.origin + chat);
    const begun = Date.now();
    await page.getByLabel('跳到日期').fill(date);
    await page.getByRole('button', { name: '跳转' }).click();
    await page.locator(`#m${truth[first].id}`).waitFor();
    console.log(`jump to ${date} among ${truth.length} messages: ${Date.now() - begun} ms`);
    assert.ok((await visible(page)).includes(first), `the first message of ${date} is in the window`);
  });
});

for (const [device, viewport] of [['desktop', undefined], ['phone', PHONE]]) {
  test(`scrolling both ways from the middle leaves no gap and keeps the document small: ${device}`, { timeout: LONG }, async () => {
    const middle = Math.floor(truth.length / 2);
    await withPage(browser, options(viewport && { viewport }), async (page) => {
      await page.goto(`${server.origin}${chat}?at=${truth[middle].id}`);
      await page.waitForFunction((id) => {
        const place = document.getElementById(id)?.getBoundingClientRect();
        return place && place.top < window.innerHeight && place.bottom > 0;
      }, `m${truth[middle].id}`);
      const { width, height } = page.viewportSize();
      const seen = { most: 0, first: middle, last: middle };
      const look = async () => {
        const positions = await loaded(page);
        assertUnbroken(positions);
        seen.first = Math.min(seen.first, positions[0]);
        seen.last = Math.max(seen.last, positions.at(-1));
        const nodes = await countNodes(page);
        seen.most = Math.max(seen.most, nodes);
        assert.ok(nodes < MOST_NODES, `${nodes} elements in the document`);
      };
      const figures = [];
      for (const [direction, distance, until] of [
        ['later', 6000, () => seen.last > middle + 200], ['earlier', -6000, () => seen.first < middle - 200],
      ]) {
        for (let round = 0; round < 40 && !until(); round += 1) {
          const before = await visible(page);
          figures.push({ direction, ...(await frames(page, { x: width / 2, y: height / 2, distance })) });
          await look();
          // What comes is fetched while one scrolls; at an edge that is still being fetched the next turn waits for it.
          await page.waitForFunction(
            (known) => [...document.querySelectorAll('#log .chunk > [id^=m]')].some((one) => {
              const { top, bottom } = one.getBoundingClientRect();
              return bottom > 60 && top < window.innerHeight && !known.includes(one.id);
            }),
            before.map((position) => `m${truth[position].id}`),
          );
        }
        assert.ok(until(), `scrolled ${direction}: ${JSON.stringify(seen)}`);
      }
      const worst = figures.reduce((a, b) => (a.p95 > b.p95 ? a : b));
      const count = figures.reduce((sum, one) => sum + one.frames, 0);
      console.log(`${device}, ${truth.length} messages, ${count} frames in ${figures.length} turns: p95 of the worst turn ${worst.p95} ms, `
        + `medians ${figures.map((one) => one.median).join(' ')} ms; at most ${seen.most} elements`);
    });
  });
}

test('the oldest message is a click away, and a link leads to any message', { timeout: 60_000 }, async () => {
  await withPage(browser, options(), async (page) => {
    await page.goto(server.origin + chat);
    await page.getByRole('link', { name: '最早' }).first().click();
    await page.locator(`#m${truth[0].id}`).waitFor();
    assertUnbroken(await loaded(page));
    const { id } = truth[Math.floor(truth.length / 3)];
    await page.goto(`${server.origin}/m/${id}`);
    await page.locator(`#m${id}`).waitFor();
    assert.match(page.url(), new RegExp(id), 'the address names the message');
    assert.ok((await visible(page)).includes(places.get(id)));
  });
});
