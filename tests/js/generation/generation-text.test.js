// What generation does around the loop of tokens: text behind a prompt, streamers, stop texts, criteria, options.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { mergeOptions, readGenerationConfig } from '../../../js/generation/config.js';
import { Continuation } from '../../../js/generation/continuation.js';
import { readPrompts } from '../../../js/generation/prompts.js';
import { StopStrings } from '../../../js/generation/stop-strings.js';
import * as api from 'wasmformers';
import {
  BaseStreamer,
  EosTokenCriteria,
  InterruptableStoppingCriteria,
  LogitsProcessor,
  LogitsProcessorList,
  MaxLengthCriteria,
  PreTrainedTokenizer,
  StoppingCriteria,
  StoppingCriteriaList,
  Tensor,
  TextStreamer,
} from 'wasmformers';
import { fixtureJson } from '../helpers/fixtures.js';

const file = (/** @type {string} */ name) =>
  readFileSync(new URL(`../../fixtures/tokenizers/${name}.tokenizer.json`, import.meta.url), 'utf8');
const NAMES = ['bytelevel-gpt2like', 'bpe-bytefallback-llamalike', 'unigram-metaspace', 'wordpiece-uncased'];
const TEXTS = [
  'Hello there, how are you?',
  'naïve café – 你好, мир 🙂🙃!',
  ' two  spaces  and "quotes" don’t … end ',
  'a',
];
const plain = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
const errorOf = (/** @type {() => unknown} */ f) => {
  try {
    f();
  } catch (error) {
    return /** @type {import('wasmformers').WasmformersError} */ (error);
  }
  throw new Error('nothing was thrown');
};

for (const name of NAMES) {
  test(`${name}: prompt and continuation are the whole text, wherever the prompt ends`, async () => {
    const tokenizer = await PreTrainedTokenizer.fromFiles(file(name));
    let compared = 0;
    for (const text of TEXTS) {
      const ids = tokenizer.encode(text, { add_special_tokens: false });
      for (const options of [plain, { ...plain, clean_up_tokenization_spaces: true }]) {
        const whole = tokenizer.decode(ids, options);
        for (let k = 0; k <= ids.length; k++) {
          const prompt = tokenizer.decode(ids.slice(0, k), options),
            next = new Continuation(tokenizer, ids.slice(0, k), options);
          let more = '';
          for (const id of ids.slice(k)) more += next.push(id);
          more += next.end();
          // A character that the prompt only began belongs to what follows; with the clean-up the end of a prompt
          // may read differently.
          if (whole.startsWith(prompt)) assert.equal(prompt + more, whole, `${text} at ${k}`);
          else
            assert.ok(
              whole.endsWith(more) &&
                (!more || options.clean_up_tokenization_spaces || prompt.replace(/\uFFFD+$/, '') + more === whole),
              `${text} at ${k}: "${more}"`,
            );
          compared++;
        }
      }
    }
    assert.ok(compared > 80);
    tokenizer.dispose();
  });

  test(`${name}: a streamer writes what decode() gives, with and without the prompt`, async () => {
    const tokenizer = await PreTrainedTokenizer.fromFiles(file(name));
    for (const text of TEXTS) {
      const ids = tokenizer.encode(text, { add_special_tokens: false }).map(BigInt),
        k = ids.length >> 1;
      for (const skip_prompt of [false, true]) {
        /** @type {string[]} */ const pieces = [];
        /** @type {bigint[]} */ const tokens = [];
        const streamer = new TextStreamer(tokenizer, {
          skip_prompt,
          callback_function: (piece) => {
            pieces.push(piece);
          },
          token_callback_function: (more) => {
            tokens.push(...more);
          },
          decode_kwargs: { clean_up_tokenization_spaces: false },
        });
        for (let again = 0; again < 2; again++) {
          // a streamer may be used for the next answer too
          pieces.length = tokens.length = 0;
          if (k) streamer.put([ids.slice(0, k)]);
          else Object.assign(streamer, { next_tokens_are_prompt: false });
          for (const id of ids.slice(k)) streamer.put([[id]]);
          streamer.end();
          const whole = tokenizer.decode(ids, plain),
            prompt = tokenizer.decode(ids.slice(0, k), plain);
          assert.ok(pieces.every((piece) => piece !== ''));
          assert.equal(pieces.join(''), skip_prompt && k ? whole.slice(prompt.replace(/\uFFFD+$/, '').length) : whole);
          assert.deepEqual(tokens, skip_prompt ? ids.slice(k) : ids);
        }
      }
    }
    tokenizer.dispose();
  });
}

test("a streamer writes words as Python's does", async () => {
  const { cases } = fixtureJson('generation/streamer.json');
  for (const name of NAMES) {
    const tokenizer = await PreTrainedTokenizer.fromFiles(file(name));
    for (const { ids, prompt, skip_prompt, pieces } of cases.filter(
      (/** @type {Json} */ one) => one.tokenizer === name,
    )) {
      /** @type {string[]} */
      const heard = [];
      const streamer = new TextStreamer(tokenizer, {
        skip_prompt,
        callback_function: (text) => {
          heard.push(text);
        },
        clean_up_tokenization_spaces: false,
      });
      const big = ids.map(BigInt);
      streamer.put([big.slice(0, prompt)]);
      for (const id of big.slice(prompt)) streamer.put([[id]]);
      streamer.end();
      assert.deepEqual(heard, pieces, `${name} [${ids}], prompt ${prompt}, skipped: ${skip_prompt}`);
    }
    tokenizer.dispose();
  }
});

test("a streamer of one's own hears final text and its end", async () => {
  const tokenizer = await PreTrainedTokenizer.fromFiles(file('bytelevel-gpt2like'));
  /** @type {[string, boolean][]} */
  const heard = [];
  class Own extends TextStreamer {
    /**
     * @param {string} text
     * @param {boolean} stream_end
     */
    on_finalized_text(text, stream_end) {
      heard.push([text, stream_end]);
    }
  }
  const own = new Own(tokenizer, { skip_prompt: true });
  own.put([[1n, 2n]]);
  for (const id of tokenizer.encode('🙂 ok')) own.put([[BigInt(id)]]);
  own.end();
  assert.ok(heard.every(([text]) => !text.includes('\uFFFD')));
  assert.deepEqual(
    heard.map(([, end]) => end),
    [...heard.slice(1).map(() => false), true],
  );
  assert.match(heard.map(([text]) => text).join(''), /🙂 ok$/);
  assert.deepEqual(
    [errorOf(() => own.put([[1n], [2n]])).code, errorOf(() => new BaseStreamer().put([[1n]])).code],
    ['streamer_batch', 'not_implemented'],
  );
  tokenizer.dispose();
});

test("processors by Transformers.js' names give what transformers' give", () => {
  const { processors } = JSON.parse(
    readFileSync(new URL('../../fixtures/generation/generation.json', import.meta.url), 'utf8'),
  );
  /** @type {Record<string, (config: Untyped, prompt: number) => Untyped>} */
  const made = {
    repetition_penalty: (c) => new api.RepetitionPenaltyLogitsProcessor(c.repetition_penalty),
    no_repeat_ngram_size: (c) => new api.NoRepeatNGramLogitsProcessor(c.no_repeat_ngram_size),
    bad_words_ids: (c) => new api.NoBadWordsLogitsProcessor(c.bad_words_ids, c.eos_token_id ?? []),
    min_length: (c) => new api.MinLengthLogitsProcessor(c.min_length, c.eos_token_id ?? []),
    min_new_tokens: (c, prompt) => new api.MinNewTokensLengthLogitsProcessor(prompt, c.min_new_tokens, c.eos_token_id),
    forced_bos_token_id: (c) => new api.ForcedBOSTokenLogitsProcessor(c.forced_bos_token_id),
    forced_eos_token_id: (c, prompt) =>
      new api.ForcedEOSTokenLogitsProcessor(prompt + c.max_new_tokens, c.forced_eos_token_id),
    suppress_tokens: (c) => new api.SuppressTokensLogitsProcessor(c.suppress_tokens),
    begin_suppress_tokens: (c, prompt) => new api.SuppressTokensAtBeginLogitsProcessor(c.begin_suppress_tokens, prompt),
    temperature: (c) => new api.TemperatureLogitsWarper(c.temperature),
    top_k: (c) => new api.TopKLogitsWarper(c.top_k),
    top_p: (c) => new api.TopPLogitsWarper(c.top_p),
  };
  const quiet = ['eos_token_id', 'max_new_tokens', 'do_sample'],
    seen = new Set();
  for (const { config, ids, prompt, mask, scores, expected } of processors) {
    const [name, ...more] = Object.keys(config).filter(
      (key) => !quiet.includes(key) && (key !== 'top_k' || config.top_k),
    );
    // One at a time; left padding, which transformers' penalty leaves out, is not known to a processor here.
    if (
      !made[name] ||
      more.length ||
      config.num_beams ||
      (config.do_sample && config.top_k === undefined) ||
      (name === 'repetition_penalty' && mask.flat().includes(0))
    )
      continue;
    const of = (/** @type {Untyped[][]} */ rows) => Float32Array.from(rows.flat(), (x) => x ?? -Infinity),
      logits = new api.Tensor('float32', of(scores), [ids.length, scores[0].length]);
    const got = made[name](config, prompt)(
        ids.map((/** @type {number[]} */ row) => row.map(BigInt)),
        logits,
      ),
      want = of(expected);
    got.data.forEach((/** @type {number} */ x, /** @type {number} */ i) =>
      assert.ok(
        x === want[i] || Math.abs(x - want[i]) <= 2e-6 * Math.max(1, Math.abs(want[i])),
        `${JSON.stringify(config)} ${i}: ${x} ${want[i]}`,
      ),
    );
    seen.add(name);
  }
  assert.deepEqual(
    [...seen].sort(),
    Object.keys(made)
      .filter((name) => name !== 'repetition_penalty')
      .sort(),
  );
  const logits = new api.Tensor('float32', [4, -4, 4, -4], [1, 4]);
  const penalized = /** @type {Tensor} */ (new api.RepetitionPenaltyLogitsProcessor(2)([[0n, 1n, 1n]], logits));
  assert.deepEqual([...penalized.data], [2, -8, 4, -4]);
});

test('stop texts are texts', async () => {
  const tokenizer = await PreTrainedTokenizer.fromFiles(file(NAMES[0]));
  for (const bad of ['', [''], [7]])
    assert.equal(errorOf(() => new StopStrings(tokenizer, /** @type {Untyped} */ (bad), [[1]])).field, 'stop_strings');
  tokenizer.dispose();
});

test('criteria and processors: alone, in lists, as functions', () => {
  const ids = /** @type {Untyped} */ ([
    [1n, 2n, 3n],
    [4n, 5n],
  ]);
  const list = new StoppingCriteriaList();
  assert.deepEqual(list(ids), [false, false]);
  list.push(new MaxLengthCriteria(3));
  assert.deepEqual(list(ids), [true, false]);
  list.extend([new EosTokenCriteria([9, 5])]);
  assert.deepEqual(list(ids), [true, true]);
  const stop = new InterruptableStoppingCriteria();
  assert.deepEqual(stop(ids), [false, false]);
  stop.interrupt();
  assert.deepEqual(stop(ids), [true, true]);
  stop.reset();
  assert.deepEqual(stop(ids), [false, false]);
  assert.deepEqual(
    new StoppingCriteriaList((rows) => rows.map((row) => row.includes(/** @type {Untyped} */ (5n))))(ids),
    [false, true],
  );
  assert.deepEqual(new StoppingCriteriaList(() => true)(ids), [true, true]);
  class Odd extends StoppingCriteria {
    /** @param {number[][]} rows */
    _call(rows) {
      return rows.map((row) => row.length % 2 === 1);
    }
  }
  assert.deepEqual(new Odd()(ids), [true, false]);

  class Twice extends LogitsProcessor {
    /**
     * @param {bigint[][]} _
     * @param {Tensor} logits
     */
    _call(_, logits) {
      return logits.mul(2);
    }
  }
  const processors = new LogitsProcessorList([new Twice()]);
  processors.push((_, logits) => {
    logits.data[0] = 7;
  });
  assert.deepEqual(Array.from(processors(ids, new Tensor('float32', Float32Array.of(1, 2), [1, 2])).data), [7, 4]);
  assert.equal([...processors].length, 2);
  for (const bad of [7, 'x', [null]])
    assert.equal(errorOf(() => new StoppingCriteriaList(/** @type {Untyped} */ (bad))).code, 'not_a_function');
  assert.equal(errorOf(() => new StoppingCriteria()(ids)).code, 'not_implemented');
});

test('options: the call before the file, one length or the other', () => {
  const config = { eos_token_id: 2, bos_token_id: 1, pad_token_id: null };
  assert.deepEqual(readGenerationConfig(null, config), { eos_token_id: 2, bos_token_id: 1 });
  const file = readGenerationConfig(
    {
      eos_token_id: [2, 7],
      max_length: 100,
      temperature: 0,
      transformers_version: '5',
      chat_format: 'chatml',
      top_p: null,
    },
    config,
  );
  assert.deepEqual(file, { eos_token_id: [2, 7], bos_token_id: 1, max_length: 100 });
  assert.deepEqual(readGenerationConfig({}, { text_config: { eos_token_id: 5 } }), { eos_token_id: 5 });
  assert.equal(
    readGenerationConfig({ do_sample: true, temperature: 0 }, {}).temperature,
    0,
    'an error that is to be seen',
  );
  assert.deepEqual(mergeOptions(file, null, { max_new_tokens: 5 }), {
    eos_token_id: [2, 7],
    bos_token_id: 1,
    max_new_tokens: 5,
  });
  assert.equal(mergeOptions({ max_new_tokens: 9 }, { max_length: 30 }, { top_k: null }).max_new_tokens, undefined);
  assert.deepEqual(mergeOptions({ max_new_tokens: 9 }, { temperature: 2 }, { temperature: undefined, top_k: 3 }), {
    max_new_tokens: 9,
    temperature: 2,
    top_k: 3,
  });
  for (const bad of ['x', [], 7])
    assert.equal(errorOf(() => readGenerationConfig(/** @type {Untyped} */ (bad), {})).file, 'generation_config.json');
});

test('prompts in every form, without their padding on either side', () => {
  const rows = (/** @type {unknown} */ ids, /** @type {unknown} */ mask = undefined) =>
    readPrompts({ input_ids: ids, attention_mask: mask }).rows.map((row) => [...row]);
  assert.deepEqual(rows([1, 2]), [[1, 2]]);
  assert.deepEqual(rows([[1n, 2n], [3n]]), [[1, 2], [3]]);
  assert.deepEqual(rows(Int32Array.of(4, 5)), [[4, 5]]);
  const ids = new Tensor('int64', BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 0n), [2, 3]),
    mask = new Tensor('int64', BigInt64Array.of(0n, 1n, 1n, 1n, 1n, 0n), [2, 3]);
  assert.deepEqual(rows(ids), [
    [0, 1, 2],
    [3, 4, 0],
  ]);
  assert.deepEqual(rows(ids, mask), [
    [1, 2],
    [3, 4],
  ]);
  const inputs = (/** @type {Untyped} */ ids, /** @type {Untyped} */ mask) => {
    const { input_ids, attention_mask } = readPrompts({ input_ids: ids, attention_mask: mask }, 9).inputs;
    return [Array.from(input_ids.data), input_ids.dims, attention_mask && Array.from(attention_mask.data)];
  };
  assert.deepEqual(inputs([Int32Array.of(1), Int32Array.of(2, 3)], null), [
    [9, 1, 2, 3],
    [2, 2],
    [0, 1, 1, 1],
  ]);
  assert.deepEqual(inputs(ids, mask), [[1, 2, 3, 4], [2, 2], null]);
  assert.deepEqual(
    inputs(
      [
        [0, 0, 5],
        [0, 6, 7],
      ],
      [
        [0, 0, 1],
        [0, 1, 1],
      ],
    ),
    [
      [9, 5, 6, 7],
      [2, 2],
      [0, 1, 1, 1],
    ],
  );
  /** @type {[Untyped, Untyped, string][]} */
  const bad = [
    [undefined, null, 'bad_input'],
    ['text', null, 'bad_input'],
    [[], null, 'bad_input'],
    [[[]], null, 'empty_input'],
    [[1.5], null, 'bad_ids'],
    [[-1], null, 'bad_ids'],
    [['a'], null, 'bad_ids'],
    [[[1, 2]], [[1]], 'shape_mismatch'],
    [[[1]], [[0]], 'empty_input'],
    [{ dims: [1, 3], data: [1] }, null, 'shape_mismatch'],
    [{ dims: [1, 1, 1], data: [1] }, null, 'shape_mismatch'],
  ];
  for (const [input, attention, code] of bad)
    assert.equal(errorOf(() => rows(input, attention)).code, code, JSON.stringify(input));
});
