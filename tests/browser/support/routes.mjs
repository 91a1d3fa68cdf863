// Finds the pages of the site: by following its links, and in the list of its addresses.

import { readFileSync } from 'node:fs';

/** Every address that answers GET, as the router has it: `/c/{chat}/gallery`. */
export function routes() {
  const source = readFileSync(new URL('../../../crates/web/src/router.rs', import.meta.url), 'utf8');
  const found = [...source.matchAll(/\.route\(\s*"([^"]+)",\s*(?:get\(|any\()/g)].map(([, path]) => path);
  if (found.length < 30) throw new Error(`the router is not understood: ${found}`);
  return found;
}

/** Whether an address is one of a route. */
export function isOf(route, address) {
  const words = route.split('/').map((word) => word.replace(/\{\w+\}/, '[^/]+').replace('.', '\\.'));
  return new RegExp(`^${words.join('/')}$`).test(new URL(address, 'http://127.0.0.1').pathname);
}

/** One page of each kind is enough: what names a chat, a message or a number is left out of the address. */
export function kind(address) {
  const { pathname, searchParams } = new URL(address, 'http://127.0.0.1');
  const words = pathname.split('/').map((word) => (/^\d+$|^[0-9a-f]{8,}$/.test(word) ? '…' : word));
  const names = [...new Set(searchParams.keys())].sort();
  return words.join('/') + (names.length > 0 ? `?${names.join('&')}` : '');
}

/**
 * Visits a page of each kind, beginning with `start`, and calls `look` on each.
 *
 * @returns the addresses by kind, in the order they were found.
 */
export async function crawl(page, origin, start, look, { most = 80 } = {}) {
  const found = new Map();
  const waiting = [...start];
  while (waiting.length > 0 && found.size < most) {
    const address = waiting.shift();
    if (found.has(kind(address))) continue;
    const answer = await page.goto(origin + address);
    found.set(kind(address), address);
    if (!(answer.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    await look(address, answer);
    const links = await page.$$eval('a[href]:not([download])', (all) => all
      .filter((link) => !link.closest('[hidden]'))
      .map((link) => new URL(link.getAttribute('href'), document.baseURI).href));
    for (const link of links) {
      const url = new URL(link);
      // Contents of attachments are files, not pages.
      if (url.origin !== origin || /^\/(static|media|api)\/|\/download$|\.\w+$/.test(url.pathname)) continue;
      waiting.push(url.pathname + url.search);
    }
  }
  return found;
}
