// A repository's tokenizer.json, read in a few milliseconds from the second time on: its binary form is kept in the cache
// beside the file. A form that is not this version's, does not fit the file's size or is damaged is made again; a file
// that was downloaded anew gets a new one.

import { env } from '../env.js';
import { bytesOf, keepBeside, openFile } from '../hub/index.js';
import { Core } from './core.js';

const ENDING = '.binary';
/** Smaller files load as fast as the cache answers. */
const LEAST = 1 << 19;
// What is kept is the form and, behind it, this library's version. The form's header says its own size and its source's.
const SIZE_AT = 16, SOURCE_SIZE_AT = 24;
const version = new TextEncoder().encode(env.version);

/** @param {Uint8Array} kept @param {number} madeFrom size of the tokenizer.json @param {string} id @returns {Promise<Core | null>} */
async function fromKept(kept, madeFrom, id) {
  const size = kept.byteLength - version.length;
  if (size < SOURCE_SIZE_AT + 8 || !version.every((byte, i) => kept[size + i] === byte)) return null;
  const header = new DataView(kept.buffer, kept.byteOffset);
  if (header.getUint32(SIZE_AT, true) !== size || (madeFrom && header.getUint32(SOURCE_SIZE_AT, true) !== madeFrom)) return null;
  return Core.fromBinary(kept.subarray(0, size), id).catch((error) => {
    if (error.name === 'TokenizerError') return null;
    throw error;
  });
}

/**
 * @param {string} id repository id, folder or URL
 * @param {import('../hub/index.js').HubOptions} options
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
  if (file.key && json.byteLength >= LEAST) {
    const form = core.binary(), kept = new Uint8Array(form.byteLength + version.length);
    kept.set(form);
    kept.set(version, form.byteLength);
    await keepBeside(file.key, ENDING, kept, options);
  }
  return core;
}
