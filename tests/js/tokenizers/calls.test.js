// The callable tokenizer and all its options against what Transformers' answers (tests/fixtures/calls/make-calls.py).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PreTrainedTokenizer, TokenizersBackend } from 'wasmformers';
import { fixture, fixtureJson, wrong } from '../helpers/fixtures.js';

/** @typedef {{ tokenizer: string, given: Json, options: Json, want: Json }} Case */
/** @type {{ configs: Record<string, object>, cases: Case[] }} */
const data = fixtureJson('calls/calls.json.gz');

for (const [name, config] of Object.entries(data.configs)) {
  test(`every option: ${name}`, async () => {
    const t = await PreTrainedTokenizer.fromFiles(fixture(`tokenizers/${name}.tokenizer.json`), config);
    const cases = data.cases.filter((c) => c.tokenizer === name);
    assert.ok(cases.length > 100);
    for (const {
      given: { text, ...more },
      options,
      want,
    } of cases) {
      const what = JSON.stringify({ text, ...more, ...options });
      const all = {
        ...more,
        ...options,
        return_tensor: false,
        return_offsets_mapping: true,
        return_special_tokens_mask: true,
        return_token_type_ids: true,
        return_length: true,
      };
      if ('error' in want) {
        assert.throws(() => t(text, all), { name: 'InputError' }, `${what}: the reference says ${want.error}`);
        continue;
      }
      const out = t(text, all);
      const { tokens, words, sequences, chars, char_words, ...columns } = want;
      for (const [column, value] of Object.entries(columns))
        assert.deepEqual(/** @type {Json} */ (out)[column], value, `${column}: ${what}`);
      const rows = [.../** @type {string[][]} */ (tokens).keys()];
      assert.deepEqual(
        rows.map((row) => out.tokens(row)),
        tokens,
        what,
      );
      assert.deepEqual(
        rows.map((row) => out.word_ids(row)),
        words,
        what,
      );
      assert.deepEqual(
        rows.map((row) => out.sequence_ids(row)),
        sequences,
        what,
      );
      if (chars) {
        assert.deepEqual(
          rows.map((row) => Array.from(chars[row], (_, i) => out.char_to_token(row, 3 * i))),
          chars,
          what,
        );
        assert.deepEqual(
          rows.map((row) => Array.from(char_words[row], (_, i) => out.char_to_word(row, 7 * i))),
          char_words,
          what,
        );
      }
    }
    t.dispose();
  });
}

const wordpiece = () =>
  PreTrainedTokenizer.fromFiles(
    fixture('tokenizers/wordpiece-uncased.tokenizer.json'),
    data.configs['wordpiece-uncased'],
  );

test('special tokens can be given and named', async () => {
  const t = await wordpiece(),
    size = t.get_vocab().size;
  assert.equal(t.bos_token, undefined);
  assert.equal(
    t.add_special_tokens({
      bos_token: '<bos>',
      eos_token: { content: '[SEP]' },
      additional_special_tokens: ['<x>', '<y>'],
    }),
    3,
  );
  assert.deepEqual(
    [t.bos_token, t.bos_token_id, t.eos_token, t.additional_special_tokens],
    ['<bos>', size, '[SEP]', ['<x>', '<y>']],
  );
  assert.deepEqual(t.tokenize('the <x> man'), ['the', '<x>', 'man']);
  assert.equal(t.decode(t.encode('the <x> man'), { skip_special_tokens: true }), 'the man');
  assert.equal(t.add_tokens(['<x>', 'the', 'newword', { content: '<z>', special: true }]), 2);
  t.pad_token = t.eos_token;
  assert.deepEqual([t.pad_token, t.pad_token_id], ['[SEP]', t.sep_token_id]);
  assert.deepEqual(t(['the', 'the man'], { padding: true, return_tensor: false }).input_ids[0].at(-1), t.sep_token_id);
  t.mask_token_id = t.unk_token_id;
  assert.equal(t.mask_token, '[UNK]');
  t.cls_token = wrong(null);
  assert.deepEqual([t.cls_token, t.cls_token_id], [undefined, undefined]);
  assert.throws(
    () => {
      t.pad_token = wrong(3);
    },
    { name: 'InputError', field: 'pad_token' },
  );
  assert.throws(() => t.add_special_tokens({ strange: 'x' }), { name: 'InputError', field: 'strange' });
});

test('tokens and ids of a wrong kind are named errors; the next call works', async () => {
  const t = await wordpiece();
  for (const tokens of [[{ content: 5 }], [5], [null], null, { content: null }]) {
    const error = { name: 'InputError', code: 'not_a_string', field: 'content' };
    assert.throws(() => t.add_tokens(wrong(tokens)), error, JSON.stringify(tokens));
    assert.throws(() => t.add_special_tokens({ pad_token: wrong([tokens].flat()[0]) }), error, JSON.stringify(tokens));
  }
  for (const batch of [null, undefined, 5, 'ab', [null], [[null]], [[undefined]], [['1']], [[[1]]], [[true]], [[NaN]]])
    assert.throws(() => t.batch_decode(wrong(batch)), { name: 'InputError', code: 'bad_ids' }, JSON.stringify(batch));
  for (const ids of [[null], [Symbol('x')], 5, null])
    assert.throws(() => t.decode(wrong(ids)), { name: 'InputError', code: 'bad_ids' });
  assert.equal(t.add_tokens('<one>'), 1);
  assert.equal(t.decode(t.encode('the man <one>'), { skip_special_tokens: true }), 'the man <one>');
  assert.equal(t._tokenizer_config, t.config);
  assert.equal(TokenizersBackend, PreTrainedTokenizer);
});

test('encodeBatch: typed arrays', async () => {
  const t = await wordpiece(),
    [a, b] = t.encodeBatch(['the man', 'a'], { padding: true });
  assert.ok(
    a.ids instanceof Int32Array && a.offsets instanceof Int32Array && a.special_tokens_mask instanceof Uint8Array,
  );
  assert.deepEqual([[...a.ids], [...b.attention_mask]], [t.encode('the man'), [1, 1, 1, 0]]);
  assert.deepEqual(t.encodeBatch([]), []);
  const [pair] = t.encodeBatch(['the'], { text_pair: ['man'], truncation: true, max_length: 4 });
  assert.deepEqual([pair.tokens.length, pair.overflowing.length], [4, 0]);
  assert.throws(() => t.encodeBatch(wrong('the')), { name: 'InputError', code: 'not_a_list' });
  assert.equal(t.decode_single(a.ids, { skip_special_tokens: true }), 'the man');
});
