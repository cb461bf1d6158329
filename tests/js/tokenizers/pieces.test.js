// BlenderbotSmall and XLM from vocab.json and merges.txt, whose vocabularies lack pieces that the merges make, against
// Transformers' classes (tests/fixtures/classes/make-pieces.py); the words of XLM against sacremoses.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as library from 'wasmformers';
import { xlmWords } from '../../../js/tokenizers/legacy/moses.js';
import { fixtureJson } from '../helpers/fixtures.js';
import { emptyFolder, rejection } from '../helpers/server.js';

/**
 * @typedef {{ files: Record<string, Json>, config: Json, ids: number[][], decoded: string[] }} Case
 * @type {{ texts: string[], words: string[][], classes: Record<string, Case> }}
 */
const data = fixtureJson('classes/pieces.json.gz');

/**
 * @param {import('node:test').TestContext} t
 * @param {string} what of data.classes
 * @param {Json} [more] of the configuration
 */
function load(t, what, more = {}) {
  const { files, config } = data.classes[what],
    folder = emptyFolder(t);
  const all = {
    ...files,
    'tokenizer_config.json': { tokenizer_class: `${what.split(',')[0]}Tokenizer`, ...config, ...more },
  };
  for (const [name, content] of Object.entries(all))
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return library.AutoTokenizer.from_pretrained(folder);
}

for (const [what, { ids, decoded }] of Object.entries(data.classes)) {
  test(`merges beyond the vocabulary: ${what}`, async (t) => {
    const tokenizer = await load(t, what);
    const plain = { clean_up_tokenization_spaces: false };
    for (const [i, text] of data.texts.entries()) {
      assert.deepEqual(tokenizer.encode(text), ids[i], JSON.stringify(text));
      assert.equal(tokenizer.decode(ids[i], plain), decoded[i], JSON.stringify(text));
    }
    assert.deepEqual(
      tokenizer(data.texts.slice(0, 9), { padding: false, return_tensor: false }).input_ids,
      ids.slice(0, 9),
    );
    tokenizer.dispose();
  });
}

test("XLM's words are those of sacremoses", () => {
  for (const [i, text] of data.texts.entries())
    assert.deepEqual(xlmWords(text, false), data.words[i], JSON.stringify(text));
});

test('long runs take no more than their length', () => {
  for (const [unit, words] of /** @type {const} */ ([
    ['.', 1],
    [' ', 0],
    ["'", 100_000], // two are a quotation mark
    [',', 200_000],
    ['\u00a0', 0],
    ['((', 200_000],
    ['DOT', 1],
    ['\u0301', 0],
  ]))
    assert.equal(xlmWords(unit.repeat(200_000 / unit.length), true).length, words, JSON.stringify(unit));
});

test('XLM: tokens that are added, words, pairs, and offsets that it does not know', async (t) => {
  const tokenizer = await load(t, 'XLM, small');
  assert.ok(tokenizer instanceof library.XLMTokenizer);
  assert.equal(tokenizer.add_tokens(['(NEW).']), 1);
  const id = tokenizer.convert_tokens_to_ids('(NEW).');
  const ids = tokenizer.encode('a(NEW).a', { add_special_tokens: false }),
    a = tokenizer.encode('a', { add_special_tokens: false });
  assert.deepEqual(ids, [...a, id, ...a]);
  const words = tokenizer(['A', "wasn't"], {
    is_split_into_words: true,
    add_special_tokens: false,
    return_tensor: false,
  });
  assert.deepEqual(words.input_ids, [...a, ...tokenizer.encode("wasn't", { add_special_tokens: false })]);
  for (const ask of [
    () => tokenizer('a', { return_offsets_mapping: true }),
    () => /** @type {Json} */ (tokenizer).encodeRows(['a'], { details: true }),
  ])
    assert.throws(ask, { name: 'InputError', code: 'no_offsets', field: 'return_offsets_mapping' });
  /** @type {Json} */
  const masked = tokenizer('a', { return_tensor: false, return_special_tokens_mask: true });
  assert.deepEqual(masked.special_tokens_mask, [1, ...a.map(() => 0), 1]);
  tokenizer.dispose();
});

test('what is broken in these files is named', async (t) => {
  for (const kind of ['BlenderbotSmall', 'XLM']) {
    for (const [vocab, code] of /** @type {[string, string][]} */ ([
      ['{"a":-1}', 'bad_id'],
      ['{"a":"b"}', 'bad_id'],
      ['{"a</w>":1.5,"<unk>":0}', 'bad_id'],
      ['[]', 'wrong_type'],
      ['{', 'invalid_json'],
    ])) {
      const folder = emptyFolder(t);
      writeFileSync(path.join(folder, 'vocab.json'), vocab);
      writeFileSync(path.join(folder, 'merges.txt'), 'a b\n__proto__ constructor\n\n x\n');
      writeFileSync(path.join(folder, 'tokenizer_config.json'), `{"tokenizer_class":"${kind}Tokenizer"}`);
      const error = await rejection(library.AutoTokenizer.from_pretrained(folder));
      assert.deepEqual([error.code, error instanceof Error], [code, true], `${kind}: ${vocab}: ${error.message}`);
    }
    // No merges and no tokens: every word is unknown.
    const folder = emptyFolder(t);
    for (const [name, text] of Object.entries({ 'vocab.json': '{}', 'merges.txt': '__proto__ constructor\n' }))
      writeFileSync(path.join(folder, name), text);
    writeFileSync(path.join(folder, 'tokenizer_config.json'), `{"tokenizer_class":"${kind}Tokenizer"}`);
    const tokenizer = await library.AutoTokenizer.from_pretrained(folder);
    const ids = tokenizer.encode('constructor __proto__', { add_special_tokens: false });
    assert.deepEqual([...new Set(ids)], [tokenizer.unk_token_id]);
    tokenizer.dispose();
  }
});
