// Models in GGUF files through the whole stack. *-lm.gguf hold the decoders of tests/fixtures/lm as gguf-py names and
// llama.cpp's converters order their tensors (make-gguf.py): they answer as PyTorch does for the original. The folders
// hold quantized ones, with PyTorch's answers for the dequantized weights.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { AutoModelForCausalLM } from 'wasmformers';
import { fixtureJson, fixturePath } from '../helpers/fixtures.js';
import { readSafetensors } from '../helpers/safetensors.js';

/**
 * What config.json of a case says and no GGUF file can.
 * @type {Record<string, object>}
 */
const UNSAID = {
  'gemma3-batch-lm': { layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'] },
  'llama-bias-lm': { hidden_act: 'gelu' },
  'smollm3-nope-lm': { no_rope_layers: [1, 0, 1] },
};

const ALL = readdirSync(fixturePath('gguf'), { withFileTypes: true }),
  CASES = ALL.filter((entry) => entry.name.endsWith('-lm.gguf')).map(({ name }) => name.slice(0, -5)),
  QUANTIZED = ALL.filter((entry) => entry.isDirectory() && entry.name !== 'blocks').map(({ name }) => name);

test('there are cases', () => assert.ok(CASES.length >= 20 && QUANTIZED.length >= 6));

/**
 * @param {Untyped} model
 * @param {Record<string, { data: Untyped, dims: number[] }>} io
 */
async function compareLogits(model, io) {
  const ids = io['in.input_ids'],
    mask = io['in.attention_mask'],
    want = io['out.logits'];
  const { logits } = await model({ input_ids: ids, ...(mask ? { attention_mask: mask } : {}) });
  assert.deepEqual(logits.dims, want.dims);
  const inner = want.dims[2];
  let biggest = 1,
    worst = 0;
  for (let i = 0; i < want.data.length; i++) {
    biggest = Math.max(biggest, Math.abs(want.data[i]));
    if (!mask || Number(mask.data[Math.floor(i / inner)]))
      worst = Math.max(worst, Math.abs(want.data[i] - logits.data[i]));
  }
  assert.ok(worst <= 1e-4 * biggest, `off by ${worst}, largest ${biggest}`);
}

for (const name of CASES) {
  test(`${name} as GGUF answers as PyTorch does`, async () => {
    const model = await AutoModelForCausalLM.from_pretrained(fixturePath(`gguf/${name}.gguf`), {
      dtype: 'fp32',
      ...(UNSAID[name] ? { config: UNSAID[name] } : {}),
    });
    assert.equal(model.config.model_type, fixtureJson(`lm/${name}/config.json`).model_type);
    await compareLogits(model, readSafetensors(fixturePath(`lm/${name}/io.safetensors`)));
    model.dispose();
  });
}

for (const name of QUANTIZED) {
  test(`${name} is the model of its dequantized weights`, async () => {
    const io = readSafetensors(fixturePath(`gguf/${name}/io.safetensors`)),
      model = await AutoModelForCausalLM.from_pretrained(fixturePath(`gguf/${name}/model.gguf`), { dtype: 'fp32' });
    await compareLogits(model, io);
    const [rows, length] = io['in.input_ids'].dims,
      want = [...io['out.generate.greedy'].data].map(Number),
      first = { data: [...io['in.input_ids'].data].slice(0, length), dims: [1, length] };
    assert.ok(rows >= 1);
    const got = await model.generate(first, { max_new_tokens: 10, min_new_tokens: 10, do_sample: false });
    assert.deepEqual([...got.data].map(Number), want);
    model.dispose();
  });
}
