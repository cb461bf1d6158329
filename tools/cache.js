// The user's cache folder, where toolchain, sources, built third-party libraries and models live: found, locked, and
// filled so that what lies there is always whole. Keys hold version and hash; nothing here is ever changed in place.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A folder inside the cache: $WASMFORMERS_CACHE, else $XDG_CACHE_HOME/wasmformers, else ~/.cache/wasmformers.
 * @param {...string} parts
 */
export function cachePath(...parts) {
  const { WASMFORMERS_CACHE, XDG_CACHE_HOME } = process.env;
  const root = WASMFORMERS_CACHE
    ? path.resolve(WASMFORMERS_CACHE)
    : path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'wasmformers');
  return path.join(root, ...parts);
}

/** @param {string} file */
export const exists = (file) =>
  fs.access(file).then(
    () => true,
    () => false,
  );

/**
 * SHA-256 of a file, read in chunks.
 * @param {string} file
 * @returns {Promise<string>} hexadecimal, lower case
 */
export async function sha256(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Runs `work` while no other process works on the same key. A lock whose owner died is taken over.
 * @template T
 * @param {string} key a folder's path inside the cache
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(key, work) {
  const lock = cachePath('locks', key.replaceAll(/[\\/]/g, '+'));
  await fs.mkdir(path.dirname(lock), { recursive: true });
  for (let told = false; ; ) {
    try {
      await fs.writeFile(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const owner = Number(await fs.readFile(lock, 'utf8').catch(() => ''));
    if (owner ? !alive(owner) : await isOld(lock)) {
      await fs.rm(lock, { force: true });
      continue;
    }
    if (!told) console.log(`  waiting for process ${owner}, which is setting up ${key}`);
    told = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    await fs.rm(lock, { force: true });
  }
}

/**
 * An empty lock belongs to a process between making and filling it, or to one that died there.
 * @param {string} lock
 */
const isOld = async (lock) => Date.now() - ((await fs.stat(lock).catch(() => null))?.mtimeMs ?? 0) > 5000;

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * The cache's folder `key`, made by `fill` where it is missing: filled under another name, then renamed, so that a
 * broken-off run leaves nothing that looks whole.
 * @param {string} key
 * @param {(folder: string) => Promise<void>} fill
 * @param {{ inPlace?: boolean }} [options] inPlace: for what has its own path inside; a marker file ends it instead
 * @returns {Promise<string>} the folder's path
 */
export async function cached(key, fill, { inPlace = false } = {}) {
  const folder = cachePath(key);
  const whole = inPlace ? path.join(folder, '.done') : folder;
  if (await exists(whole)) return folder;
  return withLock(key, async () => {
    if (await exists(whole)) return folder;
    const work = inPlace ? folder : `${folder}.part`; // one that lies there was broken off: nobody else holds the lock
    await fs.rm(work, { recursive: true, force: true });
    await fs.mkdir(work, { recursive: true });
    try {
      await fill(work);
      if (inPlace) await fs.writeFile(whole, '');
      else await fs.rename(work, folder);
    } catch (error) {
      await fs.rm(work, { recursive: true, force: true });
      throw error;
    }
    return folder;
  });
}
