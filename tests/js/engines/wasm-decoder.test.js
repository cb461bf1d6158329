// The Wasm engine's loop of tokens: slices of tokens that equal PyTorch's in this variant too; rows, criteria, aborts,
// processed scores, the cache between calls, wrong options.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { WasmDecoderModel } from '../../../js/engines/wasm/decoder.js';
import { logprobsOf } from '../../../js/generation/results.js';
import { readSafetensors } from '../helpers/safetensors.js';
import { rejection } from '../helpers/server.js';

const FOLDER = new URL('../../fixtures/lm/', import.meta.url);
const json = (/** @type {URL} */ url) => JSON.parse(readFileSync(url, 'utf8'));

/**
 * @param {string} name
 * @param {'fp32' | 'q8'} [dtype]
 */
async function load(name, dtype = 'fp32') {
  const folder = new URL(`${name}/`, FOLDER),
    about = json(new URL('case.json', folder));
  const config = readFileSync(new URL('config.json', folder), 'utf8'),
    engine = /** @type {WasmDecoderModel} */ (await WasmDecoderModel.create(config, about.cls, dtype, name, 'decoder'));
  for (const file of readdirSync(folder)
    .filter((f) => /^model.*\.safetensors$/.test(f))
    .sort()) {
    const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
    await engine.read(
      /** @type {Untyped} */ ({
        name: file,
        chunks: (async function* () {
          yield bytes;
        })(),
      }),
    );
  }
  engine.finishLoading();
  const io = readSafetensors(new URL('io.safetensors', folder)),
    defaults = json(new URL('generation_config.json', folder));
  const inputs = { input_ids: io['in.input_ids'], attention_mask: io['in.attention_mask'] };
  return { engine, about, io, inputs, defaults };
}

/**
 * @param {WasmDecoderModel} engine
 * @param {Untyped} inputs
 * @param {Untyped} options
 * @param {Untyped} [hooks]
 */
async function all(engine, inputs, options, hooks) {
  const slices = [];
  for await (const slice of engine.generate(inputs, options, hooks)) slices.push(...slice);
  return slices;
}

const cases = readdirSync(FOLDER).filter(
  (name) => existsSync(new URL(`${name}/case.json`, FOLDER)) && json(new URL(`${name}/case.json`, FOLDER)).generate,
);
// The cases whose family the engine has.
const known = (
  await Promise.all(
    cases.map(async (name) => {
      const engine = await WasmDecoderModel.create(
        readFileSync(new URL(`${name}/config.json`, FOLDER), 'utf8'),
        json(new URL(`${name}/case.json`, FOLDER)).cls,
        'fp32',
        name,
        'decoder',
      ).catch((e) => assert.equal(e.code, 'unknown_model_type'));
      engine?.dispose();
      return engine ? name : '';
    }),
  )
).filter(Boolean);

for (const name of known) {
  test(`${name}: generate() gives PyTorch's ids`, async () => {
    const { engine, about, io, inputs, defaults } = await load(name);
    for (const [mode, options] of Object.entries(about.generate)) {
      const got = await all(engine, inputs, { ...defaults, ...options });
      const want = io[`out.generate.${mode}`],
        [rows, length] = want.dims,
        prompt = inputs.input_ids.dims[1],
        columns = [];
      for (let i = prompt; i < length; i++)
        for (let r = 0; r < rows; r++) columns.push(Number(want.data[r * length + i]));
      assert.deepEqual(got, columns, mode);
    }
    engine.dispose();
  });
}

const TWELVE = { max_new_tokens: 12, min_new_tokens: 12, eos_token_id: 1, pad_token_id: 0 };
const ids = (/** @type {number[]} */ list) => ({ input_ids: { data: list, dims: [1, list.length] } });

test('slices, token by token, and what the caller changes', async () => {
  const { engine, inputs } = await load('llama-lm');
  const want = await all(engine, inputs, TWELVE);
  assert.equal(want.length, 12);
  const sizes = [];
  for await (const slice of engine.generate(inputs, TWELVE, { stepwise: true })) sizes.push(slice.length);
  assert.deepEqual(sizes, new Array(12).fill(1));
  let calls = 0;
  const forced = await all(engine, inputs, TWELVE, {
    process: (/** @type {Float32Array} */ logits) => {
      assert.equal(logits.length, engine.vocabulary);
      const wanted = 20 + calls++;
      return logits.map((score, i) => (i === wanted ? 1e6 : score));
    },
  });
  assert.deepEqual(
    forced,
    Array.from({ length: 12 }, (_, i) => 20 + i),
  );
  const oops = new RangeError('mine');
  assert.equal(
    await rejection(
      all(engine, inputs, TWELVE, {
        process: () => {
          throw oops;
        },
      }),
    ),
    oops,
  );
  assert.equal((await rejection(all(engine, inputs, TWELVE, { process: () => [1] }))).code, 'shape_mismatch');
  assert.deepEqual(await all(engine, inputs, TWELVE), want);
  engine.dispose();
});

test('the next turn goes on from the cache; it is cropped, saved, restored', async () => {
  const { engine, inputs } = await load('llama-lm');
  const prompt = Array.from(inputs.input_ids.data, Number),
    first = await all(engine, ids(prompt), TWELVE);
  assert.equal(engine.cachedTokens, prompt.length + 11);
  const next = [...prompt, ...first, 5, 6],
    second = await all(engine, ids(next), TWELVE);
  assert.equal(engine.reusedTokens, prompt.length + 11);
  const saved = await engine.saveCache();
  await engine.cropCache(0);
  assert.deepEqual(await all(engine, ids(next), TWELVE), second);
  assert.equal(engine.reusedTokens, 0);
  await engine.cropCache(0);
  await engine.restoreCache(saved);
  assert.equal(engine.cachedTokens, next.length + 11);
  assert.deepEqual(await all(engine, ids(next), TWELVE), second);
  assert.equal(engine.reusedTokens, next.length - 1);
  saved[100] ^= 1;
  for (const bytes of [saved, new Uint8Array(), new Uint8Array(800)])
    assert.equal((await rejection(engine.restoreCache(bytes))).code, 'bad_cache');
  assert.deepEqual(await all(engine, ids(next), TWELVE), second);
  const other = await load('llama-bias-lm');
  assert.equal((await rejection(other.engine.restoreCache(await engine.saveCache()))).code, 'bad_cache');
  other.engine.dispose();
  assert.ok(
    engine.cacheBytes(1, 100, 'q8') < engine.cacheBytes(1, 100, 'f16') &&
      engine.cacheBytes(2, 100, 'f16') === 2 * engine.cacheBytes(1, 100, 'f16'),
  );
  engine.dispose();
});

test('generations wait for each other, passes come between, an abort or a break lets go', async () => {
  const { engine, inputs } = await load('llama-lm');
  const want = await all(engine, inputs, TWELVE);
  const [a, b, logits] = await Promise.all([
    all(engine, inputs, TWELVE, { stepwise: true }),
    all(engine, inputs, TWELVE),
    engine.run(/** @type {Untyped} */ (inputs)),
  ]);
  assert.deepEqual(a, want);
  assert.deepEqual(b, want);
  assert.equal(logits.logits.dims[2], engine.vocabulary);
  for await (const slice of engine.generate(inputs, TWELVE, { stepwise: true })) {
    assert.equal(slice[0], want[0]);
    break;
  }
  const controller = new AbortController(),
    got = /** @type {number[]} */ ([]);
  const error = await rejection(
    (async () => {
      for await (const slice of engine.generate(inputs, TWELVE, { stepwise: true, signal: controller.signal })) {
        got.push(...slice);
        if (got.length === 3) controller.abort(new Error('enough'));
      }
    })(),
  );
  assert.equal(error.message, 'enough');
  // One that waits is aborted; the next in line begins when the first has ended.
  const first = engine.generate(inputs, TWELVE, { stepwise: true }),
    waiting = new AbortController();
  await first.next();
  const second = rejection(all(engine, inputs, TWELVE, { signal: waiting.signal })),
    third = all(engine, inputs, TWELVE);
  waiting.abort(new Error('no more'));
  assert.equal((await second).message, 'no more');
  await first.return();
  assert.deepEqual(await third, want);
  assert.deepEqual(got, want.slice(0, 3));
  assert.deepEqual(await all(engine, inputs, TWELVE), want);
  engine.dispose();
  assert.equal((await rejection(all(engine, inputs, TWELVE))).code, 'disposed');
});

test('rows end on their own, by the caller, and all at once', async () => {
  const { engine, inputs } = await load('llama-batch-lm'),
    rows = inputs.input_ids.dims[0],
    options = { max_new_tokens: 6, eos_token_id: null, pad_token_id: 0 };
  /** @type {Untyped[]} */
  const told = [];
  const progress = (/** @type {Untyped} */ { newTokens, endings }) => told.push([[...newTokens], endings]);
  const whole = await all(engine, inputs, options, { progress }),
    others = new Array(rows - 1).fill('length');
  assert.deepEqual(told.at(-1), [new Array(rows).fill(6), ['length', ...others]]);
  told.length = 0;
  let steps = 0;
  const stopped = await all(engine, inputs, options, {
    progress,
    step: (/** @type {Int32Array} */ tokens) => {
      assert.equal(tokens.length, rows);
      return ++steps === 2 ? ['stop', ...new Array(rows - 1).fill(null)] : null;
    },
  });
  assert.deepEqual(
    stopped,
    whole.map((id, i) => (i % rows || i < 2 * rows ? id : 0)),
  );
  assert.equal(told.length, 6, 'a slice for each token');
  assert.deepEqual(told[1], [new Array(rows).fill(2), ['stop', ...new Array(rows - 1).fill(null)]]);
  assert.deepEqual(told.at(-1), [
    [2, ...new Array(rows - 1).fill(6)],
    ['stop', ...others],
  ]);
  // The caller's reason goes before the length that the same token reaches, not before an end of sequence.
  told.length = 0;
  await all(
    engine,
    inputs,
    { ...options, max_new_tokens: 2, eos_token_id: whole[rows] },
    {
      progress,
      step: () => new Array(rows).fill('criteria'),
    },
  );
  assert.deepEqual(told.at(-1), [new Array(rows).fill(1), told[0][1]]);
  assert.ok(told[0][1].every((/** @type {string} */ ending) => ending === 'criteria' || ending === 'eos'));
  told.length = 0;
  await all(engine, inputs, { ...options, max_new_tokens: 1 }, { progress, step: () => new Array(rows).fill('stop') });
  assert.deepEqual(told, [[new Array(rows).fill(1), new Array(rows).fill('stop')]]);
  assert.equal((await rejection(all(engine, inputs, options, { step: () => ['stop'] }))).code, 'shape_mismatch');
  const oops = new RangeError('mine');
  assert.equal(
    await rejection(
      all(engine, inputs, options, {
        step: () => {
          throw oops;
        },
      }),
    ),
    oops,
  );
  told.length = steps = 0;
  for await (const slice of engine.generate(inputs, options, { stepwise: true, progress })) {
    steps += slice.length / rows;
    if (steps === 2) engine.stop();
  }
  assert.equal(steps, 2);
  assert.deepEqual(told.at(-1), [new Array(rows).fill(2), new Array(rows).fill('cut')]);
  engine.dispose();
});

test('sampling by a seed; logprobs; scores of beams', async () => {
  const { engine, inputs } = await load('llama-lm');
  const sampled = { ...TWELVE, do_sample: true, top_k: 0, temperature: 2, num_return_sequences: 3 };
  const a = await all(engine, inputs, { ...sampled, seed: 5 }),
    b = await all(engine, inputs, { ...sampled, seed: 5 }),
    c = await all(engine, inputs, { ...sampled, seed: 6 });
  assert.equal(a.length, 36);
  assert.deepEqual(a, b);
  assert.notDeepEqual(a, c);
  /** @type {Untyped} */
  let results;
  const hooks = {
    ended: (/** @type {Untyped} */ given) => {
      results = given;
    },
  };
  const d = await all(engine, inputs, { ...sampled, logprobs: 2 }, hooks);
  assert.deepEqual(await all(engine, inputs, { ...sampled, seed: results.seed }), d);
  for (let r = 0; r < 3; r++) {
    const list = logprobsOf(results, r);
    assert.deepEqual(
      list.map((l) => l.token),
      d.filter((_, i) => i % 3 === r),
    );
    for (const l of list) {
      assert.ok(
        l.logprob <= 1e-6 &&
          l.top.length === 2 &&
          l.top[0].logprob >= l.top[1].logprob &&
          l.top[0].logprob >= l.logprob - 1e-6,
      );
      if (l.top[0].token === l.token) assert.equal(l.logprob, l.top[0].logprob);
    }
  }
  await all(engine, inputs, { ...TWELVE, num_beams: 3, num_return_sequences: 2 }, hooks);
  const { scores } = results;
  assert.ok(scores.length === 2 && scores[0] >= scores[1] && scores[0] < 0);
  engine.dispose();
});

test('what is wrong is named, and the next call works', async () => {
  const { engine, inputs } = await load('llama-lm');
  const want = await all(engine, inputs, TWELVE);
  /** @type {[Untyped, Untyped, string, string][]} */
  const wrong = [
    [inputs, { temprature: 1 }, 'unknown_option', 'temprature'],
    [inputs, { temperature: NaN }, 'bad_option', 'temperature'],
    [inputs, { top_p: 2 }, 'bad_option', 'top_p'],
    [inputs, { cache_dtype: 'f8' }, 'bad_option', 'cache_dtype'],
    [inputs, { do_sample: true, temperature: 0 }, 'bad_option', 'temperature'],
    [inputs, { num_return_sequences: 2 }, 'contradiction', 'num_return_sequences'],
    [inputs, { logits: () => 1 }, 'bad_option', 'logits'],
    [ids([1, 2, 99999]), {}, 'token_out_of_range', 'input_ids'],
    [ids([]), {}, 'empty_input', 'input_ids'],
    [ids(new Array(engine.context).fill(3)), {}, 'prompt_too_long', 'input_ids'],
    [{ ...ids([1, 2]), attention_mask: { data: [1, 0], dims: [1, 2] } }, {}, 'right_padding', 'attention_mask'],
    [{ ...ids([1, 2]), attention_mask: { data: [1], dims: [1, 1] } }, {}, 'shape_mismatch', 'attention_mask'],
    [{ ...ids([1, 2]), attention_mask: { data: [1, 0.5], dims: [1, 2] } }, {}, 'not_an_integer', 'attention_mask'],
    [{ input_ids: { data: [1, 2], dims: [2] } }, {}, 'missing_input', 'input_ids'],
    [
      inputs,
      { suppress_tokens: Array.from({ length: engine.vocabulary }, (_, i) => i) },
      'no_token_left',
      'suppress_tokens',
    ],
  ];
  for (const [given, options, code, field] of wrong) {
    const error = await rejection(all(engine, given, options));
    assert.equal(error.name, 'InputError', error.stack);
    assert.deepEqual([error.code, error.field], [code, field], error.message);
    assert.deepEqual(await all(engine, inputs, TWELVE), want);
  }
  engine.dispose();
});

test('a cache that will not fit is a MemoryError, and the next call works', async () => {
  const { engine, inputs, defaults } = await load('bloom-lm'); // has no bound of its own
  assert.equal(engine.context, 0);
  const options = { ...defaults, max_new_tokens: 5, min_new_tokens: 5 },
    want = await all(engine, inputs, options);
  for (const more of [{ max_new_tokens: 2e8 }, { max_new_tokens: 2e9 }, { max_new_tokens: 1e6, num_beams: 1000 }]) {
    const error = await rejection(all(engine, inputs, { ...options, ...more }));
    assert.deepEqual([error.name, error.code], ['MemoryError', 'out_of_memory'], error.message);
    assert.deepEqual(await all(engine, inputs, options), want);
  }
  assert.ok(engine.cacheBytes(1, 2e8) > 2e8);
  engine.dispose();
});
