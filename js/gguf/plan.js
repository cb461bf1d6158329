// The plan by which the engine reads a GGUF file's tensors (wasm/tensor/gguf_stream.h): which tensor of transformers'
// model lies where, and in which order llama.cpp's converters put its rows. After convert_hf_to_gguf.py and gguf-py's
// tensor_mapping.py.

import { BLOCKS } from './read-header.js';

/**
 * @typedef {import('./read-header.js').Header} Header
 * @typedef {import('../utils/types.js').Json} Json
 */

/** Types that the engine reads. */
const READ = /^(F32|F16|BF16|Q[45]_[01]|Q8_0|Q[2-6]_K|IQ4_NL)$/;

/**
 * Names without .weight and .bias; '': what layers begin with. %: each part along the first dimension is a tensor.
 * @type {Record<string, string>}
 */
const LLAMA = {
  '': 'model.layers.',
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_qkv: 'self_attn.qkv_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'post_attention_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};
const GEMMA = { ...LLAMA, ffn_norm: 'pre_feedforward_layernorm' };
const BLOOM = {
  '': 'transformer.h.',
  token_embd: 'transformer.word_embeddings',
  token_embd_norm: 'transformer.word_embeddings_layernorm',
  output_norm: 'transformer.ln_f',
  output: 'lm_head',
  attn_norm: 'input_layernorm',
  attn_qkv: 'self_attention.query_key_value',
  attn_output: 'self_attention.dense',
  ffn_norm: 'post_attention_layernorm',
  ffn_up: 'mlp.dense_h_to_4h',
  ffn_down: 'mlp.dense_4h_to_h',
};
/**
 * By model_type.
 * @type {Record<string, Record<string, string>>}
 */
const NAMES = {
  phi3: { ...LLAMA, ffn_up: 'mlp.gate_up_proj' },
  gemma2: GEMMA,
  gemma3_text: GEMMA,
  stablelm: {
    ...LLAMA,
    attn_q_norm: 'self_attn.q_layernorm.norms.%',
    attn_k_norm: 'self_attn.k_layernorm.norms.%',
  },
  qwen2_moe: {
    ...LLAMA,
    ffn_gate_inp: 'mlp.gate',
    ffn_gate_exps: 'mlp.experts.%.gate_proj',
    ffn_up_exps: 'mlp.experts.%.up_proj',
    ffn_down_exps: 'mlp.experts.%.down_proj',
    ffn_gate_inp_shexp: 'mlp.shared_expert_gate',
    ffn_gate_shexp: 'mlp.shared_expert.gate_proj',
    ffn_up_shexp: 'mlp.shared_expert.up_proj',
    ffn_down_shexp: 'mlp.shared_expert.down_proj',
  },
  gpt2: {
    '': 'transformer.h.',
    token_embd: 'transformer.wte',
    position_embd: 'transformer.wpe',
    output_norm: 'transformer.ln_f',
    output: 'lm_head',
    attn_norm: 'ln_1',
    attn_qkv: 'attn.c_attn',
    attn_output: 'attn.c_proj',
    ffn_norm: 'ln_2',
    ffn_up: 'mlp.c_fc',
    ffn_down: 'mlp.c_proj',
  },
  bloom: BLOOM,
  falcon: BLOOM,
  gpt_neox: {
    ...BLOOM,
    '': 'gpt_neox.layers.',
    token_embd: 'gpt_neox.embed_in',
    output_norm: 'gpt_neox.final_layer_norm',
    output: 'embed_out',
    attn_qkv: 'attention.query_key_value',
    attn_output: 'attention.dense',
  },
};
/** Falcon with two norms. */
const TWO_NORMS = { attn_norm: 'ln_mlp', attn_norm_2: 'ln_attn' };

/**
 * What the converters do to a tensor besides naming it.
 * @param {string} family model_type
 * @param {string} part name in the layer
 * @param {boolean} isWeight and no bias
 * @param {{ heads: number, keys: number }} sizes
 * @returns {Json}
 */
function changes(family, part, isWeight, { heads, keys }) {
  // llama.cpp turns neighbouring values in these, where transformers turns the halves of a head.
  if (['llama', 'granite', 'smollm3'].includes(family) && (part === 'attn_q' || part === 'attn_k'))
    return { rows: 'rotary', heads: part === 'attn_q' ? heads : keys };
  if (['bloom', 'falcon', 'gpt_neox'].includes(family) && part === 'attn_qkv')
    return { rows: 'grouped', heads: keys, queries: Math.floor(heads / keys) };
  if (family === 'gpt2' && isWeight && /^(attn_qkv|attn_output|ffn_up|ffn_down)$/.test(part))
    return { rows: 'transposed' };
  if (family.startsWith('gemma') && isWeight && part.endsWith('norm')) return { add: -1 };
  return {};
}

/**
 * @param {Header} header
 * @param {string} file its name
 * @param {Json} config config.json
 * @param {{ heads: number, keys: number }} sizes
 * @param {import('./read-header.js').Errors} errors
 * @returns {string} JSON. WeightsError "unsupported_dtype" names the type of a tensor that is needed; "bad_shape"
 */
export function makePlan({ tensors, alignment }, file, config, sizes, { WeightsError }) {
  const family = config.model_type;
  /** @type {Record<string, string>} */
  const names = {
    ...(NAMES[family] ?? LLAMA),
    ...(config.num_ln_in_parallel_attn === 2 ? TWO_NORMS : {}),
  };
  /** @type {Json[]} */
  const parts = [];
  let end = 0;
  for (const { name, shape, type, begin, end: last } of tensors.values()) {
    end = last;
    const [, layer, part, ending] = /^(?:blk\.(\d+)\.)?(\w+)(\.weight|\.bias)$/.exec(name) ?? [],
      ours = part && Object.hasOwn(names, part) ? names[part] : '';
    if (!ours) continue;
    const bad = (/** @type {string} */ code, /** @type {string} */ what) =>
      new WeightsError(`Tensor "${name}" of ${file} ${what}.`, { code, file, field: name });
    const [kind, values, bytes] = BLOCKS[type];
    if (!READ.test(kind))
      throw bad(
        'unsupported_dtype',
        `is stored as ${kind}; F32, F16, BF16, Q4_0 to Q8_0, Q2_K to Q6_K and IQ4_NL can be read`,
      );
    const full = (layer === undefined ? '' : `${names['']}${layer}.`) + ours + ending,
      changed = changes(family, part, ending === '.weight', sizes);
    if (changed.rows === 'transposed' && shape.length !== 2) throw bad('bad_shape', `has the shape [${shape}]`);
    if (!full.includes('%')) {
      const own = part === 'ffn_gate_inp_shexp' && shape.length === 1 ? [1, ...shape] : shape;
      parts.push({
        name: full,
        type,
        shape: changed.rows === 'transposed' ? [...own].reverse() : own,
        begin,
        ...changed,
      });
      continue;
    }
    const [count, ...each] = shape;
    if (!each.length || count > 1 << 16) throw bad('bad_shape', `has the shape [${shape}]`);
    const size = (each.reduce((product, n) => product * n, 1) / values) * bytes;
    for (let i = 0; i < count; i++)
      parts.push({ name: full.replace('%', String(i)), type, shape: each, begin: begin + i * size, ...changed });
  }
  return JSON.stringify({ end, alignment, tensors: parts });
}
