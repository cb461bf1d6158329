// Imports Node's own modules in a way that bundlers do not follow: building for a page, they would look for a file
// "node:fs" and fail.

/**
 * @template {'fs' | 'fs/promises' | 'os' | 'path' | 'url'} N
 * @param {N} name
 * @returns {Promise<{ fs: typeof import('node:fs'), 'fs/promises': typeof import('node:fs/promises'), os: typeof
 *   import('node:os'), path: typeof import('node:path'), url: typeof import('node:url') }[N]>}
 */
export const node = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`);
