// Repositories without a tokenizer.json: SentencePiece models, vocab.json with merges.txt and tiktoken's ranks give
// what Transformers' converters make of them (tests/fixtures/old-formats/make.py), class by class.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { AutoTokenizer } from 'wasmformers';
import { WasmTokenizer } from '../../../js/engines/tokenizer.js';
import { fixtureJson, fixturePath } from '../helpers/fixtures.js';
import { emptyFolder, rejection } from '../helpers/server.js';

const fixtures = fixturePath('old-formats/');
/** @type {Json[]} */
const groups = fixtureJson('old-formats/cases.json.gz');

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string | Buffer>} files content, or the name of a fixture with "=" before it
 * @param {object | null} config
 */
function folderOf(t, files, config) {
  const folder = emptyFolder(t);
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'string' && content.startsWith('='))
      copyFileSync(fixtures + content.slice(1), path.join(folder, name));
    else writeFileSync(path.join(folder, name), content);
  }
  if (config) writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return folder;
}

for (const { kind, files, config, cases } of groups) {
  test(`${kind} from ${files.join(' and ')}, ${JSON.stringify(config)}`, async (t) => {
    const where = files[0].endsWith('.model')
      ? { 'spiece.model': '=' + files[0] }
      : Object.fromEntries(files.map((/** @type {string} */ f) => [f, '=' + f]));
    const tokenizer = await AutoTokenizer.from_pretrained(folderOf(t, where, config)).catch((error) => {
      if (error.code !== 'unsupported_pattern') throw error;
      t.skip('regular expressions of Split are not in this build');
    });
    if (!tokenizer) return;
    for (const c of cases) {
      const options = { return_tensor: false, return_offsets_mapping: true };
      /** @type {Json} */
      const got = tokenizer(c.text, options);
      assert.deepEqual(
        tokenizer.convert_ids_to_tokens(got.input_ids),
        tokenizer.convert_ids_to_tokens(c.ids),
        JSON.stringify(c.text),
      );
      assert.deepEqual(got.input_ids, c.ids, JSON.stringify(c.text));
      assert.deepEqual(got.offset_mapping.flat(), c.offsets, JSON.stringify(c.text));
      assert.equal(
        tokenizer.decode(c.ids, { clean_up_tokenization_spaces: false, skip_special_tokens: true }),
        c.decoded,
        JSON.stringify(c.text),
      );
      if (!c.pair) continue;
      /** @type {Json} */
      const pair = tokenizer(c.text, { ...options, text_pair: 'a pair', return_token_type_ids: true });
      assert.deepEqual(pair.input_ids, c.pair, `${JSON.stringify(c.text)} and a pair`);
      assert.deepEqual(pair.token_type_ids, c.types, `${JSON.stringify(c.text)} and a pair`);
    }
    tokenizer.dispose();
  });
}

test("what tiktoken's ranks say, merge by merge", async () => {
  const { model } = groups.find((g) => g.model) ?? {};
  const { vocab, merges } = await WasmTokenizer.convert(
    readFileSync(fixtures + 'small.tiktoken'),
    'tiktoken',
    'small.tiktoken',
    '',
  );
  assert.deepEqual(vocab, model.vocab);
  assert.deepEqual(merges, model.merges);
});

test("a class is told by the model's family, and the general one is taken where nothing tells", async (t) => {
  const t5 = groups.find(({ kind }) => kind === 'T5')?.cases[3];
  const family = await AutoTokenizer.from_pretrained(
    folderOf(t, { 'spiece.model': '=unigram.model', 'config.json': '{"model_type":"mt5"}' }, null),
  );
  assert.deepEqual(family.encode(t5.text), t5.ids);
  const general = await AutoTokenizer.from_pretrained(folderOf(t, { 'tokenizer.model': '=bpe.model' }, null));
  assert.equal(general.decode(general.encode('Hello, 日本 12')), 'Hello, 日本 12');
});

test('files that are broken or missing are named', async (t) => {
  const model = readFileSync(fixtures + 'unigram.model');
  const refused = async (
    /** @type {Record<string, string | Buffer>} */ files,
    /** @type {string} */ code,
    /** @type {string} */ file,
  ) => {
    const error = await rejection(
      AutoTokenizer.from_pretrained(folderOf(t, files, { tokenizer_class: 'T5Tokenizer' })),
    );
    assert.deepEqual([error.code, error.file], [code, file], error.message);
  };
  await refused({ 'spiece.model': model.subarray(0, 5000) }, 'bad_sentencepiece_model', 'spiece.model');
  await refused(
    { 'spiece.model': Buffer.from(model.map((byte, i) => (i === 1 ? 200 : byte))) },
    'bad_sentencepiece_model',
    'spiece.model',
  );
  await refused({ 'qwen.tiktoken': 'IQ== 0\nIg== x\n' }, 'bad_tiktoken_ranks', 'qwen.tiktoken');
  await refused({ 'merges.txt': '#version: 0.2\n' }, 'missing_file', 'vocab.json');
  await refused({ 'merges.txt': 'a b\n', 'vocab.json': '{"a":0}' }, 'bad_merge', 'tokenizer.json');
  await refused({}, 'not_found', 'tokenizer.json');
});
