// XLM's words (transformers' tokenization_xlm.py): punctuation made plain, characters that do not print removed, the
// English rules of Moses' tokenizer (sacremoses 0.2.0: normalize.py and tokenize.py), then small letters without
// accents. Transformers takes the English rules for every text: no call of a tokenizer says a language.

import { ALNUM, LOWER, NUMBER } from './moses-characters.js';

/** @typedef {[pattern: RegExp, replacement: string]} Edit */

/**
 * The inside of a class of characters.
 * @param {string} runs of moses-characters.js
 */
function classOf(runs) {
  let at = 0;
  return runs
    .split(' ')
    .map((run) => {
      const [gap, more = '0'] = run.split('.'),
        from = at + parseInt(gap, 36);
      at = from + parseInt(more, 36);
      return `\\u{${from.toString(16)}}-\\u{${at.toString(16)}}`;
    })
    .join('');
}
const alnum = classOf(ALNUM),
  number = classOf(NUMBER);
const letter = `(?!\\p{Nd})[${alnum}]`,
  noLetter = `(?:\\p{Nd}|[^${alnum}])`;
/** Python's \s, which has separators that JavaScript's lacks, and lacks U+FEFF. */
const space = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/**
 * @param {string} pattern
 * @param {string} replacement
 * @returns {Edit}
 */
const edit = (pattern, replacement) => [new RegExp(pattern, 'gu'), replacement];

/** replace_unicode_punct: East Asian punctuation and digits. */
const PLAIN = new Map(
  Array.from(
    '，,、,”"“"∶:：:？?《"》"）)！!（(；;」"「"０0１1２2３3４4５5６6７7８8９9～~’\'━-〈<〉>【[】]％%'.matchAll(
      /(.)(.)/gu,
    ),
    ([, from, to]) => [from, to],
  ),
);
const STOPS = edit(`[。．][${space}]*`, '. ');

/** MosesPunctNormalizer for English. */
const NORMALIZE = /** @type {[string, string][]} */ ([
  ['\\r', ''],
  ['\\(', ' ('],
  ['\\)', ') '],
  [' +', ' '],
  ['\\) ([.!:?;,])', ')$1'],
  ['\\( ', '('],
  [' \\)', ')'],
  ['(\\p{Nd}) %', '$1%'],
  [' :', ':'],
  [' ;', ';'],
  ['`', "'"],
  ["''", ' " '],
  ['[„“”]', '"'],
  ['–', '-'],
  ['—', ' - '],
  [' +', ' '],
  ['´', "'"],
  ['([a-zA-Z])‘([a-zA-Z])', "$1'$2"],
  ['([a-zA-Z])’([a-zA-Z])', "$1'$2"],
  ['[‘‚’]', "'"],
  ["''", '"'],
  ['…', '...'],
  ['\\xa0«\\xa0', '"'],
  ['«\\xa0', '"'],
  ['«', '"'],
  ['\\xa0»\\xa0', '"'],
  ['\\xa0»', '"'],
  ['»', '"'],
  ['\\xa0%', '%'],
  ['nº\\xa0', 'nº '],
  ['\\xa0:', ':'],
  ['\\xa0ºC', ' ºC'],
  ['\\xa0cm', ' cm'],
  ['\\xa0\\?', '?'],
  ['\\xa0!', '!'],
  ['\\xa0;', ';'],
  [',\\xa0', ', '],
  [' +', ' '],
  ['"([,.]+)', '$1"'],
  ['(\\p{Nd})\\xa0(\\p{Nd})', '$1.$2'],
]).map(([pattern, replacement]) => edit(pattern, replacement));
const UNPRINTED = edit('\\p{C}', '');

const SPACES = edit(`[${space}]+`, ' '),
  OTHERS = edit(`([^${alnum}${space}.'\`,\\-])`, ' $1 ');
const COMMAS = [edit(`([^${number}]),`, '$1 , '), edit(`,([^${number}])`, ' , $1'), edit(`([${number}]),$`, '$1 , ')];
const APOSTROPHES = [
  edit(`(${noLetter})'(${noLetter})`, "$1 ' $2"),
  edit(`((?![${number}])${noLetter})'(${letter})`, "$1 ' $2"),
  edit(`(${letter})'(${noLetter})`, "$1 ' $2"),
  edit(`(${letter})'(${letter})`, "$1 '$2"),
  edit(`([${number}])'s`, "$1 's"),
];
const HAS_LETTER = new RegExp(letter, 'u'),
  SMALL = new RegExp(`^[${classOf(LOWER)}]`, 'u');
/** A full stop after one of these ends no sentence. */
const ABBREVIATIONS = new Set(
  (
    'A B C D E F G H I J K L M N O P Q R S T U V W X Y Z Adj Adm Adv Asst Bart Bldg Brig Bros Capt Cmdr Col ' +
    'Comdr Con Corp Cpl DR Dr Drs Ens Gen Gov Hon Hr Hosp Insp Lt MM MR MRS MS Maj Messrs Mlle Mme Mr Mrs Ms ' +
    'Msgr Op Ord Pfc Ph Prof Pvt Rep Reps Res Rev Rt Sen Sens Sfc Sgt Sr St Supt Surg v vs i.e rev e.g Rs Nos ' +
    'Nr Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec'
  ).split(' '),
);
/** The same, where a number follows. */
const BEFORE_NUMBERS = new Set(['No', 'Art', 'pp']);

/**
 * @param {string} text
 * @param {...Edit} edits
 */
const edited = (text, ...edits) => edits.reduce((now, [pattern, by]) => now.replace(pattern, by), text);

/**
 * Whether a word keeps its full stop.
 * @param {string} word without it
 * @param {string | undefined} next
 */
const keepsStop = (word, next) =>
  (word.includes('.') && HAS_LETTER.test(word)) ||
  ABBREVIATIONS.has(word) ||
  (next !== undefined && (SMALL.test(next) || (BEFORE_NUMBERS.has(word) && /^[0-9]/.test(next))));

/**
 * MosesTokenizer.tokenize for English, unescaped.
 * @param {string} text
 * @returns {string[]}
 */
function mosesWords(text) {
  // A run of k full stops is set aside as DOT, k times, and MULTI.
  const whole = edited(edited(text, SPACES).trim(), OTHERS);
  const apart = whole.replace(
    /\.{2,}/g,
    (dots, at) => ` ${'DOT'.repeat(dots.length)}MULTI${at + dots.length < whole.length ? ' ' : ''}`,
  );
  const words = edited(apart, ...COMMAS, ...APOSTROPHES, SPACES)
    .trim()
    .split(' ');
  const cut = words.map((word, i) => {
    const begin = word.length > 1 && word.endsWith('.') ? word.slice(0, -1) : null;
    return begin === null || keepsStop(begin, words[i + 1]) ? word : `${begin} .`;
  });
  return cut
    .join(' ')
    .replace(/\.' ?$/, " . ' ")
    .replace(/(?:DOT)+(MULTI)?/g, (mark, multi) => (multi ? '.'.repeat((mark.length - 5) / 3) : mark))
    .split(' ')
    .filter(Boolean);
}

/**
 * The words of a text.
 * @param {string} text
 * @param {boolean} small small letters without accents (do_lowercase_and_remove_accent)
 * @returns {string[]}
 */
export function xlmWords(text, small) {
  const plain = edited(
    text.replace(/[！-～、-】”“∶’━]/gu, (c) => PLAIN.get(c) ?? c),
    STOPS,
  ).replaceAll('…', '...');
  const words = mosesWords(edited(plain, ...NORMALIZE, UNPRINTED));
  if (!small) return words;
  return words
    .join(' ')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .split(' ')
    .filter(Boolean);
}
