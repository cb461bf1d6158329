// Repositories from before tokenizer.json and tokenizer_class: vocab.txt is enough.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoTokenizer, pipeline } from 'wasmformers';
import { emptyFolder, rejection } from '../helpers/server.js';

const source = fileURLToPath(new URL('../../fixtures/pipelines/zero-shot-classification', import.meta.url));
const TEXTS = ['Angela Merkel lives in Berlin!', ' naïve CAFÉ  北京 [MASK] 42 ', '', 'wolfgang\tunaffable'];

/**
 * @param {import('node:test').TestContext} t
 * @param {object | null} config tokenizer_config.json
 */
function old(t, config) {
  const folder = emptyFolder(t);
  cpSync(source, folder, { recursive: true });
  const { vocab } = JSON.parse(readFileSync(path.join(folder, 'tokenizer.json'), 'utf8')).model;
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) rmSync(path.join(folder, file));
  writeFileSync(
    path.join(folder, 'vocab.txt'),
    Object.keys(vocab)
      .sort((a, b) => vocab[a] - vocab[b])
      .join('\n') + '\n',
  );
  if (config) writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return folder;
}

test('vocab.txt gives the same tokens, pairs and offsets as tokenizer.json', async (t) => {
  const want = await AutoTokenizer.from_pretrained(source),
    got = await AutoTokenizer.from_pretrained(old(t, null));
  for (const text of TEXTS) {
    for (const text_pair of [null, 'new york']) {
      const options = {
        text_pair,
        return_tensor: false,
        return_offsets_mapping: true,
        return_special_tokens_mask: true,
      };
      assert.deepEqual({ ...got(text, options) }, { ...want(text, options) });
    }
    assert.equal(
      got.decode(got.encode(text), { skip_special_tokens: true }),
      want.decode(want.encode(text), { skip_special_tokens: true }),
    );
  }
  for (const name of /** @type {const} */ (['pad', 'unk', 'cls', 'sep', 'mask']))
    assert.equal(got[`${name}_token_id`], want[`${name}_token_id`], name);
});

test('do_lower_case and special tokens are those of tokenizer_config.json', async (t) => {
  const cased = await AutoTokenizer.from_pretrained(old(t, { do_lower_case: false }));
  assert.deepEqual(cased.tokenize('A cat'), ['[UNK]', 'cat']);
  const other = await AutoTokenizer.from_pretrained(old(t, { cls_token: ';', sep_token: { content: '!' } }));
  assert.deepEqual(other.convert_ids_to_tokens(other.encode('cat')), [';', 'cat', '!']);
});

test('a pipeline over vocab.txt answers as over tokenizer.json', async (t) => {
  const cases = JSON.parse(readFileSync(path.join(source, 'expected.json'), 'utf8'));
  for (const config of [null, { do_lower_case: true }]) {
    const pipe = /** @type {Untyped} */ (await pipeline('zero-shot-classification', old(t, config), { dtype: 'fp32' }));
    for (const { args, options, result } of cases) {
      const got = [await pipe(...args, options)].flat(),
        want = [result].flat();
      got.forEach((g, i) => {
        assert.deepEqual(g.labels, want[i].labels);
        g.scores.forEach((/** @type {number} */ s, /** @type {number} */ k) =>
          assert.ok(Math.abs(s - want[i].scores[k]) < 2e-5),
        );
      });
    }
    await pipe.dispose();
  }
});

test("a tokenizer.json without a class beside it: the model's family tells of token_type_ids", async (t) => {
  const folder = emptyFolder(t);
  cpSync(source, folder, { recursive: true });
  writeFileSync(path.join(folder, 'tokenizer_config.json'), '{"model_max_length": 96}');
  const pipe = /** @type {Untyped} */ (await pipeline('zero-shot-classification', folder, { dtype: 'fp32' }));
  const [{ args, options, result }] = JSON.parse(readFileSync(path.join(source, 'expected.json'), 'utf8'));
  const got = await pipe(...args, options);
  assert.deepEqual(got.labels, result.labels);
  got.scores.forEach((/** @type {number} */ s, /** @type {number} */ k) =>
    assert.ok(Math.abs(s - result.scores[k]) < 2e-5),
  );
  await pipe.dispose();
});

test('neither of them is named as missing', async (t) => {
  const folder = old(t, null);
  rmSync(path.join(folder, 'vocab.txt'));
  const error = await rejection(AutoTokenizer.from_pretrained(folder));
  assert.deepEqual([error.name, error.code, error.file], ['HubError', 'not_found', 'tokenizer.json']);
});
