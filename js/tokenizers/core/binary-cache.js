// A repository's tokenizer.json, read in a few milliseconds from the second load on: its binary form is kept as a
// sidecar in the cache. A form that is damaged, or of another version, is made again.

import { bytesOf, openFile } from '../../hub/index.js';
import { keepSidecar, openWithSidecar } from '../../hub/sidecar.js';
import { Core } from './core.js';

const ENDING = '.binary';
/** In bytes. A smaller file loads as fast as the cache answers. */
const SMALLEST = 1 << 19;

/**
 * @param {string} id repository id, folder or URL
 * @param {import('../../hub/index.js').HubOptions} options
 * @returns {Promise<Core | null>} null where there is no tokenizer.json
 */
export async function coreOf(id, options) {
  const opened = await openWithSidecar(id, 'tokenizer.json', ENDING, options);
  if ('sidecar' in opened) {
    const core = await Core.fromBinary(opened.sidecar, id).catch((error) => {
      if (error.name === 'TokenizerError') return null;
      throw error;
    });
    if (core) return core;
  }
  const file = 'file' in opened ? opened.file : await openFile(id, 'tokenizer.json', options);
  if (!file) return null;
  const json = await bytesOf(file);
  const core = await Core.create(json, id);
  if (json.byteLength >= SMALLEST) await keepSidecar(file, ENDING, () => core.binary(), options);
  return core;
}
