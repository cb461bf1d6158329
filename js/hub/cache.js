// The cache of downloads: the browser's Cache API, a folder in Node, or the caller's own cache. Only whole files are
// kept. A cache that fails (no quota, no permission) is never an error: the download is not kept, that is all.

import { env, isNode } from '../env.js';
import { node } from '../utils/node.js';

/** Bytes that may wait for a slow disk before the download waits too. */
const WAITING = 32 << 20;

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
 * A store of Responses: the Cache API and what has its shape.
 * @param {() => Promise<{ match(key: string): Promise<Response | undefined>, put(key: string, r: Response):
 *   Promise<void> }>} open
 * @param {boolean} [own] it is the browser's own
 * @returns {Cache}
 */
function responseCache(open, own = false) {
  return {
    async get(key) {
      const response = await (await open()).match(key);
      if (!response?.body) return null;
      const { headers } = response;
      return {
        stream: chunksOf(response.body),
        size: Number(headers.get('content-length') ?? 0),
        stamp: headers.get(STAMP) ?? headers.get('etag') ?? '',
      };
    },
    async put(key, size) {
      const store = await open();
      if (own && !(await hasRoom(size))) return null;
      // The store reads a stream, and keeps nothing where the stream fails.
      const { readable, writable } = new TransformStream(undefined, {
        highWaterMark: WAITING,
        size: (chunk) => chunk.byteLength,
      });
      const writer = writable.getWriter();
      let failed = false;
      const fail = () => {
        failed = true;
        writer.abort().catch(() => {});
      };
      writer.closed.catch(() => {
        failed = true;
      });
      const stamp = `${Date.now()}-${Math.random()}`;
      const headers = {
        'content-type': 'application/octet-stream',
        [STAMP]: stamp,
        ...(size ? { 'content-length': String(size) } : {}),
      };
      const kept = store.put(key, new Response(readable, { headers })).catch(fail);
      return {
        stamp,
        // Resolves before the disk has the chunk, so that loading does not wait for it.
        write: async (chunk) => {
          if (failed) return;
          await writer.ready.catch(fail);
          writer.write(chunk).catch(fail);
        },
        close: async () => {
          await writer.close().catch(fail);
          await kept;
        },
        abort: async () => {
          await writer.abort(new Error('cut')).catch(() => {});
          await kept;
        },
      };
    },
  };
}

/**
 * The package's folder in Node: hub/ has downloads, models/ has models that the user put there.
 * @returns {Promise<string>}
 */
export async function cacheFolder() {
  if (env.cacheDir) return env.cacheDir;
  const [{ join }, { homedir }] = await Promise.all([node('path'), node('os')]);
  const { WASMFORMERS_CACHE, XDG_CACHE_HOME } = process.env;
  return WASMFORMERS_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'wasmformers');
}

/**
 * The same before and after a file is renamed.
 * @param {import('node:fs').BigIntStats} stats
 */
const stampOf = ({ ino, size, mtimeNs }) => `${ino}-${size}-${mtimeNs}`;

/**
 * Files in a folder, each under the path of its URL.
 * @param {string | null} [dir]
 * @returns {Cache}
 */
function folderCache(dir) {
  /** @param {string} key */
  const place = async (key) => {
    const { join } = await node('path');
    const url = new URL(key);
    const parts = [url.host, ...url.pathname.split('/')]
      .filter(Boolean)
      .map((p) => encodeURIComponent(decodeURIComponent(p)).replace(/^\.+$/, '_'));
    return join(dir || join(await cacheFolder(), 'hub'), ...parts);
  };
  return {
    async get(key) {
      const [{ stat }, { createReadStream }] = await Promise.all([node('fs/promises'), node('fs')]);
      const path = await place(key);
      const found = await stat(path, { bigint: true }).catch(() => null);
      if (!found) return null;
      async function* stream() {
        yield* createReadStream(path, { highWaterMark: 1 << 20 });
      }
      return { stream: stream(), size: Number(found.size), stamp: stampOf(found) };
    },
    async put(key) {
      const [{ mkdir, open, rename, rm }, { dirname }] = await Promise.all([node('fs/promises'), node('path')]);
      const path = await place(key);
      const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
      await mkdir(dirname(path), { recursive: true });
      const file = await open(part, 'w');
      const drop = async () => {
        await file.close().catch(() => {});
        await rm(part, { force: true });
      };
      /** @type {Writer} */
      const writer = {
        write: async (chunk) => {
          await file.writeFile(chunk);
        },
        close: async () => {
          writer.stamp = stampOf(await file.stat({ bigint: true }));
          await file.close();
          await rename(part, path);
        },
        abort: drop,
      };
      return writer;
    },
  };
}

/**
 * The cache that env asks for.
 * @param {string | null} [dir] a folder for this call (Node)
 * @returns {Cache | null} null: downloads are not kept
 */
export function currentCache(dir) {
  const { customCache } = env;
  if (customCache) return responseCache(async () => customCache);
  if (env.useBrowserCache && typeof caches !== 'undefined') return responseCache(() => caches.open(env.cacheKey), true);
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
 * @returns {import('./types.js').OpenFile}
 */
export function teeToCache(file, key, cache) {
  /** @type {Writer | null} */
  let writer = null;
  async function* chunks() {
    const copy = (writer = await quietly(() => cache.put(key, file.size)));
    let whole = false,
      broken = !copy;
    try {
      for await (const chunk of file.chunks) {
        if (copy && !broken) broken = (await quietly(() => copy.write(chunk).then(() => true))) === null;
        yield chunk;
      }
      whole = true;
    } finally {
      const end = copy && quietly(() => (whole && !broken ? copy.close() : copy.abort()));
      if (isNode) await end; // a page stays open while its cache finishes, a script may not
    }
  }
  return { ...file, entry: { key, stamp: () => writer?.stamp ?? '' }, chunks: chunks() };
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
