// What a GGUF file's metadata says of the tokenizer, as the files that a repository of transformers would have:
// tokenizer.json for byte-level BPE ("gpt2"); for SentencePiece's BPE ("llama") a tokenizer.model, of which
// tokenizers/legacy makes a tokenizer.json. How a text is cut before BPE, the file says by a name alone
// (tokenizer.ggml.pre): llama.cpp's llama-vocab.cpp has the patterns, here are those of the tokenizer.json that each
// name stands for.

/**
 * @typedef {import('./read-header.js').Header['metadata']} Metadata
 * @typedef {import('../utils/types.js').Json} Json
 * @typedef {Record<string, string | Uint8Array>} Files texts and bytes by name
 */

/** tokenizer.ggml.token_type; the numbers are SentencePiece's. */
const NORMAL = 1,
  CONTROL = 3,
  USER_DEFINED = 4,
  BYTE = 6;

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
  LOWER = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}',
  UPPER = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}',
  ENDS = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
/** @param {string} digits how many are one piece */
const cl100k = (digits) =>
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${ENDS}`;
/**
 * Words in camel case are cut.
 * @param {string} behind what may follow a word
 * @param {string} digits
 */
const byCase = (behind, digits) =>
  `[^\\r\\n\\p{L}\\p{N}]?[${UPPER}]*[${LOWER}]+${behind}|[^\\r\\n\\p{L}\\p{N}]?[${UPPER}]+[${LOWER}]*${behind}|` +
  `\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${ENDS}`;

/** @param {string} Regex */
const isolated = (Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
/** @param {boolean} use_regex GPT-2's own pattern */
const byteLevel = (use_regex) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex });
/** @type {(...patterns: string[]) => Json[]} */
const cutBy = (...patterns) => [...patterns.map(isolated), byteLevel(false)];

/**
 * By the name of the first in each list: the pre-tokenizers.
 * @type {Record<string, Json[]>}
 */
const CUTS = {
  'gpt-2': [byteLevel(true)],
  'llama-bpe': cutBy(cl100k('{1,3}')),
  qwen2: cutBy(cl100k('')),
  smollm: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
  tekken: cutBy(byCase('', '')),
  'gpt-4o': cutBy(byCase(`${CONTRACTIONS}?`, '{1,3}')),
  'deepseek-coder': cutBy(
    '[\\r\\n]',
    '\\s?\\p{L}+',
    '\\s?\\p{P}+',
    '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+',
    '\\p{N}',
  ),
  bloom: [
    { type: 'Split', pattern: { Regex: ' ?[^(\\s|[.,!?…。，、।۔،])]+' }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
  falcon: [
    { type: 'Punctuation', behavior: 'Contiguous' },
    byteLevel(true),
    { type: 'Digits', individual_digits: false },
    isolated('[0-9][0-9][0-9]'),
  ],
};
/** Other names for the same cut. */
const SAME = Object.fromEntries(
  Object.entries({
    'gpt-2': 'phi-2 olmo mpt gigachat jais-2',
    'llama-bpe': 'llama3 llama-v3 dbrx smaug-bpe falcon3 pixtral lfm2',
    qwen2: 'stablelm2 deepseek-r1-qwen kormo megrez',
    smollm: 'starcoder refact command-r codeshell exaone granite-docling minerva-7b',
    'gpt-4o': 'llama4',
  }).flatMap(([name, others]) => others.split(' ').map((other) => [other, name])),
);
/** Files from before there were names, by architecture. */
const UNNAMED = /** @type {Record<string, string>} */ ({
  llama: 'llama-bpe',
  smollm3: 'llama-bpe',
  qwen2: 'qwen2',
  qwen2moe: 'qwen2',
  qwen3: 'qwen2',
  stablelm: 'qwen2',
  olmo2: 'llama-bpe',
  granite: 'smollm',
  bloom: 'bloom',
  falcon: 'falcon',
});
/** Names of tokenizers that look a whole piece up before they merge, and begin with BOS where the file does not say. */
const WHOLE_FIRST = ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'pixtral', 'lfm2', 'tekken'];

/**
 * @param {Metadata} metadata
 * @param {string} file its name
 * @param {number} vocabulary rows of the table of embeddings
 * @param {import('./read-header.js').Errors} errors
 * @returns {Files} none where the file has no tokenizer
 */
export function tokenizerFiles(metadata, file, vocabulary, { TokenizerError }) {
  const get = (/** @type {string} */ key) => metadata.get(`tokenizer.ggml.${key}`);
  const bad = (/** @type {string} */ code, /** @type {string} */ what, /** @type {string} */ key) =>
    new TokenizerError(`${file} ${what}.`, { code, file, field: `tokenizer.ggml.${key}` });
  const model = get('model'),
    tokens = get('tokens');
  if (model === undefined || model === 'none' || model === 'no_vocab') return {};
  if (model !== 'gpt2' && model !== 'llama')
    throw bad('unsupported_model', `has a tokenizer of the kind "${model}"; there are gpt2 and llama`, 'model');
  const types = get('token_type') ?? [],
    scores = get('scores') ?? [],
    merges = get('merges') ?? [];
  const isList = (/** @type {unknown} */ list, /** @type {string} */ type, /** @type {number[]} */ ...lengths) =>
    Array.isArray(list) && lengths.includes(list.length) && list.every((item) => typeof item === type);
  if (
    !Array.isArray(tokens) ||
    !isList(tokens, 'string', tokens.length) ||
    tokens.length > vocabulary ||
    !tokens.length
  )
    throw bad('wrong_type', `needs a list of at most ${vocabulary} tokens`, 'tokens');
  if (!isList(types, 'number', 0, tokens.length)) throw bad('wrong_type', 'needs a type for each token', 'token_type');
  if (!isList(scores, 'number', 0, tokens.length)) throw bad('wrong_type', 'needs a score for each token', 'scores');
  if (!Array.isArray(merges) || !isList(merges, 'string', merges.length))
    throw bad('wrong_type', 'needs a list of texts', 'merges');
  /** @type {Vocabulary} */
  const own = {
    tokens: /** @type {string[]} */ (tokens),
    types: /** @type {number[]} */ (types),
    scores: /** @type {number[]} */ (scores),
    merges: /** @type {string[]} */ (merges),
  };
  const config = configOf(metadata, own, model);
  const json = metadata.get('tokenizer.huggingface.json');
  if (typeof json === 'string') return { 'tokenizer.json': json, 'tokenizer_config.json': JSON.stringify(config) };
  if (model === 'llama')
    return { 'tokenizer.model': sentencePiece(metadata, own), 'tokenizer_config.json': JSON.stringify(config) };
  const name = String(get('pre') ?? 'default'),
    unnamed = UNNAMED[String(metadata.get('general.architecture'))] ?? 'gpt-2',
    cut = name === 'default' ? unnamed : (SAME[name] ?? name);
  if (!Object.hasOwn(CUTS, cut))
    throw bad('unsupported_pre_tokenizer', `cuts texts by the pre-tokenizer "${name}", which is unknown here`, 'pre');
  const wholeFirst = WHOLE_FIRST.includes(name === 'default' ? cut : name);
  return {
    'tokenizer.json': byteLevelBpe(own, cut, wholeFirst, config),
    'tokenizer_config.json': JSON.stringify(config),
  };
}

/** @typedef {{ tokens: string[], types: number[], scores: number[], merges: string[] }} Vocabulary */

/**
 * tokenizer_config.json.
 * @param {Metadata} metadata
 * @param {Vocabulary} vocabulary
 * @param {string} model
 * @returns {Json}
 */
function configOf(metadata, { tokens, types }, model) {
  const get = (/** @type {string} */ key) => metadata.get(`tokenizer.ggml.${key}`),
    arch = String(metadata.get('general.architecture')),
    spm = model === 'llama';
  /** @type {Json} */
  const config = {
    tokenizer_class: !spm ? 'PreTrainedTokenizerFast' : arch.startsWith('gemma') ? 'GemmaTokenizer' : 'LlamaTokenizer',
    model_input_names: ['input_ids', 'attention_mask'],
    clean_up_tokenization_spaces: false,
    add_bos_token: get('add_bos_token') ?? (spm || WHOLE_FIRST.includes(String(get('pre')))),
    add_eos_token: get('add_eos_token') ?? false,
  };
  const length = metadata.get(`${arch}.context_length`);
  if (typeof length === 'number') config.model_max_length = length;
  // What llama.cpp takes where the file of a SentencePiece model does not say.
  const usual = /** @type {Record<string, number>} */ (spm ? { bos: 1, eos: 2, unknown: 0 } : {});
  for (const [ours, theirs] of [
    ['bos', 'bos'],
    ['eos', 'eos'],
    ['unk', 'unknown'],
    ['pad', 'padding'],
    ['sep', 'seperator'],
    ['mask', 'mask'],
  ]) {
    const token = tokens[Number(get(`${theirs}_token_id`) ?? usual[theirs] ?? -1)];
    if (token !== undefined) config[`${ours}_token`] = token;
  }
  if (spm) {
    config.add_prefix_space = get('add_space_prefix') ?? !arch.startsWith('gemma');
    // Phi-3's control tokens take the spaces behind them along.
    if (arch === 'phi3')
      config.added_tokens_decoder = Object.fromEntries(
        tokens.flatMap((content, id) =>
          types[id] === CONTROL || types[id] === USER_DEFINED
            ? [[id, { content, special: true, rstrip: !['<s>', '<unk>', '<|endoftext|>'].includes(content) }]]
            : [],
        ),
      );
  }
  const template = metadata.get('tokenizer.chat_template'),
    names = metadata.get('tokenizer.chat_templates');
  if (typeof template === 'string') config.chat_template = template;
  if (Array.isArray(names) && names.length) {
    const more = names.map((name) => [name, metadata.get(`tokenizer.chat_template.${name}`)]);
    config.chat_template = [...(template === undefined ? [] : [['default', template]]), ...more]
      .filter(([, text]) => typeof text === 'string')
      .map(([name, text]) => ({ name, template: text }));
  }
  return config;
}

/**
 * The tokenizer.json of byte-level BPE. Its text is put together here: the vocabulary as an object would lose the order
 * of tokens that are numbers.
 * @param {Vocabulary} vocabulary
 * @param {string} cut of CUTS
 * @param {boolean} ignore_merges where a whole piece is a token
 * @param {Json} config tokenizer_config.json
 */
function byteLevelBpe({ tokens, types, merges }, cut, ignore_merges, config) {
  const added_tokens = tokens.flatMap((content, id) =>
    types[id] === CONTROL || types[id] === USER_DEFINED
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: types[id] === CONTROL,
          },
        ]
      : [],
  );
  // llama.cpp passes over merges of what is no token.
  const known = new Set(tokens),
    isKnown = (/** @type {string} */ merge) => {
      const [left, right, ...more] = merge.split(' ');
      return !more.length && known.has(left) && known.has(right) && known.has(left + right);
    };
  const cuts = CUTS[cut];
  const around = JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens,
    normalizer: cut === 'qwen2' ? { type: 'NFC' } : null,
    pre_tokenizer: cuts.length > 1 ? { type: 'Sequence', pretokenizers: cuts } : cuts[0],
    post_processor: withEnds(tokens, config),
    decoder: byteLevel(true),
  });
  const model = JSON.stringify({
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: '',
    end_of_word_suffix: '',
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges,
    merges: merges.filter(isKnown),
  });
  const vocab = tokens.map((token, id) => `${JSON.stringify(token)}:${id}`).join(',');
  return `${around.slice(0, -1)},"model":${model.slice(0, -1)},"vocab":{${vocab}}}}`;
}

/**
 * The post-processor that puts the tokens of beginning and end around a text.
 * @param {string[]} tokens
 * @param {Json} config
 */
function withEnds(tokens, { add_bos_token, add_eos_token, bos_token, eos_token }) {
  const before = add_bos_token && bos_token !== undefined ? [bos_token] : [],
    behind = add_eos_token && eos_token !== undefined ? [eos_token] : [];
  if (!before.length && !behind.length) return null;
  const special = (/** @type {string[]} */ list, /** @type {number} */ type_id) =>
    list.map((id) => ({ SpecialToken: { id, type_id } }));
  const around = (/** @type {string} */ id, /** @type {number} */ type_id) => [
    ...special(before, type_id),
    { Sequence: { id, type_id } },
    ...special(behind, type_id),
  ];
  const single = around('A', 0);
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, ...around('B', 1)],
    special_tokens: Object.fromEntries(
      [...before, ...behind].map((id) => [id, { id, ids: [tokens.indexOf(id)], tokens: [id] }]),
    ),
  };
}

/**
 * The file of a SentencePiece model (sentencepiece_model.proto) with these pieces. Merges follow from the scores.
 * @param {Metadata} metadata
 * @param {Vocabulary} vocabulary
 */
function sentencePiece(metadata, { tokens, types, scores }) {
  const encoder = new TextEncoder();
  /** @type {number[]} */
  const out = [];
  const varint = (/** @type {number} */ n, into = out) => {
    for (; n > 127; n = Math.floor(n / 128)) into.push((n % 128) + 128);
    into.push(n);
  };
  const field = (/** @type {number} */ number, /** @type {ArrayLike<number>} */ bytes, into = out) => {
    varint(number * 8 + 2, into);
    varint(bytes.length, into);
    for (let i = 0; i < bytes.length; i++) into.push(bytes[i]);
  };
  const float = new DataView(new ArrayBuffer(4));
  tokens.forEach((token, id) => {
    /** @type {number[]} */
    const piece = [];
    field(1, encoder.encode(token), piece);
    float.setFloat32(0, scores[id] ?? 0, true);
    piece.push(2 * 8 + 5, ...new Uint8Array(float.buffer));
    piece.push(3 * 8);
    varint(types[id] ?? NORMAL, piece);
    field(1, piece);
  });
  /** @type {number[]} */
  const trainer = [3 * 8, 2]; // BPE
  const unknown = Number(metadata.get('tokenizer.ggml.unknown_token_id') ?? 0);
  varint(35 * 8, trainer);
  trainer.push(types.includes(BYTE) ? 1 : 0);
  varint(40 * 8, trainer);
  varint(unknown, trainer);
  field(45, encoder.encode(tokens[unknown] ?? tokens[0]), trainer);
  field(2, trainer);
  return Uint8Array.from(out);
}
