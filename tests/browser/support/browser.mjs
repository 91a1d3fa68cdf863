// The system's Chromium, and pages in it that remember everything that went wrong.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PROGRAMS = [
  process.env.HUTONG_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** What axe shall check: every level A and AA rule of WCAG 2.0, 2.1 and 2.2, and the best practices. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** Starts the browser. It cannot reach any host but this one, whatever a page asks for. */
export async function launch(options = {}) {
  const executablePath = PROGRAMS.find((program) => program && existsSync(program));
  if (!executablePath) throw new Error('Chromium is missing; install it, or name it in HUTONG_CHROMIUM');
  return chromium.launch({
    executablePath,
    args: [
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      '--disable-background-networking',
      '--disable-component-update',
      '--font-render-hinting=none',
      // The small shared memory of containers is not enough for large pages.
      '--disable-dev-shm-usage',
    ],
    // Inside containers everything runs as root, where Chromium's own sandbox refuses to start.
    chromiumSandbox: process.getuid?.() !== 0,
    ...options,
  });
}

/**
 * Opens a page in its own session.
 *
 * The page comes with `faults`, the list of what must not happen (see `assertNoFaults`), and `requests`, everything
 * that it asked for.
 */
export async function newPage(
  browser,
  { language = 'zh', theme = 'light', viewport = DESKTOP, origin, javaScript = true, proxy, cookies } = {},
) {
  const isPhone = viewport === PHONE;
  const context = await browser.newContext({
    viewport,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    colorScheme: theme,
    isMobile: isPhone,
    hasTouch: isPhone,
    reducedMotion: 'reduce',
    javaScriptEnabled: javaScript,
    proxy,
  });
  context.setDefaultTimeout(20_000);
  if (cookies) await context.addCookies(cookies);
  const page = await context.newPage();
  page.faults = [];
  page.requests = [];
  // Messages that a test expects, for example of a connection that it cuts itself.
  page.allowed = [];
  const fault = (text) => page.faults.push(text);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      fault(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => fault(`page error: ${error.stack ?? error}`));
  page.on('crash', () => fault('the page crashed'));
  context.on('request', (request) => {
    const url = request.url();
    page.requests.push(url);
    const isOwn = origin ? url.startsWith(`${origin}/`) : url.startsWith('file:');
    if (!isOwn && !/^(data|blob|about):/.test(url)) fault(`request to another place: ${url}`);
  });
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // Leaving a page ends what it still asked for.
    if (reason !== 'net::ERR_ABORTED') fault(`request failed: ${request.url()}: ${reason}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 500) fault(`${response.status()} for ${response.url()}`);
  });
  if (javaScript) {
    await context.exposeBinding('__violation', (_, text) => fault(`content security policy: ${text}`));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        window.__violation(`${event.violatedDirective} refused ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
      });
    });
  }
  return page;
}

/** Fails when anything happened on the page that must not: errors, warnings, requests elsewhere, status 5xx. */
export function assertNoFaults(page) {
  const faults = page.faults.filter((fault) => !page.allowed.some((allowed) => allowed.test(fault)));
  assert.deepEqual(faults, [], `faults on ${page.url()}`);
}

/** Runs a test on a new page, checks it for faults and closes it; a failure names what else went wrong. */
export async function withPage(browser, options, body) {
  const page = await newPage(browser, options);
  try {
    const result = await body(page);
    assertNoFaults(page);
    return result;
  } catch (error) {
    if (page.faults.length > 0 && !String(error.message).startsWith('faults on')) {
      error.message += `\nfaults on ${page.url()}:\n  ${page.faults.join('\n  ')}`;
    }
    throw error;
  } finally {
    await page.context().close();
  }
}

/** Everything that axe finds on the page as it stands, a line for each violation. */
export async function violations(page) {
  // Evaluated through the debugger, so a page's policy may stay as strict as it is.
  await page.evaluate(`${AXE}\n;0`);
  const found = await page.evaluate(async (rules) => {
    // What is out of sight and not laid out yet has no true place, and axe would see it lie over its neighbours.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { content-visibility: visible !important }');
    document.adoptedStyleSheets.push(sheet);
    try {
      return await window.axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] });
    } finally {
      document.adoptedStyleSheets.pop();
    }
  }, RULES);
  return found.violations.map(({ id, help, nodes }) => {
    const shown = nodes.slice(0, 4).map((node) => `\n      ${node.html.slice(0, 200)}\n        ${
      [...node.any, ...node.all, ...node.none].map((check) => check.message).join('; ')}`);
    return `${id}: ${help} (${nodes.length} places)${shown.join('')}`;
  });
}

/** Fails when axe finds a violation. */
export async function assertAccessible(page, name = page.url()) {
  const found = await violations(page);
  assert.equal(found.length, 0, `axe on ${name}:\n  ${found.join('\n  ')}`);
}

/** Fails when the page is wider than the window. */
export async function assertFits(page, name = page.url()) {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth, document.documentElement.clientWidth,
  ]);
  assert.ok(content <= window, `${name} is ${content} pixels wide in a window of ${window}`);
}
