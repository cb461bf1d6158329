// A GGUF file in place of a repository: by its path, its URL or an option; what is downloaded, cached and repaired.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { AutoConfig, AutoModelForCausalLM, AutoTokenizer, ModelRegistry, pipeline } from 'wasmformers';
import { ggufOf } from '../../../js/hub/locate.js';
import { fixturePath, wrong } from '../helpers/fixtures.js';
import { emptyFolder, eventually, rejection, startServer, useHub } from '../helpers/server.js';

const FILE = fixturePath('gguf/llama-q4_0/model.gguf'),
  BYTES = readFileSync(FILE),
  INPUT = { input_ids: [[1, 5, 9, 3]] };

/** @param {Untyped} model */
async function logitsOf(model) {
  const { logits } = await model(INPUT);
  model.dispose();
  return [...logits.data];
}
const load = (/** @type {string} */ id, options = {}) =>
  AutoModelForCausalLM.from_pretrained(id, { dtype: 'fp32', ...options });

test('which file an id means', () => {
  const of = (/** @type {string} */ id, options = {}) => {
    const found = ggufOf(id, options);
    return found && `${found.id} ${found.gguf}`;
  };
  assert.equal(of('org/name'), null);
  assert.equal(of('./folder'), null);
  assert.equal(of('org/name.gguf'), null, 'a repository');
  assert.equal(of('org/name/a.Q4_0.gguf'), 'org/name a.Q4_0.gguf');
  assert.equal(of('org/name/sub/a.gguf'), 'org/name sub/a.gguf');
  assert.equal(of('./a.gguf'), '. a.gguf');
  assert.equal(of('a.gguf'), '. a.gguf');
  assert.equal(of('/a.gguf'), '/ a.gguf');
  assert.equal(of('/x/y/a.gguf'), '/x/y a.gguf');
  assert.equal(of('C:\\x\\a.gguf'), 'C:\\x a.gguf');
  assert.equal(of('https://host/x/a.gguf'), 'https://host/x a.gguf');
  assert.equal(of('https://host/x/a.gguf?download=true'), 'https://host/x a.gguf?download=true');
  assert.equal(of('org/name', { gguf: 'sub/a.gguf' }), 'org/name sub/a.gguf');
  assert.equal(of('https://host/x', { gguf: 'a.gguf' }), 'https://host/x a.gguf');
  for (const gguf of ['', 'a.bin', '../a.gguf', '/a.gguf', 'x/../a.gguf', 'a.gguf?b', 7, {}])
    assert.throws(() => ggufOf('org/name', { gguf: wrong(gguf) }), {
      name: 'ConfigError',
      code: 'bad_option',
      field: 'gguf',
    });
});

test('a path, a file: URL, a folder with the option', async (t) => {
  const folder = emptyFolder(t);
  mkdirSync(path.join(folder, 'sub'));
  copyFileSync(FILE, path.join(folder, 'sub/m.gguf'));
  const want = await logitsOf(await load(FILE));
  assert.deepEqual(await logitsOf(await load(path.join(folder, 'sub/m.gguf'))), want);
  assert.deepEqual(await logitsOf(await load(pathToFileURL(path.join(folder, 'sub/m.gguf')).href)), want);
  assert.deepEqual(await logitsOf(await load(folder, { gguf: 'sub/m.gguf' })), want);
  assert.deepEqual(await logitsOf(await load(folder, { gguf: 'm.gguf', subfolder: 'sub' })), want);
  const pipe = await pipeline('text-generation', folder, { gguf: 'm.gguf', subfolder: 'sub', dtype: 'fp32' });
  assert.match((await pipe('the', { max_new_tokens: 3 }))[0].generated_text, /^the/);
  await pipe.dispose();
});

test('packed into every form', async () => {
  const want = await logitsOf(await load(FILE)),
    biggest = Math.max(...want.map(Math.abs));
  for (const [dtype, tolerance] of /** @type {const} */ ([
    ['fp16', 0.002],
    ['q8', 0.05],
    ['q4', 0.5],
  ])) {
    const got = await logitsOf(await load(FILE, { dtype }));
    const worst = Math.max(...got.map((value, i) => Math.abs(value - want[i])));
    assert.ok(worst <= tolerance * biggest, `${dtype}: off by ${worst}, largest ${biggest}`);
  }
});

test('a pipeline downloads the file once, and a second time reads it from the cache', async (t) => {
  const server = await startServer(t, { '/org/name/resolve/main/m.gguf': BYTES });
  useHub(t, server.url);
  /** @type {Json[]} */
  const events = [];
  for (let round = 0; round < 2; round++) {
    const pipe = await pipeline('text-generation', 'org/name', {
      gguf: 'm.gguf',
      progress_callback: (event) => events.push(event),
    });
    assert.ok((await pipe('the', { max_new_tokens: 2 }))[0].generated_text);
    await pipe.dispose();
    assert.deepEqual(
      server.requests.map((request) => request.path),
      ['/org/name/resolve/main/m.gguf'],
    );
  }
  const told = events.filter(({ file, status }) => file === 'm.gguf' && status === 'progress');
  assert.equal(told.at(-1).loaded, BYTES.byteLength);
  assert.ok(events.some(({ status, progress }) => status === 'progress_total' && progress === 100));
});

test('a tokenizer alone leaves the weights on the server', async (t) => {
  const server = await startServer(t, {
    '/m.gguf': { body: Buffer.concat([BYTES, Buffer.alloc(1 << 20)]), stall: BYTES.byteLength },
  });
  useHub(t, server.url);
  const tokenizer = await AutoTokenizer.from_pretrained(server.url + 'm.gguf');
  assert.equal(tokenizer.bos_token, '<s>');
  assert.equal((await AutoConfig.from_pretrained(server.url + 'm.gguf')).model_type, 'llama');
  assert.equal(server.requests.length, 2);
  await eventually(() => server.closed.length === 2, 'both downloads are cut');
});

test('a model that cannot be made leaves no download open', async (t) => {
  const server = await startServer(t, {
    '/m.gguf': { body: Buffer.concat([BYTES, Buffer.alloc(1 << 20)]), stall: BYTES.byteLength - 1000 },
  });
  useHub(t, server.url);
  const error = await rejection(load(server.url + 'm.gguf', { config: { num_attention_heads: 7 } }));
  assert.equal(error.name, 'ConfigError');
  await eventually(() => server.closed.length === 1, 'the download is cut');
});

test('a damaged file in the cache is fetched again', async (t) => {
  const server = await startServer(t, { '/org/name/resolve/main/m.gguf': BYTES });
  const { cacheDir } = useHub(t, server.url),
    options = { gguf: 'm.gguf' };
  const want = await logitsOf(await load('org/name', options));
  const [kept] = readdirSync(cacheDir, { recursive: true, withFileTypes: true }).filter((f) => f.name === 'm.gguf');
  const file = path.join(kept.parentPath ?? kept.path, kept.name);
  assert.ok(existsSync(file));
  for (const damage of [
    (/** @type {Buffer} */ b) => b.fill(0xff, 0, 8),
    (/** @type {Buffer} */ b) => b.fill(0xff, 30, 60),
    (/** @type {Buffer} */ b) => b.fill(0xff, 5400, 5500), // the list of tensors
  ]) {
    writeFileSync(file, damage(Buffer.from(BYTES)));
    assert.deepEqual(await logitsOf(await load('org/name', options)), want);
    assert.ok(readFileSync(file).equals(BYTES), 'the copy is whole again');
  }
});

test('what is missing is named', async (t) => {
  const server = await startServer(t, { '/page/m.gguf': '<!doctype html><html></html>' });
  useHub(t, server.url);
  const none = await rejection(load('org/name', { gguf: 'none.gguf' }));
  assert.equal(`${none.name} ${none.code} ${none.file}`, 'HubError not_found none.gguf');
  assert.equal(none.url, server.url + 'org/name/resolve/main/none.gguf');
  const far = await rejection(load(server.url + 'x/none.gguf'));
  assert.equal(`${far.name} ${far.code} ${far.url}`, `HubError not_found ${server.url}x/none.gguf`);
  const page = await rejection(load(server.url + 'page/m.gguf'));
  assert.equal(`${page.name} ${page.code}`, 'HubError html_instead_of_file');
  const wordless = await rejection(AutoTokenizer.from_pretrained(fixturePath('gguf/gemma-lm.gguf')));
  assert.equal(`${wordless.name} ${wordless.code} ${wordless.file}`, 'HubError not_found tokenizer.json');
  assert.match(wordless.message, /gemma-lm\.gguf/);
});

test('weights that do not fit, or that are cut, are named', async (t) => {
  const folder = emptyFolder(t),
    write = (/** @type {Uint8Array} */ bytes) => writeFileSync(path.join(folder, 'm.gguf'), bytes);
  const error = async (options = {}) => {
    const e = await rejection(load(folder, { gguf: 'm.gguf', ...options }));
    return `${e.name} ${e.code} ${e.file}`;
  };
  write(BYTES.subarray(0, 30_000));
  assert.equal(await error(), 'WeightsError truncated m.gguf');
  write(Buffer.concat([BYTES, Buffer.alloc(100)]));
  assert.equal(await error(), 'WeightsError too_long m.gguf');
  write(BYTES);
  assert.equal(await error({ config: { hidden_size: 128, head_dim: 16 } }), 'WeightsError wrong_shape m.gguf');
  assert.equal(await error({ config: { num_hidden_layers: 3 } }), 'WeightsError missing_tensors ');
  // Q4_0 becomes IQ4_XS, by the number in the list of tensors.
  const at = BYTES.indexOf('blk.0.attn_q.weight') + 'blk.0.attn_q.weight'.length + 4 + 16,
    other = Buffer.from(BYTES);
  assert.equal(other.readUInt32LE(at), 2);
  other.writeUInt32LE(24, at); // I8: the file would be larger
  write(other);
  assert.match(await error(), /^WeightsError (overlap|hole|unsupported_dtype) m\.gguf$/);
});

test('the registry and the estimate know the file', async () => {
  assert.deepEqual(await ModelRegistry.get_model_files(FILE), ['config.json', 'model.gguf', 'generation_config.json']);
  const estimate = await AutoModelForCausalLM.estimate(FILE);
  assert.equal(estimate.download, BYTES.byteLength);
  assert.deepEqual(estimate.files, [{ file: 'model.gguf', size: BYTES.byteLength, cached: true }]);
});
