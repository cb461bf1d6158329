// What must not hang or last: callers' caches of every kind, stalls, servers that ask for patience, damaged copies.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoModel, AutoTokenizer, env, pipeline } from 'wasmformers';
import { getBytes, getText } from '../../../js/hub/index.js';
import { rejection, startServer, useHub } from '../helpers/server.js';

const BIG = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255));
const FOLDER = fileURLToPath(new URL('../../fixtures/pipelines/text-classification', import.meta.url));
const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const repository = () =>
  Object.fromEntries(FILES.map((file) => [`/org/name/resolve/main/${file}`, readFileSync(path.join(FOLDER, file))]));

/** Transformers.js' own test has such a cache: put() keeps the Response unread, match() gives clones. */
class LazyCache {
  /** @type {Map<string, Response>} */
  kept = new Map();
  async match(/** @type {string} */ key) {
    return this.kept.get(key)?.clone();
  }
  async put(/** @type {string} */ key, /** @type {Response} */ response) {
    if (!this.kept.has(key)) this.kept.set(key, response);
  }
}

test('a cache of the caller that never reads what it keeps', async (t) => {
  const server = await startServer(t, {
    ...repository(),
    '/a/resolve/main/x.bin': BIG,
    '/a/resolve/main/cut.bin': { body: BIG, cut: [1000, 0, 0, 0, 0, 0], ranges: false },
  });
  const cache = (useHub(t, server.url).customCache = new LazyCache());
  assert.deepEqual(Buffer.from((await getBytes('a', 'x.bin')) ?? []), BIG);
  assert.equal((await rejection(getBytes('a', 'cut.bin'))).code, 'cut_download');
  assert.deepEqual([...cache.kept.keys()], [server.url + 'a/resolve/main/x.bin'], 'whole files only');
  await (await pipeline('text-classification', 'org/name')).dispose();
  const asked = server.requests.length;
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(Buffer.from((await getBytes('a', 'x.bin')) ?? []), BIG);
    await (await pipeline('text-classification', 'org/name')).dispose();
  }
  assert.equal(server.requests.slice(asked).filter((r) => FILES.some((file) => r.path.endsWith(file))).length, 0);
  // A put() that gives no promise, and a Response that was read already.
  Object.assign(cache, { put: () => {} });
  assert.equal((await getBytes('a', 'x.bin'))?.length, BIG.length);
  const read = new Response('x');
  await read.text();
  Object.assign(cache, { match: async () => read });
  assert.equal((await getBytes('a', 'x.bin'))?.length, BIG.length);
});

test('a stall is resumed by a range; one that lasts is named', async (t) => {
  const server = await startServer(t, {
    '/a/resolve/main/x.bin': { body: BIG, etag: '"1"', stalls: [100_000] },
    '/a/resolve/main/late.txt': { body: 'at last', silent: 1 },
    '/a/resolve/main/never.bin': { body: BIG, etag: '"1"', stalls: [50_000, 0, 0, 0, 0, 0] },
    '/a/resolve/main/silent.txt': { silent: 99 },
  });
  const { cacheDir } = useHub(t, server.url);
  env.stallTimeout = 100;
  assert.deepEqual(Buffer.from((await getBytes('a', 'x.bin')) ?? []), BIG);
  assert.deepEqual(
    server.requests.map((r) => r.range),
    [undefined, 'bytes=100000-'],
  );
  assert.equal(await getText('a', 'late.txt'), 'at last');
  for (const file of ['never.bin', 'silent.txt']) {
    const error = await rejection(getBytes('a', file));
    assert.deepEqual([error.name, error.code, error.file], ['HubError', 'stalled', file]);
    assert.match(error.message, /nothing came for 0\.1 s/);
  }
  assert.ok(!readdirSync(cacheDir, { recursive: true }).some((file) => /never|part$/.test(String(file))));
});

test('Retry-After is honoured; one that is too long is an error at once', async (t) => {
  const server = await startServer(t, {
    '/a/resolve/main/busy.txt': { status: 503, headers: { 'retry-after': '3600' } },
    '/a/resolve/main/limit.txt': { status: 429, headers: { 'retry-after': new Date(Date.now() + 7e6).toUTCString() } },
  });
  useHub(t, server.url);
  for (const [file, status] of /** @type {const} */ ([
    ['busy.txt', 503],
    ['limit.txt', 429],
  ])) {
    const error = await rejection(getText('a', file));
    assert.deepEqual([error.name, error.code, error.status, error.file], ['HubError', 'rate_limited', status, file]);
    assert.match(error.message, /wait \d{4} s/);
  }
  assert.equal(server.requests.length, 2);
  for (const status of [429, 503]) {
    const times = /** @type {number[]} */ ([]);
    env.fetch = async () => {
      times.push(performance.now());
      return times.length > 1 ? new Response('x') : new Response('', { status, headers: { 'retry-after': '1' } });
    };
    assert.equal(await getText('b', `${status}.txt`), 'x');
    assert.ok(times[1] - times[0] > 990, `${times}`);
  }
});

test('a file that could not be kept is told, with the reason', async (t) => {
  const server = await startServer(t, { '/a/resolve/main/x.bin': BIG });
  useHub(t, server.url).customCache = {
    match: async () => undefined,
    put: async () => {
      throw new DOMException('the disk is full', 'QuotaExceededError');
    },
  };
  /** @type {Untyped[]} */
  const events = [];
  await getBytes('a', 'x.bin', { progress_callback: (e) => events.push(e) });
  assert.deepEqual(
    events.filter((e) => e.status === 'not_cached'),
    [{ status: 'not_cached', name: 'a', file: 'x.bin', reason: 'the disk is full' }],
  );
});

test('a damaged copy in the cache is replaced; a file damaged at its source is named with its place', async (t) => {
  const files = repository(),
    server = await startServer(t, files),
    { cacheDir } = useHub(t, server.url);
  await (await pipeline('text-classification', 'org/name')).dispose();
  const kept = (/** @type {string} */ file) =>
    path.join(cacheDir, 'hub', new URL(server.url).host.replace(':', '%3A'), 'org/name/resolve/main', file);
  const load = async () => (await pipeline('text-classification', 'org/name')).dispose();
  const asked = () => server.requests.splice(0).map((r) => path.basename(r.path));
  for (const file of FILES) {
    for (const damage of [
      () => truncateSync(kept(file), readFileSync(kept(file)).length >> 1),
      () => writeFileSync(kept(file), 'edited'),
    ]) {
      damage();
      asked();
      await load();
      assert.equal(asked().filter((name) => name === file).length, 1, `${file} is fetched again once`);
      assert.deepEqual(readFileSync(kept(file)), files[`/org/name/resolve/main/${file}`]);
    }
  }
  for (const file of FILES) truncateSync(kept(file), 20);
  await load();
  // Offline, the place is named.
  truncateSync(kept('model.safetensors'), 5000);
  const offline = await rejection(AutoModel.from_pretrained('org/name', { local_files_only: true }));
  assert.deepEqual([offline.name, offline.code], ['WeightsError', 'truncated']);
  assert.match(offline.message, /could not be fetched again from http.*model\.safetensors/);
  // Cut at its source, with a Content-Length that fits: tried twice, and not kept.
  const whole = files['/org/name/resolve/main/tokenizer.json'];
  files['/org/name/resolve/main/tokenizer.json'] = whole.subarray(0, 200);
  truncateSync(kept('tokenizer.json'), 100);
  for (let i = 0; i < 2; i++) {
    asked();
    const error = await rejection(AutoTokenizer.from_pretrained('org/name'));
    assert.deepEqual([error.name, error.file], ['TokenizerError', 'tokenizer.json']);
    assert.match(error.message, /fetched again from http.*tokenizer\.json, with the same result/);
    assert.equal(asked().filter((name) => name === 'tokenizer.json').length, i + 1);
  }
  files['/org/name/resolve/main/tokenizer.json'] = whole;
  await load();
});

test('an entry that is shorter than its stated length is replaced', async (t) => {
  const files = repository(),
    server = await startServer(t, files),
    cut = new Set(FILES);
  /** @type {Map<string, Response>} */
  const kept = new Map();
  useHub(t, server.url).customCache = {
    async match(key) {
      const file = path.basename(key),
        body = files[`/org/name/resolve/main/${file}`];
      if (!cut.has(file)) return kept.get(key)?.clone();
      return new Response(new Uint8Array(body.subarray(0, -1)), { headers: { 'content-length': `${body.length}` } });
    },
    async put(key, response) {
      kept.set(key, response);
      cut.delete(path.basename(key));
    },
  };
  await (await pipeline('text-classification', 'org/name')).dispose();
  assert.equal(cut.size, 0);
});

test('a repository that is merely wrong is not fetched twice', async (t) => {
  const files = repository(),
    config = JSON.parse(String(files['/org/name/resolve/main/config.json']));
  files['/org/name/resolve/main/config.json'] = Buffer.from(JSON.stringify({ ...config, model_type: 'none' }));
  const server = await startServer(t, files);
  useHub(t, server.url);
  for (let i = 0; i < 2; i++)
    assert.equal((await rejection(AutoModel.from_pretrained('org/name'))).code, 'unknown_model_type');
  assert.equal(server.requests.length, 1);
});

test('where the Cache API may not even be named, the package loads', () => {
  const script = `
    Object.defineProperty(globalThis, 'caches', { get() { throw new DOMException('no', 'SecurityError'); } });
    const { env, AutoTokenizer } = await import('wasmformers');
    const fetch = async () => new Response('', { status: 404 });
    Object.assign(env, { useBrowserCache: true, useFSCache: false, fetch });
    const error = await AutoTokenizer.from_pretrained('a/b').catch((e) => e);
    console.log(error.code);
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(stdout, 'not_found\n', stderr);
});
