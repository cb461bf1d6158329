// Reads the header of a GGUF file: metadata, and the list of tensors without their bytes. The file comes in chunks, and
// no more of them are taken than the header needs; what was taken is kept, so that the weights need not be downloaded
// twice. Versions 2 and 3, little-endian. After the format's description (ggml/docs/gguf.md) and llama.cpp's gguf.cpp:
// the same files are refused, but that tensors may be listed in any order.

/**
 * @typedef {number | boolean | string | (number | boolean | string)[]} Value integers above 2^53 lose their last bits
 * @typedef {{ name: string, shape: number[], type: number, begin: number, end: number }} Tensor shape: rows first, as
 *   PyTorch has it; type: ggml_type; bytes of the file
 * @typedef {Pick<typeof import('../errors.js'), 'ConfigError' | 'TokenizerError' | 'WeightsError'>} Errors the classes:
 *   js/gguf imports nothing else of the library, so that a bundler's chunk of it waits for no other
 * @typedef {(code: string, what: string, field?: string) => Error} Bad
 * @typedef {object} Header
 * @property {Map<string, Value>} metadata
 * @property {Map<string, Tensor>} tensors by name, in the order of their bytes
 * @property {number} alignment of tensors, in bytes
 * @property {Map<string, number[]>} small values of the tensors that were asked for
 * @property {Uint8Array[]} taken chunks that were read, all of their bytes
 */

/** More than the largest vocabulary takes. */
const MAX_HEADER = 100_000_000,
  MAX_KEY = 65_535,
  MAX_NAME = 1024,
  MAX_BYTES = 2 ** 48;
/** A tensor that is asked for must lie so near the beginning of the data. */
const NEAR = 1 << 20;

/** Types of values. */
const UINT8 = 0,
  INT8 = 1,
  UINT16 = 2,
  INT16 = 3,
  UINT32 = 4,
  INT32 = 5,
  FLOAT32 = 6,
  BOOL = 7,
  STRING = 8,
  ARRAY = 9,
  UINT64 = 10,
  INT64 = 11;
/** Bytes of a value, by its type. */
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]; // the last: 64-bit floats

/**
 * ggml_type: name, and values and bytes of a block (gguf-py's constants.py).
 * @type {Record<number, [name: string, values: number, bytes: number]>}
 */
export const BLOCKS = {
  0: ['F32', 1, 4],
  1: ['F16', 1, 2],
  2: ['Q4_0', 32, 18],
  3: ['Q4_1', 32, 20],
  6: ['Q5_0', 32, 22],
  7: ['Q5_1', 32, 24],
  8: ['Q8_0', 32, 34],
  9: ['Q8_1', 32, 40],
  10: ['Q2_K', 256, 84],
  11: ['Q3_K', 256, 110],
  12: ['Q4_K', 256, 144],
  13: ['Q5_K', 256, 176],
  14: ['Q6_K', 256, 210],
  15: ['Q8_K', 256, 292],
  16: ['IQ2_XXS', 256, 66],
  17: ['IQ2_XS', 256, 74],
  18: ['IQ3_XXS', 256, 98],
  19: ['IQ1_S', 256, 50],
  20: ['IQ4_NL', 32, 18],
  21: ['IQ3_S', 256, 110],
  22: ['IQ2_S', 256, 82],
  23: ['IQ4_XS', 256, 136],
  24: ['I8', 1, 1],
  25: ['I16', 1, 2],
  26: ['I32', 1, 4],
  27: ['I64', 1, 8],
  28: ['F64', 1, 8],
  29: ['IQ1_M', 256, 56],
  30: ['BF16', 1, 2],
  34: ['TQ1_0', 256, 54],
  35: ['TQ2_0', 256, 66],
  39: ['MXFP4', 32, 17],
  40: ['NVFP4', 64, 36],
};

/** Thrown where bytes are missing that have not come yet. */
const MORE = Symbol('more bytes');

/** Bytes that have come, joined, and a place in them. */
class Reader {
  /** @type {Uint8Array[]} */
  taken = [];
  #bytes = new Uint8Array(0);
  #size = 0;
  #view = new DataView(this.#bytes.buffer);
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF may be a token
  at = 0;

  /**
   * @param {AsyncIterator<Uint8Array>} chunks
   * @param {Bad} bad
   */
  constructor(chunks, bad) {
    this.chunks = chunks;
    this.bad = bad;
  }

  /**
   * Runs parse, which reads on from `at`; where bytes are missing, again from there once twice as many have come.
   * @template T
   * @param {() => T} parse
   * @returns {Promise<T>}
   */
  async part(parse) {
    const from = this.at;
    for (;;) {
      try {
        return parse();
      } catch (error) {
        if (error !== MORE) throw error;
      }
      this.at = from;
      await this.#grow(from + 2 * Math.max(this.#size - from, 1 << 12));
    }
  }

  /** @param {number} wanted bytes from the file's beginning; fewer come at its end, if any */
  async #grow(wanted) {
    const before = this.#size;
    while (this.#size < wanted) {
      const { done, value } = await this.chunks.next();
      if (done) break;
      if (this.#size + value.byteLength > this.#bytes.byteLength) {
        const larger = new Uint8Array(Math.max(2 * this.#bytes.byteLength, this.#size + value.byteLength));
        larger.set(this.#bytes.subarray(0, this.#size));
        this.#bytes = larger;
        this.#view = new DataView(larger.buffer);
      }
      this.#bytes.set(value, this.#size);
      this.#size += value.byteLength;
      this.taken.push(value);
    }
    if (this.#size === before) throw this.bad('truncated', `ends after ${before} bytes, inside its header`);
    if (this.at > MAX_HEADER) throw this.bad('header_too_large', `has a header of more than ${MAX_HEADER} bytes`);
  }

  /**
   * Goes on by n bytes. Counts are believed only as far as bytes have come.
   * @param {number} n
   * @returns {number} where they begin
   */
  take(n) {
    const from = this.at;
    if (from + n > MAX_HEADER + NEAR)
      throw this.bad('header_too_large', `has a header of more than ${MAX_HEADER} bytes`);
    if (from + n > this.#size) throw MORE;
    this.at = from + n;
    return from;
  }
  uint32() {
    return this.#view.getUint32(this.take(4), true);
  }
  uint64() {
    return Number(this.#view.getBigUint64(this.take(8), true));
  }
  /**
   * @param {number} [most] bytes of a name
   * @param {string} [code] of the error of a longer one
   */
  string(most = Infinity, code = 'bad_metadata') {
    const size = this.uint64();
    if (size > most) throw this.bad(code, `has a name of ${size} bytes`);
    const from = this.take(size);
    return this.#decoder.decode(this.#bytes.subarray(from, from + size));
  }
  /**
   * @param {number} type
   * @returns {number | boolean | string}
   */
  scalar(type) {
    if (type === STRING) return this.string();
    const view = this.#view,
      at = this.take(SIZES[type]);
    switch (type) {
      case UINT8:
        return view.getUint8(at);
      case INT8:
        return view.getInt8(at);
      case UINT16:
        return view.getUint16(at, true);
      case INT16:
        return view.getInt16(at, true);
      case UINT32:
        return view.getUint32(at, true);
      case INT32:
        return view.getInt32(at, true);
      case FLOAT32:
        return view.getFloat32(at, true);
      case BOOL:
        return view.getUint8(at) !== 0;
      case UINT64:
        return Number(view.getBigUint64(at, true));
      case INT64:
        return Number(view.getBigInt64(at, true));
      default:
        return view.getFloat64(at, true);
    }
  }
}

/**
 * @param {AsyncIterator<Uint8Array>} chunks of the file
 * @param {string} file its name, for errors
 * @param {Errors} errors
 * @param {RegExp} [wanted] names of tensors of few F32 values whose values are to be read as well
 * @returns {Promise<Header>} WeightsError: "not_gguf", "unsupported_gguf", "bad_metadata", "bad_alignment",
 *   "bad_tensor_name", "bad_shape", "unsupported_dtype", "size_mismatch", "bad_offsets", "hole", "overlap",
 *   "duplicate_tensor", "header_too_large", "truncated"
 */
export async function readHeader(chunks, file, { WeightsError }, wanted) {
  const bad = (/** @type {string} */ code, /** @type {string} */ what, field = '') =>
    new WeightsError(`${file} ${what}.`, { code, file, field });
  const reader = new Reader(chunks, bad);
  const [tensorCount, entryCount] = await reader.part(() => counts(reader, bad));
  /** @type {Map<string, Value>} */
  const metadata = new Map();
  for (let i = 0; i < entryCount; i++) {
    const [key, value] = await reader.part(() => entry(reader, bad));
    if (metadata.has(key)) throw bad('bad_metadata', `has the entry "${key}" twice`, key);
    metadata.set(key, value);
  }
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 1 || alignment > 1 << 20 || alignment & (alignment - 1))
    throw bad('bad_alignment', `has the alignment ${alignment}; it must be a power of 2`, 'general.alignment');
  const listed = [];
  for (let i = 0; i < tensorCount; i++) listed.push(await reader.part(() => tensorInfo(reader, bad)));
  const tensors = placed(listed, Math.ceil(reader.at / alignment) * alignment, alignment, bad),
    small = new Map();
  for (const { name, type, begin, end } of tensors.values()) {
    if (!wanted?.test(name)) continue;
    if (type !== 0 || end - reader.at > NEAR)
      throw bad('unsupported_gguf', `has the tensor "${name}" in another form or place than is supported`, name);
    const after = reader.at;
    reader.at = begin;
    small.set(name, await reader.part(() => Array.from({ length: (end - begin) / 4 }, () => reader.scalar(FLOAT32))));
    reader.at = after;
  }
  return { metadata, tensors, alignment, small, taken: reader.taken };
}

/**
 * Where the tensors lie: each begins at the first multiple of the alignment behind the one before.
 * @param {{ name: string, shape: number[], type: number, offset: number }[]} listed
 * @param {number} data where the data begin in the file
 * @param {number} alignment
 * @param {Bad} bad
 * @returns {Map<string, Tensor>}
 */
function placed(listed, data, alignment, bad) {
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  let at = 0;
  for (const { name, shape, type, offset } of listed.sort((a, b) => a.offset - b.offset)) {
    const fail = (/** @type {string} */ code, /** @type {string} */ what) =>
      bad(code, `has a tensor "${name.slice(0, 200)}" ${what}`, name);
    if (tensors.has(name)) throw fail('duplicate_tensor', 'twice');
    const size = shape.reduce((product, n) => product * n, 1);
    if (!(size > 0 && size < MAX_BYTES)) throw fail('bad_shape', `of the shape [${shape}]`);
    const block = BLOCKS[type];
    if (!block) throw fail('unsupported_dtype', `of the unknown type ${type}`);
    const [kind, values, bytes] = block;
    if (/** @type {number} */ (shape.at(-1)) % values)
      throw fail('size_mismatch', `of the shape [${shape}]; ${kind} has blocks of ${values}`);
    if (!(offset < MAX_BYTES) || offset % alignment)
      throw fail('bad_offsets', `at byte ${offset}, which is no multiple of the alignment ${alignment}`);
    if (offset !== at)
      throw offset > at
        ? fail('hole', `at byte ${offset}, leaving a hole after byte ${at}`)
        : fail('overlap', `at byte ${offset}, overlapping the bytes before ${at}`);
    const end = offset + (size / values) * bytes;
    tensors.set(name, { name, shape, type, begin: data + offset, end: data + end });
    at = Math.ceil(end / alignment) * alignment;
  }
  return tensors;
}

/**
 * @param {Reader} reader
 * @param {Bad} bad
 */
function counts(reader, bad) {
  if (reader.uint32() !== 0x46554747) throw bad('not_gguf', 'does not begin with "GGUF": it is no GGUF file');
  const version = reader.uint32();
  if (version !== 2 && version !== 3)
    throw bad(
      'unsupported_gguf',
      version && !(version & 0xffff)
        ? 'is big-endian, which is not supported'
        : `is of version ${version}; 2 and 3 are supported`,
    );
  const tensors = reader.uint64(),
    entries = reader.uint64();
  // The shortest tensor takes 32 bytes, the shortest entry 13.
  if (tensors * 32 + entries * 13 > MAX_HEADER)
    throw bad('header_too_large', `says that it has ${tensors} tensors and ${entries} entries of metadata`);
  return [tensors, entries];
}

/**
 * @param {Reader} reader
 * @param {Bad} bad
 * @returns {[string, Value]}
 */
function entry(reader, bad) {
  const key = reader.string(MAX_KEY),
    type = reader.uint32();
  if (type !== ARRAY) {
    if (type >= SIZES.length) throw bad('bad_metadata', `has the entry "${key}" of the unknown type ${type}`, key);
    return [key, reader.scalar(type)];
  }
  const each = reader.uint32(),
    count = reader.uint64();
  if (each >= SIZES.length || each === ARRAY)
    throw bad('bad_metadata', `has the entry "${key}" of the unknown or nested type ${each}`, key);
  const before = reader.at;
  reader.take(count * (SIZES[each] || 8)); // so many bytes at least: else nothing is made of the count
  reader.at = before;
  const values = [];
  for (let i = 0; i < count; i++) values.push(reader.scalar(each));
  return [key, values];
}

/**
 * @param {Reader} reader
 * @param {Bad} bad
 */
function tensorInfo(reader, bad) {
  const name = reader.string(MAX_NAME, 'bad_tensor_name'),
    dims = reader.uint32();
  if (dims < 1 || dims > 4) throw bad('bad_shape', `has a tensor "${name}" of ${dims} dimensions`, name);
  const shape = Array.from({ length: dims }, () => reader.uint64()).reverse();
  return { name, shape, type: reader.uint32(), offset: reader.uint64() };
}
