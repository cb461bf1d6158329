// Requests and answers of tokenizers.wasm: which 32-bit word of its memory means what. The other side is
// wasm/binding/tokenizers.cpp; both change together.

/**
 * @typedef {import('../tokenizer-engine.js').EncodeRequest} EncodeRequest
 * @typedef {import('../tokenizer-engine.js').Batch} Batch
 */

const FLAGS = {
  specialTokens: 1,
  details: 2,
  overflow: 4,
  pairs: 8,
  words: 16,
  truncateLeft: 32,
  padLeft: 64,
  idsOnly: 128,
};
/** 32-bit words of EncodeRequest before the counts and lengths. */
const REQUEST_WORDS = 11;
/** encode()'s answer: counts and pointers. */
const BATCH = {
  rows: 0,
  tokens: 1,
  rowStarts: 2,
  rowTexts: 3,
  ids: 4,
  typeIds: 5,
  attentionMask: 6,
  offsets: 7,
  words: 8,
  special: 9,
  sequences: 10,
  surfaces: 11, // how many
  surfaceTable: 12, // token and bytes of each
  surfaceTexts: 13,
  hasDetails: 14,
  typeIdCount: 15,
};
/** The answer of decode(), stream(), convert() and vocabulary(): count and pointers. */
const TEXTS = { count: 0, byteLengths: 1, bytes: 2, flags: 4, unitLengths: 5 };
/** A text's length in bytes where there is no text. */
const NO_TEXT = 0xffffffff;
/** Bytes of texts that are decoded as one string: a slice keeps the whole string alive. */
const DECODED_TOGETHER = 1 << 14;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Views of a Wasm memory. Growth detaches them: call of() after every call into Wasm. */
export class Views {
  u8 = new Uint8Array(0);
  u32 = new Uint32Array(0);
  i32 = new Int32Array(0);

  /** @param {ArrayBuffer} buffer */
  of(buffer) {
    if (this.u8.buffer !== buffer) {
      this.u8 = new Uint8Array(buffer);
      this.u32 = new Uint32Array(buffer);
      this.i32 = new Int32Array(buffer);
    }
    return this;
  }
}

/**
 * Bytes that writeRequest() needs at most.
 * @param {string} all the strings, joined by one character
 * @param {number} strings how many
 * @param {number[] | null} counts
 */
export const requestBytes = (all, strings, counts) =>
  (REQUEST_WORDS + (counts?.length ?? 0) + strings) * 4 + all.length * 3;

/**
 * @param {Views} views
 * @param {number} address
 * @param {string} all the strings, joined by one character
 * @param {string[]} strings
 * @param {number} texts how many
 * @param {boolean} pairs
 * @param {number[] | null} counts
 * @param {EncodeRequest} o
 * @returns {number} bytes of UTF-8
 */
export function writeRequest({ u8, u32 }, address, all, strings, texts, pairs, counts, o) {
  let at = address >>> 2;
  u32[at++] = texts;
  u32[at++] = strings.length;
  u32[at++] =
    (o.addSpecialTokens ? FLAGS.specialTokens : 0) |
    (o.details ? FLAGS.details : 0) |
    (o.overflow ? FLAGS.overflow : 0) |
    (pairs ? FLAGS.pairs : 0) |
    (counts ? FLAGS.words : 0) |
    (o.truncateLeft ? FLAGS.truncateLeft : 0) |
    (o.padLeft ? FLAGS.padLeft : 0) |
    (o.idsOnly ? FLAGS.idsOnly : 0);
  u32[at++] = o.truncation;
  u32[at++] = o.maxLength;
  u32[at++] = o.stride;
  u32[at++] = o.padding;
  u32[at++] = o.padLength;
  u32[at++] = o.padToMultipleOf;
  u32[at++] = o.padId;
  u32[at++] = o.padTypeId;
  if (counts) for (const n of counts) u32[at++] = n;
  for (const s of strings) u32[at++] = s.length;
  return encoder.encodeInto(all, u8.subarray(at * 4, at * 4 + all.length * 3)).written;
}

/**
 * @param {Views} views
 * @param {number} answer of encode()
 * @returns {Batch} copies
 */
export function readBatch({ u8, u32, i32 }, answer) {
  const field = (/** @type {keyof typeof BATCH} */ name) => u32[(answer >>> 2) + BATCH[name]];
  /**
   * @template {Uint32Array | Int32Array} T
   * @param {T} view
   * @param {keyof typeof BATCH} name
   * @param {number} count
   */
  const words = (view, name, count) => {
    const from = field(name) >>> 2;
    return /** @type {T} */ (view.slice(from, from + count));
  };
  const bytes = (/** @type {keyof typeof BATCH} */ name, /** @type {number} */ count) =>
    u8.slice(field(name), field(name) + count);
  const rows = field('rows'),
    tokens = field('tokens'),
    typeIds = field('typeIdCount'),
    detailed = field('hasDetails') ? tokens : 0;
  /** @type {Map<number, string>} */
  const surfaces = new Map();
  for (let s = 0, table = field('surfaceTable') >>> 2, text = field('surfaceTexts'); s < field('surfaces'); s++) {
    const end = text + u32[table + 2 * s + 1];
    surfaces.set(u32[table + 2 * s], decoder.decode(u8.subarray(text, end)));
    text = end;
  }
  return {
    rows,
    rowStarts: words(u32, 'rowStarts', rows + 1),
    rowTexts: words(u32, 'rowTexts', rows),
    ids: words(i32, 'ids', tokens),
    typeIds: words(i32, 'typeIds', typeIds),
    attentionMask: words(i32, 'attentionMask', typeIds),
    offsets: words(i32, 'offsets', 2 * detailed),
    words: words(i32, 'words', detailed),
    special: bytes('special', detailed),
    sequences: new Int8Array(bytes('sequences', detailed).buffer),
    surfaces,
  };
}

/**
 * @param {Views} views
 * @param {number} answer of stream(), convert() or vocabulary()
 * @returns {(string | null)[]}
 */
export function readTexts({ u8, u32 }, answer) {
  const h = answer >>> 2,
    lengths = u32[h + TEXTS.byteLengths] >>> 2;
  let at = u32[h + TEXTS.bytes];
  return Array.from({ length: u32[h + TEXTS.count] }, (_, i) => {
    const bytes = u32[lengths + i];
    if (bytes === NO_TEXT) return null;
    at += bytes;
    return decoder.decode(u8.subarray(at - bytes, at));
  });
}

/**
 * As readTexts(), of an answer that has lengths in UTF-16 units as well. Many texts are decoded as one string and then
 * cut, which is several times as fast where they are short.
 * @param {Views} views
 * @param {number} answer of decode()
 * @returns {string[]}
 */
export function readSlicedTexts({ u8, u32 }, answer) {
  const h = answer >>> 2,
    /** @type {string[]} */ out = new Array(u32[h + TEXTS.count]);
  const lengths = u32[h + TEXTS.byteLengths] >>> 2,
    units = u32[h + TEXTS.unitLengths] >>> 2;
  for (let i = 0, at = u32[h + TEXTS.bytes]; i < out.length; ) {
    let bytes = u32[lengths + i],
      end = i + 1;
    while (end < out.length && bytes + u32[lengths + end] <= DECODED_TOGETHER) bytes += u32[lengths + end++];
    const text = decoder.decode(u8.subarray(at, at + bytes));
    at += bytes;
    if (end === i + 1) out[i++] = text;
    else for (let from = 0; i < end; from += u32[units + i++]) out[i] = text.slice(from, from + u32[units + i]);
  }
  return out;
}

/**
 * @param {Views} views
 * @param {number} answer of vocabulary()
 * @returns {import('../tokenizer-engine.js').Vocabulary}
 */
export function readVocabulary(views, answer) {
  const tokens = readTexts(views, answer),
    flags = views.u32[(answer >>> 2) + TEXTS.flags];
  return { tokens, flags: views.u8.slice(flags, flags + tokens.length) };
}

/**
 * @param {Views} views
 * @param {number} answer of fileOptions(): the words of EncodeRequest from the flags on
 * @returns {import('../tokenizer-engine.js').FileOptions}
 */
export function readFileOptions({ u32 }, answer) {
  const h = answer >>> 2;
  const [flags, truncation, maxLength, stride, padding, padLength, padToMultipleOf, padId, padTypeId] = u32.slice(
    h,
    h + 9,
  );
  return {
    truncation,
    maxLength,
    stride,
    truncateLeft: (flags & FLAGS.truncateLeft) !== 0,
    padding,
    padLength,
    padToMultipleOf,
    padLeft: (flags & FLAGS.padLeft) !== 0,
    padId,
    padTypeId,
  };
}

/**
 * @param {Views} views
 * @param {number} answer of binary(): pointer and size
 * @returns {Uint8Array} a copy
 */
export function readBinary({ u8, u32 }, answer) {
  const at = u32[answer >>> 2];
  return u8.slice(at, at + u32[(answer >>> 2) + 1]);
}
