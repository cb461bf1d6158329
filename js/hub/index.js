// Where a repository's files come from: a folder, a URL, or the Hub by its id, each as a stream of chunks.
//   'org/name'              env.localModelPath/org/name, then (Node) the user's cache folder, then env.remoteHost
//   './folder', '/abs', …   a folder on disk (Node)
//   'https://…/folder/'     that URL
// Every file is told to progress_callback with the events that Transformers.js sends.

import { ConfigError, HubError, throwIfAborted } from '../errors.js';
import { env, isNode } from '../env.js';
import { node } from '../utils/node.js';
import { body, isWebPage, lengthOf, notOk, request } from './fetch.js';
import { cacheFolder, chunksOf, currentCache, quietly } from './cache.js';

/**
 * @typedef {{ status: string, name?: string, file?: string, progress?: number, loaded?: number, total?: number,
 *   task?: string, model?: string, [more: string]: any }} ProgressEvent
 * @typedef {{
 *   revision?: string, subfolder?: string, progress_callback?: ((event: ProgressEvent) => void) | null, signal?:
 *   AbortSignal,
 *   local_files_only?: boolean, cache_dir?: string | null, token?: string, headers?: Record<string, string>,
 *   beside?: string, sizeOnly?: boolean,
 * }} HubOptions beside: give what was kept in the cache beside the file under this ending, where there is
 * something; sizeOnly: the file will not be read
 * @typedef {{ name: string, size: number, chunks: AsyncIterable<Uint8Array>, key?: string, stamp?: () => string,
 *   madeFrom?: string, here?: boolean }} OpenFile size 0 where it is not known;
 *   key: where the cache has it, or will; stamp: the cache's (cache.js), once it is read; madeFrom: this is what
 *   keepBeside() kept, beside a file with that stamp; here: no network is needed
 */

const isUrl = (/** @type {string} */ id) => /^(https?|blob|data|chrome-extension|capacitor):/.test(id);
/** A folder by its look; in browsers, a path of this server. */
const isPath = (/** @type {string} */ id) => /^(\.{0,2}\/|\.{1,2}$|file:|[A-Za-z]:[\\/])/.test(id);
const ID = /^[\w][\w.-]*(\/[\w][\w.-]*)?$/;

/**
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} options
 */
function remoteUrl(id, name, { revision = 'main', subfolder = '' }) {
  const path = env.remotePathTemplate.replaceAll('{model}', id).replaceAll('{revision}', encodeURIComponent(revision));
  return env.remoteHost.replace(/\/*$/, '/') + path + (subfolder ? subfolder + '/' : '') + name;
}

/**
 * The request's headers; Node's usual variable is for the Hub alone.
 * @param {string} url
 * @param {HubOptions} options
 * @returns {Record<string, string>}
 */
function headersFor(url, { headers, token }) {
  const secret =
    token ??
    (isNode && /^https:\/\/(huggingface\.co|hf\.co)\//.test(url)
      ? (process.env.HF_TOKEN ?? process.env.HF_ACCESS_TOKEN)
      : '');
  return { ...headers, ...(secret ? { Authorization: `Bearer ${secret}` } : {}) };
}

/**
 * Counts the bytes of a file for progress_callback and sees to it that it ends.
 * @param {OpenFile} file
 * @param {string} id
 * @param {HubOptions} options
 * @returns {OpenFile}
 */
function watched(file, id, { progress_callback, signal }) {
  const tell = (/** @type {ProgressEvent} */ event) => progress_callback?.({ ...event, name: id, file: file.name });
  tell({ status: 'download', ...(file.size ? { total: file.size } : {}) });
  async function* chunks() {
    let loaded = 0;
    for await (const chunk of file.chunks) {
      throwIfAborted(signal);
      yield chunk;
      loaded += chunk.byteLength;
      const total = Math.max(file.size, loaded);
      tell({ status: 'progress', progress: (loaded / total) * 100, loaded, total });
    }
    tell({ status: 'done' });
  }
  return { ...file, chunks: chunks() };
}

/**
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<OpenFile | null>}
 */
async function openOnDisk(folder, name) {
  const [{ stat }, { createReadStream }, { join }] = await Promise.all([node('fs/promises'), node('fs'), node('path')]);
  const path = join(folder.startsWith('file:') ? (await node('url')).fileURLToPath(folder) : folder, name);
  const unreadable = (/** @type {any} */ error) =>
    new HubError(`Could not read ${path}: ${error.message}`, { code: 'unreadable', file: name, cause: error });
  const found = await stat(path).catch((/** @type {any} */ error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw unreadable(error);
  });
  if (!found?.isFile()) return null;
  async function* chunks() {
    // opened when read: a file that nobody reads leaves nothing open
    try {
      yield* createReadStream(path, { highWaterMark: 1 << 20 });
    } catch (error) {
      throw unreadable(error);
    }
  }
  return sniffed({ name, size: found.size, here: true, chunks: chunks() }, path);
}

/**
 * Writes a copy of what passes through into the cache; whole files only.
 * @param {OpenFile} file
 * @param {string} key
 * @param {import('./cache.js').Cache} cache
 * @returns {OpenFile}
 */
function kept(file, key, cache) {
  let stamp = () => '';
  async function* chunks() {
    const writer = await quietly(() => cache.put(key, file.size));
    stamp = () => writer?.stamp ?? '';
    let whole = false,
      broken = !writer;
    try {
      for await (const chunk of file.chunks) {
        if (!broken)
          broken =
            (await quietly(async () => {
              await writer?.write(chunk);
              return true;
            })) === null;
        yield chunk;
      }
      whole = true;
    } finally {
      const end = writer && quietly(() => (whole && !broken ? writer.close() : writer.abort()));
      if (isNode) await end; // a page stays open while its cache finishes, a script may not
    }
  }
  return { ...file, key, stamp: () => stamp(), chunks: chunks() };
}

/**
 * Stops what is not the file that was asked for, whatever its type says: a start page, a pointer of Git LFS.
 * @param {OpenFile} file
 * @param {string} url
 * @returns {OpenFile}
 */
function sniffed(file, url) {
  async function* chunks() {
    let first = true;
    for await (const chunk of file.chunks) {
      if (first) {
        const start = new TextDecoder().decode(chunk.subarray(0, 64));
        if (/^\uFEFF?\s*<(!doctype|html|head|\?xml)/i.test(start)) throw webPage(file.name, url);
        if (start.startsWith('version https://git-lfs')) {
          throw new HubError(
            `${file.name} at ${url} is a pointer of Git LFS, not the file; fetch it with "git lfs pull".`,
            { code: 'lfs_pointer', url, file: file.name },
          );
        }
      }
      first = false;
      yield chunk;
    }
  }
  return { ...file, chunks: chunks() };
}

/**
 * @param {string} name
 * @param {string} url
 */
const webPage = (name, url) =>
  new HubError(
    `${url} answered with a web page instead of ${name}: the server probably sends its start page for missing files.`,
    { code: 'html_instead_of_file', status: 200, url, file: name },
  );

/**
 * Where a start page came in place of a file, for missing() to tell.
 * @type {Set<string>}
 */
const startPages = new Set();

/** @returns {AsyncGenerator<Uint8Array>} */
async function* nothing() {}

/**
 * @param {string} url
 * @param {string} name
 * @param {HubOptions} options
 * @param {boolean} keep
 * @returns {Promise<OpenFile | null>} null: not there
 */
async function openUrl(url, name, options, keep) {
  const cache = keep ? currentCache(options.cache_dir ?? undefined) : null;
  const found = cache && (await quietly(() => cache.get(url)));
  if (found) {
    const form = options.beside && found.stamp ? await quietly(() => cache.get(url + options.beside)) : null;
    return {
      name,
      key: url,
      here: true,
      stamp: () => found.stamp,
      ...(form
        ? { size: form.size, chunks: form.stream, madeFrom: found.stamp }
        : { size: found.size, chunks: found.stream }),
    };
  }
  if (keep && (options.local_files_only || !env.allowRemoteModels)) return null;
  // That a file was missing is remembered for when there is no network: what is optional must not fail then.
  const absence = url + '.missing',
    absent = !!cache && !!(await quietly(() => cache.get(absence)));
  // What goes into our own cache need not fill the browser's as well.
  const init = {
    ...(options.sizeOnly ? { method: 'HEAD' } : {}),
    headers: headersFor(url, options),
    signal: options.signal,
    ...(cache ? { cache: /** @type {RequestCache} */ ('no-store') } : {}),
  };
  const response = await request(url, { ...init, ...(absent ? { tries: 1 } : {}) }).catch((error) => {
    if (absent && error instanceof HubError) return null;
    throw error;
  });
  if (!response) return null;
  if (!response.ok) {
    await response.body?.cancel();
    if (options.sizeOnly && (response.status === 405 || response.status === 501))
      return { name, size: 0, chunks: nothing() }; // a server that knows no HEAD
    if (response.status !== 404) throw notOk(name, response, url);
    if (cache && !absent) {
      await quietly(async () => {
        const writer = await cache.put(absence, 1);
        await writer?.write(new Uint8Array([49]));
        await writer?.close();
      });
    }
    return null;
  }
  if (isWebPage(response, name)) {
    await response.body?.cancel();
    if (name === 'config.json') throw webPage(name, url);
    startPages.add(url); // the server's way to say that a file is missing: what is optional does not fail by it
    return null;
  }
  if (options.sizeOnly) return { name, size: lengthOf(response), chunks: nothing() };
  const file = sniffed({ name, size: lengthOf(response), chunks: body(response, url, name, init) }, url);
  return cache ? kept(file, url, cache) : file;
}

/**
 * A path of the page's (or worker's) server as a URL.
 * @param {string} path
 */
const here = (path) => new URL(path, globalThis.document?.baseURI ?? globalThis.location?.href).href;

/**
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} options
 * @returns {Promise<OpenFile | null>}
 */
async function find(id, name, options) {
  const path = (options.subfolder ? options.subfolder + '/' : '') + name;
  if (isUrl(id)) return openUrl(id.replace(/\/*$/, '/') + path, name, options, /^https?:/.test(id));
  if (isNode) {
    const { statSync } = await node('fs');
    if (isPath(id) || statSync(id, { throwIfNoEntry: false })?.isDirectory()) return openOnDisk(id, path);
  } else if (isPath(id)) {
    return openUrl(here(id.replace(/\/*$/, '/') + path), name, options, true);
  }
  if (!ID.test(id)) {
    throw new ConfigError(`"${id}" is neither a repository id (org/name), a folder nor a URL.`, {
      code: 'bad_id',
      field: 'model',
    });
  }
  if (env.allowLocalModels && env.localModelPath) {
    const base = env.localModelPath.replace(/\/*$/, '/') + id;
    const local =
      isUrl(base) || !isNode
        ? await openUrl(here(base + '/' + path), name, options, false).catch((error) => {
            // A single-page app's start page in place of a missing file: look further.
            if (error.code === 'html_instead_of_file' && !options.local_files_only) return null;
            throw error;
          })
        : await openOnDisk(base, path);
    if (local) return local;
  }
  if (isNode) {
    const { join } = await node('path');
    const shelved = await openOnDisk(join(await cacheFolder(), 'models', id), path);
    if (shelved) return shelved;
  }
  return openUrl(remoteUrl(id, name, options), name, options, true);
}

/**
 * Opens a file of a repository.
 * @param {string} id repository id, folder or URL
 * @param {string} name e.g. "config.json"
 * @param {HubOptions} [options]
 * @returns {Promise<OpenFile | null>} null where the repository lacks it
 */
export async function openFile(id, name, options = {}) {
  throwIfAborted(options.signal);
  options.progress_callback?.({ status: 'initiate', name: id, file: name });
  const file = await find(id, name, options);
  return file && watched(file, id, options);
}

/**
 * How large a file is, and whether it is here already; nothing is downloaded.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<{ size: number, cached: boolean } | null>} null where the repository lacks it
 */
export async function sizeOf(id, name, options = {}) {
  throwIfAborted(options.signal);
  const file = await find(id, name, { ...options, sizeOnly: true });
  return file && { size: file.size, cached: !!file.here };
}

/**
 * Keeps something that was made from a file beside it in the cache, if the cache has room.
 * @param {string} key the file's
 * @param {string} ending
 * @param {Uint8Array} bytes
 * @param {HubOptions} [options]
 */
export async function keepBeside(key, ending, bytes, options = {}) {
  const cache = currentCache(options.cache_dir ?? undefined);
  const done =
    cache &&
    quietly(async () => {
      const writer = await cache.put(key + ending, bytes.byteLength);
      await writer?.write(bytes);
      await writer?.close();
    });
  if (isNode) await done; // as in kept()
}

/**
 * A whole small file.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<Uint8Array | null>}
 */
export async function getBytes(id, name, options = {}) {
  const file = await openFile(id, name, options);
  return file && bytesOf(file);
}

/**
 * All of an open file.
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
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<string | null>}
 */
export async function getText(id, name, options = {}) {
  const bytes = await getBytes(id, name, options);
  return bytes && new TextDecoder().decode(bytes);
}

/**
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {Promise<any>} null where the file is missing
 */
export async function getJSON(id, name, options = {}) {
  const text = await getText(id, name, options);
  if (text === null) return null;
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
 * For callers that need a file: says what is missing and where it was looked for.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 */
export function missing(id, name, options = {}) {
  const offline = options.local_files_only || !env.allowRemoteModels;
  const folder = id.replace(/\/*$/, '/') + name;
  const url =
    offline || (isNode && isPath(id))
      ? ''
      : isUrl(id)
        ? folder
        : isPath(id)
          ? here(folder)
          : ID.test(id)
            ? remoteUrl(id, name, options)
            : '';
  if (startPages.has(url)) return webPage(name, url);
  const where = offline ? 'the local files and the cache (the network is switched off)' : url || 'the folder';
  return new HubError(`${name} of ${id} was not found at ${where}.`.replace('at the', 'in the'), {
    code: 'not_found',
    status: 404,
    url,
    file: name,
  });
}

export { chunksOf };
export { withTotals } from './progress.js';
