// Marian's and M2M100's repositories as they were published, without a tokenizer.json, against Transformers with
// sentencepiece (tests/fixtures/classes/make-spm.py).
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AutoTokenizer, M2M100Tokenizer, MarianTokenizer } from 'wasmformers';
import { fixtureJson, fixturePath } from '../helpers/fixtures.js';
import { emptyFolder } from '../helpers/server.js';

const folder = fixturePath('classes/spm/');
const data = fixtureJson('classes/spm/answers.json.gz');
const ids = (/** @type {import('wasmformers').PreTrainedTokenizer} */ t, /** @type {string} */ text) =>
  t(text, { return_tensor: false }).input_ids;

/**
 * A copy of a fixture with a configuration.
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {Record<string, unknown>} files
 */
function copy(t, name, files) {
  const to = emptyFolder(t);
  cpSync(folder + name, to, { recursive: true });
  for (const [file, content] of Object.entries(files))
    writeFileSync(path.join(to, file), typeof content === 'string' ? content : JSON.stringify(content));
  return to;
}

for (const [name, Class] of /** @type {const} */ ([
  ['marian', MarianTokenizer],
  ['m2m100', M2M100Tokenizer],
])) {
  test(`${name}: ids and texts`, async (context) => {
    const config = { tokenizer_class: Class.name, clean_up_tokenization_spaces: false };
    const t = await AutoTokenizer.from_pretrained(copy(context, name, { 'tokenizer_config.json': config }));
    assert.ok(t instanceof Class);
    for (const [text, want] of data[name].texts) assert.deepEqual(ids(t, text), want, JSON.stringify(text));
    for (const [list, text] of data[name].decoded)
      assert.equal(t.decode(list, { skip_special_tokens: true }), text, list.join());
    if (t instanceof M2M100Tokenizer) {
      assert.deepEqual(
        ['af', 'fr', 'zu'].map((code) => t.get_lang_id(code)),
        data.languages,
      );
      t.src_lang = 'de';
      for (const [text, want] of data.german) assert.deepEqual(ids(t, text), want, JSON.stringify(text));
    } else {
      assert.ok(t instanceof MarianTokenizer);
      assert.deepEqual([t.supported_language_codes, t.model_max_length], [['>>deu<<', '>>fra<<'], 512]);
    }
    t.dispose();
    const family = await AutoTokenizer.from_pretrained(
      copy(context, name, { 'config.json': { model_type: name === 'marian' ? 'marian' : 'm2m_100' } }),
    );
    assert.ok(family instanceof Class, 'where no file names the class, the family does');
    family.dispose();
  });
}

test('marian with a vocabulary for each language', async (context) => {
  const config = { tokenizer_class: 'MarianTokenizer', separate_vocabs: true, clean_up_tokenization_spaces: false };
  const { texts, targets, decoded, languages } = fixtureJson('classes/spm/marian-separate/answers.json');
  const t = await AutoTokenizer.from_pretrained(copy(context, 'marian-separate', { 'tokenizer_config.json': config }));
  assert.ok(t instanceof MarianTokenizer);
  assert.deepEqual(t.supported_language_codes, languages);
  for (const [text, want] of texts) assert.deepEqual(ids(t, text), want, JSON.stringify(text));
  t._switch_to_target_mode();
  for (const [text, want] of targets) {
    assert.deepEqual(ids(t, text), want, JSON.stringify(text));
    assert.deepEqual(Array.from(t.encodeBatch([text])[0].ids), want);
  }
  t._switch_to_input_mode();
  assert.deepEqual(ids(t, texts[0][0]), texts[0][1]);
  for (const [list, text] of decoded) {
    assert.equal(t.decode(list, { skip_special_tokens: true }), text, list.join());
    const stream = t.decodeStream({ skip_special_tokens: true });
    assert.equal(stream.push(list) + stream.end(), text);
    stream.dispose();
  }
  const [text, numbers] = texts[0];
  assert.equal(t.decode(numbers, { skip_special_tokens: true, use_source_tokenizer: true }), text);
  t[Symbol.dispose](); // both tokenizers
  assert.throws(() => t.decode([2]), { code: 'disposed' });
  await assert.rejects(AutoTokenizer.from_pretrained(copy(context, 'marian', { 'tokenizer_config.json': config })), {
    name: 'TokenizerError',
    code: 'missing_file',
    file: 'target_vocab.json',
  });
});

test('files that cannot be', async (context) => {
  const config = { tokenizer_class: 'MarianTokenizer' };
  const load = (/** @type {Record<string, unknown>} */ files) =>
    AutoTokenizer.from_pretrained(copy(context, 'marian', { 'tokenizer_config.json': config, ...files }));
  await assert.rejects(load({ 'vocab.json': [1] }), { name: 'TokenizerError', file: 'vocab.json' });
  await assert.rejects(load({ 'vocab.json': { a: 0 } }), { name: 'TokenizerError', file: 'vocab.json' });
  await assert.rejects(load({ 'vocab.json': { '<unk>': -1 } }), { name: 'TokenizerError', file: 'vocab.json' });
  await assert.rejects(load({ 'vocab.json': { '<unk>': 0, '</s>': 2 ** 30 } }), {
    name: 'TokenizerError',
    file: 'vocab.json',
  });
  await assert.rejects(load({ 'source.spm': 'no model' }), { name: 'TokenizerError', file: 'source.spm' });
});
