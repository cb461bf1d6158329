// Files from folders, URLs and the Hub, caches, and downloads over a network that fails.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { env } from '../../../js/env.js';
import { getBytes, getJSON, getText, missing, openFile } from '../../../js/hub/index.js';
import { emptyFolder, eventually, rejection, startServer, useHub } from '../helpers/server.js';

const BIG = randomBytes(300_000);
const files = (/** @type {string} */ folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((f) => f.isFile())
        .map((f) => f.name)
    : [];

test('a folder by its path, its file: URL, with and without a slash', async (t) => {
  const folder = emptyFolder(t);
  mkdirSync(path.join(folder, 'sub'));
  writeFileSync(path.join(folder, 'config.json'), '{"a":1}');
  writeFileSync(path.join(folder, 'sub/config.json'), '{"a":2}');
  for (const id of [folder, folder + '/', pathToFileURL(folder).href, path.relative('.', folder)]) {
    assert.deepEqual(await getJSON(id, 'config.json'), { a: 1 }, id);
  }
  assert.deepEqual(await getJSON(folder, 'config.json', { subfolder: 'sub' }), { a: 2 });
  assert.equal(await getJSON(folder, 'none.json'), null);
  assert.equal(await openFile(folder, 'sub'), null, 'a folder is no file');
});

test('an id is a path on the Hub, with its revision', async (t) => {
  const server = await startServer(t, {
    '/org/name/resolve/main/a.txt': 'main',
    '/org/name/resolve/refs%2Fpr%2F1/sub/a.txt': 'pr',
    '/one/resolve/main/a.txt': 'one',
  });
  useHub(t, server.url);
  assert.equal(await getText('org/name', 'a.txt'), 'main');
  assert.equal(await getText('org/name', 'a.txt', { revision: 'refs/pr/1', subfolder: 'sub' }), 'pr');
  assert.equal(await getText('one', 'a.txt'), 'one');
  for (const id of ['not an id', 'a/b/c', '-', 'http//x', '']) {
    const error = await rejection(getText(id, 'a.txt'));
    assert.equal(error.name + ' ' + error.code, 'ConfigError bad_id', id);
  }
});

test('a URL that ends in a folder', async (t) => {
  const server = await startServer(t, { '/some/folder/a.txt': 'here' });
  useHub(t, 'http://127.0.0.1:9/');
  for (const id of [server.url + 'some/folder', server.url + 'some/folder/'])
    assert.equal(await getText(id, 'a.txt'), 'here');
});

test('localModelPath and the shelf in the cache folder go before the network', async (t) => {
  const server = await startServer(t, { '/org/name/resolve/main/a.txt': 'remote' });
  const { cacheDir } = useHub(t, server.url);
  const shelf = path.join(cacheDir, 'models/org/name'),
    local = emptyFolder(t);
  mkdirSync(shelf, { recursive: true });
  mkdirSync(path.join(local, 'org/name'), { recursive: true });
  writeFileSync(path.join(shelf, 'a.txt'), 'shelf');
  assert.equal(await getText('org/name', 'a.txt'), 'shelf');
  writeFileSync(path.join(local, 'org/name/a.txt'), 'local');
  env.localModelPath = local;
  assert.equal(await getText('org/name', 'a.txt'), 'local');
  assert.equal(server.requests.length, 0);
});

test('the second visit needs no network, not even for what is missing', async (t) => {
  const server = await startServer(t, { '/org/name/resolve/main/a.bin': BIG, '/org/name/resolve/v1/a.bin': 'v1' });
  const { cacheDir } = useHub(t, server.url);
  assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (await getBytes('org/name', 'a.bin'))), BIG);
  assert.equal(await getText('org/name', 'a.bin', { revision: 'v1' }), 'v1');
  assert.equal(await getText('org/name', 'optional.json'), null);
  assert.equal(server.requests.length, 3);
  await server.close();
  assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (await getBytes('org/name', 'a.bin'))), BIG);
  assert.equal(await getText('org/name', 'a.bin', { revision: 'v1' }), 'v1');
  assert.equal(await getText('org/name', 'optional.json'), null);
  assert.deepEqual(
    files(cacheDir).filter((f) => f.endsWith('.part')),
    [],
  );
  const error = await rejection(getText('org/name', 'never-asked-for.json'));
  assert.equal(error.name + ' ' + error.code, 'HubError unreachable');
});

test('cache_dir is used instead of the usual folder', async (t) => {
  const server = await startServer(t, { '/org/name/resolve/main/a.txt': 'text' });
  const { cacheDir } = useHub(t, server.url),
    own = emptyFolder(t);
  await getText('org/name', 'a.txt', { cache_dir: own });
  assert.deepEqual(files(own), ['a.txt']);
  assert.deepEqual(files(cacheDir), []);
});

test('local_files_only and allowRemoteModels stay off the network', async (t) => {
  const server = await startServer(t, {
    '/org/name/resolve/main/a.txt': 'text',
    '/org/name/resolve/main/b.txt': 'text',
  });
  useHub(t, server.url);
  assert.equal(await getText('org/name', 'a.txt', { local_files_only: true }), null);
  await getText('org/name', 'a.txt');
  assert.equal(await getText('org/name', 'a.txt', { local_files_only: true }), 'text');
  env.allowRemoteModels = false;
  assert.equal(await getText('org/name', 'b.txt'), null);
  assert.equal(server.requests.length, 1);
});

test('a cut download goes on where it ended', async (t) => {
  let got = 0;
  const arrived = (/** @type {number} */ bytes) => eventually(() => got >= bytes, `${bytes} bytes`);
  const server = await startServer(t, {
    '/org/name/resolve/main/a.bin': { body: BIG, etag: '"1"', cut: [100_000, 50_000], arrived },
  });
  useHub(t, server.url);
  const bytes = await getBytes('org/name', 'a.bin', {
    progress_callback: (event) => {
      if (event.status === 'progress') got = event.loaded ?? 0;
    },
  });
  assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (bytes)), BIG);
  assert.deepEqual(
    server.requests.map((r) => r.range),
    [undefined, 'bytes=100000-', 'bytes=150000-'],
  );
  assert.equal(server.requests[1].headers['if-range'], '"1"');
  await server.close();
  assert.deepEqual(
    Buffer.from(/** @type {Uint8Array} */ (await getBytes('org/name', 'a.bin'))),
    BIG,
    'and is kept whole',
  );
});

test('without ranges the same file is read over what is known', async (t) => {
  const server = await startServer(t, {
    '/org/name/resolve/main/a.bin': { body: BIG, etag: '"1"', ranges: false, cut: [100_000] },
  });
  useHub(t, server.url);
  assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (await getBytes('org/name', 'a.bin'))), BIG);
  assert.equal(server.requests.length, 2);
});

test('a file that changed in between is not glued together, and nothing is kept', async (t) => {
  let got = 0;
  const arrived = () => eventually(() => got === 100_000, '100,000 bytes');
  const file = { body: BIG, etag: '"1"', cut: [100_000], arrived };
  const server = await startServer(t, { '/org/name/resolve/main/a.bin': file });
  const { cacheDir } = useHub(t, server.url);
  const opened = await openFile('org/name', 'a.bin');
  file.etag = '"2"';
  const error = await rejection(
    (async () => {
      for await (const chunk of opened?.chunks ?? []) got += chunk.length;
    })(),
  );
  assert.equal(error.name + ' ' + error.code, 'HubError cut_download');
  assert.equal(error.file, 'a.bin');
  assert.match(error.message, /100000 of 300000 bytes/);
  assert.deepEqual(files(cacheDir), []);
});

test('passing faults are tried again, lasting ones are named', async (t) => {
  const server = await startServer(t, {
    '/a/resolve/main/x.txt': { body: 'at last', fail: 2 },
    '/b/resolve/main/x.txt': { fail: 99 },
    '/c/resolve/main/x.txt': { status: 401 },
    '/d/resolve/main/x.txt': { status: 403 },
  });
  useHub(t, server.url);
  assert.equal(await getText('a', 'x.txt'), 'at last');
  for (const [id, code, status] of /** @type {const} */ ([
    ['b', 'bad_status', 503],
    ['c', 'unauthorized', 401],
    ['d', 'unauthorized', 403],
  ])) {
    const error = await rejection(getText(id, 'x.txt'));
    assert.deepEqual(
      [error.name, error.code, error.status, error.url, error.file],
      ['HubError', code, status, `${server.url}${id}/resolve/main/x.txt`, 'x.txt'],
    );
  }
  assert.equal(server.requests.filter((r) => r.path.startsWith('/c/')).length, 1, 'a refusal is not repeated');
});

test('a start page in place of a file is named and not kept', async (t) => {
  const page = '\n<!DOCTYPE html><html><body>app</body></html>';
  const server = await startServer(t, {
    '/a/resolve/main/config.json': { body: page, type: 'text/html; charset=utf-8' },
    '/b/resolve/main/config.json': { body: page, type: 'application/json' },
    '/c/resolve/main/model.safetensors': { body: page },
  });
  const { cacheDir } = useHub(t, server.url);
  for (const [id, file] of [
    ['a', 'config.json'],
    ['b', 'config.json'],
    ['c', 'model.safetensors'],
  ]) {
    const error = await rejection(getBytes(id, file));
    assert.deepEqual(
      [error.name, error.code, error.file, error.url],
      ['HubError', 'html_instead_of_file', file, `${server.url}${id}/resolve/main/${file}`],
    );
  }
  assert.deepEqual(files(cacheDir), []);
  // Development servers send it for every missing file: an optional file counts as missing then.
  server.files['/d/special_tokens_map.json'] = server.files['/d/model.safetensors'] = { body: page, type: 'text/html' };
  assert.equal(await getText(`${server.url}d`, 'special_tokens_map.json'), null);
  assert.equal(await getText(`${server.url}d`, 'model.safetensors'), null);
  assert.equal(missing(`${server.url}d`, 'model.safetensors').code, 'html_instead_of_file');
  assert.equal(missing(`${server.url}d`, 'other.txt').code, 'not_found');
  const inFolder = { subfolder: 'sub' };
  server.files['/d/sub/a.bin'] = { body: page, type: 'text/html' };
  assert.equal(await getText(`${server.url}d`, 'a.bin', inFolder), null);
  assert.equal(missing(`${server.url}d`, 'a.bin', inFolder).code, 'html_instead_of_file');
  assert.equal(missing(`${server.url}d`, 'b.bin', inFolder).url, `${server.url}d/sub/b.bin`);
  assert.deepEqual(files(cacheDir), []);
});

test('a start page at localModelPath means: look further', async (t) => {
  const server = await startServer(t, {
    '/models/org/name/a.txt': { body: '<html>', type: 'text/html' },
    '/org/name/resolve/main/a.txt': 'remote',
  });
  Object.assign(useHub(t, server.url), { localModelPath: server.url + 'models/', allowLocalModels: true });
  assert.equal(await getText('org/name', 'a.txt'), 'remote');
});

test('a pointer of Git LFS is named', async (t) => {
  const folder = emptyFolder(t);
  writeFileSync(
    path.join(folder, 'model.safetensors'),
    'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
  );
  const error = await rejection(getBytes(folder, 'model.safetensors'));
  assert.equal(error.name + ' ' + error.code, 'HubError lfs_pointer');
});

test('JSON that is none is named', async (t) => {
  const folder = emptyFolder(t);
  writeFileSync(path.join(folder, 'config.json'), '{"a":');
  const error = await rejection(getJSON(folder, 'config.json'));
  assert.deepEqual([error.name, error.code, error.file], ['ConfigError', 'invalid_json', 'config.json']);
});

test('an abort ends the download with its own reason; nothing is kept', async (t) => {
  const server = await startServer(t, {
    '/a/resolve/main/x.bin': { body: BIG, stall: 60_000 },
    '/b/resolve/main/x.bin': { fail: 99 },
  });
  const { cacheDir } = useHub(t, server.url);
  const reason = new Error('enough'),
    controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  assert.equal(await rejection(getBytes('a', 'x.bin', { signal: controller.signal })), reason);
  assert.equal(await rejection(getBytes('a', 'x.bin', { signal: AbortSignal.abort(reason) })), reason);
  const waiting = new AbortController(),
    tries = () => server.requests.filter((r) => r.path.startsWith('/b/')).length;
  const waited = rejection(getBytes('b', 'x.bin', { signal: waiting.signal }));
  await eventually(() => tries() === 1, 'the first try');
  waiting.abort(reason);
  assert.equal(await waited, reason);
  assert.equal(tries(), 1, 'while waiting for the next try, too');
  await eventually(() => server.closed.includes('/a/resolve/main/x.bin'), 'the connection is closed');
  assert.deepEqual(files(cacheDir), []);
});

test('a reader that stops early closes the connection', async (t) => {
  const server = await startServer(t, { '/a/resolve/main/x.bin': { body: BIG, stall: 200_000 } });
  const { cacheDir } = useHub(t, server.url);
  const file = /** @type {Untyped} */ (await openFile('a', 'x.bin'));
  assert.equal(file.size, BIG.length);
  for await (const chunk of file.chunks) {
    assert.ok(chunk.length);
    break;
  }
  await eventually(() => server.closed.includes('/a/resolve/main/x.bin'), 'the connection is closed');
  assert.deepEqual(files(cacheDir), []);
});

test('token, headers and the fetch hook', async (t) => {
  const server = await startServer(t, { '/a/resolve/main/x.txt': 'x' });
  useHub(t, server.url);
  env.useFSCache = false;
  /** @type {string[]} */
  const seen = [];
  env.fetch = (input, init) => {
    seen.push(String(input));
    return fetch(input, init);
  };
  await getText('a', 'x.txt', { token: 'secret', headers: { 'X-Test': '1' } });
  assert.deepEqual(
    [server.requests[0].headers.authorization, server.requests[0].headers['x-test']],
    ['Bearer secret', '1'],
  );
  assert.deepEqual(seen, [server.url + 'a/resolve/main/x.txt']);
});

test('what our cache keeps is not kept by the browser as well', async (t) => {
  const server = await startServer(t, { '/a/resolve/main/x.txt': 'x' });
  const { cacheDir } = useHub(t, server.url);
  /** @type {unknown[]} */
  const modes = [];
  env.fetch = (input, init) => {
    modes.push(init?.cache);
    return fetch(input, init);
  };
  await getText('a', 'x.txt', { cache_dir: cacheDir });
  env.useFSCache = false;
  await getText('a', 'x.txt');
  assert.deepEqual(modes, ['no-store', undefined]);
});

test('HF_TOKEN is for the Hub alone', async (t) => {
  const server = await startServer(t, { '/a/resolve/main/x.txt': 'x' });
  useHub(t, server.url);
  const before = process.env.HF_TOKEN;
  t.after(() => {
    if (before === undefined) delete process.env.HF_TOKEN;
    else process.env.HF_TOKEN = before;
  });
  process.env.HF_TOKEN = 'secret';
  await getText('a', 'x.txt');
  assert.equal(server.requests[0].headers.authorization, undefined);
  /** @type {Untyped} */
  let sent;
  env.fetch = async (_, init) => {
    sent = init?.headers;
    return new Response('x');
  };
  env.remoteHost = 'https://huggingface.co/';
  await getText('b', 'x.txt');
  assert.equal(sent.Authorization, 'Bearer secret');
});

/** A cache of the Cache API's shape: keeps what it could read to its end. */
function memoryCache() {
  /** @type {Map<string, Uint8Array>} */
  const kept = new Map();
  return {
    kept,
    async match(/** @type {string} */ key) {
      const bytes = kept.get(key);
      return (
        bytes && new Response(/** @type {Untyped} */ (bytes), { headers: { 'content-length': String(bytes.length) } })
      );
    },
    async put(/** @type {string} */ key, /** @type {Response} */ response) {
      kept.set(key, new Uint8Array(await response.arrayBuffer()));
    },
  };
}

test("a cache of the Cache API's shape keeps whole files only", async (t) => {
  const server = await startServer(t, {
    '/a/resolve/main/x.bin': BIG,
    '/a/resolve/main/cut.bin': { body: BIG, cut: [1000, 0, 0, 0, 0, 0], ranges: false },
  });
  const cache = (useHub(t, server.url).customCache = memoryCache());
  assert.equal((await rejection(getBytes('a', 'cut.bin'))).code, 'cut_download');
  assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (await getBytes('a', 'x.bin'))), BIG);
  await eventually(() => cache.kept.size > 0, 'kept');
  assert.deepEqual([...cache.kept.keys()], [server.url + 'a/resolve/main/x.bin']);
  await server.close();
  assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (await getBytes('a', 'x.bin'))), BIG);
});

test('a cache that fails is no error', async (t) => {
  const server = await startServer(t, { '/a/resolve/main/x.bin': BIG });
  const full = () => {
    throw new DOMException('no room', 'QuotaExceededError');
  };
  const slow = {
    async match() {
      return undefined;
    },
    async put(/** @type {string} */ _, /** @type {Response} */ r) {
      await r.body?.getReader().read();
      full();
    },
  };
  useHub(t, server.url);
  for (const cache of [
    { match: full, put: full },
    {
      async match() {
        return undefined;
      },
      put: full,
    },
    slow,
  ]) {
    env.customCache = /** @type {Untyped} */ (cache);
    assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (await getBytes('a', 'x.bin'))), BIG);
  }
  const folder = emptyFolder(t);
  writeFileSync(path.join(folder, 'file'), '');
  Object.assign(env, { customCache: null, cacheDir: path.join(folder, 'file') });
  assert.deepEqual(Buffer.from(/** @type {Uint8Array} */ (await getBytes('a', 'x.bin'))), BIG);
});

test('progress is told as Transformers.js does', async (t) => {
  const server = await startServer(t, { '/a/resolve/main/x.bin': BIG });
  useHub(t, server.url);
  /** @type {Untyped[]} */
  const events = [];
  await getBytes('a', 'x.bin', { progress_callback: (e) => events.push(e) });
  assert.deepEqual(events.slice(0, 2), [
    { status: 'initiate', name: 'a', file: 'x.bin' },
    { status: 'download', name: 'a', file: 'x.bin', total: BIG.length },
  ]);
  assert.deepEqual(events.at(-1), { status: 'done', name: 'a', file: 'x.bin' });
  assert.deepEqual(events.at(-2), {
    status: 'progress',
    name: 'a',
    file: 'x.bin',
    progress: 100,
    loaded: BIG.length,
    total: BIG.length,
  });
  for (const e of events.slice(2, -1)) assert.equal(e.status, 'progress');
});
