// A small static server for demo/ and for the browser tests: files of the repository and models of the cache, with the
// headers that a careful page would be served with (a strict Content-Security-Policy, byte ranges, no stale copies).
//   node tools/serve.js [--port=8080]
// It listens on the own machine only and is no server for the open net.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { cachePath } from './cache.js';
import { ROOT, command } from './run.js';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/**
 * What the pages may do: their own scripts and WebAssembly, no eval, nothing from elsewhere but models from the
 * Hub.
 */
export const CSP = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' https://huggingface.co https://*.huggingface.co https://*.hf.co",
  "base-uri 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * @typedef {object} ServeOptions
 * @property {number} [port] 0 (default): any free one
 * @property {Record<string, string>} [mounts] first part of the path → folder; '' is the root. Default: demo at the
 *   root
 *   and under /demo, js, models (the cache's, and then this repository's own), fixtures (tests/fixtures)
 * @property {Record<string, string>} [headers] to add or, where the name is the same, to replace
 * @property {(request: http.IncomingMessage, response: http.ServerResponse) => boolean} [handle] asked first; true:
 *   it has answered
 */

/**
 * Starts to serve.
 * @param {ServeOptions} [options]
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>} url without a slash at its end
 */
export async function serve({ port = 0, mounts, headers = {}, handle } = {}) {
  const folders = mounts ?? {
    '': path.join(ROOT, 'demo'),
    demo: path.join(ROOT, 'demo'),
    js: path.join(ROOT, 'js'),
    models: cachePath('models'),
    fixtures: path.join(ROOT, 'tests/fixtures'),
  };
  const server = http.createServer((request, response) => {
    if (handle?.(request, response)) return;
    answer(
      request,
      response,
      mounts ? [folders] : [folders, { ...folders, models: path.join(ROOT, 'models') }],
      headers,
    ).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const bound = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  return {
    url: `http://localhost:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * The file that a request's path names, or null: nothing outside the mounted folders, whatever the path holds.
 * @param {string} url
 * @param {Record<string, string>} folders
 */
export function resolvePath(url, folders) {
  let pathname;
  try {
    pathname = decodeURIComponent(url.split(/[?#]/)[0]);
  } catch {
    return null;
  }
  if (pathname.includes('\0') || pathname.includes('\\')) return null;
  const parts = pathname.split('/').filter(Boolean);
  if (parts.some((part) => part.startsWith('.'))) return null; // '..' and hidden files
  const mounted = parts.length > 0 && Object.hasOwn(folders, parts[0]);
  const folder = mounted ? folders[parts[0]] : folders[''];
  return folder === undefined ? null : path.join(folder, ...(mounted ? parts.slice(1) : parts));
}

/**
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 * @param {Record<string, string>[]} places folders to look into, one set after the other
 * @param {Record<string, string>} extra
 */
async function answer(request, response, places, extra) {
  /** @type {Record<string, string | number>} */
  const headers = {
    'Content-Security-Policy': CSP,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  };
  const end = (/** @type {number} */ status, /** @type {string} */ text) => {
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', ...extra }).end(text);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(405, 'only GET and HEAD');
  const url = request.url ?? '/';
  /** @type {string | null} */
  let file = null;
  /** @type {fs.Stats | null} */
  let stat = null;
  for (const folders of places) {
    file = resolvePath(url, folders);
    stat = file ? await fs.promises.stat(file).catch(() => null) : null;
    if (stat) break;
  }
  if (file && stat?.isDirectory()) {
    const [pathname] = url.split(/[?#]/);
    if (!pathname.endsWith('/')) {
      // so that the page's relative addresses hold
      return void response.writeHead(301, { ...headers, Location: `${pathname.replace(/^\/+/, '/')}/` }).end();
    }
    file = path.join(file, 'index.html');
    stat = await fs.promises.stat(file).catch(() => null);
  }
  if (!file || !stat?.isFile()) return end(404, 'not found');

  const tag = `"${stat.size.toString(36)}-${Math.round(stat.mtimeMs).toString(36)}"`;
  Object.assign(headers, {
    'Content-Type': TYPES[/** @type {keyof typeof TYPES} */ (path.extname(file))] ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    ETag: tag,
    ...extra,
  });
  if (request.headers['if-none-match'] === tag) return void response.writeHead(304, headers).end();
  const range = parseRange(request.headers.range, stat.size);
  if (range === 'unsatisfiable') {
    return void response.writeHead(416, { ...headers, 'Content-Range': `bytes */${stat.size}` }).end();
  }
  const { start, end: last } = range ?? { start: 0, end: stat.size - 1 };
  if (range) headers['Content-Range'] = `bytes ${start}-${last}/${stat.size}`;
  headers['Content-Length'] = last - start + 1;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD' || stat.size === 0) return void response.end();
  await pipeline(fs.createReadStream(file, { start, end: last, highWaterMark: 1 << 21 }), response);
}

/**
 * One range of bytes; several, or other units, are answered with the whole file, as HTTP allows.
 * @param {string | undefined} header
 * @param {number} size
 * @returns {{ start: number, end: number } | null | 'unsatisfiable'}
 */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (match[1] !== '' && match[2] !== '' && Number(match[2]) < start) return null;
  return start >= size || start > end ? 'unsatisfiable' : { start, end };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    const port = Number(process.argv.find((argument) => argument.startsWith('--port='))?.slice(7) ?? 8080);
    console.log((await serve({ port })).url);
  });
}
