// AutoTokenizer and the cache: from the second time on the binary form beside the tokenizer.json is read, unless it does
// not fit; a file that comes anew makes a new one.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { AutoTokenizer } from '../../js/index.js';
import { startServer, useHub } from './helpers/server.js';

const small = readFileSync(new URL('../fixtures/tokenizers/wordpiece-uncased.tokenizer.json', import.meta.url), 'utf8');
const large = small + ' '.repeat(600_000);
const FILE = '/org/name/resolve/main/tokenizer.json';

/** @param {import('node:test').TestContext} t @param {string} json */
async function hub(t, json) {
  const server = await startServer(t, { [FILE]: json });
  const { cacheDir } = useHub(t, server.url);
  const load = async () => {
    const events = /** @type {any[]} */ ([]);
    const tokenizer = await AutoTokenizer.from_pretrained('org/name', { progress_callback: (e) => { if (e.file === 'tokenizer.json') events.push(e); } });
    return { ids: tokenizer.encode('The man.'), events };
  };
  const place = () => path.join(cacheDir, /** @type {string} */ (readdirSync(cacheDir, { recursive: true }).map(String).find((f) => f.endsWith('tokenizer.json'))));
  const first = await load();
  return { server, load, first, json: place(), form: place() + '.binary' };
}

test('the second time the binary form is read', async (t) => {
  const { server, load, first, json, form } = await hub(t, large);
  assert.ok(existsSync(form));
  const asked = server.requests.filter((r) => r.path === FILE).length;
  writeFileSync(json, 'x'.repeat(Buffer.byteLength(large))); // which nobody must notice
  const second = await load();
  assert.deepEqual(second.ids, first.ids);
  assert.equal(server.requests.filter((r) => r.path === FILE).length, asked);
  assert.deepEqual([...new Set(second.events.map((e) => e.status))], ['initiate', 'download', 'progress', 'done']);
});

test('a form that is cut, damaged, another version\'s or another file\'s is made again', async (t) => {
  const { load, first, form, json } = await hub(t, large);
  const good = readFileSync(form);
  const spoilt = {
    empty: Buffer.alloc(0), cut: good.subarray(0, good.length - 100), other: Buffer.concat([good.subarray(0, -1), Buffer.from('x')]),
    damaged: Buffer.from(good.map((byte, i) => (i === 5000 ? byte ^ 1 : byte))), layout: Buffer.from(good.map((byte, i) => (i === 8 ? byte + 1 : byte))),
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

test('a file that was downloaded anew gets a new form, and a small one none', async (t) => {
  const { server, load, first, json } = await hub(t, large);
  rmSync(json);
  server.files[FILE] = large.replace('"the"', '"teh"');
  const changed = (await load()).ids;
  assert.notDeepEqual(changed, first.ids);
  assert.deepEqual((await load()).ids, changed);
  const other = await hub(t, small);
  assert.equal(existsSync(other.form), false);
});
