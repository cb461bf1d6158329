// Checkpoints in several files: the same model, one sum of progress, sizes without a download, wrong indices.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { weightSizes } from '../../../js/engines/wasm/safetensors-files.js';
import { AutoModel } from 'wasmformers';
import { shardsOf } from '../helpers/shards.js';
import { emptyFolder, rejection, startServer, useHub } from '../helpers/server.js';

const BERT = fileURLToPath(new URL('../../fixtures/models/bert-model', import.meta.url));
const INDEX = 'model.safetensors.index.json';
const input = { input_ids: [[5, 6, 7, 8]] };

/**
 * bert-model in shards in a folder.
 * @param {import('node:test').TestContext} t
 * @param {number} count
 */
function folder(t, count) {
  const dir = emptyFolder(t),
    made = shardsOf(BERT, count);
  writeFileSync(path.join(dir, 'config.json'), readFileSync(path.join(BERT, 'config.json')));
  for (const [name, bytes] of Object.entries(made.files)) writeFileSync(path.join(dir, name), bytes);
  writeFileSync(path.join(dir, INDEX), JSON.stringify(made.index));
  return { dir, ...made };
}

test('one file or four: the same model', async (t) => {
  const { dir } = folder(t, 4);
  const whole = await AutoModel.from_pretrained(BERT, { dtype: 'fp32' }),
    parts = await AutoModel.from_pretrained(dir, { dtype: 'fp32' });
  assert.deepEqual((await parts(input)).last_hidden_state.data, (await whole(input)).last_hidden_state.data);
  whole.dispose();
  parts.dispose();
});

test('the progress is of all shards from the first byte on; the second visit needs no network', async (t) => {
  const { files, index } = shardsOf(BERT, 3);
  const server = await startServer(
    t,
    Object.fromEntries(
      Object.entries({
        'config.json': readFileSync(path.join(BERT, 'config.json')),
        [INDEX]: JSON.stringify(index),
        ...files,
      }).map(([name, body]) => ['/org/name/resolve/main/' + name, body]),
    ),
  );
  useHub(t, server.url);
  const size = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0);
  const before = await weightSizes('org/name', {});
  assert.deepEqual(before, {
    size,
    files: Object.entries(files).map(([file, bytes]) => ({ file, size: bytes.length, cached: false })),
  });
  assert.equal(
    server.requests.filter(({ path: p }) => p.endsWith('.safetensors')).length,
    4,
    'one file was looked for, three were asked for their size',
  );

  /** @type {Untyped[]} */
  const events = [];
  const model = await AutoModel.from_pretrained('org/name', {
    dtype: 'fp32',
    progress_callback: (event) => events.push(event),
  });
  const totals = events.filter(
    (e) => e.status === 'progress_total' && Object.keys(e.files).some((name) => name.startsWith('model-')),
  );
  assert.ok(totals[0].total >= index.metadata.total_size, 'every sum knows the shards that are still to come');
  assert.deepEqual([...new Set(events.filter((e) => e.status === 'progress_total').map((e) => e.total))].length, 1);
  assert.ok(totals.every((e, i) => e.progress <= 100 && (i === 0 || e.loaded >= totals[i - 1].loaded)));
  const last = totals[totals.length - 1];
  assert.equal(last.loaded, last.total);
  assert.equal(last.progress, 100);
  // Shards are downloaded one after the other.
  const order = events
    .filter((e) => /^model-/.test(e.file ?? '') && ['initiate', 'done'].includes(e.status))
    .map((e) => `${e.status} ${e.file.slice(6, 11)}`);
  assert.deepEqual(
    order,
    ['00001', '00002', '00003'].flatMap((n) => [`initiate ${n}`, `done ${n}`]),
  );
  assert.ok((await weightSizes('org/name', {})).files.every(({ cached }) => cached));
  await server.close();
  const again = await AutoModel.from_pretrained('org/name', { dtype: 'fp32' });
  assert.deepEqual((await again(input)).last_hidden_state.data, (await model(input)).last_hidden_state.data);
  model.dispose();
  again.dispose();
});

test('an index without its total: the shards are asked for their sizes', async (t) => {
  const { dir, files, index } = folder(t, 3);
  const { metadata, ...rest } = index;
  writeFileSync(path.join(dir, INDEX), JSON.stringify(rest));
  /** @type {Untyped[]} */
  const events = [];
  (await AutoModel.from_pretrained(dir, { progress_callback: (e) => events.push(e) })).dispose();
  const totals = events.filter((e) => e.status === 'progress_total'),
    size = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0);
  assert.ok(metadata.total_size < size && totals[0].total > size);
  assert.deepEqual([...new Set(totals.map((e) => e.total))], [totals[0].total]);
  assert.equal(totals.at(-1).loaded, totals[0].total);
});

test('an index that lies is named; the next load works', async (t) => {
  const { dir, files, index } = folder(t, 2),
    second = Object.keys(files)[1],
    tensor = Object.keys(index.weight_map).at(-3) ?? '';
  /**
   * @type {[string, string, string, string, string][]} what, the index's text, then name, code and file of the
   *   error
   */
  const lies = [
    ['cut', JSON.stringify(index).slice(0, -40), 'ConfigError', 'invalid_json', INDEX],
    ['empty', '', 'ConfigError', 'invalid_json', INDEX],
    ['null', 'null', 'ConfigError', 'bad_index', INDEX],
    ['no map', '{"metadata":{}}', 'ConfigError', 'bad_index', INDEX],
    ['a list', '{"weight_map":["model.safetensors"]}', 'ConfigError', 'bad_index', INDEX],
    ['no files', '{"weight_map":{}}', 'ConfigError', 'bad_index', INDEX],
    ...[
      '../model.safetensors',
      '/etc/passwd',
      'sub/a.safetensors',
      '..\\a.safetensors',
      'https://example.org/a.safetensors',
      'a.bin',
      '.safetensors/..',
      7,
      null,
    ].map(
      (file) =>
        /** @type {[string, string, string, string, string]} */ ([
          `a file ${file}`,
          JSON.stringify({ weight_map: { ...index.weight_map, more: file } }),
          'ConfigError',
          'bad_index',
          INDEX,
        ]),
    ),
    [
      'a shard that is not there',
      JSON.stringify({ weight_map: { ...index.weight_map, [tensor]: 'model-00003-of-00003.safetensors' } }),
      'HubError',
      'not_found',
      'model-00003-of-00003.safetensors',
    ],
    [
      'a shard too few',
      JSON.stringify({
        weight_map: Object.fromEntries(Object.entries(index.weight_map).filter(([, file]) => file !== second)),
      }),
      'WeightsError',
      'missing_tensors',
      '',
    ],
  ];
  for (const [what, text, name, code, file] of lies) {
    writeFileSync(path.join(dir, INDEX), text);
    const error = await rejection(AutoModel.from_pretrained(dir));
    assert.deepEqual([error.name, error.code, error.file], [name, code, file], `${what}: ${error.stack}`);
  }
  writeFileSync(path.join(dir, INDEX), JSON.stringify(index));

  // A shard without a tensor that the index names in it, and one that was cut.
  const bytes = files[second],
    length = Number(bytes.readBigUInt64LE(0)),
    text = bytes.subarray(8, 8 + length).toString();
  const spoiled = Buffer.concat([
    bytes.subarray(0, 8),
    Buffer.from(text.replace(`"${tensor}"`, `"${'x'.repeat(tensor.length)}"`)),
    bytes.subarray(8 + length),
  ]);
  writeFileSync(path.join(dir, second), spoiled);
  const error = await rejection(AutoModel.from_pretrained(dir));
  assert.deepEqual(
    [error.name, error.code, error.file, error.field],
    ['WeightsError', 'missing_tensors', second, tensor],
    error.stack,
  );
  assert.match(error.message, /names the tensor/);
  writeFileSync(path.join(dir, second), bytes.subarray(0, -100));
  assert.deepEqual([(await rejection(AutoModel.from_pretrained(dir))).name], ['WeightsError']);

  writeFileSync(path.join(dir, second), bytes);
  const model = await AutoModel.from_pretrained(dir);
  assert.ok(await model(input));
  model.dispose();
});

test('a size can be asked for where the server answers no HEAD, and is 0', async (t) => {
  const server = await startServer(t, { '/org/name/resolve/main/model.safetensors': { body: 'x', status: 405 } });
  useHub(t, server.url);
  assert.deepEqual(await weightSizes('org/name', {}), {
    size: 0,
    files: [{ file: 'model.safetensors', size: 0, cached: false }],
  });
  assert.equal((await rejection(weightSizes('org/none', {}))).code, 'not_found');
});
