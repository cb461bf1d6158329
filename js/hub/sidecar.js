// A sidecar is what was made from a cached file, kept beside it in the cache: the next load reads the sidecar and not
// the file. It ends with the stamp of the file that it was made from and this library's version; where either
// differs it is not used.

import { env, isNode } from '../env.js';
import { currentCache, putWhole, quietly } from './cache.js';
import { bytesOf, find } from './index.js';
import { reportProgress } from './progress.js';

/** @typedef {import('./types.js').HubOptions} HubOptions */

/** @param {string} stamp of the file */
const endOf = (stamp) => new TextEncoder().encode(`${stamp} ${env.version}`);

/**
 * Opens a file, or reads its sidecar where there is a fitting one. Where the sidecar proves to be damaged, open the
 * file by openFile().
 * @param {string} id repository id, folder or URL
 * @param {string} name
 * @param {string} ending of the sidecar's name
 * @param {HubOptions} options
 * @returns {Promise<{ sidecar: Uint8Array } | { file: import('./types.js').OpenFile | null }>}
 */
export async function openWithSidecar(id, name, ending, options) {
  const file = await find(id, name, options),
    stamp = file?.entry?.stamp(),
    cache = stamp ? currentCache(options.cache_dir) : null;
  const found = cache && (await quietly(() => cache.get(file?.entry?.key + ending)));
  if (file && found && stamp) {
    const bytes = await bytesOf(reportProgress({ name, size: found.size, chunks: found.stream }, id, options));
    const end = endOf(stamp),
      size = bytes.byteLength - end.length;
    if (end.every((byte, i) => bytes[size + i] === byte)) return { sidecar: bytes.subarray(0, size) };
  }
  return { file: file && reportProgress(file, id, options) };
}

/**
 * Keeps a file's sidecar, if the cache keeps the file and has room.
 * @param {import('./types.js').OpenFile} file that was read to its end
 * @param {string} ending
 * @param {() => Uint8Array} make called only where its bytes can be kept
 * @param {HubOptions} options
 */
export async function keepSidecar(file, ending, make, options) {
  const stamp = file.entry?.stamp(),
    cache = stamp ? currentCache(options.cache_dir) : null;
  if (!file.entry || !stamp || !cache) return;
  const { key } = file.entry,
    bytes = make(),
    end = endOf(stamp),
    whole = new Uint8Array(bytes.byteLength + end.length);
  whole.set(bytes);
  whole.set(end, bytes.byteLength);
  const done = quietly(() => putWhole(cache, key + ending, whole));
  if (isNode) await done; // a script may end before its cache has written
}
