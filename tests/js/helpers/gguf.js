// Writes GGUF files for tests.

/**
 * @typedef {'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'bool' | 'str' | 'arr' | 'u64' | 'i64' | 'f64'} Type
 * @typedef {[type: Type, value: any] | [type: 'arr', values: any[], each: Type]} Entry any: of that type
 * @typedef {{ name: string, shape: number[], type?: number, offset?: number, data?: Uint8Array }} Tensor rows first
 */

/** @type {Type[]} */
const TYPES = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'str', 'arr', 'u64', 'i64', 'f64'];

export class GgufWriter {
  /** @type {Uint8Array[]} */
  #parts = [];

  /**
   * @param {Type} type
   * @param {any} value any: of that type
   */
  put(type, value) {
    if (type === 'str') {
      const bytes = new TextEncoder().encode(value);
      this.put('u64', bytes.byteLength);
      this.#parts.push(bytes);
      return this;
    }
    const bytes = new Uint8Array(8),
      view = new DataView(bytes.buffer);
    const setters = /** @type {Record<string, [size: number, set: () => void]>} */ ({
      u8: [1, () => view.setUint8(0, value)],
      i8: [1, () => view.setInt8(0, value)],
      bool: [1, () => view.setUint8(0, Number(value))],
      u16: [2, () => view.setUint16(0, value, true)],
      i16: [2, () => view.setInt16(0, value, true)],
      u32: [4, () => view.setUint32(0, value, true)],
      i32: [4, () => view.setInt32(0, value, true)],
      f32: [4, () => view.setFloat32(0, value, true)],
      u64: [8, () => view.setBigUint64(0, BigInt(value), true)],
      i64: [8, () => view.setBigInt64(0, BigInt(value), true)],
      f64: [8, () => view.setFloat64(0, value, true)],
    });
    const [size, set] = setters[type];
    set();
    this.#parts.push(bytes.subarray(0, size));
    return this;
  }
  /** @param {{ tensors?: number | bigint, entries?: number | bigint, version?: number }} [counts] */
  begin({ tensors = 0, entries = 0, version = 3 } = {}) {
    return this.raw('GGUF').put('u32', version).put('u64', tensors).put('u64', entries);
  }
  /**
   * @param {string} key
   * @param {Entry} entry
   */
  entry(key, [type, value, each]) {
    this.put('str', key).put('u32', TYPES.indexOf(type));
    if (type !== 'arr' || !each) return this.put(type, value);
    this.put('u32', TYPES.indexOf(each)).put('u64', value.length);
    for (const one of value) this.put(each, one);
    return this;
  }
  /** @param {Tensor} tensor */
  tensor({ name, shape, type = 0, offset = 0 }) {
    this.put('str', name).put('u32', shape.length);
    for (const n of [...shape].reverse()) this.put('u64', n);
    return this.put('u32', type).put('u64', offset);
  }
  /** @param {string | Uint8Array} bytes */
  raw(bytes) {
    this.#parts.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
    return this;
  }
  /** @param {number} to */
  pad(to) {
    const size = this.#parts.reduce((sum, part) => sum + part.byteLength, 0);
    return this.raw(new Uint8Array((to - (size % to)) % to));
  }
  bytes() {
    return Buffer.concat(this.#parts);
  }
}

/**
 * A whole file; tensors without data are zeros in F32.
 * @param {Record<string, Entry>} metadata
 * @param {Tensor[]} [tensors]
 */
export function ggufFile(metadata, tensors = []) {
  const w = new GgufWriter().begin({ tensors: tensors.length, entries: Object.keys(metadata).length });
  for (const [key, entry] of Object.entries(metadata)) w.entry(key, entry);
  let offset = 0;
  const datas = tensors.map(({ shape, data = new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)) }) => data);
  tensors.forEach((tensor, i) => {
    w.tensor({ ...tensor, offset });
    offset += Math.ceil(datas[i].byteLength / 32) * 32;
  });
  w.pad(32);
  for (const data of datas) w.raw(data).pad(32);
  return w.bytes();
}
