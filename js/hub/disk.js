// A folder as the cache of downloads (Node): each file lies under the path of its URL. Pages never load this module. It
// imports nothing, so that a bundler's chunk of it waits for no other.

/** @type {typeof import('../utils/node.js').node} */
const node = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`);

/** Where the user keeps what this package downloads. */
export async function userFolder() {
  const [{ join }, { homedir }] = await Promise.all([node('path'), node('os')]);
  // Each by its name: Parcel puts values in their places.
  return process.env.WASMFORMERS_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wasmformers');
}

/**
 * The same before and after a file is renamed.
 * @param {import('node:fs').BigIntStats} stats
 */
const stampOf = ({ ino, size, mtimeNs }) => `${ino}-${size}-${mtimeNs}`;

/**
 * @param {string} dir
 * @returns {import('./types.js').Cache}
 */
export function folderCache(dir) {
  /** @param {string} key */
  const place = async (key) => {
    const { join } = await node('path');
    const url = new URL(key);
    const parts = [url.host, ...url.pathname.split('/')]
      .filter(Boolean)
      .map((p) => encodeURIComponent(decodeURIComponent(p)).replace(/^\.+$/, '_'));
    return join(dir, ...parts);
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
      /** @type {import('./types.js').Writer} */
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
    async remove(key) {
      const { rm } = await node('fs/promises');
      await rm(await place(key), { force: true });
    },
  };
}
