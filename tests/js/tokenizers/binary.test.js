// The binary form by `wasmformers/tokenizers`: the same results, and a named error for another version's form.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tokenizer, TokenizerError } from 'wasmformers/tokenizers';
import { fixtureText, wrong } from '../helpers/fixtures.js';

const read = (/** @type {string} */ name) => fixtureText(`tokenizers/${name}.tokenizer.json`);
const texts = ['The quick brown fox naïvely jumps over 13 lazy dogs.', '', ' ▁ 日本 😀 <s> [MASK] ', 'x'.repeat(3000)];

for (const name of [
  'wordpiece-uncased',
  'bytelevel-gpt2like',
  'unigram-metaspace',
  'bpe-bytefallback-llamalike',
  'wordlevel-digits',
]) {
  test(`${name}: answers as its tokenizer.json`, async () => {
    const a = await Tokenizer.fromJSON(read(name));
    a.addTokens([{ content: 'brown fox', single_word: true }]);
    const form = a.toBinary();
    const b = await Tokenizer.fromBinary(form);
    a.encodeBatch(texts).forEach((x, i) => {
      const y = b.encode(texts[i]);
      for (const field of /** @type {const} */ (['ids', 'tokens', 'offsets', 'word_ids', 'special_tokens_mask']))
        assert.deepEqual(y[field], x[field], `${field} of ${texts[i].slice(0, 60)}`);
      assert.equal(b.decode(x.ids), a.decode(x.ids));
    });
    assert.deepEqual(b.vocabulary, a.vocabulary);
    assert.deepEqual(b.toBinary(), form);
    assert.deepEqual(
      (await Tokenizer.fromBinary(form.slice().buffer, { padding_side: 'left' })).encode('a', {
        padding: 'max_length',
        max_length: 6,
      }).ids.length,
      6,
    );
    a.dispose();
    b.dispose();
  });
}

test('what is no binary form, another version, cut or damaged', async () => {
  const tokenizer = await Tokenizer.fromJSON(read('wordpiece-uncased'));
  const form = tokenizer.toBinary();
  const changed = (/** @type {number} */ at) => form.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const refused = (/** @type {Uint8Array} */ bytes, /** @type {string} */ code) =>
    assert.rejects(Tokenizer.fromBinary(bytes), (e) => e instanceof TokenizerError && e.code === code);
  await refused(new TextEncoder().encode(read('wordpiece-uncased')), 'not_binary_form');
  await refused(new Uint8Array(0), 'not_binary_form');
  await refused(changed(8), 'binary_form_version');
  await refused(form.subarray(0, form.length - 8), 'binary_form_cut');
  await refused(changed(form.length >> 1), 'binary_form_damaged');
  await refused(wrong('text'), 'wrong_type');
  assert.equal((await Tokenizer.fromBinary(form)).encode('the man').ids.length, tokenizer.encode('the man').ids.length);
});
