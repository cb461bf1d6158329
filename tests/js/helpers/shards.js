// Splits a checkpoint's model.safetensors into shards with their index, as save_pretrained(max_shard_size) does.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { safetensorsBytes } from './safetensors.js';

/**
 * @param {string} folder a checkpoint in one file
 * @param {number} count of shards
 * @returns {{ files: Record<string, Buffer>, index: { metadata: { total_size: number }, weight_map: Record<string,
 *   string> }, header: Record<string, Json> }}
 */
export function shardsOf(folder, count) {
  const bytes = readFileSync(path.join(folder, 'model.safetensors')),
    length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()),
    names = Object.keys(header).filter((n) => n !== '__metadata__');
  /** @type {Record<string, Buffer>} */
  const files = {};
  /** @type {Record<string, string>} */
  const weight_map = {};
  let total_size = 0;
  for (let i = 0; i < count; i++) {
    const file = `model-0000${i + 1}-of-0000${count}.safetensors`,
      parts = [];
    /** @type {Record<string, Json>} */
    const own = { __metadata__: { format: 'pt' } };
    let at = 0;
    for (const name of names.slice(
      Math.floor((i * names.length) / count),
      Math.floor(((i + 1) * names.length) / count),
    )) {
      const [from, to] = header[name].data_offsets;
      own[name] = { ...header[name], data_offsets: [at, at + to - from] };
      at += to - from;
      parts.push(bytes.subarray(8 + length + from, 8 + length + to));
      weight_map[name] = file;
    }
    total_size += at;
    files[file] = safetensorsBytes(own, Buffer.concat(parts));
  }
  return { files, index: { metadata: { total_size }, weight_map }, header };
}
