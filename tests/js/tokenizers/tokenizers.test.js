// Tokenizer and the callable PreTrainedTokenizer: Transformers.js' names, and ours beyond them.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoTokenizer, PreTrainedTokenizer } from 'wasmformers';
import { Tokenizer } from 'wasmformers/tokenizers';
import { Tensor } from '../../../js/tensor/tensor.js';

const file = fileURLToPath(new URL('../../fixtures/tokenizers/wordpiece-uncased.tokenizer.json', import.meta.url));
const json = readFileSync(file, 'utf8');
const special = {
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: { content: '[SEP]' },
  pad_token: '[PAD]',
  mask_token: '[MASK]',
};
const bert = { tokenizer_class: 'BertTokenizer', model_max_length: 16, ...special };
const make = (/** @type {object} */ config = bert, map = {}) => PreTrainedTokenizer.fromFiles(json, config, map);
/** @typedef {import('../../../js/tokenizers/pre-trained-tokenizer.js').PreTrainedTokenizer} Internal */
/** What the package itself uses of a tokenizer. */
const internal = (/** @type {PreTrainedTokenizer} */ t) => /** @type {Internal} */ (/** @type {unknown} */ (t));
const numbers = (/** @type {{ data: Iterable<unknown> } | undefined} */ tensor) =>
  Array.from(tensor?.data ?? [], Number);

test('Tokenizer reads text, bytes and objects', async () => {
  const bytes = new TextEncoder().encode(json);
  for (const source of [json, bytes, bytes.buffer, JSON.parse(json)]) {
    const t = await Tokenizer.fromJSON(source);
    assert.deepEqual(t.encode('the man').tokens, ['[CLS]', 'the', 'man', '[SEP]']);
    t.dispose();
  }
});

test('Encoding: typed arrays, and ways between characters, words and tokens', async () => {
  const t = await Tokenizer.fromJSON(json),
    e = t.encode('the schüssel', { text_pair: 'mann' });
  assert.ok(e.ids instanceof Int32Array && e.offsets instanceof Int32Array && e.word_ids instanceof Int32Array);
  assert.equal(e.length, e.tokens.length);
  const sch = e.tokens.indexOf('sch');
  assert.ok(sch > 0);
  assert.equal(e.char_to_token(4), sch);
  assert.deepEqual(e.token_to_chars(sch), [4, 7]);
  assert.equal(e.token_to_word(sch), 1);
  assert.deepEqual(e.word_to_chars(1), [4, 12]);
  assert.equal(e.char_to_word(11), 1);
  assert.equal(e.token_to_chars(0), null);
  const second = e.char_to_token(0, 1);
  assert.ok(second !== null);
  assert.equal(e.sequence_ids[second], 1);
  assert.deepEqual(e.word_to_tokens(0, 1), [second, e.length - 1]);
  assert.equal(e.char_to_token(99), null);
});

test('vocabulary, ids and added tokens', async () => {
  const t = await Tokenizer.fromJSON(json),
    size = t.vocabulary.size;
  assert.equal(t.tokenToId('[MASK]'), 4);
  assert.equal(t.idToToken(4), '[MASK]');
  assert.equal(t.tokenToId('no such token'), undefined);
  assert.equal(t.idToToken(123456), undefined);
  t.addTokens(['<new>', { content: 'Two Words', normalized: true }, '[MASK]']);
  assert.equal(t.vocabulary.size, size + 2);
  assert.equal(t.tokenToId('<new>'), size);
  assert.deepEqual(t.encode('the <new> TWO words').tokens.slice(1, -1), ['the', '<new>', 'two words']);
});

test("the file's own truncation and padding hold for the bare Tokenizer, and can be switched off", async () => {
  const own = {
    ...JSON.parse(json),
    truncation: { max_length: 5, strategy: 'LongestFirst', stride: 0, direction: 'Left' },
    padding: {
      strategy: { Fixed: 8 },
      direction: 'Left',
      pad_id: 3,
      pad_type_id: 0,
      pad_token: '[PAD]',
      pad_to_multiple_of: null,
    },
  };
  const t = await Tokenizer.fromJSON(own);
  assert.deepEqual(t.encode('a b c d e').tokens, ['[PAD]', '[PAD]', '[PAD]', '[CLS]', 'c', 'd', 'e', '[SEP]']);
  assert.deepEqual(t.encode('a b c d e', { truncation: false, padding: false }).tokens, [
    '[CLS]',
    'a',
    'b',
    'c',
    'd',
    'e',
    '[SEP]',
  ]);
  assert.deepEqual(t.encode('a b c d e', { padding: false, max_length: 4, truncation_side: 'right' }).tokens, [
    '[CLS]',
    'a',
    'b',
    '[SEP]',
  ]);
});

test('the call: int64 tensors of shape [batch, length]', async () => {
  const t = await make();
  const { input_ids, attention_mask, token_type_ids } = t(['the man', 'a'], { padding: true });
  for (const x of [input_ids, attention_mask, token_type_ids]) {
    assert.ok(x instanceof Tensor && x.type === 'int64' && x.data instanceof BigInt64Array);
    assert.deepEqual(x.dims, [2, 4]);
  }
  assert.deepEqual(numbers(attention_mask), [1, 1, 1, 1, 1, 1, 1, 0]);
  assert.equal(numbers(input_ids)[7], t.pad_token_id);
  assert.deepEqual(t('the man').input_ids.dims, [1, 4]);
  assert.deepEqual(
    Object.keys(t('a')),
    ['input_ids', 'attention_mask', 'token_type_ids'],
    'and nothing that a model would take for an input',
  );
  assert.deepEqual(t('the man', { return_tensor: false }).input_ids, t.encode('the man'));
  assert.deepEqual(t(['a', 'the man'], { return_tensor: false }).attention_mask, [
    [1, 1, 1],
    [1, 1, 1, 1],
  ]);
  assert.throws(() => t(['a', 'the man']), { name: 'InputError', code: 'ragged_batch' });
  assert.throws(() => t([]), { name: 'InputError', code: 'empty_batch' });
  assert.deepEqual(numbers(t('a', { text_pair: 'the man' }).token_type_ids), [0, 0, 0, 1, 1, 1]);
});

test('token_type_ids as the files say', async () => {
  const has = async (/** @type {object} */ config) => 'token_type_ids' in (await make({ ...special, ...config }))('a');
  assert.equal(await has({ tokenizer_class: 'BertTokenizerFast' }), true);
  assert.equal(await has({ tokenizer_class: 'DistilBertTokenizer' }), false);
  assert.equal(await has({ tokenizer_class: 'MPNetTokenizer' }), false);
  assert.equal(await has({ tokenizer_class: 'RobertaTokenizer' }), false);
  assert.equal(
    await has({ tokenizer_class: 'BertTokenizer', model_input_names: ['input_ids', 'attention_mask'] }),
    false,
  );
  assert.equal(await has({ model_input_names: ['input_ids', 'token_type_ids'] }), true);
  assert.equal('token_type_ids' in (await make({}))('a', { return_token_type_ids: true }), true);
});

test('truncation keeps [SEP]; options do not stick', async () => {
  const t = await make();
  const [cls, sep] = [t.cls_token_id, t.sep_token_id];
  const cut = t('a b c d e f', { truncation: true, max_length: 5, return_tensor: false }).input_ids;
  assert.deepEqual([cut.length, cut[0], cut[4]], [5, cls, sep]);
  assert.deepEqual(t('a b c', { return_tensor: false }).input_ids.length, 5);
  assert.equal(t('a '.repeat(40), { truncation: true }).input_ids.dims[1], 16, 'model_max_length');
  assert.equal(
    t('a '.repeat(40), { truncation: true, max_length: 99 }).input_ids.dims[1],
    16,
    'never beyond model_max_length',
  );
  assert.equal(t('a '.repeat(40)).input_ids.dims[1], 42, 'only where asked');
  assert.throws(() => t('a b', { truncation: true, max_length: 1 }), {
    name: 'InputError',
    code: 'max_length_too_small',
    field: 'max_length',
  });
  const pair = t('a b c d e f', { text_pair: 'g h', truncation: 'only_first', max_length: 8 });
  assert.deepEqual(pair.tokens(), ['[CLS]', 'a', 'b', 'c', '[SEP]', 'g', 'h', '[SEP]']);
  const left = t(['a', 'b c'], { padding: 'max_length', max_length: 6, padding_side: 'left' });
  assert.deepEqual(numbers(left.attention_mask), [0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1]);
  assert.equal(t.padding_side, 'right');
  assert.deepEqual(numbers(t(['a', 'b c'], { padding: true, pad_to_multiple_of: 8 }).attention_mask).length, 16);
});

test('offsets, masks, words and overflow where asked for', async () => {
  const t = await make();
  const b = t('the man a b c', {
    truncation: true,
    max_length: 5,
    stride: 1,
    return_overflowing_tokens: true,
    return_offsets_mapping: true,
    return_special_tokens_mask: true,
  });
  assert.deepEqual(b.input_ids.dims, [2, 5]);
  assert.deepEqual(b.offset_mapping?.dims, [2, 5, 2]);
  assert.deepEqual(numbers(b.overflow_to_sample_mapping), [0, 0]);
  assert.deepEqual(numbers(b.special_tokens_mask), [1, 0, 0, 0, 1, 1, 0, 0, 0, 1]);
  assert.deepEqual(b.tokens(1), ['[CLS]', 'a', 'b', 'c', '[SEP]']);
  const lazy = t(['Schüssel', 'the man'], { padding: true });
  assert.deepEqual(lazy.word_ids(1).slice(0, 4), [null, 0, 1, null]);
  assert.deepEqual(lazy.sequence_ids(1).slice(0, 4), [null, 0, 0, null]);
  assert.equal(lazy.char_to_token(1, 5), 2);
  assert.deepEqual(lazy.token_to_chars(0, 1), [0, 3]);
  assert.equal(lazy.tokens(1).at(-1), '[PAD]');
  const words = t(['the', 'man'], { is_split_into_words: true });
  assert.deepEqual(words.word_ids(), [null, 0, 1, null]);
  assert.deepEqual(t([['the', 'man'], ['a']], { is_split_into_words: true, padding: true }).input_ids.dims, [2, 4]);
  assert.deepEqual(t('a b', { return_offsets_mapping: true, return_tensor: false }).offset_mapping, [
    [0, 0],
    [0, 1],
    [2, 3],
    [0, 0],
  ]);
});

test('decoding, whatever the ids come in', async () => {
  const t = await make(),
    ids = t.encode('the man');
  for (const kind of [
    ids,
    Int32Array.from(ids),
    BigInt64Array.from(ids.map(BigInt)),
    new Tensor('int64', ids.map(BigInt), [ids.length]),
  ]) {
    assert.equal(t.decode(kind, { skip_special_tokens: true }), 'the man');
  }
  assert.equal(t.decode([]), '');
  assert.deepEqual(t.batch_decode(t(['the man', 'a'], { padding: true }).input_ids, { skip_special_tokens: true }), [
    'the man',
    'a',
  ]);
  assert.deepEqual(t.batch_decode([]), []);
});

test('special tokens and the vocabulary', async () => {
  const t = await make(bert, { bos_token: '[CLS]' });
  assert.deepEqual(
    [t.unk_token, t.cls_token, t.sep_token, t.pad_token, t.mask_token, t.bos_token],
    ['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]', '[CLS]'],
  );
  assert.deepEqual(
    [t.unk_token_id, t.cls_token_id, t.sep_token_id, t.pad_token_id, t.mask_token_id, t.eos_token_id],
    [0, 1, 2, 3, 4, undefined],
  );
  assert.deepEqual(
    [...t.all_special_ids].sort((a, b) => a - b),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(t.convert_tokens_to_ids(['[SEP]', 'no such token']), [2, 0]);
  assert.equal(t.convert_tokens_to_ids('[SEP]'), 2);
  assert.deepEqual(t.convert_ids_to_tokens([2, 3n]), ['[SEP]', '[PAD]']);
  assert.equal(t.get_vocab().get('[PAD]'), 3);
  assert.deepEqual(t.tokenize('the man'), ['the', 'man']);
  assert.equal(internal(t).continuing_subword_prefix, '##');
  t.add_tokens(['<x>'], { special_tokens: true });
  assert.ok(t.all_special_tokens.includes('<x>'));
  const unlimited = await make({ ...special, model_max_length: 1e30 });
  assert.equal(unlimited.model_max_length, Infinity);
  await assert.rejects(make({ padding_side: 'up' }), {
    name: 'TokenizerError',
    file: 'tokenizer_config.json',
    field: 'padding_side',
  });
});

test('rows for pipelines: what the model takes holds where the files say nothing', async () => {
  const long = 'the man '.repeat(300);
  /**
   * @param {object} config
   * @param {object} options
   */
  const row = async (config, options) => {
    const rows = internal(await make(config)).encodeRows([long], { truncation: true, ...options });
    return [rows.lengthOf(0), 'token_type_ids' in rows.inputs([0])];
  };
  const silent = { model_max_length: 1e30 },
    bert = { ...silent, tokenizer_class: 'BertTokenizer' },
    roberta = { ...silent, tokenizer_class: 'RobertaTokenizer' };
  assert.deepEqual(await row(silent, { max_length: 512 }), [512, false]);
  assert.deepEqual(await row(silent, { max_length: 512, typeIds: true }), [512, true]);
  assert.deepEqual(await row({ model_max_length: 100 }, { max_length: 512 }), [100, false]);
  assert.deepEqual(await row(bert, { max_length: 512, typeIds: false }), [512, true]);
  assert.deepEqual(await row(roberta, { max_length: 512, typeIds: true }), [512, false]);
  assert.deepEqual(await row({ ...silent, model_input_names: ['token_type_ids'] }, {}), [602, true]);
});

test('rows for pipelines: padded only where they meet', async () => {
  const t = await make(),
    rows = internal(t).encodeRows(['the man', 'a'], { truncation: true, details: true });
  assert.deepEqual([rows.count, rows.lengthOf(0), rows.lengthOf(1)], [2, 4, 3]);
  const { input_ids, attention_mask } = rows.inputs([1, 0]);
  assert.deepEqual(
    [[...input_ids.data], input_ids.dims],
    [
      [1, t.convert_tokens_to_ids('a'), 2, 3, ...t.encode('the man')],
      [2, 4],
    ],
  );
  assert.deepEqual([...attention_mask.data], [1, 1, 1, 0, 1, 1, 1, 1]);
  assert.deepEqual(
    [rows.offsetsOf(0, 2), rows.wordSpan(0, 2), rows.isSpecial(0, 0), rows.sequenceOf(0, 0)],
    [[4, 7], [4, 7], true, -1],
  );
  assert.equal(internal(t).encodeRows([]).count, 0);
  const flat = internal(t).encodeForModel(['the man', 'a']);
  assert.deepEqual(
    [flat.dims, [...flat.input_ids].slice(4)],
    [
      [2, 4],
      [1, t.convert_tokens_to_ids('a'), 2, 3],
    ],
  );
});

test('AutoTokenizer reads a folder', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wasmformers-'));
  await assert.rejects(AutoTokenizer.from_pretrained(folder), { code: 'not_found', file: 'tokenizer.json' });
  writeFileSync(path.join(folder, 'tokenizer.json'), json);
  const bare = await AutoTokenizer.from_pretrained(folder);
  assert.deepEqual(Object.keys(bare('a')), ['input_ids', 'attention_mask']);
  writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify(bert));
  const t = await AutoTokenizer.from_pretrained(folder);
  assert.equal(t.model_max_length, 16);
  writeFileSync(path.join(folder, 'tokenizer.json'), json.slice(0, 500));
  await assert.rejects(AutoTokenizer.from_pretrained(folder), {
    name: 'TokenizerError',
    code: 'invalid_json',
    file: 'tokenizer.json',
  });
});

test("a repository with BERT's vocab.txt alone", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wasmformers-'));
  const vocab = Object.entries(JSON.parse(json).model.vocab)
    .sort((a, b) => a[1] - b[1])
    .map(([token]) => token);
  writeFileSync(path.join(folder, 'vocab.txt'), vocab.join('\n') + '\n');
  writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify(bert));
  const [old, whole] = [await AutoTokenizer.from_pretrained(folder), await make()];
  for (const text of ['the Män, 中 [MASK] unknown?', '', 'Schüssel']) {
    assert.deepEqual(
      old(text, { text_pair: 'a', return_tensor: false }),
      whole(text, { text_pair: 'a', return_tensor: false }),
    );
  }
  assert.equal(old.decode(old.encode('the man')), whole.decode(whole.encode('the man')));
  writeFileSync(path.join(folder, 'vocab.txt'), 'just\nwords\n');
  await assert.rejects(AutoTokenizer.from_pretrained(folder), { name: 'TokenizerError' });
});

test('letting go: dispose, Symbol.dispose, and forgetting', {
  skip: typeof globalThis.gc !== 'function' && 'the collector is not exposed (node --expose-gc)',
}, async () => {
  const t = await make();
  t.dispose();
  assert.throws(() => t('a'), { name: 'InputError', code: 'disposed' });
  if (Symbol.dispose) {
    const other = await Tokenizer.fromJSON(json);
    other[Symbol.dispose]();
    assert.throws(() => other.encode('a'), { code: 'disposed' });
  }
  const forgotten = [];
  for (let i = 0; i < 20; i++) forgotten.push(new WeakRef(await Tokenizer.fromJSON(json)));
  for (let i = 0; i < 20 && forgotten.some((r) => r.deref()); i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    globalThis.gc?.();
  }
  assert.ok(
    forgotten.filter((r) => r.deref()).length <= 1,
    'forgotten tokenizers are collected, and their memories with them',
  );
});
