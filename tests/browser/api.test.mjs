// The JSON API against its own description, by schemathesis: examples, edges, invented requests, and sequences of them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { demo, hutong, scratch, serve } from './support/program.mjs';

const CACHE = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
const TOOLS = process.env.HUTONG_PYTHON_TOOLS ?? path.join(CACHE, 'hutong/python');
const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
/** Requests for each operation in each phase. */
const EXAMPLES = process.env.HUTONG_API_EXAMPLES ?? '20';

let folder;
let server;
/** Id of a message that there is. */
let message;
let session;
let cookie;

before(async () => {
  folder = scratch('api');
  const made = await demo(folder);
  [message] = /(?<="id":")[0-9a-f]{32}/.exec(await hutong(folder, '--json', '--archive', made.archive, 'search', '合同', '-n', '1'));
  server = await serve(folder, { archive: made.archive });
  const [{ name, value }] = await server.enter();
  session = value;
  cookie = `${name}=${value}`;
}, { timeout: 120_000 });
after(() => server?.stop());

test('the description is served, and only to who has entered', { timeout: 30_000 }, async () => {
  const address = `${server.origin}/api/v1/openapi.json`;
  const stranger = await fetch(address);
  assert.equal(stranger.status, 401);
  const answer = await fetch(address, { headers: { cookie } });
  assert.equal(answer.status, 200);
  const description = await answer.json();
  assert.match(description.openapi, /^3\.1/);
  assert.ok(Object.keys(description.paths).length > 3);
});

test('every answer of the API fits its description', { timeout: 300_000 }, async () => {
  // Even the description needs the cookie, so it is fetched first.
  const description = path.join(folder, 'openapi.json');
  await writeFile(description, await (await fetch(`${server.origin}/api/v1/openapi.json`, { headers: { cookie } })).text());
  const child = spawn(path.join(TOOLS, 'bin/schemathesis'), [
    '--config-file', CONFIG, 'run', description, '--url', server.origin,
    '--checks', 'all', '--max-examples', EXAMPLES, '--seed', '1', '--continue-on-failure', '--no-color',
  ], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_PROXY: '127.0.0.1', HUTONG_SESSION: session, HUTONG_MESSAGE: message },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  assert.equal(code, 0, said);
  const [, cases] = /(\d+) generated/.exec(said);
  console.log(`schemathesis: ${cases} requests`);
  assert.ok(Number(cases) > 100, said);
});
