// Requests and answers of tokenizers.wasm: which 32-bit word of its memory means what. The other side is
// wasm/binding/tokenizers.cpp; both change together.

/**
 * @typedef {import('../tokenizer-engine.js').EncodeRequest} EncodeRequest
 * @typedef {import('../tokenizer-engine.js').Batch} Batch
 */

// Flags of a request.
const SPECIAL_TOKENS = 1,
  DETAILS = 2,
  OVERFLOW = 4,
  PAIRS = 8,
  WORDS = 16,
  TRUNCATE_LEFT = 32,
  PAD_LEFT = 64,
  IDS_ONLY = 128;
/** 32-bit words of EncodeRequest before the counts and lengths. */
const REQUEST_WORDS = 11;

// Words of encode()'s answer: counts, and addresses of arrays.
const ROWS = 0,
  TOKENS = 1,
  ROW_STARTS = 2,
  ROW_TEXTS = 3,
  IDS = 4,
  TYPE_IDS = 5,
  ATTENTION_MASK = 6,
  OFFSETS = 7,
  WORD_IDS = 8,
  SPECIAL = 9,
  SEQUENCES = 10,
  SURFACES = 11, // how many
  SURFACE_TABLE = 12, // token and bytes of each
  SURFACE_TEXTS = 13,
  HAS_DETAILS = 14,
  TYPE_ID_COUNT = 15;

// Words of the answer of decode(), stream(), convert() and vocabulary().
const TEXT_COUNT = 0,
  BYTE_LENGTHS = 1,
  TEXT_BYTES = 2,
  TOKEN_FLAGS = 4,
  UNIT_LENGTHS = 5;
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
    (o.addSpecialTokens ? SPECIAL_TOKENS : 0) |
    (o.details ? DETAILS : 0) |
    (o.overflow ? OVERFLOW : 0) |
    (pairs ? PAIRS : 0) |
    (counts ? WORDS : 0) |
    (o.truncateLeft ? TRUNCATE_LEFT : 0) |
    (o.padLeft ? PAD_LEFT : 0) |
    (o.idsOnly ? IDS_ONLY : 0);
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

/** @type {Omit<Batch, 'rows' | 'rowStarts' | 'ids'>} */
const EMPTY = {
  rowTexts: new Uint32Array(0),
  typeIds: new Int32Array(0),
  attentionMask: new Int32Array(0),
  offsets: new Int32Array(0),
  words: new Int32Array(0),
  special: new Uint8Array(0),
  sequences: new Int8Array(0),
  surfaces: new Map(),
};

/**
 * @param {Views} views
 * @param {number} answer of encode()
 * @param {boolean} [idsOnly] what the request asked for: all but ids and rowStarts is empty, and shared
 * @returns {Batch} copies
 */
export function readBatch({ u8, u32, i32 }, answer, idsOnly) {
  const field = (/** @type {number} */ i) => u32[(answer >>> 2) + i];
  const unsigned = (/** @type {number} */ i, /** @type {number} */ count) =>
    u32.slice(field(i) >>> 2, (field(i) >>> 2) + count);
  const bytes = (/** @type {number} */ i, /** @type {number} */ count) => u8.slice(field(i), field(i) + count);
  const ints = (/** @type {number} */ i, /** @type {number} */ count) =>
    i32.slice(field(i) >>> 2, (field(i) >>> 2) + count);
  const rows = field(ROWS),
    tokens = field(TOKENS),
    typeIds = field(TYPE_ID_COUNT),
    detailed = field(HAS_DETAILS) ? tokens : 0;
  // A call with one short text spends most of its time on making arrays.
  if (idsOnly) return { ...EMPTY, rows, rowStarts: unsigned(ROW_STARTS, rows + 1), ids: ints(IDS, tokens) };
  /** @type {Map<number, string>} */
  const surfaces = new Map();
  for (let s = 0, table = field(SURFACE_TABLE) >>> 2, text = field(SURFACE_TEXTS); s < field(SURFACES); s++) {
    const end = text + u32[table + 2 * s + 1];
    surfaces.set(u32[table + 2 * s], decoder.decode(u8.subarray(text, end)));
    text = end;
  }
  return {
    rows,
    rowStarts: unsigned(ROW_STARTS, rows + 1),
    rowTexts: unsigned(ROW_TEXTS, rows),
    ids: ints(IDS, tokens),
    typeIds: ints(TYPE_IDS, typeIds),
    attentionMask: ints(ATTENTION_MASK, typeIds),
    offsets: ints(OFFSETS, 2 * detailed),
    words: ints(WORD_IDS, detailed),
    special: bytes(SPECIAL, detailed),
    sequences: new Int8Array(bytes(SEQUENCES, detailed).buffer),
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
    lengths = u32[h + BYTE_LENGTHS] >>> 2;
  let at = u32[h + TEXT_BYTES];
  return Array.from({ length: u32[h + TEXT_COUNT] }, (_, i) => {
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
    /** @type {string[]} */ out = new Array(u32[h + TEXT_COUNT]);
  const lengths = u32[h + BYTE_LENGTHS] >>> 2,
    units = u32[h + UNIT_LENGTHS] >>> 2;
  for (let i = 0, at = u32[h + TEXT_BYTES]; i < out.length; ) {
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
    flags = views.u32[(answer >>> 2) + TOKEN_FLAGS];
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
    truncateLeft: (flags & TRUNCATE_LEFT) !== 0,
    padding,
    padLength,
    padToMultipleOf,
    padLeft: (flags & PAD_LEFT) !== 0,
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
