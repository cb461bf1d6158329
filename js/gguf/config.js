// What a GGUF file's metadata and shapes say of the model, as the config.json and generation_config.json that the
// repository of transformers would have. Keys are those of gguf-py's constants.py; what llama.cpp takes for granted is
// in its src/models. After transformers' modeling_gguf_pytorch_utils.py.

/**
 * @typedef {import('./read-header.js').Header} Header
 * @typedef {import('../utils/types.js').Json} Json
 */

/**
 * How a family's config.json is made.
 * @typedef {object} Facts
 * @property {Header} header
 * @property {(key: string, fallback?: any) => any} get a value below the architecture's name. any: of every
 *   type
 * @property {(key: string) => any} need the same; ConfigError "bad_metadata" where there is none. any: as get
 * @property {(name: string) => boolean} has whether there is such a tensor in the first layer
 * @property {(name: string) => number} rowsOf of a tensor of the first layer; 0: there is none
 * @property {number} heads
 * @property {number} keys key/value heads
 * @property {number} headDim
 * @property {number} hidden
 * @property {number} layers
 */

/**
 * Rotary positions. llama.cpp's converter writes the factors of Llama 3 and of LongRoPE as tensors.
 * @param {Facts} facts
 * @returns {Json}
 */
function rope({ header, get }) {
  const theta = get('rope.freq_base'),
    type = get('rope.scaling.type'),
    factor = get('rope.scaling.factor', get('rope.scale_linear')),
    original = get('rope.scaling.original_context_length'),
    values = (/** @type {string} */ name) => header.small.get(name + '.weight'),
    freqs = values('rope_freqs'),
    short = values('rope_factors_short') ?? freqs,
    long = values('rope_factors_long') ?? freqs,
    scale = get('rope.scaling.attn_factor', freqs && 1);
  /** @type {Json | null} */
  let scaling = null;
  if (short && long)
    scaling = {
      rope_type: 'longrope',
      short_factor: short,
      long_factor: long,
      ...(scale === undefined ? {} : { attention_factor: scale }),
    };
  else if ((type === 'linear' || type === undefined) && factor > 0 && factor !== 1)
    scaling = { rope_type: 'linear', factor };
  else if (type === 'yarn')
    scaling = { rope_type: 'yarn', factor, ...(original ? { original_max_position_embeddings: original } : {}) };
  return {
    ...(theta === undefined ? {} : { rope_theta: theta }),
    ...(scaling ? { rope_scaling: scaling } : {}),
    ...(scaling?.rope_type === 'longrope' && original ? { original_max_position_embeddings: original } : {}),
  };
}

/** @param {Facts} facts */
const partialOf = ({ get, headDim }) => get('rope.dimension_count', headDim) / headDim;

/** @type {(facts: Facts) => Json} */
const likeLlama = (facts) => ({
  hidden_size: facts.hidden,
  intermediate_size: facts.need('feed_forward_length'),
  num_hidden_layers: facts.layers,
  num_attention_heads: facts.heads,
  num_key_value_heads: facts.keys,
  head_dim: facts.headDim,
  hidden_act: 'silu',
  max_position_embeddings: facts.need('context_length'),
  ...(facts.get('attention.layer_norm_epsilon') === undefined
    ? { rms_norm_eps: facts.need('attention.layer_norm_rms_epsilon') }
    : {}),
  attention_bias: facts.has('attn_q.bias'),
  mlp_bias: facts.has('ffn_up.bias'),
  ...rope(facts),
});

/**
 * Gemma 2 and 3. Only the largest models scale scores by another size than a head's.
 * @param {Facts} facts
 * @param {number} largest its number of layers
 */
const gemma = (facts, largest) => ({
  ...likeLlama(facts),
  hidden_activation: 'gelu_pytorch_tanh',
  query_pre_attn_scalar: facts.layers === largest ? facts.hidden / facts.heads : facts.headDim,
  sliding_window: facts.get('attention.sliding_window', 4096),
});

/**
 * By general.architecture: model_type, and what config.json says.
 * @type {Record<string, [model_type: string, (facts: Facts) => Json]>}
 */
const FAMILIES = {
  llama: ['llama', likeLlama],
  qwen2: ['qwen2', likeLlama],
  qwen3: ['qwen3', likeLlama],
  olmo2: ['olmo2', likeLlama],
  smollm3: ['smollm3', likeLlama],
  granite: [
    'granite',
    (facts) => ({
      ...likeLlama(facts),
      embedding_multiplier: facts.get('embedding_scale', 1),
      attention_multiplier: facts.get('attention.scale', 1 / Math.sqrt(facts.headDim)),
      residual_multiplier: facts.get('residual_scale', 1),
      logits_scaling: facts.get('logit_scale', 1),
    }),
  ],
  qwen2moe: [
    'qwen2_moe',
    (facts) => ({
      ...likeLlama(facts),
      qkv_bias: facts.has('attn_q.bias'),
      num_experts: facts.need('expert_count'),
      num_experts_per_tok: facts.need('expert_used_count'),
      moe_intermediate_size: facts.header.tensors.get('blk.0.ffn_up_exps.weight')?.shape[1],
      shared_expert_intermediate_size: facts.rowsOf('ffn_up_shexp'),
      norm_topk_prob: facts.get('expert_weights_norm', false),
    }),
  ],
  phi3: [
    'phi3',
    (facts) => ({
      ...likeLlama(facts),
      partial_rotary_factor: partialOf(facts),
      sliding_window: facts.get('attention.sliding_window', 0) || null,
    }),
  ],
  stablelm: [
    'stablelm',
    (facts) => ({
      ...likeLlama(facts),
      layer_norm_eps: facts.need('attention.layer_norm_epsilon'),
      partial_rotary_factor: partialOf(facts),
      use_qkv_bias: facts.has('attn_q.bias'),
      qk_layernorm: facts.has('attn_q_norm.weight'),
      use_parallel_residual: facts.get('use_parallel_residual', false),
    }),
  ],
  gemma: ['gemma', (facts) => ({ ...likeLlama(facts), hidden_act: 'gelu_pytorch_tanh' })],
  gemma2: [
    'gemma2',
    (facts) => ({
      ...gemma(facts, 46),
      attn_logit_softcapping: facts.get('attn_logit_softcapping', 50),
      final_logit_softcapping: facts.get('final_logit_softcapping', 30),
    }),
  ],
  gemma3: [
    'gemma3_text',
    (facts) => ({
      ...gemma(facts, 62),
      rope_theta: facts.get('rope.freq_base', 1e6),
      rope_local_base_freq: facts.get('rope.freq_base_swa', 10000),
      sliding_window_pattern: facts.get('attention.sliding_window_pattern', 6),
      final_logit_softcapping: facts.get('final_logit_softcapping', null),
    }),
  ],
  gpt2: [
    'gpt2',
    ({ need, hidden, layers, heads }) => ({
      n_embd: hidden,
      n_layer: layers,
      n_head: heads,
      n_inner: need('feed_forward_length'),
      n_positions: need('context_length'),
      layer_norm_epsilon: need('attention.layer_norm_epsilon'),
      activation_function: 'gelu_new',
    }),
  ],
  gptneox: [
    'gpt_neox',
    (facts) => ({
      hidden_size: facts.hidden,
      intermediate_size: facts.need('feed_forward_length'),
      num_hidden_layers: facts.layers,
      num_attention_heads: facts.heads,
      max_position_embeddings: facts.need('context_length'),
      layer_norm_eps: facts.need('attention.layer_norm_epsilon'),
      rotary_pct: partialOf(facts),
      use_parallel_residual: facts.get('use_parallel_residual', true),
      attention_bias: facts.has('attn_qkv.bias'),
      hidden_act: 'gelu',
      ...rope(facts),
    }),
  ],
  falcon: [
    'falcon',
    (facts) => ({
      hidden_size: facts.hidden,
      ffn_hidden_size: facts.rowsOf('ffn_up') || 4 * facts.hidden,
      num_hidden_layers: facts.layers,
      num_attention_heads: facts.heads,
      num_kv_heads: facts.keys,
      new_decoder_architecture: facts.has('attn_norm_2.weight') || (facts.keys > 1 && facts.keys < facts.heads),
      num_ln_in_parallel_attn: facts.has('attn_norm_2.weight') ? 2 : 1,
      multi_query: facts.keys === 1,
      parallel_attn: true,
      bias: facts.has('attn_qkv.bias'),
      max_position_embeddings: facts.need('context_length'),
      layer_norm_epsilon: facts.need('attention.layer_norm_epsilon'),
      ...rope(facts),
    }),
  ],
  bloom: [
    'bloom',
    ({ need, hidden, layers, heads }) => ({
      hidden_size: hidden,
      n_layer: layers,
      n_head: heads,
      layer_norm_epsilon: need('attention.layer_norm_epsilon'),
    }),
  ],
};

/** Texts of tokens that end an answer, where they are control tokens (llama.cpp's llama-vocab.cpp, special_eog_ids). */
const ENDS = [
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '<|eom_id|>',
  '<EOT>',
  '<|end_of_text|>',
  '<|end_of_turn|>',
];

/**
 * @param {Header} header
 * @param {string} file its name
 * @param {import('./read-header.js').Errors} errors
 * @returns {{ config: Json, generation: Json, sizes: { heads: number, keys: number } }} config.json,
 *   generation_config.json, and the numbers of heads in a layer
 */
export function readConfigs(header, file, { ConfigError }) {
  const { metadata, tensors } = header;
  const bad = (/** @type {string} */ code, /** @type {string} */ what, /** @type {string} */ field) =>
    new ConfigError(`${file} ${what}`, { code, file, field });
  const arch = String(metadata.get('general.architecture') ?? '');
  if (!Object.hasOwn(FAMILIES, arch))
    throw bad(
      'unsupported_gguf',
      `holds a model of the architecture "${arch}"; there are ${Object.keys(FAMILIES).join(', ')}.`,
      'general.architecture',
    );
  if (Number(metadata.get('split.count') ?? 1) > 1)
    throw bad(
      'unsupported_gguf',
      'is one of several files of a model; join them with llama-gguf-split.',
      'split.count',
    );
  const get = (/** @type {string} */ key, /** @type {any} any: a value's type */ fallback = undefined) =>
    metadata.get(`${arch}.${key}`) ?? fallback;
  const need = (/** @type {string} */ key) => {
    const value = get(key);
    if (value === undefined) throw bad('bad_metadata', `lacks the entry ${arch}.${key}.`, `${arch}.${key}`);
    return value;
  };
  const whole = (/** @type {string} */ key, /** @type {number | undefined} */ fallback) => {
    const value = get(key, fallback);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw bad('bad_metadata', `needs a whole number ${arch}.${key}, not ${JSON.stringify(value)}.`, `${arch}.${key}`);
  };
  const table = tensors.get('token_embd.weight');
  if (!table) throw bad('missing_tensors', 'has no tensor token_embd.weight.', 'token_embd.weight');
  if (arch !== 'qwen2moe' && get('expert_count', 0) > 0)
    throw bad('unsupported_gguf', 'holds a mixture of experts, which is not supported here.', `${arch}.expert_count`);
  const rowsOf = (/** @type {string} */ name) => tensors.get(`blk.0.${name}.weight`)?.shape[0] ?? 0,
    heads = whole('attention.head_count', undefined),
    keys = whole('attention.head_count_kv', heads),
    hidden = whole('embedding_length', table.shape[1]);
  const headDim = rowsOf('attn_q') / heads || rowsOf('attn_qkv') / (heads + 2 * keys) || hidden / heads;
  const facts = {
    header,
    get,
    need,
    has: (/** @type {string} */ name) => tensors.has(`blk.0.${name}`),
    rowsOf,
    heads,
    keys,
    headDim,
    hidden,
    layers: whole('block_count', undefined),
  };
  const [model_type, make] = FAMILIES[arch],
    ids = readIds(metadata);
  const config = {
    model_type,
    vocab_size: table.shape[0],
    tie_word_embeddings: !tensors.has('output.weight'),
    ...ids,
    ...make(facts),
  };
  return { config, generation: { ...ids, eos_token_id: endsOf(metadata, ids) }, sizes: { heads, keys } };
}

/** @param {Header['metadata']} metadata */
function readIds(metadata) {
  /** @type {Record<string, number>} */
  const ids = {};
  for (const [ours, theirs] of [
    ['bos', 'bos'],
    ['eos', 'eos'],
    ['pad', 'padding'],
  ]) {
    const id = metadata.get(`tokenizer.ggml.${theirs}_token_id`);
    if (typeof id === 'number') ids[`${ours}_token_id`] = id;
  }
  return ids;
}

/**
 * Ids of all tokens that end an answer.
 * @param {Header['metadata']} metadata
 * @param {Record<string, number>} ids
 */
function endsOf(metadata, ids) {
  const tokens = metadata.get('tokenizer.ggml.tokens'),
    types = metadata.get('tokenizer.ggml.token_type'),
    named = ['eot', 'eom'].map((name) => metadata.get(`tokenizer.ggml.${name}_token_id`)),
    found = Array.isArray(tokens) && Array.isArray(types) ? ENDS.map((text) => tokens.indexOf(text)) : [],
    control = found.filter((id) => id >= 0 && /** @type {unknown[]} */ (types)[id] === 3);
  return [...new Set([ids.eos_token_id, ...named, ...control].filter((id) => typeof id === 'number'))];
}
