// Random cases from a seed: texts that are hard for tokenizers, and options of encoding. The same seed gives the same
// cases on every machine.

/** @typedef {import('./reference.js').Case} Case */

/**
 * Uniform in [0, n). After "mulberry32" (Tommy Ettinger, public domain).
 * @param {number} seed
 */
export function random(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  };
}

/** Blocks that behave in ways of their own: [first, last]. */
const BLOCKS = [
  [0x20, 0x7e],
  [0x20, 0x7e],
  [0x20, 0x7e],
  [0x0, 0x1f],
  [0x7f, 0xa0],
  [0xa1, 0x17f],
  [0x180, 0x24f],
  [0x2b0, 0x2ff],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x52f],
  [0x591, 0x5f4],
  [0x600, 0x6ff],
  [0x700, 0x74f],
  [0x900, 0x97f],
  [0x980, 0x9ff],
  [0xe00, 0xe7f],
  [0xf00, 0xfff],
  [0x1000, 0x109f],
  [0x10a0, 0x10ff],
  [0x1100, 0x11ff],
  [0x13a0, 0x13ff],
  [0x1780, 0x17ff],
  [0x1ab0, 0x1aff],
  [0x1c80, 0x1cbf],
  [0x1d00, 0x1dff],
  [0x1e00, 0x1fff],
  [0x2000, 0x206f],
  [0x2070, 0x20cf],
  [0x20d0, 0x20ff],
  [0x2100, 0x218f],
  [0x2190, 0x23ff],
  [0x2460, 0x24ff],
  [0x2580, 0x27bf],
  [0x2c00, 0x2dff],
  [0x2e80, 0x2fdf],
  [0x3000, 0x303f],
  [0x3040, 0x30ff],
  [0x3130, 0x318f],
  [0x3200, 0x33ff],
  [0x3400, 0x3440],
  [0x4e00, 0x9fff],
  [0xa000, 0xa0ff],
  [0xa640, 0xa69f],
  [0xa8e0, 0xabff],
  [0xac00, 0xd7af],
  [0xd7b0, 0xd7ff],
  [0xd800, 0xdfff],
  [0xe000, 0xe010],
  [0xf900, 0xfaff],
  [0xfb00, 0xfb4f],
  [0xfb50, 0xfdff],
  [0xfe00, 0xfe0f],
  [0xfe10, 0xfe6f],
  [0xfe70, 0xfeff],
  [0xff00, 0xffef],
  [0xfff0, 0xffff],
  [0x10000, 0x100ff],
  [0x10400, 0x104ff],
  [0x10a00, 0x10aff],
  [0x11000, 0x110ff],
  [0x16a40, 0x16aff],
  [0x1d100, 0x1d1ff],
  [0x1d400, 0x1d7ff],
  [0x1e900, 0x1e95f],
  [0x1f100, 0x1f1ff],
  [0x1f300, 0x1faff],
  [0x20000, 0x20100],
  [0x2f800, 0x2fa1f],
  [0x323b0, 0x323ff],
  [0xe0000, 0xe01ef],
  [0xf0000, 0xf0010],
  [0x10fff0, 0x10ffff],
];
/** Strings in which something happened before, or may. */
const PIECES = [
  ' ',
  '  ',
  '   ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  ' \n',
  '\n ',
  '\u00A0',
  '\u2003',
  '\u3000',
  '\u200B',
  '\u200D',
  '\uFEFF',
  '\u0085',
  '\u2028',
  '\u001C',
  '\u180E',
  '\0',
  '\uFFFD',
  '\u2581',
  '\u0120',
  '▁▁',
  '##',
  '##s',
  '</w>',
  '</s>',
  '<s>',
  '<unk>',
  '<0x0A>',
  '<0xE2>',
  '<0xe2>',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  '[UNK]',
  '[PAD]',
  '<|endoftext|>',
  '<pad>',
  '<extra_id_0>',
  "'s",
  "'S",
  "'ll",
  "'LL",
  "'re",
  "'VE",
  "n't",
  '’s',
  "''",
  '``',
  '...',
  '…',
  '--',
  '—',
  '1',
  '12',
  '1234567890',
  '3.14',
  '1,000',
  '²',
  '½',
  '①',
  '٣',
  '๓',
  'Ⅷ',
  'ﬁ',
  'ß',
  'ẞ',
  'ŉ',
  'ǅ',
  'ς',
  'Σ',
  'İ',
  'ı',
  'i̇',
  'é',
  'é',
  'Å',
  '가',
  '각',
  '한',
  '한',
  '漢',
  '字',
  '々',
  '〆',
  'の',
  'ー',
  'ｶﾞ',
  'ガ',
  'กำ',
  'क्ष',
  'ؘ',
  'لا',
  'שׁ',
  '👍',
  '👍🏽',
  '👨‍👩‍👧‍👦',
  '🇩🇪',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '❤️',
  '☺︎',
  '1️⃣',
  'http://a.b/c?d=e&f#g',
  'a@b.co',
  'x=1;\n\tif(x){y+=2}',
  '\\n',
  '"',
  '«',
  '»',
  '(',
  ')',
  '{',
  '}',
  '$',
  '+',
  '<',
  '>',
  '=',
  '|',
  '`',
  '~',
  '^',
  '¨',
  'ﷺ',
  '㍿',
  '㎞',
  'Ω',
  'K',
  'Å',
  '̈́',
  '͏',
  '⁄',
  '°',
  '�',
];

const STRATEGIES = ['longest_first', 'only_first', 'only_second'],
  SIDES = ['right', 'left'],
  MULTIPLES = [0, 0, 8, 3];
/** max_length and stride. */
const LENGTHS = [
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 0],
  [4, 1],
  [5, 2],
  [6, 0],
  [7, 4],
  [9, 6],
  [12, 3],
  [16, 0],
  [16, 13],
  [40, 5],
];

export class Generator {
  #r;
  #prose;
  #scripts;
  #added;
  #vocab;

  /**
   * @param {number} seed
   * @param {{ prose: string[], scripts: string[], added: string[], vocab: string[] }} from what texts are made of
   */
  constructor(seed, { prose, scripts, added, vocab }) {
    this.#r = random(seed);
    this.#prose = prose;
    this.#scripts = scripts;
    this.#added = added.length ? added : PIECES;
    this.#vocab = vocab.length ? vocab : PIECES;
  }

  /**
   * @template T
   * @param {T[]} list
   * @returns {T}
   */
  #of(list) {
    return list[this.#r(list.length)];
  }

  #character() {
    const [first, last] = this.#of(BLOCKS),
      c = first + this.#r(last - first + 1);
    return c >= 0xd800 && c <= 0xdfff ? String.fromCharCode(c) : String.fromCodePoint(c);
  }

  /** Random Unicode: blocks alone, or mixed. */
  #unicode() {
    const n = 1 + this.#r(this.#r(4) ? 12 : 40),
      block = this.#of(BLOCKS),
      alone = this.#r(3) === 0;
    let text = '';
    for (let i = 0; i < n; i++) {
      const what = this.#r(10);
      if (alone && what < 8) text += String.fromCodePoint(block[0] + this.#r(block[1] - block[0] + 1));
      else if (what < 6) text += this.#character();
      else if (what < 9) text += this.#of(PIECES);
      else text += ' ';
    }
    return text;
  }

  /** A piece of real text, cut anywhere. */
  #cut(longest = 80) {
    const line = this.#of(this.#r(3) ? this.#prose : this.#scripts),
      from = this.#r(line.length);
    return line.slice(this.#r(3) ? from : 0, from + 1 + this.#r(longest));
  }

  /** Real text, spliced and spoilt. */
  #splice() {
    let text = this.#cut();
    for (let n = this.#r(4); n > 0; n--) {
      const at = this.#r(text.length + 1),
        what = this.#r(12);
      const piece =
        what < 3
          ? this.#cut(30)
          : what < 5
            ? this.#of(PIECES)
            : what < 7
              ? this.#character()
              : what < 8
                ? this.#of(this.#vocab)
                : what < 9
                  ? ' '.repeat(1 + this.#r(5))
                  : what < 10
                    ? this.#of(this.#added)
                    : '';
      text = text.slice(0, at) + piece + text.slice(at + (this.#r(3) ? 0 : this.#r(3)));
      if (what === 10) text = text.toUpperCase();
      if (what === 11) text = text.normalize(this.#of(['NFC', 'NFD', 'NFKC', 'NFKD']));
    }
    return text;
  }

  /** Added tokens and tokens of the vocabulary, next to each other and to text, whole and spoilt. */
  #tokens() {
    let text = '';
    for (let n = 1 + this.#r(5); n > 0; n--) {
      let token = this.#of(this.#r(3) ? this.#added : this.#vocab);
      const how = this.#r(12);
      if (how === 0) token = token.toUpperCase();
      else if (how === 1) token = token.slice(0, this.#r(token.length + 1));
      else if (how === 2) token += token;
      text += this.#of(['', '', ' ', '  ', '\n', '\t', this.#cut(12), this.#of(PIECES)]) + token;
    }
    return text + this.#of(['', ' ', this.#cut(12)]);
  }

  /** One thing many times. */
  #repeated() {
    const unit = this.#of([this.#of(PIECES), this.#character(), this.#of(this.#vocab), this.#cut(4)]) || 'a';
    return unit.repeat(1 + this.#r(Math.ceil(120 / unit.length))) + this.#of(['', ' ', this.#of(PIECES)]);
  }

  /** @returns {string} */
  text() {
    const what = this.#r(20);
    if (what === 0) return this.#of(['', ' ', '\n', this.#of(PIECES), this.#of(this.#added)]);
    if (what < 6) return this.#unicode();
    if (what < 13) return this.#splice();
    if (what < 18) return this.#tokens();
    return this.#repeated();
  }

  /**
   * Ids of an encoding shuffled, some left out: sequences that no encoding gives.
   * @param {number[]} ids
   */
  shuffled(ids) {
    return ids.map(() => this.#of(ids)).slice(this.#r(3));
  }

  #words() {
    return Array.from({ length: this.#r(6) }, () => (this.#r(8) ? this.#cut(12) : this.text()));
  }

  #truncation() {
    const length = this.#r(20);
    return /** @type {NonNullable<Case['truncation']>} */ ([
      length,
      this.#r(3) ? 0 : this.#r(length + 1),
      this.#of(STRATEGIES),
      this.#of(SIDES),
    ]);
  }

  /** @returns {Case} */
  next() {
    const special = this.#r(5) > 0,
      how = this.#r(20),
      words = how === 0 || (how === 2 && this.#r(2) === 0);
    const one = () => (words ? this.#words() : this.text());
    /** @type {Case} */
    const made = { text: one(), special };
    if (this.#r(5) === 0) made.pair = one();
    if (this.#r(4) === 0) made.truncation = this.#truncation();
    if (how === 1 || how === 2) {
      made.batch = Array.from({ length: 1 + this.#r(4) }, one);
      if (made.pair !== undefined || this.#r(4) === 0) made.pairs = made.batch.map(one);
      made.text = '';
      delete made.pair;
    }
    if (how <= 3) made.padding = [this.#of(SIDES), this.#of(MULTIPLES), this.#of([null, 16, 0, 3])];
    return made;
  }

  /**
   * Every kind of truncation, with and without a pair, special tokens and padding, each on its own texts.
   * @returns {Case[]}
   */
  everyTruncation() {
    /** @type {Case[]} */
    const cases = [];
    for (const strategy of STRATEGIES)
      for (const side of SIDES)
        for (const [length, stride] of LENGTHS)
          for (const pair of [false, true])
            for (const special of [true, false])
              for (const batch of [false, true]) {
                /** @type {Case} */
                const made = { text: this.text(), special, truncation: [length, stride, strategy, side] };
                if (batch)
                  Object.assign(
                    made,
                    { text: '', batch: [this.text(), this.#cut(20), ''] },
                    pair && { pairs: [this.#cut(30), this.text(), this.#cut(9)] },
                  );
                else if (pair) made.pair = this.text();
                if (batch || this.#r(4) === 0) made.padding = [this.#of(SIDES), this.#of(MULTIPLES), null];
                cases.push(made);
              }
    return cases;
  }
}
