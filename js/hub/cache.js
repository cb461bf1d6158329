// The cache of downloads: the browser's Cache API, a folder in Node, or the caller's own cache. Only whole files are
// kept. A cache that fails (no quota, no permission) is never an error: the download is not kept, and the caller is
// told.

import { ConfigError } from '../errors.js';
import { env, hasCaches, isNode } from '../env.js';
import { lengthOf } from './fetch.js';

/** Bytes that may wait for a slow disk before the download waits too. */
const WAITING = 32 << 20;
/** Bytes that become a Blob, which a browser need not hold in memory. */
const BLOB_BYTES = 8 << 20;

/**
 * @typedef {import('./types.js').Cache} Cache
 * @typedef {import('./types.js').Writer} Writer
 */

const STAMP = 'x-wasmformers-stamp';

/** @param {ReadableStream<Uint8Array>} stream */
export async function* chunksOf(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Whether the browser has room for so many bytes more. Without it, gigabytes would be written in vain.
 * @param {number} size
 */
async function hasRoom(size) {
  const { quota = Infinity, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
  return usage + size <= quota;
}

/**
 * @typedef {{ match(key: string): Promise<Response | undefined>, put(key: string, r: Response): Promise<void>,
 *   delete?(key: string): Promise<unknown> }} Store
 */

/**
 * Gives the browser's store a stream, which it reads while the file arrives. It keeps nothing where the stream fails.
 * @param {(body: ReadableStream) => Promise<void>} put
 * @returns {Writer}
 */
function streamed(put) {
  const { readable, writable } = new TransformStream(undefined, {
    highWaterMark: WAITING,
    size: (chunk) => chunk.byteLength,
  });
  const writer = writable.getWriter();
  /** @type {unknown[]} */
  const failures = [];
  const fail = (/** @type {unknown} */ error) => {
    failures.push(error);
    writer.abort().catch(() => {});
  };
  const check = () => {
    if (failures.length) throw failures[0];
  };
  const kept = put(readable).catch(fail);
  writer.closed.catch((error) => failures.push(error));
  return {
    // Resolves before the disk has the chunk, so that loading does not wait for it.
    write: async (chunk) => {
      check();
      await writer.ready.catch(fail);
      writer.write(chunk).catch(fail);
    },
    close: async () => {
      await writer.close().catch(fail);
      await kept;
      check();
    },
    abort: async () => {
      await writer.abort(new Error('cut')).catch(() => {});
      await kept;
    },
  };
}

/**
 * Gives a caller's store the whole file: it may keep the Response and read it much later, or never.
 * @param {(body: Blob) => Promise<void>} put
 * @returns {Writer}
 */
function collected(put) {
  let blob = new Blob(),
    size = 0;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let parts = [];
  const pack = () => {
    blob = new Blob([blob, ...parts]);
    parts = [];
    size = 0;
  };
  return {
    write: async (chunk) => {
      parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (chunk));
      size += chunk.byteLength;
      if (size > BLOB_BYTES) pack();
    },
    close: async () => {
      pack();
      await put(blob);
    },
    abort: async () => {},
  };
}

/**
 * A store of Responses: the Cache API and what has its shape.
 * @param {() => Promise<Store>} open
 * @param {boolean} [own] it is the browser's own
 * @returns {Cache}
 */
function responseCache(open, own = false) {
  return {
    async get(key) {
      const response = await (await open()).match(key);
      if (!response?.body || !response.ok || response.bodyUsed) return null;
      const { headers } = response;
      return {
        stream: chunksOf(response.body),
        size: lengthOf(response),
        stamp: headers.get(STAMP) ?? headers.get('etag') ?? '',
      };
    },
    async put(key, size) {
      const store = await open();
      if (own && !(await hasRoom(size))) throw new Error('there is no room in the browser');
      const stamp = `${Date.now()}-${Math.random()}`;
      const headers = {
        'content-type': 'application/octet-stream',
        [STAMP]: stamp,
        ...(size ? { 'content-length': String(size) } : {}),
      };
      const put = async (/** @type {BodyInit} */ body) => store.put(key, new Response(body, { headers }));
      return { stamp, ...(own ? streamed(put) : collected(put)) };
    },
    async remove(key) {
      await (await open()).delete?.(key);
    },
  };
}

const disk = () => import('./disk.js');

/**
 * The package's folder in Node: hub/ has downloads, models/ has models that the user put there.
 * @returns {Promise<string>}
 */
export const cacheFolder = async () => env.cacheDir || (await disk()).userFolder();

/**
 * Files in a folder.
 * @param {string | null} [dir]
 * @returns {Cache}
 */
function folderCache(dir) {
  const open = async () => (await disk()).folderCache(dir || `${await cacheFolder()}/hub`);
  return {
    get: async (key) => (await open()).get(key),
    put: async (key, size) => (await open()).put(key, size),
    remove: async (key) => (await open()).remove(key),
  };
}

/**
 * The cache that env asks for.
 * @param {string | null} [dir] a folder for this call (Node)
 * @returns {Cache | null} null: downloads are not kept
 */
export function currentCache(dir) {
  const { customCache, useCustomCache } = env;
  if (useCustomCache && typeof (customCache?.match && customCache.put) !== 'function')
    throw new ConfigError('env.useCustomCache is true, and env.customCache has no match() and put().', {
      code: 'no_custom_cache',
      field: 'customCache',
    });
  if (customCache && useCustomCache !== false) return responseCache(async () => customCache);
  if (env.useBrowserCache && hasCaches()) return responseCache(() => caches.open(env.cacheKey), true);
  if (env.useFSCache && isNode) return folderCache(dir);
  return null;
}

/**
 * Writes what is there as a whole already.
 * @param {Cache} cache
 * @param {string} key
 * @param {Uint8Array} bytes
 */
export async function putWhole(cache, key, bytes) {
  const writer = await cache.put(key, bytes.byteLength);
  await writer?.write(bytes);
  await writer?.close();
}

/**
 * Copies a file into the cache while it is read. A file that is not read to its end is not kept.
 * @param {import('./types.js').OpenFile} file
 * @param {string} key
 * @param {Cache} cache
 * @param {(reason: string) => void} notKept is called where a whole file could not be kept
 * @returns {import('./types.js').OpenFile}
 */
export function teeToCache(file, key, cache, notKept) {
  /** @type {Writer | null | undefined} */
  let writer;
  let ended = Promise.resolve();
  async function* chunks() {
    /** @type {unknown} */
    let failure;
    const attempt = async (/** @type {() => Promise<unknown>} */ f) => {
      try {
        if (!failure) await f();
      } catch (error) {
        failure = error ?? 'unknown';
      }
    };
    await attempt(async () => {
      writer = await cache.put(key, file.size);
    });
    let whole = false;
    try {
      for await (const chunk of file.chunks) {
        await attempt(async () => writer?.write(chunk));
        yield chunk;
      }
      whole = true;
    } finally {
      ended = (async () => {
        if (whole) await attempt(async () => writer?.close());
        if (failure || !whole) await quietly(async () => writer?.abort());
        if (failure && whole) notKept(/** @type {Error} */ (failure).message ?? String(failure));
      })();
      if (isNode) await ended; // a page stays open while its cache finishes, a script may not
    }
  }
  const entry = {
    key,
    stamp: () => writer?.stamp ?? '',
    remove: () => ended.then(() => cache.remove(key)),
  };
  return { ...file, entry, chunks: chunks() };
}

/**
 * Runs f; a cache that fails is never an error.
 * @template T
 * @param {() => Promise<T>} f
 * @returns {Promise<T | null>} null where it failed
 */
export async function quietly(f) {
  try {
    return await f();
  } catch {
    return null;
  }
}
