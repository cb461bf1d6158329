// The demo's server: types, ranges, headers, and nothing outside its folders.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { parseRange, resolvePath, serve } from '../../../tools/serve.js';

/**
 * fetch() would tidy the path up before it is sent.
 * @param {number} port
 * @param {string} raw
 * @returns {Promise<number>}
 */
const status = (port, raw) =>
  new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: raw }, (response) => resolve(response.resume().statusCode ?? 0))
      .on('error', reject);
  });

test('serves files with their types, in ranges, under a strict policy', async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wasmformers-serve-'));
  t.after(() => fs.rm(folder, { recursive: true }));
  await fs.mkdir(path.join(folder, 'public/sub'), { recursive: true });
  await fs.writeFile(path.join(folder, 'public/index.html'), '<p>hello');
  await fs.writeFile(path.join(folder, 'public/sub/index.html'), 'sub');
  await fs.writeFile(path.join(folder, 'public/a b.wasm'), '0123456789');
  await fs.writeFile(path.join(folder, 'public/.hidden'), 'no');
  await fs.writeFile(path.join(folder, 'secret'), 'no');
  const { url, port, close } = await serve({ mounts: { '': path.join(folder, 'public') } });
  t.after(close);

  const page = await fetch(`${url}/`);
  assert.equal(await page.text(), '<p>hello');
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|blob:|data:/);

  const wasm = await fetch(`${url}/a%20b.wasm?version=1`);
  assert.equal(wasm.headers.get('content-type'), 'application/wasm');
  assert.equal(wasm.headers.get('content-length'), '10');
  await wasm.text();
  const part = await fetch(`${url}/a%20b.wasm`, { headers: { Range: 'bytes=2-4' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), 'bytes 2-4/10');
  assert.equal(await part.text(), '234');
  assert.equal((await fetch(`${url}/a%20b.wasm`, { headers: { Range: 'bytes=10-' } })).status, 416);
  const again = await fetch(`${url}/`, { headers: { 'If-None-Match': page.headers.get('etag') ?? '' } });
  assert.equal(again.status, 304);

  assert.equal(await (await fetch(`${url}/sub`)).text(), 'sub');
  assert.equal((await fetch(`${url}/`, { method: 'POST' })).status, 405);
  for (const raw of [
    '/../secret',
    '/%2e%2e/secret',
    '/sub/..%2f..%2fsecret',
    '/..%5csecret',
    '/.hidden',
    '/%',
    '/%00',
    '/missing',
    '//etc/passwd',
  ]) {
    assert.equal(await status(port, raw), 404, raw);
  }
});

test('a path outside the mounted folders is no path', () => {
  const folders = { '': '/srv/demo', js: '/srv/js' };
  assert.equal(resolvePath('/js/a.js?x', folders), path.join('/srv/js', 'a.js'));
  assert.equal(resolvePath('/index.html', folders), path.join('/srv/demo', 'index.html'));
  assert.equal(resolvePath('/constructor/a', folders), path.join('/srv/demo', 'constructor/a'));
  assert.equal(resolvePath('/js/../../etc/passwd', folders), null);
});

test('ranges', () => {
  assert.deepEqual(parseRange('bytes=0-', 10), { start: 0, end: 9 });
  assert.deepEqual(parseRange('bytes=-3', 10), { start: 7, end: 9 });
  assert.deepEqual(parseRange('bytes=-30', 10), { start: 0, end: 9 });
  assert.deepEqual(parseRange('bytes=3-300', 10), { start: 3, end: 9 });
  for (const whole of [undefined, 'bytes=', 'bytes=-', 'bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2'])
    assert.equal(parseRange(whole, 10), null);
  for (const none of ['bytes=10-', 'bytes=-0']) assert.equal(parseRange(none, 10), 'unsatisfiable');
});
