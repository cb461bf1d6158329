// Keys and values of a DynamicCache by name, against transformers' own cache
// (tests/fixtures/generation/make-caches.py): every family, windows, batches with padding, all types; and a cache whose
// place another text has taken.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AutoModelForCausalLM, DynamicCache, Tensor } from 'wasmformers';
import { fixtureJson, fixturePath } from '../helpers/fixtures.js';
import { emptyFolder, rejection } from '../helpers/server.js';

/**
 * @typedef {{ dims: number[], data: number[] }} Entry
 * @typedef {{ inputs: Record<string, number[][]>, tokens: number, cache: Record<string, Entry> }} Case
 * @type {{ options: Json, cases: Record<string, Case> }}
 */
const { options, cases } = fixtureJson('generation/caches.json.gz');

/** @param {string} name */
const load = (name) => AutoModelForCausalLM.from_pretrained(fixturePath(`lm/${name}-lm`), { dtype: 'fp32' });

/**
 * Every n-th head.
 * @param {Entry} entry
 * @param {number} n
 */
function distinct({ dims: [rows, heads, tokens, width], data }, n) {
  const size = tokens * width;
  return { dims: [rows, heads / n, tokens, width], data: data.filter((_, i) => Math.floor(i / size) % n === 0) };
}

/**
 * @param {DynamicCache} got
 * @param {Case} want
 * @param {number} tolerance of the largest number
 */
function compare(got, want, tolerance) {
  assert.deepEqual(Object.keys(got), Object.keys(want.cache));
  assert.equal(got.get_seq_length(), want.tokens);
  for (const [name, entry] of Object.entries(want.cache)) {
    const tensor = got[name];
    assert.ok(tensor instanceof Tensor);
    // Falcon's newer class repeats a head for each of its queries; here it is kept once.
    const { dims, data } = distinct(entry, entry.dims[1] / tensor.dims[1]);
    assert.deepEqual([tensor.type, tensor.dims], ['float32', dims], name);
    const most = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    // Of padding, each library keeps something else: no query sees it.
    const padded = (/** @type {number} */ i) => {
      const mask = want.inputs.attention_mask,
        [, heads, tokens, width] = dims,
        row = Math.floor(i / (heads * tokens * width)),
        at = want.tokens - tokens + (Math.floor(i / width) % tokens);
      return mask && mask[row][at] === 0;
    };
    for (const [i, x] of data.entries()) {
      if (!padded(i)) assert.ok(Math.abs(Number(tensor.data[i]) - x) <= tolerance * most, `${name} at ${i}`);
    }
  }
}

for (const [name, want] of Object.entries(cases)) {
  test(`keys and values of ${name}`, async () => {
    const model = await load(name);
    for (const [cache_dtype, tolerance] of /** @type {const} */ ([
      ['f32', 1e-4],
      ['f16', 2e-3],
      ['q8', 2e-2],
    ])) {
      const { past_key_values } = /** @type {Json} */ (
        await model.generate({ ...want.inputs, ...options, cache_dtype, return_dict_in_generate: true })
      );
      compare(past_key_values, want, tolerance);
    }
    model.dispose();
  });
}

test('a cache that is not in the decoder, cropped, saved, or disposed of', async () => {
  const model = await load('llama'),
    want = cases.llama,
    ask = { ...want.inputs, ...options, cache_dtype: 'f32' };
  const one = new DynamicCache(),
    two = new DynamicCache(),
    name = 'past_key_values.1.value';
  await model.generate({ ...ask, past_key_values: one });
  await model.generate({ ...ask, past_key_values: two, max_new_tokens: 7 });
  assert.equal(two[name].dims[2], 13);
  assert.throws(() => one[name], { name: 'InputError', code: 'cache_away', field: name });
  await one.crop(one.get_seq_length());
  compare(one, want, 1e-4);
  // A call without a cache takes the place, too.
  await model.generate(ask);
  assert.throws(() => one[name], { code: 'cache_away' });
  const saved = await one.save();
  await one.crop(3);
  assert.deepEqual(one[name].dims, [1, 2, 3, 8]);
  const restored = new DynamicCache(saved);
  await model.generate({ ...ask, past_key_values: restored });
  compare(restored, want, 1e-4);
  await restored.dispose();
  assert.equal(restored[name], undefined);
  // A tensor of the caller's own takes the name; generate() does not take it.
  await one.crop(2);
  const own = new Tensor('float32', new Float32Array(2), [1, 1, 2, 1]);
  one.update({ [name]: own });
  assert.equal(one[name], own);
  assert.equal((await rejection(model.generate({ ...ask, past_key_values: one }))).code, 'unsupported_cache');
  await two.crop(2);
  model.dispose();
  assert.throws(() => two[name], { code: 'disposed' });
});

// A cache of f16 or int8 stores no NaN; what attends to such a key is none nevertheless, as with f32.
test('a key that is no number makes scores that are none, in every type of cache', async (t) => {
  const folder = emptyFolder(t),
    file = path.join(folder, 'model.safetensors');
  cpSync(fixturePath('lm/gpt-neox-lm'), folder, { recursive: true });
  const bytes = readFileSync(file),
    start = 8 + Number(bytes.readBigUInt64LE(0)),
    { 'gpt_neox.embed_in.weight': matrix } = JSON.parse(bytes.subarray(8, start).toString());
  bytes.writeFloatLE(NaN, start + matrix.data_offsets[0] + 4 * 7 * matrix.shape[1]); // of token 7
  writeFileSync(file, bytes);
  const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype: 'fp32' }),
    ask = { max_new_tokens: 4, min_new_tokens: 4, do_sample: false };
  for (const cache_dtype of /** @type {const} */ (['f32', 'f16', 'q8'])) {
    const write = async (/** @type {number[]} */ ids, more = {}) =>
      String((await model.generate([ids], { ...ask, cache_dtype, ...more })).data);
    const wanted = await write([1, 9, 10]);
    for (let again = 0; again < 2; again++) {
      const error = await rejection(write([1, 9, 7, 10, 11]));
      assert.deepEqual([error.name, error.code], ['WeightsError', 'not_a_number'], cache_dtype);
    }
    assert.equal(await write([1, 9, 10]), wanted, 'the spoiled text serves no other');
    // remove_invalid_values goes on with zeros, and so does the text after it.
    const ids = await write([1, 7, 9], { remove_invalid_values: true });
    assert.equal(ids, '1,7,9,0,0,0,0');
  }
  model.dispose();
});
