// Makes a tokenizer.json of vocab.json and merges.txt, or of tiktoken's ranks, as the converters of Transformers'
// classes do (convert_slow_tokenizer.py).

import { addedTokens, sequence, template } from './old-parts.js';

/**
 * @typedef {import('../../utils/types.js').Json} Json
 * @typedef {{ vocab: Record<string, number>, merges: (string | [string, string])[] }} Bpe
 * @typedef {{ id: (token: string) => number | undefined, tokens: Record<string, string> }} Ids
 * @typedef {{ special: Record<string, string>, model?: Json, normalizer?: Json, pre?: (config: Json) => Json,
 *   decoder?: Json, post?: (config: Json, ids: Ids) => Json }} Recipe
 */

const END = '<|endoftext|>';
const ROBERTA = { bos: '<s>', eos: '</s>', sep: '</s>', cls: '<s>', unk: '<unk>', pad: '<pad>', mask: '<mask>' };
const CL100K =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|" +
  ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const QWEN = CL100K.replace('{1,3}', '');
const CLIP = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

const byteLevel = (add_prefix_space = false, use_regex = true) => ({
  type: 'ByteLevel',
  add_prefix_space,
  trim_offsets: true,
  use_regex,
});
/**
 * @param {string} Regex
 * @param {string} behavior
 * @param {boolean} invert
 * @param {Json} config
 */
const cutBy = (Regex, behavior, invert, config = {}) =>
  sequence(
    [{ type: 'Split', pattern: { Regex }, behavior, invert }, byteLevel(config.add_prefix_space ?? false, false)],
    'pretokenizers',
  );
/**
 * BertProcessing and RobertaProcessing.
 * @param {string} type
 * @param {Ids} ids
 * @param {string} last
 * @param {string} first
 * @param {Json} [more]
 */
const around = (type, ids, last, first, more) => {
  const pair = (/** @type {string} */ name) => [ids.tokens[name], ids.id(ids.tokens[name])];
  return { type, sep: pair(last), cls: pair(first), ...more };
};
const untrimmed = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true };

/** @type {Record<string, Recipe>} */
const RECIPES = {
  GPT2: {
    special: { bos: END, eos: END, unk: END },
    post: (c, ids) =>
      c.add_bos_token ? template(`${ids.tokens.bos}:0 $A:0`, `${ids.tokens.bos}:0 $A:0 $B:1`, ids.id) : untrimmed,
  },
  Roberta: {
    special: ROBERTA,
    post: (c, ids) =>
      around('RobertaProcessing', ids, 'sep', 'cls', {
        trim_offsets: true,
        add_prefix_space: c.add_prefix_space ?? false,
      }),
  },
  Whisper: {
    special: { bos: END, eos: END, unk: END },
    post: (c, ids) => {
      const prefix = ['<|startoftranscript|>', '<|notimestamps|>']
        .filter((token) => ids.id(token) !== undefined)
        .map((token) => `${token}:0 `)
        .join('');
      return template(`${prefix}$A:0 ${ids.tokens.eos}:0`, `${prefix}$A:0 $B:1 ${ids.tokens.eos}:1`, ids.id);
    },
  },
  Deberta: {
    special: { bos: '[CLS]', eos: '[SEP]', sep: '[SEP]', cls: '[CLS]', unk: '[UNK]', pad: '[PAD]', mask: '[MASK]' },
    post: (_, ids) => template('[CLS]:0 $A:0 [SEP]:0', '[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1', ids.id),
  },
  Blenderbot: {
    special: ROBERTA,
    pre: (c) => byteLevel(c.add_prefix_space ?? true),
    post: (_, ids) => template(`$A:0 ${ids.tokens.eos}:0`, '$A:0 $B:1', ids.id),
  },
  CLIP: {
    special: { bos: '<|startoftext|>', eos: END, unk: END, pad: END },
    model: { end_of_word_suffix: '</w>', unk_token: true },
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre: () => /** @type {Json} */ (cutBy(CLIP, 'Removed', true)),
    post: (_, ids) => around('RobertaProcessing', ids, 'eos', 'bos', { trim_offsets: false, add_prefix_space: false }),
  },
  Qwen2: {
    special: { eos: END, pad: END, unk: END },
    normalizer: { type: 'NFC' },
    pre: (c) => /** @type {Json} */ (cutBy(QWEN, 'Isolated', false, c)),
  },
  Herbert: {
    special: { cls: '<s>', unk: '<unk>', pad: '<pad>', mask: '<mask>', sep: '</s>' },
    model: { end_of_word_suffix: '</w>', unk_token: true },
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: false,
      lowercase: false,
    },
    pre: () => ({ type: 'BertPreTokenizer' }),
    decoder: { type: 'BPEDecoder', suffix: '</w>' },
    post: (_, ids) => around('BertProcessing', ids, 'sep', 'cls'),
  },
};
const SAME = /** @type {Record<string, string>} */ ({
  CodeGen: 'GPT2',
  Bart: 'Roberta',
  Longformer: 'Roberta',
  LED: 'Roberta',
  Mvp: 'Roberta',
  LayoutLMv3: 'Roberta',
});

/**
 * @param {Bpe} bpe
 * @param {Json} config tokenizer_config.json
 * @param {Recipe} recipe
 * @param {Json} model
 * @returns {{ json: Json, config: Json }}
 */
function assembled(bpe, config, recipe, model) {
  const added = addedTokens([], config, recipe.special, [], new Map(Object.entries(bpe.vocab)));
  const { unk_token, ...more } = recipe.model ?? {};
  return {
    json: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.list,
      normalizer: recipe.normalizer ?? null,
      pre_tokenizer: recipe.pre?.(config) ?? byteLevel(config.add_prefix_space ?? false),
      post_processor: (recipe.post ?? (() => untrimmed))(config, { id: added.idOf, tokens: added.tokens }),
      decoder: recipe.decoder ?? { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: unk_token ? added.tokens.unk : null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        ...more,
        ...model,
        ...bpe,
      },
    },
    config: { ...added.config, ...config },
  };
}

/**
 * @param {Record<string, number>} vocab vocab.json
 * @param {string} text merges.txt
 * @param {Json} config
 * @param {string} kind the class, without Tokenizer and Fast
 */
export function fromMerges(vocab, text, config, kind) {
  const merges = text.split(/\r?\n/).filter((line, i) => line && !(i === 0 && line.startsWith('#version')));
  const name = SAME[kind] ?? kind;
  return assembled({ vocab, merges }, config, Object.hasOwn(RECIPES, name) ? RECIPES[name] : RECIPES.GPT2, {});
}

/**
 * @param {Bpe} ranks what WasmTokenizer.convert() says of them
 * @param {Json} config
 * @param {string} kind
 */
export function fromTiktoken(ranks, config, kind) {
  const pattern = /^Qwen/.test(kind) ? QWEN : CL100K;
  return assembled(
    ranks,
    config,
    { special: {}, pre: (c) => /** @type {Json} */ (cutBy(pattern, 'Isolated', false, c)) },
    { ignore_merges: true },
  );
}
