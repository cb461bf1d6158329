// A wrong tokenizer.json, wrong options and wrong texts give a named error with file and field, or the reference's
// result; the next call works.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, Tokenizer, TokenizerError } from 'wasmformers/tokenizers';
import { fixtureText, wrong } from '../helpers/fixtures.js';
import { cpuClock } from '../helpers/time.js';

const text = fixtureText('tokenizers/wordpiece-uncased.tokenizer.json');
/** @type {(change: (json: Json) => void) => Json} */
const changed = (change) => {
  const json = JSON.parse(text);
  change(json);
  return json;
};
/**
 * @param {string | object} json
 * @param {string} code
 * @param {string} field
 */
const refused = (json, code, field) =>
  assert.rejects(Tokenizer.fromJSON(json), (e) => {
    assert.ok(e instanceof TokenizerError, String(e));
    assert.deepEqual([e.code, e.file, e.field], [code, 'tokenizer.json', field], e.message);
    assert.match(e.message, /\w{3,}.*\.$/s);
    return true;
  });

test('files that are no tokenizer', async () => {
  await refused('<!doctype html><p>', 'html_instead_of_json', '');
  await refused('', 'invalid_json', '');
  for (const n of [1, 100, 4000, text.length - 2]) await refused(text.slice(0, n), 'invalid_json', '');
  await refused('[]', 'wrong_type', '');
  await refused('{}', 'missing_field', 'model');
  await refused('['.repeat(200000), 'invalid_json', '');
  await refused(text.replace('[UNK]', '\\ud800'), 'invalid_json', '');
  await assert.rejects(Tokenizer.fromJSON(wrong(7)), TokenizerError);
});

test('components that are unknown or wrong', async () => {
  await refused(
    changed((j) => {
      j.normalizer.type = 'Nope';
    }),
    'unknown_component',
    'normalizer.type',
  );
  await refused(
    changed((j) => {
      j.pre_tokenizer = { type: 'Sequence', pretokenizers: [{ type: 'Whitespace' }, { type: 'Nope' }] };
    }),
    'unknown_component',
    'pre_tokenizer.pretokenizers[1].type',
  );
  await refused(
    changed((j) => {
      j.model.type = 'Nope';
    }),
    'unknown_component',
    'model.type',
  );
  await refused(
    changed((j) => {
      j.post_processor.type = 'Nope';
    }),
    'unknown_component',
    'post_processor.type',
  );
  await refused(
    changed((j) => {
      j.decoder = { type: 'Nope' };
    }),
    'unknown_component',
    'decoder.type',
  );
  await refused(
    changed((j) => {
      j.decoder = 7;
    }),
    'wrong_type',
    'decoder',
  );
  await refused(
    changed((j) => {
      j.normalizer.lowercase = 'yes';
    }),
    'wrong_type',
    'normalizer.lowercase',
  );
  await refused(
    changed((j) => {
      delete j.normalizer.clean_text;
    }),
    'missing_field',
    'normalizer.clean_text',
  );
  await refused(
    changed((j) => {
      j.model.vocab.a = -1;
    }),
    'bad_id',
    'model.vocab',
  );
  await refused(
    changed((j) => {
      j.model.vocab.a = 1.5;
    }),
    'bad_id',
    'model.vocab',
  );
  await refused(
    changed((j) => {
      j.model.vocab.a = 2 ** 31;
    }),
    'bad_id',
    'model.vocab',
  );
  await refused(
    changed((j) => {
      j.model.vocab = [];
    }),
    'wrong_type',
    'model.vocab',
  );
  await refused(
    changed((j) => {
      j.model.max_input_chars_per_word = -5;
    }),
    'wrong_type',
    'model.max_input_chars_per_word',
  );
  await refused(
    changed((j) => {
      j.post_processor.single[0].SpecialToken.id = 'gone';
    }),
    'missing_special_token',
    'post_processor.single[0].SpecialToken.id',
  );
  await refused(
    changed((j) => {
      j.post_processor.special_tokens['[CLS]'].tokens.push('x');
    }),
    'bad_value',
    'post_processor.special_tokens.[CLS]',
  );
  await refused(
    changed((j) => {
      j.added_tokens[2].content = null;
    }),
    'wrong_type',
    'added_tokens[2].content',
  );
  await refused(
    changed((j) => {
      j.added_tokens = {};
    }),
    'wrong_type',
    'added_tokens',
  );
  await refused(
    changed((j) => {
      j.truncation = { max_length: 5, strategy: 'Sideways' };
    }),
    'bad_value',
    'truncation.strategy',
  );
  await refused(
    changed((j) => {
      j.version = '2.0';
    }),
    'unknown_version',
    'version',
  );
  const deep = '{"type":"Sequence","normalizers":['.repeat(50000) + ']}'.repeat(50000);
  await assert.rejects(Tokenizer.fromJSON(`{"normalizer":${deep},${text.slice(1)}`), {
    name: 'TokenizerError',
    code: 'too_deep',
  });
});

test('options and inputs that contradict themselves, each followed by a call that works', async () => {
  const t = await Tokenizer.fromJSON(text);
  const fine = () => assert.equal(t.decode(t.encode('the man').ids, { skip_special_tokens: true }), 'the man');
  const bad = (/** @type {() => unknown} */ f, /** @type {string} */ code, /** @type {string} */ field) => {
    assert.throws(f, (e) => {
      assert.ok(e instanceof InputError, String(e));
      assert.deepEqual([e.code, e.field], [code, field], e.message);
      return true;
    });
    fine();
  };
  fine();
  bad(() => t.encode(wrong(5)), 'not_a_string', 'text');
  bad(() => t.encode(wrong(null)), 'not_a_string', 'text');
  bad(() => t.encode(['a', 'b']), 'not_a_string', 'text');
  bad(() => t.encodeBatch(wrong('text')), 'not_a_list', 'texts');
  bad(() => t.encodeBatch(['a', 'b'], { text_pair: ['c'] }), 'length_mismatch', 'text_pair');
  bad(() => t.encode('a', { is_split_into_words: true }), 'not_a_list', 'text');
  bad(() => t.encode('a', { truncation: wrong('sideways') }), 'bad_option', 'truncation');
  bad(() => t.encode('a', { padding: wrong('some') }), 'bad_option', 'padding');
  bad(() => t.encode('a', { padding_side: wrong('up') }), 'bad_option', 'padding_side');
  bad(() => t.encode('a', { truncation: true, max_length: -1 }), 'bad_option', 'max_length');
  bad(() => t.encode('a', { truncation: true, max_length: 1.5 }), 'bad_option', 'max_length');
  bad(() => t.encode('a', { padding: 'max_length' }), 'no_max_length', 'max_length');
  bad(() => t.encode('a b c d e f', { truncation: true, max_length: 4, stride: 2 }), 'stride_too_large', 'stride');
  bad(() => t.encode('a b c d e f', { truncation: 'only_second', max_length: 4 }), 'no_second_text', 'truncation');
  bad(
    () => t.encode('a', { text_pair: 'b c d e f', truncation: 'only_first', max_length: 5 }),
    'text_too_short',
    'truncation',
  );
  bad(() => t.decode([1, -1]), 'bad_ids', 'ids');
  bad(() => t.decode([0.5]), 'bad_ids', 'ids');
  bad(() => t.decode(wrong('12')), 'bad_ids', 'ids');
  bad(() => t.decode([2 ** 40]), 'bad_ids', 'ids');
  bad(() => t.decode(wrong(null)), 'bad_ids', 'ids');
  assert.equal(t.decode([99999999, 4294967295]), '', 'ids that do not exist are passed over, as in the reference');
  t.dispose();
  assert.throws(() => t.encode('a'), { name: 'InputError', code: 'disposed' });
  t.dispose();
});

test('an added token all of which the one before it took', async () => {
  const token = (/** @type {object} */ more) => ({
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: false,
    ...more,
  });
  const added_tokens = [token({ id: 2, content: 'É', rstrip: true }), token({ id: 3, content: '\n', lstrip: true })];
  const tokenizer = await Tokenizer.fromJSON({
    version: '1.0',
    added_tokens,
    model: { type: 'WordLevel', unk_token: '?', vocab: { '?': 0, a: 1 } },
  });
  assert.deepEqual(Array.from(tokenizer.encode('\nÉ\n\n a').ids), [3, 2, 1]);
  assert.deepEqual(Array.from(tokenizer.encodeIds(['É\n', 'É \n\na\n']).ids), [2, 2, 1, 3]);
  tokenizer.dispose();
});

test('texts that are hard: empty, NUL, lone surrogates, a megabyte without a space', async () => {
  const t = await Tokenizer.fromJSON(text);
  assert.deepEqual([...t.encode('').ids], [1, 2]);
  assert.deepEqual([...t.encode('\0\0').ids], [1, 2]);
  assert.equal(t.decode([]), '');
  assert.deepEqual(t.encodeBatch([]), []);
  // A lone surrogate becomes U+FFFD, which BertNormalizer drops; offsets still count it as one unit.
  const lone = t.encode('a\ud800b \udc00c');
  assert.deepEqual(lone.tokens, t.encode('a\ufffdb \ufffdc').tokens);
  assert.deepEqual([...lone.offsets], [...t.encode('a\ufffdb \ufffdc').offsets]);
  // In a batch, surrogates at the ends of two texts do not form a pair.
  const halves = t.encodeBatch(['a\ud83d', '\ude00b']);
  assert.deepEqual(
    halves.map((e) => e.tokens),
    [t.encode('a').tokens, t.encode('b').tokens],
  );
  // A word sixteen times as long takes about sixteen times as long. Quadratic time would be 256 times as long.
  for (const [letter, length] of /** @type {[string, number][]} */ ([
    ['a', 1 << 20],
    ['é', 1 << 19],
    ['\u0301', 1 << 19],
    ['中', 1 << 18],
    ['.', 1 << 18],
  ])) {
    const time = (/** @type {number} */ n) => {
      const clock = cpuClock();
      assert.ok(t.encode(letter.repeat(n)).length >= 2, `${n} × ${letter}`);
      return clock();
    };
    time(length / 16);
    const [short, long] = [time(length / 16), time(length)];
    assert.ok(long < 16 * 4 * short + 200, `${letter}: ${short} ms for ${length / 16}, ${long} ms for ${length}`);
  }
  assert.equal(t.encode('a'.repeat(1 << 20)).tokens[1], '[UNK]');
  // A large text's memory is given back.
  assert.deepEqual([...t.encode('the man').ids], [...(await Tokenizer.fromJSON(text)).encode('the man').ids]);
});

test('a word without tokens where the unknown token is missing', async () => {
  const t = await Tokenizer.fromJSON(
    changed((j) => {
      j.model.unk_token = 'gone';
    }),
  );
  assert.throws(() => t.encode('☃'), { name: 'TokenizerError', code: 'missing_unk_token', field: 'model.unk_token' });
  assert.ok(t.encode('the man').length > 2);
});
