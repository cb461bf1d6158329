// A repository's tokenizer.json, read in a few milliseconds from the second time on: its binary form is kept in the
// cache beside the file. A form that is not this version's, was made before the file was last written (whatever its
// size) or is damaged is made again.

import { env } from '../../env.js';
import { bytesOf, keepBeside, openFile } from '../../hub/index.js';
import { Core } from './core.js';

const ENDING = '.binary';
/** Smaller files load as fast as the cache answers. */
const LEAST = 1 << 19;
/**
 * What stands behind a form that is kept: the file that it was made from and this library's version.
 * @param {string} stamp
 */
const endOf = (stamp) => new TextEncoder().encode(`${stamp} ${env.version}`);

/**
 * @param {Uint8Array} kept
 * @param {string} madeFrom stamp of the tokenizer.json
 * @param {string} id
 * @returns {Promise<Core | null>}
 */
async function fromKept(kept, madeFrom, id) {
  const end = endOf(madeFrom),
    size = kept.byteLength - end.length;
  if (!end.every((byte, i) => kept[size + i] === byte)) return null;
  return Core.fromBinary(kept.subarray(0, size), id).catch((error) => {
    if (error.name === 'TokenizerError') return null;
    throw error;
  });
}

/**
 * @param {string} id repository id, folder or URL
 * @param {import('../../hub/index.js').HubOptions} options
 * @returns {Promise<Core | null>} null where there is no tokenizer.json
 */
export async function coreOf(id, options) {
  let file = await openFile(id, 'tokenizer.json', { ...options, beside: ENDING });
  if (file?.madeFrom !== undefined) {
    const core = await fromKept(await bytesOf(file), file.madeFrom, id);
    if (core) return core;
    file = await openFile(id, 'tokenizer.json', options);
  }
  if (!file) return null;
  const json = await bytesOf(file);
  const core = await Core.create(json, id);
  const stamp = file.stamp?.();
  if (file.key && stamp && json.byteLength >= LEAST) {
    const form = core.binary(),
      end = endOf(stamp),
      kept = new Uint8Array(form.byteLength + end.length);
    kept.set(form);
    kept.set(end, form.byteLength);
    await keepBeside(file.key, ENDING, kept, options);
  }
  return core;
}
