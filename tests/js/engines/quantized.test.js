// Checkpoints that come quantized, through the classes that users load: they need nothing but config.json's word for
// it. The logits and texts are PyTorch's (tests/native/weights/quantized_test.cpp has every weight).
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { AutoModel, AutoModelForCausalLM, ConfigError, WeightsError } from 'wasmformers';
import { fixturePath } from '../helpers/fixtures.js';
import { readSafetensors } from '../helpers/safetensors.js';
import { emptyFolder, rejection } from '../helpers/server.js';

const FOLDER = fixturePath('quantized');
const cases = readdirSync(FOLDER)
  .filter((name) => existsSync(path.join(FOLDER, name, 'case.json')))
  .filter((name) => name !== 'gpt-oss-mxfp4') // no family of ours; tests/native reads its tensors
  .sort();

/**
 * A copy whose quantization_config has other fields.
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {object} fields
 */
function changed(t, name, fields) {
  const dir = emptyFolder(t);
  cpSync(path.join(FOLDER, name), dir, { recursive: true });
  const file = path.join(dir, 'config.json'),
    config = JSON.parse(readFileSync(file, 'utf8'));
  Object.assign(config.quantization_config, fields);
  writeFileSync(file, JSON.stringify(config));
  return dir;
}

for (const name of cases) {
  test(`${name}: logits and text`, async () => {
    const folder = path.join(FOLDER, name),
      io = readSafetensors(path.join(folder, 'io.safetensors')),
      [rows, length] = io['in.input_ids'].dims;
    const all = [...io['in.input_ids'].data].map(Number),
      ids = Array.from({ length: rows }, (_, r) => all.slice(r * length, (r + 1) * length));
    const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype: 'fp32' });
    const expected = io['out.logits'].data,
      mask = io['in.attention_mask'].data;
    const { logits } = await model({
      input_ids: ids,
      attention_mask: ids.map((row, r) => row.map((_, i) => Number(mask[r * length + i]))),
    });
    const vocabulary = logits.dims[2];
    let most = 1,
      worst = 0;
    for (let i = 0; i < expected.length; i++) {
      most = Math.max(most, Math.abs(expected[i]));
      if (mask[Math.floor(i / vocabulary)]) worst = Math.max(worst, Math.abs(expected[i] - logits.data[i]));
    }
    assert.ok(worst <= 1e-4 * most, `${worst} of ${most}`);
    const text = await model.generate([ids[0]], { do_sample: false, max_new_tokens: 10, min_new_tokens: 10 });
    assert.deepEqual(
      [.../** @type {Untyped} */ (text).data].map(Number),
      [...io['out.generate.greedy'].data].map(Number),
    );
    model.dispose();
  });
}

test('every dtype packs the decoded weights', async () => {
  for (const dtype of /** @type {const} */ (['auto', 'q8', 'q4', 'fp16'])) {
    const model = await AutoModelForCausalLM.from_pretrained(path.join(FOLDER, 'gptq-4bit-g32-desc'), { dtype });
    const { logits } = await model({ input_ids: [[5, 6, 7]] });
    assert.ok(logits.data.every(Number.isFinite));
    model.dispose();
  }
  const { weights, download } = await AutoModelForCausalLM.estimate(path.join(FOLDER, 'bnb-nf4'), { dtype: 'q8' });
  assert.ok(weights > 0 && download > 0);
});

test('what is not read is named', async (t) => {
  for (const [fields, field] of /** @type {const} */ ([
    [{ quant_method: 'aqlm' }, 'quantization_config.quant_method'],
    [{ bits: 9 }, 'quantization_config.bits'],
    [{ checkpoint_format: 'marlin' }, 'quantization_config.checkpoint_format'],
  ])) {
    const error = await rejection(AutoModelForCausalLM.from_pretrained(changed(t, 'gptq-2bit-g32', fields)));
    assert.ok(error instanceof ConfigError);
    assert.deepEqual([error.code, error.file, error.field], ['unsupported_config', 'config.json', field]);
  }
  // Other bits than the file has.
  const error = await rejection(AutoModelForCausalLM.from_pretrained(changed(t, 'gptq-2bit-g32', { bits: 4 })));
  assert.ok(error instanceof WeightsError);
  assert.equal(error.code, 'wrong_shape');
  assert.equal(error.file, 'model.safetensors');
});

test('encoders are read unquantized only', async (t) => {
  const dir = emptyFolder(t);
  cpSync(fixturePath('models/bert-model'), dir, { recursive: true });
  const file = path.join(dir, 'config.json'),
    config = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...config, quantization_config: { quant_method: 'bitsandbytes' } }));
  const error = await rejection(AutoModel.from_pretrained(dir));
  assert.ok(error instanceof ConfigError);
  assert.deepEqual([error.code, error.field], ['unsupported_config', 'quantization_config']);
});
