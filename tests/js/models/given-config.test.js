// The option `config` of from_pretrained: its fields go over those of the file, and errors name who is wrong.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoModel, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, pipeline } from 'wasmformers';
import { emptyFolder, rejection } from '../helpers/server.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/pipelines/text-classification', import.meta.url));
const written = JSON.parse(readFileSync(path.join(FOLDER, 'config.json'), 'utf8'));

test('some fields over config.json', async () => {
  const id2label = { 0: 'bad', 1: 'good', 2: 'so-so' };
  const model = await AutoModelForSequenceClassification.from_pretrained(FOLDER, { config: { id2label } });
  assert.deepEqual(model.config, { ...written, id2label });
  model.dispose();
  const classify = await pipeline('text-classification', FOLDER, { config: { id2label } }),
    plain = await pipeline('text-classification', FOLDER);
  const [{ label, score }] = await classify('a good dog'),
    [without] = await plain('a good dog');
  assert.ok(Object.values(id2label).includes(label));
  assert.equal(score, without.score);
  await classify.dispose();
  await plain.dispose();
});

test('a repository without config.json takes a whole one', async (t) => {
  const dir = emptyFolder(t);
  cpSync(FOLDER, dir, { recursive: true });
  rmSync(path.join(dir, 'config.json'));
  (await AutoModel.from_pretrained(dir, { config: written })).dispose();
  const error = await rejection(AutoModel.from_pretrained(dir, { config: { hidden_act: 'gelu' } }));
  assert.deepEqual([error.code, error.file], ['not_found', 'config.json']);
});

test('an error names the option or the file, whichever has the field', async (t) => {
  const dir = emptyFolder(t);
  cpSync(FOLDER, dir, { recursive: true });
  for (const [config, field] of /** @type {[Record<string, unknown>, string][]} */ ([
    [{ hidden_act: 'nope' }, 'hidden_act'],
    [{ hidden_size: -1 }, 'hidden_size'],
    [{ model_type: 'none' }, 'model_type'],
  ])) {
    for (const Class of [PreTrainedModel, AutoModel]) {
      const error = await rejection(Class.from_pretrained(dir, { config }));
      assert.deepEqual([error.name, error.file, error.field], ['ConfigError', '', field]);
      assert.match(error.message, /the option config/);
      assert.doesNotMatch(error.message, /config\.json/);
    }
  }
  writeFileSync(path.join(dir, 'config.json'), JSON.stringify({ ...written, hidden_act: 'nope' }));
  const error = await rejection(AutoModel.from_pretrained(dir, { config: { id2label: {} } }));
  assert.deepEqual([error.file, error.field], ['config.json', 'hidden_act']);
  const none = await rejection(AutoModel.from_pretrained(dir, { config: /** @type {Untyped} */ (5) }));
  assert.deepEqual([none.name, none.code, none.field], ['ConfigError', 'wrong_type', 'config']);
});

test('the same for tokenizer_config.json', async () => {
  const left = await AutoTokenizer.from_pretrained(FOLDER, { config: { padding_side: 'left' } }),
    plain = await AutoTokenizer.from_pretrained(FOLDER);
  assert.equal(left.padding_side, 'left');
  assert.equal(left.pad_token, plain.pad_token);
  assert.equal((await AutoTokenizer.from_pretrained(FOLDER, { config: written })).padding_side, plain.padding_side);
  const error = await rejection(AutoTokenizer.from_pretrained(FOLDER, { config: { padding_side: 'up' } }));
  assert.deepEqual([error.name, error.file, error.field], ['TokenizerError', '', 'padding_side']);
});
