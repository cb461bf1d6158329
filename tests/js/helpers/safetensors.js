// A reader of small safetensors files for tests, independent of the package's own.
import { readFileSync } from 'node:fs';

/** @typedef {{ dtype: 'F32' | 'I64', shape: number[], data_offsets: [number, number] }} Entry */
/**
 * @param {string | URL} path
 * @returns {Record<string, { dtype: string, dims: number[], data: any }>} any: a typed array of numbers or of bigints,
 *   which the test that reads it knows
 */
export function readSafetensors(path) {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  /** @type {Record<string, Entry>} */
  const header = JSON.parse(file.subarray(8, 8 + length).toString());
  const types = { F32: Float32Array, I64: BigInt64Array };
  return Object.fromEntries(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, t]) => {
        const bytes = Uint8Array.from(file.subarray(8 + length + t.data_offsets[0], 8 + length + t.data_offsets[1]));
        return [name, { dtype: t.dtype, dims: t.shape, data: new types[t.dtype](bytes.buffer) }];
      }),
  );
}

/**
 * Writes one, also a wrong one.
 * @param {object | string} header
 * @param {Uint8Array} data
 */
export function safetensorsBytes(header, data = new Uint8Array()) {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}
