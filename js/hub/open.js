// Opens a repository's file at the first place that has it: on disk, in the cache, or over the network. A download is
// copied into the cache while it is read.

import * as errors from '../errors.js';
import { isNode } from '../env.js';
import { node } from '../utils/node.js';
import { body, lengthOf, notOk, request } from './fetch.js';
import { currentCache, putWhole, quietly, teeToCache } from './cache.js';
import { ggufOf, isOffline, locate, missing } from './locate.js';
import { isWebPage, noteWebPage, rejectWrongContent, webPageError } from './verify.js';

/**
 * @typedef {import('./types.js').OpenFile} OpenFile
 * @typedef {import('./types.js').HubOptions} HubOptions
 */

/**
 * @param {import('./types.js').FolderPlace} place
 * @param {string} name
 * @returns {Promise<OpenFile | null>}
 */
async function openOnDisk({ folder, path: inFolder }, name) {
  const [{ stat }, { createReadStream }, { join }] = await Promise.all([node('fs/promises'), node('fs'), node('path')]);
  const path = join(folder.startsWith('file:') ? (await node('url')).fileURLToPath(folder) : folder, inFolder);
  const unreadable = (/** @type {Error} */ error) =>
    new errors.HubError(`Could not read ${path}: ${error.message}`, { code: 'unreadable', file: name, cause: error });
  const found = await stat(path).catch((/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw unreadable(error);
  });
  if (!found?.isFile()) return null;
  async function* chunks() {
    // Opened on the first read: a file that is never read leaves no handle open.
    try {
      yield* createReadStream(path, { highWaterMark: 1 << 20 });
    } catch (error) {
      throw unreadable(/** @type {Error} */ (error));
    }
  }
  return rejectWrongContent({ name, size: found.size, local: true, chunks: chunks() }, path);
}

/**
 * Headers of a request. The environment's token is sent to the Hub alone.
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

/** @returns {AsyncGenerator<Uint8Array>} */
async function* nothing() {}

/**
 * A cached file. HubError where it is shorter than it was when it was kept.
 * @param {AsyncIterable<Uint8Array>} stream
 * @param {number} size 0: not known
 * @param {string} name
 * @param {string} url
 */
async function* wholeOf(stream, size, name, url) {
  let got = 0;
  for await (const chunk of stream) {
    got += chunk.byteLength;
    yield chunk;
  }
  if (got < size) {
    throw new errors.HubError(`${name} ends after ${got} of ${size} bytes in the cache, where it is kept as ${url}.`, {
      code: 'cut_cache',
      url,
      file: name,
    });
  }
}

/**
 * @param {string} id
 * @param {import('./types.js').UrlPlace} place
 * @param {string} name
 * @param {HubOptions} options
 * @param {boolean} sizeOnly
 * @returns {Promise<OpenFile | null>} null: not there
 */
async function openUrl(id, { url, cached, list, path = '' }, name, options, sizeOnly) {
  const cache = cached ? currentCache(options.cache_dir) : null,
    { opened, refetch, progress_callback } = options;
  const found = cache && !refetch?.has(url) ? await quietly(() => cache.get(url)) : null;
  if (cache && found) {
    const entry = { key: url, stamp: () => found.stamp, remove: () => cache.remove(url), old: true };
    opened?.set(name, entry);
    return { name, size: found.size, chunks: wholeOf(found.stream, found.size, name, url), local: true, entry };
  }
  if (cached && isOffline(options)) return null;
  if (list) {
    // A service worker may not import.
    const listing = await import('./listing.js').catch(() => null),
      get = () => request(list, { tries: 1, headers: headersFor(list, options), signal: options.signal });
    if (await listing?.isUnlisted(list, path, get)) return null;
  }
  // A missing file is remembered, so that an optional one does not fail when there is no network.
  const absence = url + '.missing',
    absent = !!cache && !!(await quietly(() => cache.get(absence)));
  const init = {
    ...(sizeOnly ? { method: 'HEAD' } : {}),
    headers: headersFor(url, options),
    signal: options.signal,
    // What our own cache keeps need not fill the browser's as well.
    ...(cache ? { cache: /** @type {RequestCache} */ ('no-store') } : {}),
  };
  const response = await request(url, { ...init, file: name, ...(absent ? { tries: 1 } : {}) }).catch((error) => {
    if (absent && error instanceof errors.HubError) return null;
    throw error;
  });
  if (!response) return null;
  if (!response.ok) {
    await response.body?.cancel();
    // The server knows no HEAD.
    if (sizeOnly && (response.status === 405 || response.status === 501)) return { name, size: 0, chunks: nothing() };
    if (response.status !== 404) throw notOk(name, response, url);
    if (cache && !absent) await quietly(() => putWhole(cache, absence, new Uint8Array([49])));
    return null;
  }
  if (isWebPage(response, name)) {
    await response.body?.cancel();
    if (name === 'config.json') throw webPageError(name, url);
    noteWebPage(url);
    return null;
  }
  if (sizeOnly) return { name, size: lengthOf(response), chunks: nothing() };
  const file = rejectWrongContent({ name, size: lengthOf(response), chunks: body(response, url, name, init) }, url);
  if (!cache) return file;
  const kept = teeToCache(file, url, cache, (reason) =>
    progress_callback?.({ status: 'not_cached', name: id, file: name, reason }),
  );
  if (kept.entry) opened?.set(name, kept.entry);
  return kept;
}

/**
 * @param {string} id repository id, folder or URL
 * @param {string} name
 * @param {HubOptions} options
 * @param {boolean} [sizeOnly] the file will not be read
 * @returns {Promise<OpenFile | null>} null where no place has it
 */
export async function open(id, name, options, sizeOnly = false) {
  const found = ggufOf(id, options);
  if (!found) return openPlaces(id, name, options, sizeOnly);
  const { gguf } = found;
  if (sizeOnly && name === gguf) return openPlaces(found.id, gguf, options, true);
  const { openInGguf } = await import('./gguf.js');
  return openInGguf(name, gguf, {
    shared: /** @type {any} any: has a symbol */ (options)[SHARED],
    options,
    errors,
    async open() {
      const file = await openPlaces(found.id, gguf, options, false);
      if (file) return file;
      throw missing(id, gguf, options);
    },
  });
}

/** @type {(id: string, name: string, options: HubOptions, sizeOnly: boolean) => Promise<OpenFile | null>} */
async function openPlaces(id, name, options, sizeOnly) {
  for (const place of await locate(id, name, options)) {
    const file =
      'folder' in place
        ? await openOnDisk(place, name)
        : await openUrl(id, place, name, options, sizeOnly).catch((error) => {
            if (place.skipWebPage && error.code === 'html_instead_of_file') return null;
            throw error;
          });
    if (file) return file;
  }
  return null;
}

/** Under this symbol options carry what the calls of one load share. It is none of a caller's options. */
const SHARED = Symbol('shared files');

/**
 * Files that are opened once for all calls of a load, and closed at its end.
 * @template T
 * @template {object} O
 * @param {O} options
 * @param {(options: O) => Promise<T>} load is given options that its calls pass on
 * @returns {Promise<T>}
 */
export async function sharing(options, load) {
  if (SHARED in options) return load(options);
  /** @type {import('./types.js').Shared} */
  const files = new Map();
  try {
    return await load({ ...options, [SHARED]: files });
  } finally {
    for (const file of files.values()) await file.then((open) => open.close()).catch(() => {});
  }
}
