// A GGUF file in place of a repository's folder (js/gguf makes its files). Calls of one load share the file: it is
// opened once, its beginning read for all, and the weights go on behind it. Loaded with the first GGUF file; imports
// js/gguf alone, so that a bundler's chunk of it waits for no other.

import { openGguf } from '../gguf/index.js';

/** @typedef {import('./types.js').OpenFile} OpenFile */

/** A GGUF file that is open. */
class GgufFolder {
  /**
   * @param {OpenFile} file
   * @param {AsyncIterator<Uint8Array>} chunks of it
   * @param {Awaited<ReturnType<typeof openGguf>>} inside
   */
  constructor(file, chunks, inside) {
    this.file = file;
    this.chunks = chunks;
    this.inside = inside;
    this.whole = true;
  }

  /**
   * @param {OpenFile} file
   * @param {import('../gguf/read-header.js').Errors} errors
   */
  static async open(file, errors) {
    const chunks = file.chunks[Symbol.asyncIterator]();
    try {
      return new GgufFolder(file, chunks, await openGguf(chunks, file.name, errors));
    } catch (error) {
      await chunks.return?.();
      throw error;
    }
  }

  /**
   * A file that is made of the metadata.
   * @param {string} name
   * @returns {OpenFile | null}
   */
  made(name) {
    const bytes = this.inside.read(name);
    if (!bytes) return null;
    async function* chunks() {
      yield/** @type {Uint8Array} */ (bytes);
    }
    return { name, size: bytes.byteLength, local: this.file.local, chunks: chunks() };
  }

  /**
   * The file itself, from its beginning, with its plan.
   * @param {() => Promise<OpenFile>} open where it was given away before
   * @returns {Promise<OpenFile>}
   */
  async weights(open) {
    const { chunks: rest, inside } = this,
      plan = inside.plan();
    if (!this.whole) return { ...(await open()), plan };
    this.whole = false;
    async function* chunks() {
      try {
        for (let chunk = inside.taken.shift(); chunk; chunk = inside.taken.shift()) yield chunk;
        yield* { [Symbol.asyncIterator]: () => rest };
      } finally {
        await rest.return?.();
      }
    }
    return { ...this.file, plan, chunks: chunks() };
  }

  /** Ends a download that nobody reads on: of weights that were not asked for, or given away and not read. */
  async close() {
    const closed = this.chunks.return?.().catch(() => {});
    if (this.whole) await closed;
    this.whole = false;
  }
}

/**
 * Opens a file of a repository that is one GGUF file.
 * @param {string} name of the file that is wanted
 * @param {string} gguf name of the GGUF file
 * @param {object} load what it belongs to
 * @param {import('./types.js').Shared} [load.shared]
 * @param {import('./types.js').HubOptions} load.options
 * @param {import('../gguf/read-header.js').Errors} load.errors
 * @param {() => Promise<OpenFile>} load.open opens the GGUF file
 * @returns {Promise<OpenFile | null>} null: the metadata makes no such file
 */
export async function openInGguf(name, gguf, { shared, options: { opened, refetch }, errors, open }) {
  const begin = async () => GgufFolder.open(await open(), errors);
  if (!shared) {
    const folder = await begin();
    if (name === gguf) return folder.weights(open);
    await folder.close();
    return folder.made(name);
  }
  const key = `${gguf} ${refetch?.size ?? 0}`; // the second try of a load reads it anew
  let opening = /** @type {Promise<GgufFolder> | undefined} */ (shared.get(key));
  if (!opening) shared.set(key, (opening = begin()));
  const folder = await opening.catch(async (error) => {
      shared.delete(key);
      throw error;
    }),
    { entry } = folder.file;
  if (entry) opened?.set(gguf, entry);
  return name === gguf ? folder.weights(open) : folder.made(name);
}
