// Random tokenizers from a seed: the model of a small one with randomly chosen other parts, so that parts are combined
// in ways that no file on the Hub has.
import { random } from './generate.js';
import { tokenizerJson } from './files.js';

const BASES = [
  'wordpiece-uncased',
  'wordlevel-digits',
  'bytelevel-gpt2like',
  'unigram-metaspace',
  'bpe-bytefallback-llamalike',
  'bpe-fuseunk-metaspace',
  'bpe-metaspace-never',
];
const BEHAVIOURS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];
const STRINGS = [' ', 'a', 'the', '▁', '.', '\n', '1', 'é', 'aa', "'"];
const PATTERNS = [
  '\\s+',
  '\\d',
  '\\d{1,3}',
  '[aeiou]+',
  '\\p{L}+',
  '\\p{Lu}',
  '[^\\p{L}\\p{N}\\s]+',
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  ' {2,}',
  '(?i:the)',
  '\\w+|[^\\w\\s]+',
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|" +
    ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  '(?=[A-Z])',
  '\\b',
  '.',
  '[\\s\\S]{2}',
  '\\p{Han}|\\p{Hiragana}',
  '(?<=a)b?',
  '^\\s+|\\s+$',
];

/**
 * @param {number} seed
 * @returns {{ base: string, json: string }} base: whose model it is
 */
export function configuration(seed) {
  const r = random(seed * 2654435761);
  /**
   * @template T
   * @param {T[]} list
   * @returns {T}
   */
  const of = (list) => list[r(list.length)];
  const yes = () => r(2) === 1;
  const pattern = () => (r(3) ? { String: of(STRINGS) } : { Regex: of(PATTERNS) });
  /**
   * @param {(() => Untyped)[]} makers
   * @param {string} list name of a Sequence's member
   * @param {number} most
   */
  const some = (makers, list, most) => {
    const n = r(most + 2);
    if (n === 0) return null;
    return n === 1 ? of(makers)() : { type: 'Sequence', [list]: Array.from({ length: n }, () => of(makers)()) };
  };
  const base = of(BASES),
    file = JSON.parse(/** @type {Buffer} */ (tokenizerJson(base)).toString());
  const normalizers = [
    ...['NFC', 'NFD', 'NFKC', 'NFKD', 'Nmt', 'Lowercase', 'StripAccents'].map((type) => () => ({ type })),
    () => ({
      type: 'BertNormalizer',
      clean_text: yes(),
      handle_chinese_chars: yes(),
      strip_accents: of([null, true, false]),
      lowercase: yes(),
    }),
    () => ({ type: 'Strip', strip_left: yes(), strip_right: yes() }),
    () => ({ type: 'Replace', pattern: pattern(), content: of(['', ' ', '▁', 'x', 'xyz', '中']) }),
    () => ({ type: 'Prepend', prepend: of(['▁', ' ', 'ab']) }),
  ];
  const preTokenizers = [
    ...['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit', 'UnicodeScripts'].map((type) => () => ({ type })),
    () => ({ type: 'Metaspace', replacement: '▁', prepend_scheme: of(['always', 'never', 'first']), split: yes() }),
    () => ({ type: 'CharDelimiterSplit', delimiter: of([' ', '-', 'e', '中']) }),
    () => ({ type: 'Split', pattern: pattern(), behavior: of(BEHAVIOURS), invert: yes() }),
    () => ({ type: 'Punctuation', behavior: of(BEHAVIOURS) }),
    () => ({ type: 'Digits', individual_digits: yes() }),
    () => ({ type: 'FixedLength', length: 1 + r(7) }),
    () => ({ type: 'ByteLevel', add_prefix_space: yes(), trim_offsets: yes(), use_regex: yes() }),
  ];
  const decoders = [
    ...['Fuse', 'ByteFallback'].map((type) => () => ({ type })),
    () => ({ type: 'ByteLevel', add_prefix_space: yes(), trim_offsets: yes(), use_regex: yes() }),
    () => ({ type: 'WordPiece', prefix: '##', cleanup: yes() }),
    () => ({ type: 'Metaspace', replacement: '▁', prepend_scheme: of(['always', 'never', 'first']), split: yes() }),
    () => ({ type: 'BPEDecoder', suffix: of(['</w>', 'e']) }),
    () => ({ type: 'CTC', pad_token: of(['<pad>', 'e']), word_delimiter_token: '|', cleanup: yes() }),
    () => ({ type: 'Replace', pattern: { String: of(STRINGS) }, content: of(['', ' ', 'x']) }),
    () => ({ type: 'Strip', content: of([' ', '▁', 'a']), start: r(3), stop: r(3) }),
  ];
  const piece = (/** @type {string} */ id, type_id = r(2)) =>
    id.length === 1 ? { Sequence: { id, type_id } } : { SpecialToken: { id, type_id } };
  const postProcessors = [
    () => ({ type: 'ByteLevel', add_prefix_space: yes(), trim_offsets: yes(), use_regex: true }),
    () => ({ type: 'BertProcessing', sep: ['[S]', 2], cls: ['[C]', 1] }),
    () => ({
      type: 'RobertaProcessing',
      sep: ['[S]', 2],
      cls: ['[C]', 1],
      trim_offsets: yes(),
      add_prefix_space: yes(),
    }),
    () => ({
      type: 'TemplateProcessing',
      single: of([[piece('A')], [piece('[C]'), piece('A'), piece('[S]')], [piece('A'), piece('[S]'), piece('[S]')]]),
      pair: of([
        [piece('A'), piece('B')],
        [piece('[C]'), piece('A'), piece('[S]'), piece('B'), piece('[S]')],
        [piece('B'), piece('[S]'), piece('A')],
      ]),
      special_tokens: {
        '[C]': { id: '[C]', ids: [1], tokens: ['[C]'] },
        '[S]': of([
          { id: '[S]', ids: [2, 3], tokens: ['[S]', '[S2]'] },
          { id: '[S]', ids: [3], tokens: ['[S]'] },
        ]),
      },
    }),
  ];
  const vocab = file.model.vocab,
    last = Array.isArray(vocab) ? vocab.length : Math.max(.../** @type {number[]} */ (Object.values(vocab)));
  let id = Math.max(last, ...file.added_tokens.map((/** @type {Untyped} */ t) => t.id)) + 1;
  // A token that is matched in normalized text: if several become equal there, the reference picks one at random.
  const inNormalized = of(['the', 'É', 'don', '']);
  for (const content of ['<x>', ' y ', 'the', 'É', '▁▁', '##s', 'don', '\n', '1'].filter(() => r(4) === 0)) {
    file.added_tokens.push({
      id: id++,
      content,
      single_word: r(3) === 0,
      lstrip: r(3) === 0,
      rstrip: r(3) === 0,
      normalized: content === inNormalized,
      special: r(3) === 0,
    });
  }
  file.normalizer = r(6) ? some(normalizers, 'normalizers', 3) : file.normalizer;
  file.pre_tokenizer = r(6) ? some(preTokenizers, 'pretokenizers', 2) : file.pre_tokenizer;
  file.decoder = r(6) ? some(decoders, 'decoders', 3) : file.decoder;
  // White space is trimmed from tokens that stand for bytes; the part that adds special tokens comes last, as in files
  // on the Hub.
  const trim = base.startsWith('bytelevel') ? [postProcessors[0]()] : [],
    wrap = of([postProcessors[1], postProcessors[3], ...(trim.length ? [postProcessors[2]] : [])])();
  file.post_processor = of([
    null,
    wrap,
    { type: 'Sequence', processors: [...trim, wrap] },
    ...trim,
    file.post_processor,
  ]);
  if (file.model.type === 'BPE' && r(4) === 0) file.model.ignore_merges = true;
  if (file.model.type === 'WordPiece' && r(3) === 0) file.model.max_input_chars_per_word = 1 + r(8);
  return { base, json: JSON.stringify({ ...file, truncation: null, padding: null }) };
}
