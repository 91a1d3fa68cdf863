// What a page costs: frames while it scrolls, nodes, bytes.

/** Sum of the response bodies as they came over the wire, all and scripts only, while `body` runs. */
export async function transferred(page, body) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const kinds = new Map();
  const sizes = { all: 0, script: 0, requests: 0 };
  session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sizes.all += encodedDataLength;
    sizes.requests += 1;
    if (kinds.get(requestId) === 'Script') sizes.script += encodedDataLength;
  });
  await body();
  await page.waitForLoadState('networkidle');
  await session.detach();
  return sizes;
}

/** How many elements the document holds, shown or not. */
export function countNodes(page) {
  return page.evaluate(() => document.querySelectorAll('*').length);
}

/**
 * Scrolls by the wheel while counting frames.
 *
 * @returns milliseconds between frames: median, 95th percentile, largest, and their number.
 */
export async function frames(page, { x, y, distance, speed = 4000 }) {
  const session = await page.context().newCDPSession(page);
  await page.evaluate(() => {
    const times = [];
    window.__frames = times;
    const tick = (time) => {
      times.push(time);
      if (window.__frames === times) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await session.send('Input.synthesizeScrollGesture', {
    x, y, yDistance: -distance, speed, gestureSourceType: 'mouse', preventFling: true,
  });
  const times = await page.evaluate(() => {
    const seen = window.__frames;
    window.__frames = null;
    return seen;
  });
  await session.detach();
  const gaps = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
  const at = (share) => Math.round(10 * (gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))] ?? 0)) / 10;
  return { median: at(0.5), p95: at(0.95), largest: at(1), frames: gaps.length };
}
