// The loop of tokens for any decoder: over the Wasm engine's own decoder it gives what the engine's own loop gives, in
// every mode; over a decoder in plain JavaScript it gives what that one's scores say.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { SearchSession } from '../../../js/engines/search-session.js';
import { WasmDecoderModel } from '../../../js/engines/wasm/decoder.js';
import { loadProgram } from '../../../js/engines/wasm/load-wasm.js';
import { search } from '../../../js/engines/wasm/programs.js';
import { DynamicCache } from '../../../js/index.js';
import { FakeDecoder } from '../helpers/fake-decoder.js';
import { rejection } from '../helpers/server.js';

const FOLDER = new URL('../../fixtures/lm/', import.meta.url);

/**
 * @param {string} name a case of tests/fixtures/lm
 * @returns {Promise<WasmDecoderModel>}
 */
async function load(name) {
  const folder = new URL(`${name}/`, FOLDER),
    { cls } = JSON.parse(readFileSync(new URL('case.json', folder), 'utf8')),
    config = readFileSync(new URL('config.json', folder), 'utf8'),
    engine = /** @type {WasmDecoderModel} */ (await WasmDecoderModel.create(config, cls, 'fp32', name, 'decoder'));
  for (const file of readdirSync(folder).filter((f) => /^model.*\.safetensors$/.test(f))) {
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
  return engine;
}

const inputs = (/** @type {number[][]} */ rows, /** @type {number[][] | null} */ mask = null) => {
  const dims = [rows.length, rows[0].length];
  return {
    input_ids: { data: rows.flat(), dims },
    attention_mask: mask && { data: mask.flat(), dims },
  };
};
/**
 * All that a loop gives and tells.
 * @param {Untyped} loop
 * @param {Untyped} given
 * @param {Untyped} [options]
 * @param {Untyped} [hooks]
 */
async function all(loop, given, options = {}, hooks = {}) {
  /** @type {Untyped} */
  const told = {},
    tokens = [];
  for await (const slice of loop.generate(given, options, {
    progress: (/** @type {Untyped} */ outcomes) => Object.assign(told, outcomes),
    ended: (/** @type {Untyped} */ results) => {
      told.results = results;
    },
    ...hooks,
  }))
    tokens.push(...slice);
  const { results, newTokens, endings } = told;
  return { tokens, newTokens: [...newTokens], endings, ids: [...results.ids], scores: [...results.scores], results };
}

const ONE = inputs([[1, 50, 60, 45, 3]]);
const THREE = inputs(
  [
    [0, 0, 1, 50, 60],
    [1, 9, 33, 44, 7],
    [0, 1, 5, 5, 21],
  ],
  [
    [0, 0, 1, 1, 1],
    [1, 1, 1, 1, 1],
    [0, 1, 1, 1, 1],
  ],
);
const MODES = {
  greedy: {},
  ends: { eos_token_id: [2, 33, 7, 12, 21, 50] },
  penalties: { repetition_penalty: 1.4, no_repeat_ngram_size: 2, bad_words_ids: [[5], [9, 9]] },
  sampled: { do_sample: true, seed: 5, temperature: 1.5, top_k: 20 },
  several: { do_sample: true, seed: 9, top_p: 0.9, num_return_sequences: 3, eos_token_id: [2, 33, 7, 12] },
  beams: { num_beams: 4, num_return_sequences: 2 },
  'beams that end': { num_beams: 3, eos_token_id: [2, 33, 7, 12, 21, 50], early_stopping: true },
  'beams, sampled': { num_beams: 3, do_sample: true, seed: 4, top_k: 0 },
  guidance: { guidance_scale: 1.7, negative_prompt_ids: [[4, 5, 6, 7, 8, 9, 10]] },
  logprobs: { logprobs: 3 },
};

for (const name of ['llama-lm', 'mistral-window-lm', 'bloom-lm']) {
  test(`${name}: the engine's decoder, driven from outside, gives the ids of the engine's loop`, async (t) => {
    const engine = await load(name),
      session = new SearchSession(/** @type {Untyped} */ (engine));
    t.after(() => engine.dispose());
    for (const [mode, options] of Object.entries(MODES)) {
      for (const given of [ONE, THREE]) {
        const call = { max_new_tokens: 12, eos_token_id: null, pad_token_id: 0, seed: 1, ...options };
        await engine.cropCache(0);
        const wanted = await all(engine, given, call);
        await engine.cropCache(0);
        assert.deepEqual(await all(session, given, call), wanted, mode);
        // Once more, from what the cache has of it.
        const again = await all(session, given, call, { stepwise: true });
        assert.deepEqual([again.ids, again.endings], [wanted.ids, wanted.endings], mode);
      }
    }
  });
}

test("a caller's functions see and change the same", async (t) => {
  const engine = await load('llama-lm'),
    session = new SearchSession(/** @type {Untyped} */ (engine));
  t.after(() => engine.dispose());
  for (const options of [
    { num_return_sequences: 2, do_sample: true, seed: 3 },
    { num_beams: 3, num_return_sequences: 2 },
    { repetition_penalty: 1.3 },
    { guidance_scale: 2 },
  ]) {
    /** @param {Untyped} loop */
    const run = async (loop) => {
      /** @type {Untyped[]} */
      const seen = [];
      const call = {
        max_new_tokens: 8,
        eos_token_id: [2, 40],
        pad_token_id: 0,
        seed: 1,
        output_scores: true,
        output_logits: true,
        ...options,
      };
      const out = await all(loop, THREE, call, {
        process: (/** @type {Float32Array} */ scores, /** @type {Untyped} */ running, /** @type {Untyped} */ rows) => {
          seen.push(Array.from(running), Array.from(rows));
          return scores.map((score, i) => (i % 7 === 3 ? score + 1 : score));
        },
        step:
          'num_beams' in options
            ? null
            : (/** @type {Int32Array} */ tokens) => {
                seen.push(Array.from(tokens));
                return seen.length > 9 ? Array.from(tokens, (id) => (id % 3 ? null : 'stop')) : null;
              },
        decide:
          'num_beams' in options
            ? (/** @type {Int32Array} */ tokens, /** @type {number} */ rows) => {
                seen.push(Array.from(tokens));
                return Array.from({ length: rows }, (_, r) =>
                  tokens[((r + 1) * tokens.length) / rows - 1] % 5 ? null : 'criteria',
                );
              }
            : null,
        scores: (/** @type {Float32Array} */ scores, /** @type {Float32Array} */ logits, /** @type {number} */ width) =>
          seen.push(
            width,
            Array.from(scores, (x) => x.toFixed(3)),
            Array.from(logits, (x) => x.toFixed(3)),
          ),
        stepwise: true,
      });
      return { seen, ...out };
    };
    const wanted = await run(engine);
    await engine.cropCache(0);
    assert.deepEqual(await run(session), wanted);
  }
  const oops = new RangeError('mine'),
    thrown = () => {
      throw oops;
    };
  assert.equal(await rejection(all(session, ONE, {}, { process: thrown })), oops);
  assert.equal(await rejection(all(session, ONE, {}, { step: thrown })), oops);
  assert.equal((await rejection(all(session, ONE, {}, { process: () => [1] }))).code, 'shape_mismatch');
  assert.equal((await all(session, ONE, { max_new_tokens: 3, eos_token_id: null })).tokens.length, 3);
});

test('the engine keeps its cache for either loop; what is not the same text is run again', async (t) => {
  const engine = await load('llama-lm'),
    session = new SearchSession(/** @type {Untyped} */ (engine)),
    call = { max_new_tokens: 6, eos_token_id: null },
    prompt = [1, 50, 60, 45, 3];
  t.after(() => engine.dispose());
  const first = await all(session, inputs([prompt]), call),
    next = [...prompt, ...first.tokens, 8];
  const second = await all(session, inputs([next]), call);
  assert.equal(session.reusedTokens, next.length - 2);
  const other = await all(engine, inputs([next]), call);
  assert.equal(engine.reusedTokens, next.length - 1, 'the other loop knows what the passes left');
  assert.deepEqual(other.tokens, second.tokens);
  await all(engine, inputs([[7, 7, 7]]), call);
  assert.deepEqual((await all(session, inputs([next]), call)).tokens, second.tokens);
  assert.equal(session.reusedTokens, 0, 'this one does not, and runs its own again');
});

test("callers' caches over the engine's decoder: saved, restored, cropped", async (t) => {
  const engine = await load('llama-lm'),
    session = new SearchSession(/** @type {any} any: its own loop is not asked for */ (engine)),
    call = { max_new_tokens: 5, eos_token_id: null },
    caches = [new DynamicCache(), new DynamicCache()],
    texts = [
      [1, 50, 60, 45],
      [4, 9, 33],
    ];
  t.after(() => engine.dispose());
  for (let turn = 0; turn < 3; turn++) {
    for (const [i, cache] of caches.entries()) {
      const { tokens } = await all(session, inputs([texts[i]]), call, { cache });
      assert.equal(session.reusedTokens, turn ? texts[i].length - 2 : 0);
      await engine.cropCache(0);
      assert.deepEqual((await all(engine, inputs([texts[i]]), call)).tokens, tokens);
      // The other loop has used the decoder: bring this text back for the next turn.
      assert.deepEqual((await all(session, inputs([texts[i]]), call, { cache })).tokens, tokens);
      texts[i] = [...texts[i], ...tokens, 7];
    }
  }
  const bytes = await caches[0].save(),
    length = caches[0].get_seq_length();
  await caches[0].crop(3);
  assert.equal(caches[0].get_seq_length(), 3);
  const restored = new DynamicCache(bytes);
  await all(session, inputs([texts[0]]), call, { cache: restored });
  assert.equal(session.reusedTokens, length);
  bytes[40] ^= 1;
  const error = await rejection(all(session, inputs([texts[0]]), call, { cache: new DynamicCache(bytes) }));
  assert.equal(error.code, 'bad_cache');
});

// ---------------------------------------------------------------------------------------------------------------------

const fake = (/** @type {Untyped} */ options = undefined) => {
  const decoder = new FakeDecoder(options);
  return { decoder, session: new SearchSession({ decoder }) };
};
const CALL = { max_new_tokens: 10, eos_token_id: null, pad_token_id: 0 };

/**
 * Greedy search by hand.
 * @param {number[]} prompt
 * @param {number} count
 * @param {string | null} [condition]
 */
async function byHand(prompt, count, condition = null) {
  const decoder = new FakeDecoder();
  decoder.conditions = condition === null ? null : [condition];
  /** @type {number[]} */
  const tokens = [];
  for (let next = prompt; tokens.length < count; next = [tokens[tokens.length - 1]]) {
    const pass = { ids: Int32Array.from(next), mask: null, rows: 1, length: next.length };
    const scores = await (tokens.length ? decoder.step(pass) : decoder.prefill(pass));
    tokens.push(scores.indexOf(Math.max(...scores)));
  }
  return tokens;
}

test('the endings of C++ are those that the types promise', async () => {
  const { endings } = await loadProgram(search),
    names = (/** @type {string} */ file, /** @type {RegExp} */ union) =>
      [
        ...(union.exec(readFileSync(new URL(`../../../js/${file}`, import.meta.url), 'utf8'))?.[1] ?? '').matchAll(
          /'(\w+)'/g,
        ),
      ].map(([, name]) => name);
  const [none, ...all] = [...endings()].sort();
  assert.equal(none, '');
  assert.deepEqual(names('engines/engine.js', /@typedef \{([^}]*)\} Ending\n/).sort(), all);
  assert.deepEqual(names('types.d.ts', /type FinishReason =([^;]*);/).sort(), all);
});

test('a decoder in plain JavaScript writes', async () => {
  const { decoder, session } = fake();
  for (const prompt of [[5], [5, 9, 11], [5, 9, 11, 40, 2]])
    assert.deepEqual((await all(session, inputs([prompt]), CALL)).tokens, await byHand(prompt, 10));
  // Rows that end at different steps give what each gives alone.
  const ends = { ...CALL, eos_token_id: [1, 2, 3, 4, 5, 6, 7] },
    rows = [
      [8, 9, 10],
      [11, 12, 13],
      [14, 15, 16],
      [17, 18, 19],
    ];
  /** @type {Awaited<ReturnType<typeof all>>[]} */
  const alone = [];
  for (const row of rows) alone.push(await all(session, inputs([row]), ends));
  decoder.tokens = 0;
  const together = await all(session, inputs(rows), ends);
  assert.deepEqual(
    together.newTokens,
    alone.flatMap((one) => one.newTokens),
  );
  assert.deepEqual(
    together.endings,
    alone.flatMap((one) => one.endings),
  );
  assert.ok(together.endings.includes('eos'));
  assert.equal(decoder.tokens, 12 + together.newTokens.reduce((a, n) => a + n - 1, 0), 'what has ended is not run');
  rows.forEach((_, r) =>
    assert.deepEqual(together.tokens.filter((_, i) => i % 4 === r).slice(0, together.newTokens[r]), alone[r].tokens),
  );
  const beams = await all(session, inputs(rows), { ...CALL, num_beams: 3 });
  for (const [r, row] of rows.entries()) {
    const one = await all(session, inputs([row]), { ...CALL, num_beams: 3 });
    assert.deepEqual(
      one.tokens,
      beams.tokens.filter((_, i) => i % 4 === r),
    );
    const better = one.scores[0],
      score = Math.max(...(await all(session, inputs([row]), { ...CALL, num_beams: 2 })).scores);
    assert.ok(better <= 0 && score <= 0);
  }
});

test('the cache is cropped to the common beginning, and knows its condition', async () => {
  const { decoder, session } = fake(),
    prompt = [5, 9, 11, 40],
    { tokens } = await all(session, inputs([prompt]), CALL);
  decoder.tokens = 0;
  const next = [...prompt, ...tokens.slice(0, 5), 30],
    more = await all(session, inputs([next]), CALL);
  assert.deepEqual(more.tokens, await byHand(next, 10));
  assert.equal(session.reusedTokens, 9);
  assert.equal(decoder.tokens, 1 + 9);
  // One of several rows goes on.
  const rows = [prompt, [6, 7, 8, 9]],
    both = await all(session, inputs(rows), CALL);
  const second = [...rows[1], ...both.tokens.filter((_, i) => i % 2)];
  assert.deepEqual((await all(session, inputs([second]), CALL)).tokens, await byHand(second, 10));
  assert.equal(session.reusedTokens, second.length - 1);
  // Two sources, one prompt.
  for (const condition of ['one', 'two', 'two']) {
    const reused = condition === decoder.conditions?.[0] ? prompt.length - 1 : 0;
    decoder.conditions = [condition];
    assert.deepEqual((await all(session, inputs([prompt]), CALL)).tokens, await byHand(prompt, 10, condition));
    assert.equal(session.reusedTokens, reused);
  }
  decoder.conditions = ['one', 'two'];
  const of = await all(session, inputs([prompt, prompt]), { ...CALL, num_beams: 2 });
  decoder.conditions = ['two', 'one'];
  const swapped = await all(session, inputs([prompt, prompt]), { ...CALL, num_beams: 2 });
  assert.equal(session.reusedTokens, 0);
  assert.deepEqual(
    swapped.tokens,
    of.tokens.map((_, i) => of.tokens[i ^ 1]),
  );
});

test('generations take turns; one that is not read waits and goes on', async () => {
  const { decoder, session } = fake(),
    a = [5, 9],
    b = [7, 1, 3];
  const loop = session.generate(inputs([a]), CALL, { stepwise: true }),
    first = [.../** @type {Int32Array} */ ((await loop.next()).value)];
  assert.deepEqual((await all(session, inputs([b]), CALL)).tokens, await byHand(b, 10));
  for await (const slice of loop) first.push(...slice);
  assert.deepEqual(first, await byHand(a, 10));
  const both = await Promise.all([
    all(session, inputs([a]), CALL, { stepwise: true }),
    all(session, inputs([b]), CALL, { stepwise: true }),
  ]);
  assert.deepEqual(
    both.map(({ tokens }) => tokens),
    [await byHand(a, 10), await byHand(b, 10)],
  );
  // Something else uses the decoder between two tokens.
  const got = [];
  for await (const slice of session.generate(inputs([a]), CALL, { stepwise: true })) {
    got.push(...slice);
    if (got.length === 4) await decoder.prefill({ ids: Int32Array.of(1), mask: null, rows: 1, length: 1 });
  }
  assert.deepEqual(got, await byHand(a, 10));
  // A break and an abort let go.
  for await (const _ of session.generate(inputs([a]), CALL, { stepwise: true })) break;
  const controller = new AbortController(),
    stopped = rejection(
      (async () => {
        for await (const _ of session.generate(inputs([a]), CALL, { stepwise: true, signal: controller.signal }))
          controller.abort(new Error('enough'));
      })(),
    );
  assert.equal((await stopped).message, 'enough');
  assert.deepEqual((await all(session, inputs([b]), CALL)).tokens, await byHand(b, 10));
});

test("callers' caches are kept apart", async () => {
  for (const saves of [true, false]) {
    const { decoder, session } = fake({ saves }),
      [one, two] = [new DynamicCache(), new DynamicCache()],
      texts = [
        [5, 9, 11],
        [6, 7, 8],
      ];
    for (let turn = 0; turn < 3; turn++) {
      for (const [i, cache] of [one, two].entries()) {
        const { tokens } = await all(session, inputs([texts[i]]), CALL, { cache });
        assert.deepEqual(tokens, await byHand(texts[i], 10));
        assert.equal(session.reusedTokens, saves && turn ? texts[i].length - 3 : 0, `turn ${turn}`);
        assert.equal(cache.get_seq_length(), texts[i].length + 9);
        texts[i] = [...texts[i], ...tokens, 20, 21];
      }
    }
    if (saves) {
      const bytes = await one.save();
      await one.crop(4);
      assert.equal(one.get_seq_length(), 4);
      const later = new SearchSession({ decoder: new FakeDecoder() });
      assert.deepEqual(
        (await all(later, inputs([texts[0]]), CALL, { cache: new DynamicCache(bytes) })).tokens,
        await byHand(texts[0], 10),
      );
      assert.equal(later.reusedTokens, texts[0].length - 3);
      for (const wrong of [bytes.subarray(0, 40), new Uint8Array(3), new Uint8Array(40)])
        assert.equal(
          (await rejection(all(later, inputs([texts[0]]), CALL, { cache: new DynamicCache(wrong) }))).code,
          'bad_cache',
        );
    } else assert.equal((await rejection(one.save())).code, 'unsupported');
    assert.ok(decoder.calls.includes('step'));
  }
});

test('what is wrong is named, and the next call works', async () => {
  const { session } = fake({ context: 20 });
  assert.equal((await rejection(Promise.resolve().then(() => new SearchSession({})))).code, 'no_decoder');
  /** @type {[Untyped, Untyped, string, string][]} */
  const wrong = [
    [inputs([[1, 2]]), { temprature: 1 }, 'unknown_option', 'temprature'],
    [inputs([[1, 2]]), { temperature: NaN }, 'bad_option', 'temperature'],
    [inputs([[1, 2]]), { logits: () => 1 }, 'bad_option', 'logits'],
    [inputs([[1, 99]]), {}, 'token_out_of_range', 'input_ids'],
    [inputs([[1, 1.5]]), {}, 'not_an_integer', 'input_ids'],
    [inputs([[]]), {}, 'empty_input', 'input_ids'],
    [inputs([new Array(20).fill(3)]), {}, 'prompt_too_long', 'input_ids'],
    [inputs([[1, 2]], [[1, 0]]), {}, 'right_padding', 'attention_mask'],
    [{ input_ids: { data: [1, 2], dims: [2] } }, {}, 'shape_mismatch', 'input_ids'],
    [
      inputs([[1, 2]]),
      { suppress_tokens: Array.from({ length: 43 }, (_, i) => i) },
      'no_token_left',
      'suppress_tokens',
    ],
  ];
  for (const [given, options, code, field] of wrong) {
    const error = await rejection(all(session, given, options));
    assert.equal(error.name, 'InputError', error.stack);
    assert.deepEqual([error.code, error.field], [code, field], error.message);
    assert.deepEqual((await all(session, inputs([[4, 5]]), CALL)).tokens, await byHand([4, 5], 10));
  }
  assert.deepEqual((await all(session, inputs([[4, 5]]), { max_new_tokens: 90, eos_token_id: null })).endings, [
    'length',
  ]);
});
