// The one-time link, the lock, and who is kept out.

import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';

import { launch, withPage } from './support/browser.mjs';
import { demo, PASSPHRASE, scratch, serve } from './support/program.mjs';

let browser;
let folder;
let archive;

before(async () => {
  folder = scratch('entering');
  ({ archive } = await demo(folder));
  browser = await launch();
}, { timeout: 120_000 });
after(() => browser?.close());

async function withServer(options, body) {
  const server = await serve(folder, { archive, ...options });
  try {
    return await body(server);
  } finally {
    await server.stop();
  }
}

/** Asks without a browser, with any header that one likes; gives the status. */
function ask(port, path, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).once('error', reject).end();
  });
}

test('the link lets one browser in, once', { timeout: 60_000 }, async () => {
  await withServer({}, async (server) => {
    await withPage(browser, { origin: server.origin }, async (page) => {
      await page.goto(server.link);
      await page.getByRole('link', { name: '会话', exact: true }).first().waitFor();
      assert.equal(new URL(page.url()).pathname, '/', 'the link does not stay in the address');
      const [cookie] = await page.context().cookies();
      assert.ok(cookie.httpOnly);
      assert.equal(cookie.sameSite, 'Strict');
    });
    await withPage(browser, { origin: server.origin }, async (page) => {
      page.allowed.push(/status of 40[13]/);
      for (const address of [server.link, `${server.origin}/`, `${server.origin}/settings`]) {
        const answer = await page.goto(address);
        assert.equal(answer.status(), 401, address);
        assert.equal(await page.getByRole('link', { name: '会话', exact: true }).count(), 0);
      }
    });
  });
});

test('a locked archive asks for its passphrase, and says when it is wrong', { timeout: 60_000 }, async () => {
  await withServer({ passphrase: null, language: 'en' }, async (server) => {
    await withPage(browser, { origin: server.origin, cookies: await server.enter(), language: 'en' }, async (page) => {
      page.allowed.push(/status of 40[0-9]/);
      await page.goto(`${server.origin}/`);
      await page.getByLabel('Passphrase').fill('not the one');
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByLabel('Passphrase').fill(PASSPHRASE);
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByRole('link', { name: 'Chats', exact: true }).first().waitFor();
      assert.ok(!(await page.content()).includes('not the one'), 'no passphrase is kept in the page');
    });
  });
});

test('a foreign name for this machine is refused', { timeout: 60_000 }, async () => {
  await withServer({}, async ({ port, enter }) => {
    const [{ name, value }] = await enter();
    const cookie = `${name}=${value}`;
    assert.equal(await ask(port, '/', { cookie, host: `127.0.0.1:${port}` }), 200);
    for (const host of ['rebound.example', `rebound.example:${port}`, `127.0.0.1.rebound.example:${port}`, `192.168.0.9:${port}`]) {
      assert.equal(await ask(port, '/', { cookie, host }), 403, host);
    }
  });
});

test('a page of another site can neither read nor change anything', { timeout: 60_000 }, async () => {
  await withServer({}, async (server) => {
    const hostile = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html');
      answer.end(`<!doctype html><title>elsewhere</title><form method="post" action="${server.origin}/lock"><button>go</button></form>
        <img src="${server.origin}/settings" alt=""><iframe src="${server.origin}/"></iframe>`);
    });
    await new Promise((resolve) => hostile.listen(0, '127.0.0.1', resolve));
    try {
      // Another name of the same machine is another site to the browser.
      const elsewhere = `http://localhost:${hostile.address().port}`;
      await withPage(browser, { origin: server.origin, cookies: await server.enter() }, async (page) => {
        page.allowed.push(/.*/);
        await page.goto(elsewhere);
        const reply = await page.evaluate(
          (target) => fetch(target, { credentials: 'include' }).then((got) => got.text(), () => 'refused'),
          `${server.origin}/`,
        );
        assert.equal(reply, 'refused');
        const [answer] = await Promise.all([
          page.waitForResponse((response) => response.url() === `${server.origin}/lock`),
          page.getByRole('button', { name: 'go' }).click(),
        ]);
        assert.ok([401, 403].includes(answer.status()), `posting from elsewhere answers ${answer.status()}`);
        await page.goto(`${server.origin}/`);
        await page.getByRole('link', { name: '会话', exact: true }).first().waitFor();
      });
    } finally {
      hostile.close();
    }
  });
});
