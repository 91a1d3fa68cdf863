// The built program: runs its commands, serves an archive, and is gone when the test ends.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** Things to undo when this process ends, whatever ends it. */
const leftovers = new Set();
process.on('exit', () => {
  for (const undo of leftovers) undo();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** Where the built program and the forge lie: as scripts/test says, or where cargo puts them. */
function built(name, variable) {
  if (process.env[variable]) return process.env[variable];
  const target = process.env.CARGO_TARGET_DIR;
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const folders = target ? [target] : [path.join(ROOT, 'target'), path.join(cache, 'hutong/target')];
  const found = folders.map((folder) => path.join(folder, 'debug', name)).find((file) => existsSync(file));
  if (!found) {
    throw new Error(`${name} is not built; run: cargo build -p hutong-cli && cargo build -p hutong-samples --example forge`);
  }
  return found;
}

/** A new folder that is removed at the end, with the settings and caches that the program shall use in place of the user's. */
export function scratch(name = 'browser') {
  const folder = mkdtempSync(path.join(tmpdir(), `hutong-${name}-`));
  leftovers.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function environment(folder, extra = {}) {
  const home = path.join(folder, 'home');
  return {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, 'config'),
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
    TMPDIR: folder,
    TZ: 'Asia/Shanghai',
    ...extra,
  };
}

function start(program, words, folder, extra) {
  const child = spawn(program, words, {
    cwd: folder,
    env: environment(folder, extra),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  leftovers.add(kill);
  child.once('exit', () => leftovers.delete(kill));
  return child;
}

async function run(program, words, folder, extra) {
  await mkdir(path.join(folder, 'home'), { recursive: true });
  const child = start(program, words, folder, extra);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said.err += text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // 3 means: done, but something could not be read; samples hold such rows on purpose.
  if (code !== 0 && code !== 3) {
    throw new Error(`${path.basename(program)} ${words.join(' ')} ended with ${code}:\n${said.err}${said.out}`);
  }
  return said.out;
}

/** Runs a command of the program to its end and gives what it wrote to the standard output. */
export function hutong(folder, ...words) {
  return run(built('hutong', 'HUTONG_PROGRAM'), words, folder, { HUTONG_PASSPHRASE: PASSPHRASE });
}

/** The passphrase of every archive that tests make. */
export const PASSPHRASE = 'demo';

/** Makes invented data: `forge(folder, 'wechat4', '--messages', '600', '--out', …)`. */
export function forge(folder, ...words) {
  return run(built('examples/forge', 'HUTONG_FORGE'), words, folder);
}

/** The invented WeChat and QQ archive of `hutong demo`; gives the objects that it printed. */
export async function demo(folder, { language = 'zh', messages = 600 } = {}) {
  const place = path.join(folder, 'demo');
  const lines = await hutong(
    folder, '--lang', language, '--json', 'demo', '--dir', place, '--no-serve', '--messages', String(messages),
  );
  const objects = lines.trim().split('\n').map((line) => JSON.parse(line));
  return {
    archive: path.join(place, 'my.hutong'),
    pages: path.join(place, 'pages'),
    sets: objects.filter((object) => object.type === 'import'),
  };
}

/**
 * Serves an archive on a free port until the test process ends or `stop` is called.
 *
 * @returns where it is, its one-time link, and the cookie of a session begun with that link (`enter`).
 */
export async function serve(folder, { archive, language = 'zh', words = [], passphrase = PASSPHRASE } = {}) {
  await mkdir(path.join(folder, 'home'), { recursive: true });
  const child = start(
    built('hutong', 'HUTONG_PROGRAM'),
    ['--lang', language, ...(archive ? ['--archive', archive] : []), 'serve', '--port', '0', ...words],
    folder,
    passphrase === null ? {} : { HUTONG_PASSPHRASE: passphrase },
  );
  let said = '';
  const link = await new Promise((resolve, reject) => {
    const look = (text) => {
      said += text;
      const found = /http:\/\/127\.0\.0\.1:\d+\/enter\?key=[\w-]+/.exec(said);
      if (found) resolve(found[0]);
    };
    child.stdout.setEncoding('utf8').on('data', look);
    child.stderr.setEncoding('utf8').on('data', look);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`hutong serve ended with ${code}:\n${said}`)));
  });
  const { origin, port } = new URL(link);
  return {
    origin,
    port: Number(port),
    pid: child.pid,
    link,
    said: () => said,
    /** Begins a session with the one-time link; gives its cookie for `newPage`. */
    async enter() {
      const answer = await fetch(link, { redirect: 'manual' });
      const [name, value] = answer.headers.getSetCookie()[0].split(';')[0].split('=');
      return [{ name, value, domain: '127.0.0.1', path: '/', httpOnly: true, sameSite: 'Strict' }];
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    },
  };
}
