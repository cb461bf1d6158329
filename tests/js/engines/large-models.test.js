// What only shows with large models, on small ones: memory that is refused, what estimate() promises.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { AutoModelForCausalLM } from 'wasmformers';
import { safetensorsBytes } from '../helpers/safetensors.js';
import { emptyFolder, rejection } from '../helpers/server.js';
import { LLAMA } from '../helpers/writer.js';

const config = JSON.parse(readFileSync(path.join(LLAMA, 'config.json'), 'utf8'));
const ids = [[1, 5, 9, 12]];

/**
 * A page whose memory grows no further than this.
 * @param {import('node:test').TestContext} t
 * @param {number} most bytes
 */
function limitMemory(t, most) {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (/** @type {number} */ pages) {
    if (this.buffer.byteLength + pages * 65536 > most)
      throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
    return grow.call(this, pages);
  };
  const back = () => {
    WebAssembly.Memory.prototype.grow = grow;
  };
  t.after(back);
  return back;
}

test('weights that memory is refused for are an error before anything is downloaded', async (t) => {
  const back = limitMemory(t, 64 << 20);
  /** @type {string[]} */
  const read = [];
  /** @type {import('wasmformers').ModelOptions} */
  const asked = {
    dtype: 'q8',
    progress_callback: (event) => {
      if (event.status === 'progress') read.push(event.file);
    },
  };
  const error = await rejection(
    AutoModelForCausalLM.from_pretrained(LLAMA, {
      ...asked,
      config: {
        ...config,
        hidden_size: 1024,
        intermediate_size: 4096,
        num_attention_heads: 16,
        num_key_value_heads: 16,
        head_dim: 64,
        num_hidden_layers: 8,
      },
    }),
  );
  assert.deepEqual([error.name, error.code], ['MemoryError', 'out_of_memory'], error.stack);
  assert.match(error.message, /weights take 1\d{8} bytes/);
  assert.ok(!read.includes('model.safetensors'), read.join());
  back();
  const model = await AutoModelForCausalLM.from_pretrained(LLAMA, asked);
  assert.equal((await model.generate(ids, { max_new_tokens: 2, eos_token_id: [] })).dims[1], 6);
  assert.ok(read.includes('model.safetensors'));
  model.dispose();
});

/**
 * A checkpoint of 11 M weights, most of them in the table of its tokens, as large vocabularies have it.
 * @param {import('node:test').TestContext} t
 */
function wide(t) {
  const dir = emptyFolder(t),
    d = 128,
    f = 512,
    vocab = 80_000;
  const own = {
    ...config,
    vocab_size: vocab,
    hidden_size: d,
    intermediate_size: f,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    head_dim: 32,
    tie_word_embeddings: true,
    max_position_embeddings: 4096,
    rope_scaling: null,
  };
  /** @type {[string, number[]][]} */
  const list = [
    ['model.embed_tokens.weight', [vocab, d]],
    ['model.norm.weight', [d]],
  ];
  for (const i of [0, 1]) {
    const layer = `model.layers.${i}.`;
    list.push(
      [`${layer}input_layernorm.weight`, [d]],
      [`${layer}post_attention_layernorm.weight`, [d]],
      [`${layer}mlp.down_proj.weight`, [d, f]],
      [`${layer}mlp.gate_proj.weight`, [f, d]],
      [`${layer}mlp.up_proj.weight`, [f, d]],
    );
    for (const name of 'kqvo') list.push([`${layer}self_attn.${name}_proj.weight`, [d, d]]);
  }
  /** @type {Record<string, Json>} */
  const header = {};
  let end = 0;
  for (const [name, shape] of list)
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, (end += 2 * shape.reduce((a, b) => a * b))] };
  const values = new Uint16Array(end / 2);
  for (let i = 0, state = 1; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = 0x3c00 | ((state >>> 9) & 0x807f); // ± 0.008
  }
  writeFileSync(path.join(dir, 'model.safetensors'), safetensorsBytes(header, Buffer.from(values.buffer)));
  writeFileSync(path.join(dir, 'config.json'), JSON.stringify(own));
  return dir;
}

test('what estimate() says is enough, and within what is promised: 1.25 × weights + cache + 32 MB', async (t) => {
  const dir = wide(t);
  for (const dtype of /** @type {const} */ (['q8', 'q4', 'fp16'])) {
    const said = await AutoModelForCausalLM.estimate(dir, { dtype, max_length: 1024, rows: 2 });
    const model = await AutoModelForCausalLM.from_pretrained(dir, { dtype });
    const prompt = Array.from({ length: 2 }, (_, row) =>
      Array.from({ length: 700 }, (_, i) => (i * 7919 + row) % 80_000),
    );
    assert.equal(
      (
        await model.generate(prompt, {
          max_new_tokens: 324,
          min_new_tokens: 8,
          stopping_criteria: [
            (/** @type {Untyped} */ rows) => rows.map((/** @type {Untyped} */ row) => row.length > 706),
          ],
        })
      ).dims[0],
      2,
    );
    const { memoryBytes } = model.stats,
      line = `${dtype}: ${JSON.stringify({ ...said, memoryBytes })}`;
    t.diagnostic(line);
    assert.ok(memoryBytes <= said.memory, line);
    assert.ok(said.memory <= 1.25 * said.weights + said.cache + 32e6, line);
    model.dispose();
  }
});
