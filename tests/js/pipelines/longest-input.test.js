// How many tokens a pipeline gives a model at most: by the tokenizer's files, and by what the model declares.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoModel } from '../../../js/index.js';
import { Pipeline } from '../../../js/pipelines/pipeline.js';

test('the tokenizer counts, then what the model was trained on; never more than it takes', () => {
  const cases = [
    [Infinity, { length: 512, trainedLength: 512 }, 512],
    [128, { length: 512, trainedLength: 512 }, 128],
    [1024, { length: 512, trainedLength: 512 }, 512],
    [Infinity, { length: 0, trainedLength: 512 }, 512], // relative positions
    [1024, { length: 0, trainedLength: 512 }, 1024],
    [Infinity, { length: 0 }, Infinity],
    [Infinity, { length: 77 }, 77],
  ];
  for (const [model_max_length, limits, longest] of cases) {
    const parts = /** @type {Untyped} */ ({ task: '', model: { engine: { limits } }, tokenizer: { model_max_length } });
    assert.equal(new Pipeline(parts).maxLength, longest, JSON.stringify([model_max_length, limits]));
  }
});

test('models declare their limits: positions behind padding, relative positions without an end', async () => {
  const limits = {
    'bert-model': { length: 64, trainedLength: 64, vocabulary: 199 },
    'roberta-model': { length: 40, trainedLength: 40, vocabulary: 61 },
    'mpnet-model-pad': { length: 40, trainedLength: 40, vocabulary: 61 }, // behind 1, though pad_token_id is 3
    'deberta-v2-model': { length: 0, trainedLength: 40, vocabulary: 61 },
    'deberta-v2-model-absolute': { length: 40, trainedLength: 40, vocabulary: 61 },
  };
  for (const [name, want] of Object.entries(limits)) {
    const folder = fileURLToPath(new URL(`../../fixtures/models/${name}`, import.meta.url));
    const model = await AutoModel.from_pretrained(folder, { dtype: 'fp32' });
    assert.deepEqual(/** @type {Untyped} */ (model).engine.limits, want, name);
    if (want.length) {
      const ids = Array(want.length).fill(5);
      await model({ input_ids: [ids] });
      await assert.rejects(model({ input_ids: [[...ids, 5]] }), { name: 'InputError', code: 'too_long' });
    }
    model.dispose();
  }
});
