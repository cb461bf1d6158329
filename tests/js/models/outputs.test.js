// What model calls return, config.json by itself, and guidance as a processor.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import * as library from 'wasmformers';
import { rejection } from '../helpers/server.js';

const { AutoConfig, AutoModel, ModelOutput, PreTrainedModel, PretrainedConfig, Tensor } = library;
const folder = (/** @type {string} */ name) => fileURLToPath(new URL(`../../fixtures/models/${name}`, import.meta.url));

test('a call returns the output class of its head', async () => {
  for (const [name, Class, keys] of /** @type {[string, keyof typeof library, string[]][]} */ ([
    ['bert-model', 'BaseModelOutput', ['last_hidden_state', 'pooler_output']],
    ['bert-mlm', 'MaskedLMOutput', ['logits']],
    ['bert-classify', 'SequenceClassifierOutput', ['logits']],
    ['bert-ner', 'TokenClassifierOutput', ['logits']],
    ['bert-qa', 'QuestionAnsweringModelOutput', ['start_logits', 'end_logits']],
  ])) {
    const model = await PreTrainedModel.from_pretrained(folder(name), { dtype: 'fp32' }),
      outputs = await model({ input_ids: [[5, 6, 7]] });
    assert.ok(outputs instanceof /** @type {Untyped} */ (library[Class]) && outputs instanceof ModelOutput, name);
    assert.deepEqual(Object.keys(outputs), keys, name);
    assert.ok(outputs[keys[0]] instanceof Tensor);
    model.dispose();
  }
});

test('config.json by itself', async () => {
  const config = await AutoConfig.from_pretrained(folder('bert-model'));
  assert.ok(config instanceof PretrainedConfig);
  assert.deepEqual([config.model_type, config.hidden_size, config.is_encoder_decoder], ['bert', 32, false]);
  const changed = await AutoConfig.from_pretrained(folder('bert-model'), { config: { hidden_act: 'relu' } });
  assert.deepEqual([changed.model_type, changed.hidden_act], ['bert', 'relu']);
  assert.equal(await AutoConfig.from_pretrained('any/id', { config }), config);
  assert.equal((await rejection(AutoConfig.from_pretrained(folder('none')))).code, 'not_found');
  // A config that was read is one that a model takes.
  const model = await AutoModel.from_pretrained(folder('bert-model'), { dtype: 'fp32', config });
  model.dispose();
});

test('ClassifierFreeGuidanceLogitsProcessor: the condition counts guidance_scale times', () => {
  const process = new library.ClassifierFreeGuidanceLogitsProcessor(1.5),
    logits = new Tensor('float32', [1, 2, 3, 4, 0, 0, 1, 1], [4, 2]);
  // free + 1.5 · (given - free)
  assert.deepEqual(process([[1n], [2n]], logits)?.tolist(), [
    [1.5, 3],
    [4, 5.5],
  ]);
  assert.throws(() => process([[1n]], logits), { name: 'InputError', code: 'shape_mismatch' });
  for (const scale of [1, 0, NaN])
    assert.throws(() => new library.ClassifierFreeGuidanceLogitsProcessor(scale), { code: 'bad_option' });
});
