// Tokenizers of SentencePiece models, class by class, as the converters of Transformers' classes make them
// (convert_slow_tokenizer.py). from-sentencepiece.js follows these recipes.

import { sequence } from './old-parts.js';

/**
 * @typedef {import('../../utils/types.js').Json} Json
 *
 * @typedef {object} Recipe
 * @property {Record<string, string>} special the class's special tokens by their names
 * @property {string[]} [head] pieces in place of the model's first `skip` ones
 * @property {number} [skip]
 * @property {string[]} [tail] pieces after the model's
 * @property {(config: Json) => string[]} [extra] further ones, which are special tokens without a name
 * @property {number} [unk] id of the unknown piece
 * @property {number} [unkOffset] how far it is behind the model's
 * @property {boolean} [bytes] byte fallback, where the model has it
 * @property {(piece: string, score: number) => number} [score] changes a score
 * @property {(pieces: [string, number][]) => void} [change] changes the pieces
 * @property {string[]} [control] user-defined pieces that are special tokens
 * @property {boolean} [namedOnly] only tokens with names are found in a text, no others of the model
 * @property {boolean} [ownSpaces] add_prefix_space and legacy of the configuration say where ▁ is put
 * @property {(charsmap: Json[], config: Json) => Json | null} [normalizer]
 * @property {(config: Json) => Json[]} [before] pre-tokenizers before Metaspace
 * @property {(config: Json, scheme: string) => Json | null} [metaspace] what is in Metaspace's place
 * @property {(config: Json) => Json | null} [decoder]
 * @property {string} [single] template of a text
 * @property {string} [pair] template of a pair
 * @property {(config: Json, tokens: Record<string, string>) => [string, string]} [template] both, by the configuration
 */

/** SentencePiece writes a space as this. */
export const MARK = '▁';
const FAIRSEQ = ['<s>', '<pad>', '</s>', '<unk>'];
const MBART = (
  'ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV my_MM ne_NP ' +
  'nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN'
).split(' ');
const MBART50 = [
  ...MBART,
  ...(
    'af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE sw_KE ' +
    'ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI'
  ).split(' '),
];
const ROBERTA = { bos: '<s>', eos: '</s>', sep: '</s>', cls: '<s>', unk: '<unk>', pad: '<pad>', mask: '<mask>' };
const ALBERT = { bos: '[CLS]', eos: '[SEP]', unk: '<unk>', sep: '[SEP]', pad: '<pad>', cls: '[CLS]', mask: '[MASK]' };
const CLS_SEP = { single: '[CLS]:0 $A:0 [SEP]:0', pair: '[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1' };
const S_S = { single: '<s> $A </s>', pair: '<s> $A </s> </s> $B </s>' };

/**
 * @param {string} string
 * @param {string} content
 */
const replace = (string, content) => ({ type: 'Replace', pattern: { String: string }, content });
/** @param {string} content in place of two or more spaces */
export const runsOfSpaces = (content) => ({ type: 'Replace', pattern: { Regex: ' {2,}' }, content });
const bytesDecoder = [replace(MARK, ' '), { type: 'ByteFallback' }, { type: 'Fuse' }];
const stripDecoder = { type: 'Strip', content: ' ', start: 1, stop: 0 };
/**
 * @param {string} scheme
 * @param {boolean} [split]
 */
export const metaspace = (scheme, split = true) => ({
  type: 'Metaspace',
  replacement: MARK,
  prepend_scheme: scheme,
  split,
});

/** The decoder of classes that Transformers writes in Python, which trim the text. */
const trimmed = () =>
  sequence(
    [metaspace('always'), { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1000, stop: 1000 }],
    'decoders',
  );

/**
 * ALBERT and XLNet hardly ever choose pieces that end with a number and a comma.
 * @param {string} piece
 * @param {number} score
 */
const numberComma = (piece, score) => (/[0-9],$/.test(piece) ? score - 100 : score);
/**
 * @param {Json[]} charsmap
 * @param {Json} config
 * @param {boolean} early whether runs of spaces are replaced first
 */
const likeAlbert = (charsmap, config, early) =>
  sequence([
    replace('``', '"'),
    replace("''", '"'),
    ...(early ? [runsOfSpaces(' ')] : []),
    ...(config.keep_accents ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
    ...((config.do_lower_case ?? !early) ? [{ type: 'Lowercase' }] : []),
    ...charsmap,
    ...(early ? [] : [runsOfSpaces(' ')]),
  ]);

/**
 * Gemma's piece of the byte 9 is the tab itself, where the model has no other.
 * @param {[string, number][]} pieces
 */
function tabForItsByte(pieces) {
  if (pieces.some(([piece]) => piece === '\t')) return;
  const byte = pieces.find(([piece]) => piece === '<0x09>');
  if (byte) [byte[0], byte[1]] = ['\t', 0];
}

/**
 * The template of Llama and Gemma, where add_bos_token and add_eos_token ask for one.
 * @param {Json} config
 * @param {Record<string, string>} tokens
 * @returns {[single: string, pair: string]}
 */
function bosAndEos(config, { bos, eos }) {
  const begins = config.add_bos_token ?? true,
    ends = config.add_eos_token;
  if (!begins && !ends) return ['', ''];
  const one = (/** @type {string} */ text, /** @type {number} */ type) =>
    `${begins ? `${bos}:${type} ` : ''}$${text}:${type}${ends ? ` ${eos}:${type}` : ''}`;
  return [one('A', 0), `${one('A', 0)} ${one('B', 1)}`];
}

/** @type {Record<string, Recipe>} */
const RECIPES = {
  Llama: {
    special: { bos: '<s>', eos: '</s>', unk: '<unk>' },
    unk: 0,
    bytes: true,
    ownSpaces: true,
    template: bosAndEos,
    normalizer: (_, c) =>
      c.legacy === false
        ? null
        : sequence([...((c.add_prefix_space ?? true) ? [{ type: 'Prepend', prepend: MARK }] : []), replace(' ', MARK)]),
    metaspace: (c, scheme) => (c.legacy === false ? metaspace(scheme, false) : null),
    decoder: (c) => sequence([...bytesDecoder, ...((c.add_prefix_space ?? true) ? [stripDecoder] : [])], 'decoders'),
  },
  Gemma: {
    special: { bos: '<bos>', eos: '<eos>', unk: '<unk>', pad: '<pad>' },
    head: ['<pad>', '<eos>', '<bos>'],
    skip: 3,
    unk: 3,
    bytes: true,
    change: tabForItsByte,
    control: ['<start_of_turn>', '<end_of_turn>'],
    template: bosAndEos,
    normalizer: () => replace(' ', MARK),
    metaspace: () => ({ type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false }),
    decoder: () => sequence(bytesDecoder, 'decoders'),
  },
  T5: {
    special: { eos: '</s>', unk: '<unk>', pad: '<pad>' },
    extra: (c) => Array.from({ length: c.extra_ids ?? 100 }, (_, i) => `<extra_id_${i}>`).reverse(),
    ownSpaces: true,
    single: '$A </s>',
    pair: '$A </s> $B </s>',
  },
  Udop: {
    special: { eos: '</s>', unk: '<unk>', sep: '</s>', pad: '<pad>' },
    single: '$A </s>',
    pair: '$A </s> $B </s>',
  },
  Siglip: {
    namedOnly: true,
    special: { eos: '</s>', unk: '<unk>', pad: '</s>' },
    // tokenization_siglip.py: no ASCII punctuation, single spaces, and ▁ before all of it, spaces too.
    normalizer: (charsmap, c) =>
      sequence([
        replace(MARK, ' '),
        ...((c.do_lower_case ?? true) ? [{ type: 'Lowercase' }] : []),
        { type: 'Replace', pattern: { Regex: '[!-/:-@\\[-`{-~]' }, content: '' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Strip', strip_left: false, strip_right: true },
        { type: 'Prepend', prepend: MARK },
        ...charsmap,
      ]),
    metaspace: () => metaspace('never'),
    decoder: trimmed,
    single: '$A </s>',
    pair: '$A </s> $B </s>',
  },
  SpeechT5: {
    namedOnly: true,
    special: { bos: '<s>', eos: '</s>', unk: '<unk>', pad: '<pad>' },
    decoder: trimmed,
    single: '$A </s>',
    pair: '$A $B </s>',
  },
  XLMRoberta: { special: ROBERTA, head: FAIRSEQ, skip: 3, tail: ['<mask>'], unk: 3, ...S_S },
  Camembert: {
    special: ROBERTA,
    head: ['<s>NOTUSED', '<pad>', '</s>NOTUSED', '<unk>', '<unk>NOTUSED'],
    skip: 1,
    tail: ['<mask>'],
    unk: 3,
    ...S_S,
  },
  Barthez: { special: ROBERTA, unk: 3, ...S_S },
  MBart: {
    special: ROBERTA,
    head: FAIRSEQ,
    skip: 3,
    tail: [...MBART, '<mask>'],
    unk: 3,
    single: '$A </s> en_XX',
    pair: '$A $B </s> en_XX',
  },
  MBart50: {
    special: { ...ROBERTA, bos: '' },
    head: FAIRSEQ,
    skip: 3,
    tail: [...MBART50, '<mask>'],
    unk: 3,
    single: 'en_XX $A </s>',
    pair: 'en_XX $A $B </s>',
  },
  Nllb: { special: ROBERTA, head: FAIRSEQ, skip: 3, unk: 3, single: 'eng_Latn $A </s>', pair: 'eng_Latn $A $B </s>' },
  XGLM: {
    special: { bos: '<s>', eos: '</s>', sep: '</s>', cls: '<s>', unk: '<unk>', pad: '<pad>' },
    head: FAIRSEQ,
    skip: 3,
    tail: Array.from({ length: 7 }, (_, i) => `<madeupword${i}>`),
    unk: 3,
    single: '</s> $A',
    pair: '</s> $A </s> </s> $B',
  },
  Albert: {
    special: ALBERT,
    score: numberComma,
    normalizer: (charsmap, c) => likeAlbert(charsmap, c, false),
    ...CLS_SEP,
  },
  RemBert: { special: ALBERT, normalizer: (charsmap, c) => likeAlbert(charsmap, c, true), ...CLS_SEP },
  XLNet: {
    special: { bos: '<s>', eos: '</s>', unk: '<unk>', sep: '<sep>', pad: '<pad>', cls: '<cls>', mask: '<mask>' },
    score: numberComma,
    normalizer: (charsmap, c) => likeAlbert(charsmap, { do_lower_case: false, ...c }, false),
    single: '$A:0 <sep>:0 <cls>:2',
    pair: '$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2',
  },
  DebertaV2: {
    special: { bos: '[CLS]', eos: '[SEP]', unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' },
    normalizer: (charsmap, c) =>
      sequence([
        ...(c.do_lower_case ? [{ type: 'Lowercase' }] : []),
        { type: 'Strip', strip_left: true, strip_right: true },
        ...charsmap,
        runsOfSpaces(' '),
      ]),
    before: (c) => (c.split_by_punct ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []),
    ...CLS_SEP,
  },
  Pegasus: {
    special: { pad: '<pad>', eos: '</s>', unk: '<unk>', mask: '<mask_2>' },
    head: ['<pad>', '</s>', '<mask_1>', '<mask_2>', ...Array.from({ length: 101 }, (_, i) => `<unk_${i + 2}>`)],
    skip: 2,
    unkOffset: 103,
    score: (piece, score) => (/^<unk_\d+>$/.test(piece) ? -100 : score),
    before: () => [{ type: 'WhitespaceSplit' }],
    single: '$A </s>',
    pair: '$A $B </s>',
  },
  BigBird: { special: { ...ALBERT, bos: '<s>', eos: '</s>' }, ...CLS_SEP },
  Reformer: { special: { eos: '</s>', unk: '<unk>' } },
  BertGeneration: { special: { bos: '<s>', eos: '</s>', unk: '<unk>', pad: '<pad>', sep: '<::::>' } },
};
/** Classes with another one's recipe. */
const SAME = /** @type {Record<string, string>} */ ({
  CodeLlama: 'Llama',
  Phi3: 'Llama',
  MT5: 'T5',
  FNet: 'Albert',
  LayoutXLM: 'XLMRoberta',
  XLMProphetNet: 'XLMRoberta',
});

/** @type {Recipe} */
const GENERAL = {
  special: {},
  normalizer: (charsmap) => sequence([...charsmap, replace(' ', MARK)]),
  metaspace: () => null,
  decoder: () => sequence(bytesDecoder, 'decoders'),
};

/**
 * @param {string} kind a class, without Tokenizer and Fast
 * @param {boolean} byteFallback whether the model has it
 * @returns {Recipe} a general one where the class is not listed
 */
export function recipeFor(kind, byteFallback) {
  const name = SAME[kind] ?? kind;
  return Object.hasOwn(RECIPES, name) ? RECIPES[name] : { ...GENERAL, bytes: byteFallback };
}
