// The files of a repository: opened as streams of chunks, read as a whole, or asked for their size. A repository is a
// folder, a URL, or an id of the Hub (locate.js has the forms).

import { ConfigError, throwIfAborted } from '../errors.js';
import { open, sharing } from './open.js';
import { isKnown, reportProgress } from './progress.js';

/**
 * @typedef {import('./types.js').OpenFile} OpenFile
 * @typedef {import('./types.js').ProgressEvent} ProgressEvent
 * @typedef {import('./types.js').HubOptions} HubOptions
 */

/**
 * Begins the work on a file: openFile() without the events that follow 'initiate'.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} options
 * @returns {Promise<OpenFile | null>}
 */
export async function find(id, name, options) {
  throwIfAborted(options.signal);
  const file = await open(id, name, options);
  // A missing file is not told of: callers show what begins until it is done.
  if (file) options.progress_callback?.({ status: 'initiate', name: id, file: name });
  else isKnown(options, name);
  return file;
}

/**
 * Opens a file of a repository.
 * @param {string} id repository id, folder or URL
 * @param {string} name e.g. "config.json"
 * @param {HubOptions} [options]
 * @returns {Promise<OpenFile | null>} null where the repository lacks it
 */
export async function openFile(id, name, options = {}) {
  const file = await find(id, name, options);
  return file && reportProgress(file, id, options);
}

/**
 * How large a file is, and whether it can be read without the network. Nothing is downloaded.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<{ size: number, cached: boolean } | null>} null where the repository lacks it
 */
export async function sizeOf(id, name, options = {}) {
  throwIfAborted(options.signal);
  const file = await open(id, name, options, true);
  return file && { size: file.size, cached: !!file.local };
}

/**
 * Reads a file as a whole.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<Uint8Array | null>} null where the repository lacks it
 */
export async function getBytes(id, name, options = {}) {
  const file = await openFile(id, name, options);
  return file && bytesOf(file);
}

/**
 * Reads an open file to its end.
 * @param {OpenFile} file
 * @returns {Promise<Uint8Array>}
 */
export async function bytesOf(file) {
  const parts = [];
  let size = 0;
  for await (const chunk of file.chunks) {
    parts.push(chunk);
    size += chunk.byteLength;
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/**
 * Reads a file of UTF-8.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<string | null>} null where the repository lacks it
 */
export async function getText(id, name, options = {}) {
  const bytes = await getBytes(id, name, options);
  return bytes && new TextDecoder().decode(bytes);
}

/**
 * Reads a file of JSON.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<any>} null where the repository lacks it. any: JSON of any form
 */
export async function getJSON(id, name, options = {}) {
  const text = await getText(id, name, options);
  return text === null ? null : parseJSON(text, id, name);
}

/**
 * @param {string} text
 * @param {string} id for the error
 * @param {string} name
 * @returns {any} any: JSON of any form
 */
export function parseJSON(text, id, name) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const page = /^\s*</.test(text);
    throw new ConfigError(
      `${name} of ${id} is ${page ? 'a web page' : 'not valid JSON'}: ${/** @type {Error} */ (cause).message}`,
      { code: page ? 'html_instead_of_json' : 'invalid_json', file: name, cause },
    );
  }
}

/**
 * Loads what needs several files. Where one of them proves to be damaged, its copy in the cache is deleted and the
 * load is tried again, once for each file.
 * @template T
 * @template {HubOptions} O
 * @param {O} options
 * @param {(options: O) => Promise<T>} load
 * @returns {Promise<T>}
 */
export const healed = (options, load) =>
  sharing(options, async (own) => {
    const opened = new Map(),
      all = { ...own, opened, refetch: new Set() };
    try {
      return await load(all);
    } catch (error) {
      if (!opened.has(/** @type {import('../errors.js').HubError} */ (error)?.file)) throw error;
      const { repair } = await import('./repair.js');
      return repair(error, all, () => load(all));
    }
  });

export { ggufOf, missing } from './locate.js';
export { withTotals } from './progress.js';
export { sharing } from './open.js';
