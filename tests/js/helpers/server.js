// A web server whose faults a test chooses, and settings that are restored after each test.
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { env } from '../../../js/env.js';

/**
 * @typedef {{
 *   body?: string | Buffer, type?: string, status?: number, etag?: string, headers?: Record<string, string>,
 *   cut?: number[], arrived?: (bytes: number) => Promise<void>, ranges?: boolean, fail?: number, stall?: number,
 *   stalls?: number[], silent?: number,
 * }} File cut: the n-th answer ends after so many bytes; arrived: the connection stays until the client has so many
 *   bytes of the file (a broken connection may lose what its client has not read yet); ranges: false ignores Range;
 *   fail: so many 503 first; stall: goes silent after so many bytes; stalls: the n-th answer does so; silent: so many
 *   requests get no answer first
 */
/** How long a connection stays before it is cut, in ms, where `arrived` says nothing. */
const HELD = 100;
const pause = () =>
  new Promise((resolve) => {
    setTimeout(resolve, HELD);
  });

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, File | string | Buffer>} files by path; other paths give a 404
 */
export async function startServer(t, files) {
  /** @type {{ path: string, range: string | undefined, headers: import('node:http').IncomingHttpHeaders }[]} */
  const requests = [];
  /** @type {string[]} */
  const closed = [];
  const server = http.createServer((request, response) => {
    const url = String(request.url);
    requests.push({ path: url, range: request.headers.range, headers: request.headers });
    response.on('close', () => {
      if (!response.writableEnded) closed.push(url);
    });
    const found = files[url];
    if (found === undefined) {
      response.writeHead(404).end('Entry not found');
      return;
    }
    const file = typeof found === 'string' || Buffer.isBuffer(found) ? { body: found } : found;
    if (file.fail) {
      file.fail--;
      response.writeHead(503).end();
      return;
    }
    if (file.silent) {
      file.silent--;
      return;
    }
    const body = Buffer.from(file.body ?? '');
    const from =
      file.ranges === false ||
      !request.headers.range ||
      (file.etag && request.headers['if-range'] && request.headers['if-range'] !== file.etag)
        ? -1
        : Number(/^bytes=(\d+)-$/.exec(request.headers.range)?.[1]);
    const part = from < 0 ? body : body.subarray(from);
    response.writeHead(from < 0 ? (file.status ?? 200) : 206, {
      'content-type': file.type ?? 'application/octet-stream',
      'content-length': part.length,
      ...(file.etag ? { etag: file.etag } : {}),
      ...(from < 0 ? {} : { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` }),
      ...file.headers,
    });
    const cut = file.cut?.shift(),
      stall = file.stalls?.shift() ?? file.stall;
    if (stall === 0) response.flushHeaders();
    else if (stall !== undefined) response.write(part.subarray(0, stall));
    else if (cut === undefined) response.end(part);
    else
      response.write(part.subarray(0, cut), async () => {
        await (file.arrived?.(Math.max(from, 0) + cut) ?? pause());
        response.destroy();
      });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  t.after(close);
  return { url: `http://127.0.0.1:${port}/`, requests, closed, close, files };
}

/**
 * A Hub at that URL and an empty cache folder, until the test ends.
 * @param {import('node:test').TestContext} t
 * @param {string} remoteHost
 */
export function useHub(t, remoteHost) {
  const before = { ...env },
    cacheDir = emptyFolder(t);
  t.after(() => Object.assign(env, before));
  return Object.assign(env, { remoteHost, cacheDir });
}

/** @param {import('node:test').TestContext} t */
export function emptyFolder(t) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * What a promise is rejected with.
 * @param {Promise<unknown>} promise
 * @returns {Promise<Untyped>}
 */
export const rejection = (promise) =>
  promise.then(
    (value) => {
      throw new Error(`resolved to ${JSON.stringify(value)?.slice(0, 200)}`);
    },
    (error) => error,
  );

/**
 * Waits until f() is true. A slow machine has a minute.
 * @param {() => boolean} f
 * @param {string} what
 */
export async function eventually(f, what) {
  for (let i = 0; i < 6000; i++) {
    if (f()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not in a minute: ${what}`);
}
