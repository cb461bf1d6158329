// Every golden checkpoint through the whole stack: hub, Wasm engine, tensors, by the class that config.json names.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { env } from '../../../js/env.js';
import {
  AutoModel,
  AutoModelForSequenceClassification,
  BertForSequenceClassification,
  BertModel,
  PreTrainedModel,
} from 'wasmformers';
import { Tensor } from '../../../js/tensor/tensor.js';
import { wrong } from '../helpers/fixtures.js';
import { readSafetensors } from '../helpers/safetensors.js';
import { emptyFolder } from '../helpers/server.js';

const MODELS = new URL('../../fixtures/models/', import.meta.url);
const folder = (/** @type {string} */ name) => fileURLToPath(new URL(name, MODELS));

for (const name of readdirSync(MODELS)) {
  test(`${name} gives PyTorch's outputs`, async () => {
    const io = readSafetensors(new URL(`${name}/io.safetensors`, MODELS));
    const model = await PreTrainedModel.from_pretrained(folder(name), { dtype: 'fp32' });
    const inputs = Object.fromEntries(
      Object.entries(io)
        .filter(([k]) => k.startsWith('in.'))
        .map(([k, v]) => [k.slice(3), new Tensor('int64', v.data, v.dims)]),
    );
    const outputs = await model(inputs);
    const wanted = Object.entries(io).filter(([k]) => k.startsWith('out.'));
    assert.deepEqual(Object.keys(outputs).sort(), wanted.map(([k]) => k.slice(4)).sort());
    const mask = io['in.attention_mask'];
    for (const [key, want] of wanted) {
      const got = outputs[key.slice(4)];
      assert.deepEqual(got.dims, want.dims);
      const perToken = mask && want.dims[1] === mask.dims[1],
        inner = perToken ? want.data.length / mask.data.length : Infinity;
      let biggest = 1,
        worst = 0;
      want.data.forEach((/** @type {number} */ v) => {
        biggest = Math.max(biggest, Math.abs(v));
      });
      want.data.forEach((/** @type {number} */ v, /** @type {number} */ i) => {
        if (!perToken || mask.data[Math.floor(i / inner)]) worst = Math.max(worst, Math.abs(v - got.data[i]));
      });
      assert.ok(worst <= 1e-4 * biggest, `${key}: off by ${worst}`);
    }
    model.dispose();
  });
}

test('numbers, bigints and 32-bit tensors are the same input, and a mask may be left out', async () => {
  const model = await AutoModel.from_pretrained(folder('bert-model'), { dtype: 'fp32' });
  const a = await model({ input_ids: [[5, 6, 7]] });
  const b = await model({
    input_ids: new Tensor('int64', [5n, 6n, 7n], [1, 3]),
    attention_mask: new Tensor('int64', [1n, 1n, 1n], [1, 3]),
  });
  const c = await model({ input_ids: new Tensor('int32', [5, 6, 7], [1, 3]) });
  assert.deepEqual(a.last_hidden_state.data, b.last_hidden_state.data);
  assert.deepEqual(a.last_hidden_state.data, c.last_hidden_state.data);
  assert.deepEqual(a.last_hidden_state.dims, [1, 3, 32]);
  model.dispose();
});

test('bad inputs are named, and the next call works', async () => {
  const model = await AutoModel.from_pretrained(folder('bert-model'));
  const good = await model({ input_ids: [[5, 6, 7]] });
  /** @type {[Json, string, string][]} */
  const cases = [
    [{ input_ids: [[5, 199]] }, 'ids_out_of_range', 'input_ids'],
    [{ input_ids: [[5, -1]] }, 'ids_out_of_range', 'input_ids'],
    [{ input_ids: [[5, 1.5]] }, 'not_an_integer', 'input_ids'],
    [{ input_ids: [[5, 6]], attention_mask: [[1, 2]] }, 'bad_mask', 'attention_mask'],
    [{ input_ids: [[5, 6]], attention_mask: [[1]] }, 'shape_mismatch', 'attention_mask'],
    [{ input_ids: [[5, 6]], token_type_ids: [[0, 2]] }, 'ids_out_of_range', 'token_type_ids'],
    [{ input_ids: [Array(65).fill(5)] }, 'too_long', 'input_ids'],
    [{ input_ids: [[]] }, 'empty_input', 'input_ids'],
    [{ input_ids: new Tensor('int64', [5n], [1]) }, 'bad_shape', 'input_ids'],
    [{ input_ids: { data: [1, 2, 3], dims: [1, 2] } }, 'shape_mismatch', 'input_ids'],
    [{}, 'missing_input', 'input_ids'],
  ];
  for (const [inputs, code, field] of cases) {
    await assert.rejects(model(inputs), { name: 'InputError', code, field });
    assert.deepEqual((await model({ input_ids: [[5, 6, 7]] })).last_hidden_state.data, good.last_hidden_state.data);
  }
  model.dispose();
});

test('calls at the same time wait for each other', async () => {
  const model = await AutoModel.from_pretrained(folder('bert-model'), { dtype: 'fp32' });
  const texts = Array.from({ length: 8 }, (_, i) => [[5 + i, 6, 7 + i]]);
  /** @type {Float32Array[]} */
  const alone = [];
  for (const input_ids of texts)
    alone.push(/** @type {Float32Array} */ ((await model({ input_ids })).pooler_output.data));
  const together = await Promise.all(
    texts.map((input_ids, i) => (i === 3 ? model({ input_ids: [[999]] }).catch(() => null) : model({ input_ids }))),
  );
  together.forEach((out, i) => {
    if (i !== 3) assert.deepEqual(out?.pooler_output.data, alone[i]);
  });
  assert.equal(together[3], null);
  model.dispose();
});

test('an aborted call rejects with its reason and the next one works', async () => {
  const model = await AutoModel.from_pretrained(folder('bert-model'));
  const reason = new Error('enough');
  await assert.rejects(model({ input_ids: [[5]] }, { signal: AbortSignal.abort(reason) }), reason);
  assert.ok(await model({ input_ids: [[5]] }));
  model.dispose();
});

test('dispose twice, use after: a named error', async () => {
  const model = await AutoModel.from_pretrained(folder('bert-model'));
  model.dispose();
  model.dispose();
  await assert.rejects(model({ input_ids: [[5]] }), { name: 'InputError', code: 'disposed' });
  if (Symbol.dispose) assert.equal(typeof model[Symbol.dispose], 'function');
});

test('classes hold their model to its type, heads to their weights', async () => {
  assert.ok((await BertModel.from_pretrained(folder('bert-model'))) instanceof BertModel);
  await assert.rejects(BertModel.from_pretrained(folder('roberta-mlm')), {
    name: 'ConfigError',
    code: 'wrong_model_type',
  });
  await assert.rejects(BertForSequenceClassification.from_pretrained(folder('bert-model')), {
    name: 'WeightsError',
    code: 'missing_tensors',
    field: 'classifier.weight',
  });
  // A base model out of a checkpoint with a head: the prefix is found, the pooler is not there.
  const base = await AutoModel.from_pretrained(folder('bert-mlm'));
  assert.deepEqual(Object.keys(await base({ input_ids: [[5]] })), ['last_hidden_state']);
});

test('options that are wrong say so', async () => {
  await assert.rejects(AutoModel.from_pretrained(folder('bert-model'), { dtype: wrong('q3') }), {
    name: 'ConfigError',
    code: 'unknown_dtype',
    field: 'dtype',
  });
  await assert.rejects(AutoModel.from_pretrained(folder('bert-model'), { dtype: wrong('toString') }), {
    name: 'ConfigError',
    code: 'unknown_dtype',
  });
  await assert.rejects(AutoModel.from_pretrained(folder('bert-model'), { dtype: { vision_model: 'q8' } }), {
    code: 'unknown_dtype',
    message: /\{"vision_model":"q8"\}/,
  });
  const model = await AutoModel.from_pretrained(folder('bert-model'), { dtype: { model: 'fp32' } });
  assert.equal(model.dtype, 'fp32');
  await model.dispose();
  await assert.rejects(AutoModel.from_pretrained(folder('bert-model'), { device: wrong('tpu') }), {
    name: 'ConfigError',
    code: 'unknown_device',
  });
  await assert.rejects(AutoModel.from_pretrained('not an id'), { name: 'ConfigError', code: 'bad_id' });
  await assert.rejects(AutoModel.from_pretrained('./no-such-folder'), { name: 'HubError', code: 'not_found' });
});

test("Transformers.js' other devices warn once, and are errors where the page is strict", async (t) => {
  const warn = t.mock.method(console, 'warn', () => {}),
    load = (/** @type {Untyped} */ device) => AutoModel.from_pretrained(folder('bert-model'), { device });
  for (const device of ['webgpu', 'webgpu', { model: 'webgpu' }, { embed_tokens: 'webgpu' }, 'wasm', 'auto', null])
    await (await load(device)).dispose();
  assert.equal(warn.mock.callCount(), 1);
  assert.match(warn.mock.calls[0].arguments[0], /"webgpu".*WebAssembly.*env\.strict/);
  for (const device of ['webgpuu', 5, 'webnn-tpu', { model: 'tpu' }])
    await assert.rejects(load(device), { name: 'ConfigError', code: 'unknown_device', field: 'device' });
  env.strict = true;
  t.after(() => {
    env.strict = false;
  });
  for (const device of ['webgpu', { model: 'cuda' }])
    await assert.rejects(load(device), { name: 'ConfigError', code: 'unknown_device', field: 'device' });
  await (await load('wasm')).dispose();
});

test('the engine says its variant and what it needs', async () => {
  const model = await AutoModel.from_pretrained(folder('bert-model'));
  const { variant, int8Dot, memoryBytes, dtype } = model.stats;
  // Node 20 must not take relaxed SIMD by itself; a run may ask for a variant (tests/force-variant.js).
  assert.equal(variant, env.wasm.variant || (process.versions.node.startsWith('20.') ? 'simd' : 'relaxed'));
  assert.ok(['dot16', 'unsigned', 'signed'].includes(int8Dot));
  assert.ok(memoryBytes > 1e6 && memoryBytes < 3e7);
  assert.equal(dtype, 'q8');
  assert.equal(model.config.model_type, 'bert');
  assert.ok(readFileSync(new URL('bert-model/config.json', MODELS)).length > 0);
});

test('what is no number is an error: a bias when it is loaded, scores when they are read', async (t) => {
  const dir = emptyFolder(t),
    file = path.join(dir, 'model.safetensors');
  cpSync(folder('bert-classify'), dir, { recursive: true });
  const bytes = readFileSync(file),
    start = 8 + Number(bytes.readBigUInt64LE(0)),
    header = JSON.parse(bytes.subarray(8, start).toString());
  /**
   * The checkpoint with one float of a tensor replaced.
   * @param {string} tensor
   * @param {number} at
   * @param {number} value
   * @param {Untyped} dtype
   */
  const load = (tensor, at, value, dtype) => {
    const other = Buffer.from(bytes);
    other.writeFloatLE(value, start + header[tensor].data_offsets[0] + 4 * at);
    writeFileSync(file, other);
    return AutoModelForSequenceClassification.from_pretrained(dir, { dtype });
  };
  for (const tensor of [
    'bert.embeddings.LayerNorm.weight',
    'bert.encoder.layer.1.output.dense.bias',
    'classifier.bias',
  ])
    for (const value of [NaN, Infinity])
      for (const dtype of ['q8', 'q4', 'fp16', 'fp32'])
        await assert.rejects(load(tensor, 1, value, dtype), {
          name: 'WeightsError',
          code: 'not_finite',
          field: tensor,
          file: 'model.safetensors',
        });
  // Matrices in f32 are taken as they are; the text with the token that has no vector has no scores.
  const [, width] = header['bert.embeddings.word_embeddings.weight'].shape,
    model = await load('bert.embeddings.word_embeddings.weight', 7 * width, NaN, 'fp32'),
    wanted = (await model({ input_ids: [[5, 6]] })).logits.data;
  for (let again = 0; again < 2; again++) {
    for (const input_ids of [[[7]], [[7, 5]], [[5, 7]], [[5, 6, 6, 6, 6, 6, 6, 6, 7]]])
      await assert.rejects(model({ input_ids }), { name: 'WeightsError', code: 'not_a_number', field: 'logits' });
    assert.deepEqual((await model({ input_ids: [[5, 6]] })).logits.data, wanted);
  }
  await model.dispose();
  // Activations of 1e25 fit in q8; blocks of q4 have no such scale, and say so.
  for (const [dtype, fits] of /** @type {const} */ ([
    ['q8', true],
    ['q4', false],
  ])) {
    const large = await load('bert.encoder.layer.1.intermediate.dense.bias', 1, 1e25, dtype),
      answer = large({ input_ids: [[5, 6]] });
    if (fits) assert.ok((await answer).logits.data.every(Number.isFinite));
    else await assert.rejects(answer, { name: 'WeightsError', code: 'not_a_number', field: 'logits' });
    await large.dispose();
  }
});
