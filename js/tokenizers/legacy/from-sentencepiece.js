// A SentencePiece `.model` as a tokenizer.json: for each class of Transformers what its converter in
// convert_slow_tokenizer.py makes of it, and the special tokens that the class adds. A class that is not listed
// gets the general one.

import { TokenizerError } from '../../errors.js';
import { addedTokens, sequence, template } from './old-parts.js';

/**
 * @typedef {[string, number, number]} Piece piece, score, type (3 control, 4 user-defined)
 * @typedef {{
 *   model_type: 'unigram' | 'bpe' | 'word' | 'char', unk_id: number, unk_piece: string, byte_fallback: boolean,
 *   precompiled_charsmap: string,
 *   pieces: Piece[], merges: [string, string][],
 * }} Model
 * @typedef {Record<string, any>} Json
 * @typedef {{
 *   special: Record<string, string>, head?: string[], skip?: number, tail?: string[], unk?: number, unkBehind?:
 *   number, bytes?: boolean, score?: (piece: string, score: number) => number,
 *   normalizer?: (charsmap: Json[], config: Json) => Json | null, before?: (config: Json) => Json[], metaspace?:
 *   false | ((config: Json, scheme: string) => Json | null), decoder?: (config: Json) => Json | null,
 *   single?: string, pair?: string,
 * }} Recipe head stands for the first `skip` pieces, tail behind all; unk: its id, or how far behind the model's;
 * before: pre-tokenizers before Metaspace; bytes: byte fallback where the model has it;
 *   single, pair: the template
 */

const MARK = '▁';
const FAIRSEQ = ['<s>', '<pad>', '</s>', '<unk>'];
const MBART =
  'ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN'.split(
    ' ',
  );
const MBART50 = [
  ...MBART,
  ...'af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI'.split(
    ' ',
  ),
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
/** @param {string} content */
const runsOfSpaces = (content) => ({ type: 'Replace', pattern: { Regex: ' {2,}' }, content });
const bytesDecoder = [replace(MARK, ' '), { type: 'ByteFallback' }, { type: 'Fuse' }];
const stripDecoder = { type: 'Strip', content: ' ', start: 1, stop: 0 };
/**
 * @param {string} scheme
 * @param {boolean} [split]
 */
const metaspace = (scheme, split = true) => ({ type: 'Metaspace', replacement: MARK, prepend_scheme: scheme, split });

/**
 * ALBERT's and XLNet's pieces that end with a number and a comma are hardly ever taken.
 * @param {string} piece
 * @param {number} score
 */
const numberComma = (piece, score) => (/[0-9],$/.test(piece) ? score - 100 : score);
/**
 * @param {Json[]} charsmap
 * @param {Json} config
 * @param {boolean} early whether runs of spaces are joined first
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

/** @type {Record<string, Recipe>} */
const RECIPES = {
  Llama: {
    special: { bos: '<s>', eos: '</s>', unk: '<unk>' },
    unk: 0,
    bytes: true,
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
    normalizer: () => replace(' ', MARK),
    metaspace: () => ({ type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false }),
    decoder: () => sequence(bytesDecoder, 'decoders'),
  },
  T5: { special: { eos: '</s>', unk: '<unk>', pad: '<pad>' }, single: '$A </s>', pair: '$A </s> $B </s>' },
  Udop: {
    special: { eos: '</s>', unk: '<unk>', sep: '</s>', pad: '<pad>' },
    single: '$A </s>',
    pair: '$A </s> $B </s>',
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
    unkBehind: 103,
    score: (piece, score) => (/^<unk_\d+>$/.test(piece) ? -100 : score),
    before: () => [{ type: 'WhitespaceSplit' }],
    single: '$A </s>',
    pair: '$A $B </s>',
  },
  BigBird: { special: { ...ALBERT, bos: '<s>', eos: '</s>' }, ...CLS_SEP },
  Reformer: { special: { eos: '</s>', unk: '<unk>' } },
  BertGeneration: { special: { bos: '<s>', eos: '</s>', unk: '<unk>', pad: '<pad>', sep: '<::::>' } },
};
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
  bytes: true,
  normalizer: (charsmap) => sequence([...charsmap, replace(' ', MARK)]),
  metaspace: () => null,
  decoder: () => sequence(bytesDecoder, 'decoders'),
};

/**
 * @param {Model} m what WasmTokenizer.convert() says
 * @param {Json} config tokenizer_config.json
 * @param {string} kind the class, without Tokenizer and Fast
 * @returns {{ json: Json, config: Json }} a tokenizer.json, and the configuration with the class's defaults
 */
export function fromSentencePiece(m, config, kind) {
  if (m.model_type !== 'unigram' && m.model_type !== 'bpe') {
    throw new TokenizerError(`SentencePiece models of the kind "${m.model_type}" are not supported.`, {
      code: 'unsupported_model',
      field: 'model_type',
    });
  }
  const name = SAME[kind] ?? kind,
    recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : GENERAL,
    general = recipe === GENERAL;
  const score = recipe.score ?? ((_, s) => s);
  const pieces = /** @type {[string, number][]} */ ([
    ...(recipe.head ?? []).map((piece) => [piece, piece === '<unk>NOTUSED' ? -100 : score(piece, 0)]),
    ...m.pieces.slice(recipe.skip ?? 0).map(([piece, s]) => [piece, score(piece, s)]),
    ...(recipe.tail ?? []).map((piece) => [piece, 0]),
  ]);
  if (name === 'T5') for (let i = (config.extra_ids ?? 100) - 1; i >= 0; i--) pieces.push([`<extra_id_${i}>`, 0]);
  const tab =
    name === 'Gemma' && !pieces.some(([piece]) => piece === '\t')
      ? pieces.find(([piece]) => piece === '<0x09>')
      : undefined;
  if (tab) [tab[0], tab[1]] = ['\t', 0];
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));

  const bytes = !!recipe.bytes && (!general || m.byte_fallback),
    unk_id = recipe.unk ?? m.unk_id + (recipe.unkBehind ?? 0);
  const model =
    m.model_type === 'unigram'
      ? { type: 'Unigram', unk_id, vocab: pieces, byte_fallback: bytes }
      : {
          type: 'BPE',
          dropout: null,
          unk_token: m.unk_piece,
          fuse_unk: true,
          byte_fallback: bytes,
          vocab: Object.fromEntries(ids),
          merges: m.merges.filter(([a, b]) => ids.has(a) && ids.has(b) && ids.has(a + b)),
        };
  const charsmap = m.precompiled_charsmap
    ? [{ type: 'Precompiled', precompiled_charsmap: m.precompiled_charsmap }]
    : [];
  const ofConfig = name === 'Llama' || name === 'T5';
  const scheme =
    ofConfig && config.add_prefix_space === false ? 'never' : ofConfig && config.legacy === false ? 'first' : 'always';
  const cut = recipe.metaspace ? recipe.metaspace(config, scheme) : metaspace(scheme),
    cuts = [...(recipe.before?.(config) ?? []), ...(cut ? [cut] : [])];
  const decoder = recipe.decoder ? recipe.decoder(config) : metaspace(scheme);

  const extra =
    name === 'T5'
      ? pieces.filter(([piece]) => /^<extra_id_\d+>$/.test(piece)).map(([piece]) => piece)
      : (recipe.tail?.filter((t) => /^[a-z]{2}_[A-Z]{2}$/.test(t)) ?? []);
  const turns = name === 'Gemma' ? ['<start_of_turn>', '<end_of_turn>'] : [];
  const added = addedTokens(
    m.pieces
      .filter(([, , type]) => type === 3 || type === 4)
      .map(([content, , type]) => ({ content, special: type === 3 || turns.includes(content) })),
    config,
    recipe.special,
    extra,
    ids,
  );
  let { single = '', pair = '' } = recipe;
  if (name === 'Llama' || name === 'Gemma') {
    const bos = added.tokens.bos,
      eos = added.tokens.eos;
    const [b, e] = [(config.add_bos_token ?? true) ? `${bos}:0 ` : '', config.add_eos_token ? ` ${eos}:0` : ''];
    if (b || e) [single, pair] = [`${b}$A:0${e}`, `${b}$A:0${e} ${b.replace(':0', ':1')}$B:1${e.replace(':0', ':1')}`];
  }
  return {
    json: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.list,
      normalizer: recipe.normalizer
        ? recipe.normalizer(charsmap, config)
        : sequence([...charsmap, { type: 'Strip', strip_left: false, strip_right: true }, runsOfSpaces(MARK)]),
      pre_tokenizer: cuts.length > 1 ? { type: 'Sequence', pretokenizers: cuts } : (cuts[0] ?? null),
      post_processor: single ? template(single, pair, (token) => added.idOf(token)) : null,
      decoder,
      model,
    },
    config: { ...added.config, ...config },
  };
}
