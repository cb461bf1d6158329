// Every exported class loads what Transformers' class of that name saves, and answers what that class answers
// (tests/fixtures/classes/make-saved.py): ids, pairs, special tokens, decoded texts.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as library from 'wasmformers';
import { fixture, fixtureJson } from '../helpers/fixtures.js';
import { emptyFolder } from '../helpers/server.js';

/**
 * @typedef {{ ids: number[], bare: number[], names: string[], pair: number[], types: number[] | null, cut: number[],
 *   decoded: string, skipped: string }} Answer
 * @typedef {{ files: Record<string, Json>, special: Record<string, [string, number]>, sides: string[],
 *   answers: Answer[] }} Saved
 * @typedef {{ tokenizer: string, config: Json, added: Record<string, number>, special: Record<string, number>,
 *   texts: string[], ids: number[][], skipped: string[] }} Lacking
 * @type {{ texts: string[], classes: Record<string, Saved>, lacking: Lacking[] }}
 */
const data = fixtureJson('classes/saved.json.gz');
const classes = /** @type {Record<string, typeof library.PreTrainedTokenizer>} */ (
  /** @type {unknown} */ (Object.fromEntries(Object.entries(library).filter(([name]) => /Tokenizer$/.test(name))))
);

/**
 * What is not as in Transformers, and why.
 * @type {Record<string, [what: string, why: string]>}
 */
const DIFFERENT = {
  Albert: ['token_type_ids', 'Transformers 4 and Transformers.js give them'],
  Herbert: ['token_type_ids', 'Transformers 4 and Transformers.js give them'],
  RoFormer: [
    'token_type_ids, Chinese',
    'Transformers 4 and Transformers.js give them, and the class cuts words by a dictionary that is in no file (jieba)',
  ],
  Siglip: [
    'special tokens in a text',
    'the class puts no ▁ after one, and decodes a space after one that is not skipped',
  ],
};

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, Json>} files
 */
function folderOf(t, files) {
  const folder = emptyFolder(t);
  for (const [name, content] of Object.entries(files)) {
    const bytes = content.base64 ? Buffer.from(content.base64, 'base64') : content;
    const isText = typeof bytes === 'string' || Buffer.isBuffer(bytes);
    writeFileSync(path.join(folder, name), isText ? bytes : JSON.stringify(bytes));
  }
  return folder;
}

for (const [what, { files, special, sides, answers }] of Object.entries(data.classes)) {
  test(`as Transformers saves it: ${what}`, async (t) => {
    const folder = folderOf(t, files),
      Class = classes[`${what.split(',')[0]}Tokenizer`];
    // Of several names for a class, Transformers saves the first.
    const named = files['tokenizer_config.json'].tokenizer_class.replace('TokenizersBackend', 'PreTrainedTokenizer');
    const asked = await Class.from_pretrained(folder),
      found = await library.AutoTokenizer.from_pretrained(folder);
    assert.ok(asked instanceof Class && found instanceof classes[named]);
    const [differs, why] = DIFFERENT[what] ?? [];
    if (differs) t.diagnostic(`not compared: ${differs}, because ${why}`);
    for (const tokenizer of [asked, found]) {
      for (const [name, [token, id]] of Object.entries(special)) {
        const named = /** @type {Json} */ (tokenizer);
        assert.deepEqual([named[name], named[name + '_id']], [token, id], name);
      }
      assert.deepEqual([tokenizer.padding_side, tokenizer.truncation_side], sides);
      for (const [i, want] of answers.entries()) {
        const text = data.texts[i],
          about = JSON.stringify(text);
        const call = (/** @type {library.TokenizerCallOptions} */ options) =>
          tokenizer(text, { return_tensor: false, ...options });
        const tokens = (/** @type {number[] | library.Tensor} */ ids) => tokenizer.convert_ids_to_tokens(ids);
        if (differs?.includes('Chinese') && /[\u3000-\uffff]/.test(text)) continue;
        if (differs?.startsWith('special') && /<unk>|<\/s>/.test(text)) continue;
        assert.deepEqual(tokens(call({}).input_ids), tokens(want.ids), about);
        assert.deepEqual(call({}).input_ids, want.ids, about);
        if (!differs?.startsWith('token_type_ids')) assert.deepEqual(Object.keys(call({})).sort(), want.names, about);
        assert.deepEqual(call({ add_special_tokens: false }).input_ids, want.bare, about);
        assert.deepEqual(call({ max_length: 7 }).input_ids, want.cut, about);
        const pair = call({ text_pair: 'the cat' });
        assert.deepEqual(pair.input_ids, want.pair, about);
        if (want.types) assert.deepEqual(pair.token_type_ids, want.types, about);
        const plain = { clean_up_tokenization_spaces: false };
        for (const [skip_special_tokens, decoded] of /** @type {const} */ ([
          [false, want.decoded],
          [true, want.skipped],
        ])) {
          if (differs?.startsWith('special') && !skip_special_tokens) continue;
          assert.equal(tokenizer.decode(want.ids, { ...plain, skip_special_tokens }), decoded, about);
          const stream = tokenizer.decodeStream({ ...plain, skip_special_tokens });
          assert.equal(want.ids.map((id) => stream.push(id)).join('') + stream.end(), decoded, about);
        }
      }
      tokenizer.dispose();
    }
  });
}

test('the table of classes names each, and each difference', () => {
  const table = readFileSync(new URL('../../tokenizers/CLASSES.md', import.meta.url), 'utf8'),
    [rows, differences] = table.split('## Where Transformers differs');
  const kinds = Object.keys(classes).map((name) => name.replace(/Tokenizer$/, ''));
  for (const kind of kinds.filter((name) => !['Auto', 'PreTrained'].includes(name)))
    assert.match(rows, new RegExp(`^\\|.*\\b${kind}\\b.*\\|`, 'm'));
  for (const kind of Object.keys(DIFFERENT)) assert.match(differences, new RegExp(`\\*\\*[^*]*\\b${kind}\\b`));
});

test('every exported class has an example', () => {
  const elsewhere = ['M2M100', 'Marian']; // translation-files.test.js
  const none = ['Bloom', 'Falcon']; // Transformers has no such class any more: TokenizersBackend reads their files
  const had = new Set(Object.keys(data.classes).map((what) => what.split(',')[0]));
  assert.deepEqual(
    Object.keys(classes)
      .map((name) => name.replace(/Tokenizer$/, ''))
      .filter((kind) => kind !== 'Auto' && !had.has(kind)),
    [...none, ...elsewhere].sort(),
  );
});

for (const { tokenizer, config, added, special, texts, ids, skipped } of data.lacking) {
  test(`tokens that the configuration names are added: ${tokenizer}, ${JSON.stringify(config)}`, async (t) => {
    const json = fixture(`tokenizers/${tokenizer}.tokenizer.json`);
    const read = await library.AutoTokenizer.from_pretrained(
      folderOf(t, { 'tokenizer.json': json, 'tokenizer_config.json': config }),
    );
    for (const [token, id] of Object.entries(added)) assert.equal(read.convert_tokens_to_ids(token), id, token);
    for (const [name, id] of Object.entries(special)) assert.equal(/** @type {Json} */ (read)[name + '_id'], id, name);
    for (const [i, text] of texts.entries()) {
      assert.deepEqual(read(text, { add_special_tokens: false, return_tensor: false }).input_ids, ids[i], text);
      const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      assert.equal(read.decode(ids[i], options), skipped[i], text);
    }
    read.dispose();
  });
}
