// A GGUF file as a repository: the files that the library asks a repository for, made of the file's metadata.

import { readConfigs } from './config.js';
import { makePlan } from './plan.js';
import { readHeader } from './read-header.js';
import { tokenizerFiles } from './tokenizer.js';

/** Tensors whose values config.json has. */
const IN_CONFIG = /^rope_(freqs|factors_(long|short))\.weight$/;

/**
 * @param {AsyncIterator<Uint8Array>} chunks of the file
 * @param {string} name of the file
 * @param {import('./read-header.js').Errors} errors
 * @returns {Promise<{ read: (file: string) => Uint8Array | null, plan: () => string, taken: Uint8Array[] }>} read
 *   gives a file of the repository; null: there is none. plan: by which the engine reads the tensors. taken: the
 *   chunks that were read
 */
export async function openGguf(chunks, name, errors) {
  const header = await readHeader(chunks, name, errors, IN_CONFIG),
    { config, generation, sizes } = readConfigs(header, name, errors);
  /** @type {Record<string, string | Uint8Array> | undefined} */
  let tokenizer;
  const read = (/** @type {string} */ file) => {
    const made =
      file === 'config.json'
        ? JSON.stringify(config)
        : file === 'generation_config.json'
          ? JSON.stringify(generation)
          : /^tokenizer/.test(file)
            ? (tokenizer ??= tokenizerFiles(header.metadata, name, config.vocab_size, errors))[file]
            : null;
    return typeof made === 'string' ? new TextEncoder().encode(made) : (made ?? null);
  };
  return { read, plan: () => makePlan(header, name, config, sizes, errors), taken: header.taken };
}
