// Options and inputs by names that nobody knows, out of their range, or of another kind: a named error everywhere, the
// nearest name with it. What means something in Transformers.js alone is accepted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AutoModel,
  AutoModelForCausalLM,
  AutoTokenizer,
  BertModel,
  PreTrainedTokenizer,
  TextStreamer,
  pipeline,
} from 'wasmformers';
import { suggestion } from '../../../js/utils/options.js';
import { fixturePath } from '../helpers/fixtures.js';
import { rejection } from '../helpers/server.js';
import { LLAMA, writerFolder } from '../helpers/writer.js';

const folder = (/** @type {string} */ name) => fixturePath(`pipelines/${name}`);
const TASKS = [
  'text-classification',
  'fill-mask',
  'question-answering',
  'token-classification',
  'zero-shot-classification',
];
/** One pipeline of each task, for calls that the types forbid. */
const loadAll = async () =>
  /** @type {Record<string, Untyped>} */ (
    Object.fromEntries([
      ...(await Promise.all(
        TASKS.map(async (name) => [name, await pipeline(/** @type {Untyped} */ (name), folder(name))]),
      )),
      ['feature-extraction', await pipeline('feature-extraction', folder('text-classification'))],
      ['text-ranking', await pipeline('text-ranking', folder('text-classification'))],
    ])
  );
const TEXT = 'a [MASK]';
/**
 * Calls of every task with options.
 * @type {Record<string, (pipe: Untyped, options: Untyped) => Promise<Untyped>>}
 */
const CALLS = {
  'text-classification': (pipe, options) => pipe(TEXT, options),
  'fill-mask': (pipe, options) => pipe(TEXT, options),
  'question-answering': (pipe, options) => pipe('who?', 'angela ate', options),
  'token-classification': (pipe, options) => pipe(TEXT, options),
  'zero-shot-classification': (pipe, options) => pipe(TEXT, ['b', 'c'], options),
  'feature-extraction': (pipe, options) => pipe(TEXT, options),
  'text-ranking': (pipe, options) => pipe(TEXT, ['a', 'b'], options),
};
/**
 * @param {() => unknown} call that fails, at once or later
 * @param {string} code
 * @param {string} field
 * @param {RegExp} [message]
 */
async function fails(call, code, field, message = /./) {
  const error = await rejection((async () => call())());
  assert.deepEqual([error.code, error.field], [code, field], error.stack);
  assert.match(error.name, /^(Input|Config)Error$/);
  assert.match(error.message, message);
}

test('the nearest name is suggested, or all are listed', () => {
  const known = ['top_k', 'top_p', 'max_new_tokens', 'pooling'];
  assert.equal(suggestion('topk', known), '; did you mean top_k?');
  assert.equal(suggestion('poolng', known), '; did you mean pooling?');
  assert.equal(suggestion('maxNewTokens', known), '; did you mean max_new_tokens?');
  assert.equal(suggestion('colour', known), '; there are top_k, top_p, max_new_tokens, pooling.');
});

test('pipelines: unknown options, options that are no object, ranges; the next call works', async () => {
  const pipes = await loadAll();
  for (const [task, call] of Object.entries(CALLS)) {
    const pipe = pipes[task],
      good = JSON.stringify(await call(pipe, undefined));
    await fails(() => call(pipe, { signl: null }), 'unknown_option', 'signl', /did you mean signal\?/);
    for (const options of [null, 5, 'top_k', [3]]) await fails(() => call(pipe, options), 'bad_options', 'options');
    await fails(() => call(pipe, { signal: 5 }), 'bad_signal', 'signal');
    assert.equal(JSON.stringify(await call(pipe, { signal: undefined, unset: undefined })), good, task);
  }
  for (const [task, name, nearest] of [
    ['feature-extraction', 'poolng', 'pooling'],
    ['text-classification', 'topk', 'top_k'],
    ['token-classification', 'aggregationStrategy', 'aggregation_strategy'],
    ['zero-shot-classification', 'multilabel', 'multi_label'],
    ['question-answering', 'max_anwser_len', 'max_answer_len'],
    ['text-ranking', 'return_docs', ''],
  ])
    await fails(() => CALLS[task](pipes[task], { [name]: 1 }), 'unknown_option', name, new RegExp(nearest));
  for (const task of ['text-classification', 'fill-mask', 'question-answering', 'text-ranking'])
    for (const top_k of [0, -1, NaN, 1.5, '3', true])
      await fails(() => CALLS[task](pipes[task], { top_k }), 'bad_option', 'top_k');
  // null: Python's None, the default; with labels and documents all of them
  const count = async (/** @type {string} */ task, /** @type {Untyped} */ options) =>
    [await CALLS[task](pipes[task], options)].flat().length;
  assert.deepEqual(
    [
      await count('fill-mask', { top_k: null }),
      await count('question-answering', { top_k: null }),
      await count('text-ranking', { top_k: null }),
      await count('text-classification', { top_k: null }),
      await count('text-classification', { top_k: Infinity }),
    ],
    [5, 1, 2, 3, 3],
  );
  for (const pipe of Object.values(pipes)) await pipe.dispose();
});

test('pipelines: labels, targets and templates of another kind', async () => {
  const p = await loadAll(),
    zero = p['zero-shot-classification'];
  for (const labels of [5, [null], ['a', undefined], [['a']]])
    await fails(() => zero('a', labels), 'not_a_string', 'candidate_labels');
  await fails(() => zero('a', null), 'no_labels', 'candidate_labels');
  for (const hypothesis_template of [null, 5, 'no braces'])
    await fails(() => zero('a', ['b'], { hypothesis_template }), 'bad_template', 'hypothesis_template');
  for (const targets of [5, [null], [['a']]])
    await fails(() => p['fill-mask'](TEXT, { targets }), 'not_a_string', 'targets');
  assert.equal((await p['fill-mask'](TEXT, { targets: null })).length, 5);
  await fails(() => p['token-classification']('a', { ignore_labels: 'O' }), 'not_a_list', 'ignore_labels');
  const entities = async (/** @type {Untyped} */ options) =>
    JSON.stringify(await p['token-classification']('angela merkel lives in berlin', options));
  assert.equal(await entities({ ignore_labels: null }), await entities({}));
  await fails(() => p['question-answering']([null]), 'not_a_string', 'context');
  await fails(() => p['question-answering']('a', 'b', { max_seq_len: NaN }), 'bad_option', 'max_seq_len');
  for (const pipe of Object.values(p)) await pipe.dispose();
});

test('tokenizers: unknown options, none at all', async () => {
  const tokenizer = /** @type {Untyped} */ (await AutoTokenizer.from_pretrained(folder('fill-mask'))),
    ids = tokenizer.encode('a cat');
  for (const call of [
    (/** @type {Untyped} */ options) => tokenizer('a cat', options),
    (/** @type {Untyped} */ options) => tokenizer.encode('a cat', { ...options }),
    (/** @type {Untyped} */ options) => tokenizer.encodeBatch(['a cat'], { ...options }),
  ])
    await fails(() => call({ paddin: true }), 'unknown_option', 'paddin', /did you mean padding\?/);
  await fails(() => tokenizer('a', { return_tensors: 'pt' }), 'unknown_option', 'return_tensors', /return_tensor\?/);
  await fails(() => tokenizer('a', null), 'bad_options', 'options');
  for (const method of ['decode', 'decodeStream']) {
    const call = (/** @type {Untyped} */ options) =>
      method === 'decode' ? tokenizer.decode(ids, options) : tokenizer.decodeStream(options);
    await fails(
      () => call({ skip_special_token: true }),
      'unknown_option',
      'skip_special_token',
      /skip_special_tokens\?/,
    );
    await fails(() => call(null), 'bad_options', 'options');
  }
  assert.deepEqual(tokenizer.encode('a cat'), ids);
  tokenizer.dispose();
});

test('loading: unknown options, ids that are none; what only Transformers.js knows is accepted', async () => {
  const dir = folder('text-classification'),
    loads = [
      (/** @type {Untyped} */ id, /** @type {Untyped} */ options) => AutoModel.from_pretrained(id, options),
      (/** @type {Untyped} */ id, /** @type {Untyped} */ options) => BertModel.from_pretrained(id, options),
      (/** @type {Untyped} */ id, /** @type {Untyped} */ options) => AutoTokenizer.from_pretrained(id, options),
      (/** @type {Untyped} */ id, /** @type {Untyped} */ options) => PreTrainedTokenizer.from_pretrained(id, options),
      (/** @type {Untyped} */ id, /** @type {Untyped} */ options) => AutoModelForCausalLM.estimate(id, options),
      (/** @type {Untyped} */ id, /** @type {Untyped} */ options) => pipeline('text-classification', id, options),
    ];
  for (const load of loads) {
    await fails(() => load(dir, { dtyp: 'q8' }), 'unknown_option', 'dtyp', /did you mean dtype\?/);
    await fails(() => load(dir, null), 'bad_options', 'options');
    for (const id of [5, 'a\0b', './a\0b', {}, 5n]) await fails(() => load(id, {}), 'bad_id', 'model');
  }
  for (const load of loads.filter((_, i) => i !== 4))
    await fails(() => load(dir, { signal: 5 }), 'bad_signal', 'signal');
  const pipe = await pipeline(
    'text-classification',
    dir,
    /** @type {Untyped} */ ({
      session_options: {},
      use_external_data_format: true,
      quantized: false,
      legacy: true,
      revision: 'main',
      cache_dir: null,
      config: null,
      progress_callback: null,
    }),
  );
  assert.equal((await pipe('a')).length, 1);
  await pipe.dispose();
});

test('models: unknown inputs, null ids; outputs of tokenizers that a model does not take are left out', async () => {
  const model = /** @type {Untyped} */ (await AutoModel.from_pretrained(folder('text-classification'))),
    good = await model({ input_ids: [[5, 6]] });
  await fails(
    () => model({ input_ids: [[5, 6]], attention_msk: [[1, 1]] }),
    'unknown_input',
    'attention_msk',
    /did you mean attention_mask\?/,
  );
  await fails(() => model({ input_ids: [[null]] }), 'not_an_integer', 'input_ids');
  await fails(() => model({ input_ids: [[5]] }, null), 'bad_options', 'options');
  await fails(() => model({ input_ids: [[5]] }, { signl: 1 }), 'unknown_option', 'signl');
  const more = { input_ids: [[5, 6]], length: [2], offset_mapping: [[[0, 1]]], labels: null, past_key_values: null };
  assert.deepEqual((await model(more)).last_hidden_state.data, good.last_hidden_state.data);
  model.dispose();
});

test('generation: the nearest option, null ids, streamers that are none', async (t) => {
  const model = /** @type {Untyped} */ (await AutoModelForCausalLM.from_pretrained(LLAMA)),
    ids = [[1, 50, 60]],
    wanted = (await model.generate(ids, { max_new_tokens: 2 })).tolist();
  for (const [name, nearest] of [
    ['temprature', 'temperature'],
    ['maxNewTokens', 'max_new_tokens'],
    ['stopping_criterion', 'stopping_criteria'],
    ['topk', 'top_k'],
  ])
    await fails(
      () => model.generate(ids, { [name]: 1 }),
      'unknown_option',
      name,
      new RegExp(`did you mean ${nearest}\\?`),
    );
  await fails(() => model.generate([[1, null]]), 'bad_ids', 'input_ids');
  await fails(() => model.generate(ids, null), 'bad_options', 'options');
  await fails(() => model.generate(ids, { signal: 5 }), 'bad_signal', 'signal');
  for (const streamer of [{}, 5, { put: () => {} }])
    await fails(() => model.generate(ids, { streamer }), 'bad_streamer', 'streamer');
  assert.deepEqual((await model.generate(ids, { max_new_tokens: 2 })).tolist(), wanted);
  model.dispose();
  const pipe = /** @type {Untyped} */ (await pipeline('text-generation', writerFolder(t)));
  await fails(() => pipe('one', null), 'bad_options', 'options');
  await fails(() => pipe('one', { return_ful_text: 1 }), 'unknown_option', 'return_ful_text', /return_full_text\?/);
  await fails(() => pipe('one', { batch_size: 0 }), 'bad_option', 'batch_size');
  await fails(
    () => pipe('one', { streamer: new TextStreamer(pipe.tokenizer, /** @type {Untyped} */ ({ skip_special: 1 })) }),
    'unknown_option',
    'skip_special',
  );
  await pipe.dispose();
});
