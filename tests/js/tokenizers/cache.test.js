// AutoTokenizer and the cache: from the second load on, the binary form beside the tokenizer.json is read. Where it
// does not fit, or the file was downloaded again or changed, the form is made again.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { AutoTokenizer, env } from 'wasmformers';
import { Tokenizer } from 'wasmformers/tokenizers';
import { fixtureText } from '../helpers/fixtures.js';
import { startServer, useHub } from '../helpers/server.js';

const small = fixtureText('tokenizers/wordpiece-uncased.tokenizer.json');
const large = small + ' '.repeat(600_000),
  changed = large.replace('"the"', '"teh"');
const FILE = '/org/name/resolve/main/tokenizer.json';

/**
 * @param {import('node:test').TestContext} t
 * @param {string} json
 */
async function hub(t, json) {
  const server = await startServer(t, { [FILE]: json });
  const { cacheDir } = useHub(t, server.url);
  const load = async () => {
    const events = /** @type {import('wasmformers').ProgressEvent[]} */ ([]);
    const tokenizer = await AutoTokenizer.from_pretrained('org/name', {
      progress_callback: (e) => {
        if ('file' in e && e.file === 'tokenizer.json') events.push(e);
      },
    });
    return { ids: tokenizer.encode('The man.'), events };
  };
  const place = () =>
    path.join(
      cacheDir,
      /** @type {string} */ (
        readdirSync(cacheDir, { recursive: true })
          .map(String)
          .find((f) => f.endsWith('tokenizer.json'))
      ),
    );
  const first = await load();
  return { server, load, first, json: place(), form: place() + '.binary' };
}

test('the second time the binary form is read', async (t) => {
  const { server, load, first, form } = await hub(t, large);
  assert.ok(existsSync(form));
  const asked = server.requests.filter((r) => r.path === FILE).length;
  // Put another tokenizer's form with this one's end in its place: if it is used, the file itself was not read.
  const kept = readFileSync(form),
    end = kept.subarray(kept.readUInt32LE(16));
  const other = await Tokenizer.fromJSON(changed);
  writeFileSync(form, Buffer.concat([other.toBinary(), end]));
  const second = await load();
  assert.deepEqual(second.ids, Array.from(other.encode('The man.').ids));
  assert.notDeepEqual(second.ids, first.ids);
  assert.equal(server.requests.filter((r) => r.path === FILE).length, asked);
  assert.deepEqual([...new Set(second.events.map((e) => e.status))], ['initiate', 'download', 'progress', 'done']);
});

test("a form that is cut, damaged, another version's or another file's is made again", async (t) => {
  const { load, first, form, json } = await hub(t, large);
  const good = readFileSync(form);
  const spoilt = {
    empty: Buffer.alloc(0),
    cut: good.subarray(0, good.length - 100),
    other: Buffer.concat([good.subarray(0, -1), Buffer.from('x')]),
    damaged: Buffer.from(good.map((byte, i) => (i === 5000 ? byte ^ 1 : byte))),
    layout: Buffer.from(good.map((byte, i) => (i === 8 ? byte + 1 : byte))),
  };
  for (const [name, bytes] of Object.entries(spoilt)) {
    writeFileSync(form, bytes);
    assert.deepEqual((await load()).ids, first.ids, name);
    assert.deepEqual(readFileSync(form), good, name);
  }
  writeFileSync(json, `${large} `);
  assert.deepEqual((await load()).ids, first.ids);
  assert.notDeepEqual(readFileSync(form), good);
});

test('a file that changed without another size gets a new form', async (t) => {
  const { load, first, form, json } = await hub(t, large);
  const good = readFileSync(form);
  assert.equal(Buffer.byteLength(changed), Buffer.byteLength(large));
  writeFileSync(json, changed); // not through the cache
  const other = (await load()).ids;
  assert.notDeepEqual(other, first.ids);
  const again = readFileSync(form);
  assert.notDeepEqual(again, good);
  assert.deepEqual((await load()).ids, other);
  assert.deepEqual(readFileSync(form), again);
});

test('the same in a cache of responses, as browsers have it', async (t) => {
  const server = await startServer(t, { [FILE]: large });
  useHub(t, server.url);
  /** @type {Map<string, { bytes: Uint8Array, headers: [string, string][] }>} */
  const store = new Map();
  /**
   * @param {string} key
   * @param {Response} response
   */
  const put = async (key, response) => {
    store.set(key, { headers: [...response.headers], bytes: new Uint8Array(await response.arrayBuffer()) });
  };
  env.customCache = /** @type {Untyped} */ ({
    match: async (/** @type {string} */ key) => {
      const found = store.get(key);
      return found && new Response(/** @type {Untyped} */ (found.bytes), { headers: found.headers });
    },
    put,
  });
  t.after(() => {
    env.customCache = null;
  });
  const load = async () => (await AutoTokenizer.from_pretrained('org/name')).encode('The man.');
  const first = await load(),
    key = /** @type {string} */ ([...store.keys()].find((k) => k.endsWith('tokenizer.json')));
  const form = () => store.get(`${key}.binary`)?.bytes,
    good = form();
  assert.ok(good);
  assert.deepEqual(await load(), first);
  assert.equal(form(), good);
  // Another tab downloads another revision of the same size.
  store.delete(key);
  server.files[FILE] = changed;
  const tab = new Map([...store]);
  const other = await load();
  assert.notDeepEqual(other, first);
  for (const [k, v] of tab) store.set(k, v); // … whose form is not written yet
  assert.equal(form(), good);
  assert.deepEqual(await load(), other);
  assert.notDeepEqual(form(), good);
  // A file that another program put there, with an ETag or without.
  for (const headers of [{ etag: '"1"' }, {}]) {
    await put(key, new Response(large, { headers: /** @type {Untyped} */ (headers) }));
    assert.deepEqual(await load(), first);
    assert.deepEqual(await load(), first);
  }
});

test('a file that was downloaded anew gets a new form, and a small one none', async (t) => {
  const { server, load, first, json } = await hub(t, large);
  rmSync(json);
  server.files[FILE] = changed;
  const other = (await load()).ids;
  assert.notDeepEqual(other, first.ids);
  assert.deepEqual((await load()).ids, other);
  assert.equal(existsSync((await hub(t, small)).form), false);
});
