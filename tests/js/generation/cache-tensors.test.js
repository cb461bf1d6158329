// Keys and values of a DynamicCache by name, against transformers' own cache
// (tests/fixtures/generation/make-caches.py): every family, windows, batches with padding, all types; and a cache whose
// place another text has taken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AutoModelForCausalLM, DynamicCache, Tensor } from 'wasmformers';
import { fixtureJson, fixturePath } from '../helpers/fixtures.js';
import { rejection } from '../helpers/server.js';

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
