// Bytes over a network that fails: requests that are repeated on passing faults, and bodies that go on where they
// were cut, by a Range request where the server allows it.

import { HubError, throwIfAborted } from '../errors.js';
import { env } from '../env.js';

const TRIES = 4;
const FIRST_PAUSE_MS = 250;

/**
 * @param {number} ms
 * @param {AbortSignal} [signal]
 */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done() {
      signal?.removeEventListener('abort', stop);
      resolve(undefined);
    }
    function stop() {
      clearTimeout(timer);
      reject(/** @type {AbortSignal} */ (signal).reason);
    }
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Faults that another try may get past.
 * @param {number} status
 */
const passing = (status) => status === 408 || status === 429 || status >= 500;

/**
 * One request, repeated on network errors and passing statuses with growing pauses.
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, signal?: AbortSignal, cache?: RequestCache, tries?:
 *   number }} options
 * @returns {Promise<Response>} of any status that will not pass
 */
export async function request(url, { tries = TRIES, ...init } = {}) {
  const { signal } = init;
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal);
    try {
      const response = await env.fetch(url, init);
      if (!passing(response.status) || attempt >= tries) return response;
      await response.body?.cancel();
    } catch (cause) {
      throwIfAborted(signal);
      if (attempt >= tries) {
        throw new HubError(`Could not reach ${url}: ${/** @type {Error} */ (cause)?.message ?? cause}.`, {
          code: 'unreachable',
          url,
          cause,
        });
      }
    }
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
  }
}

/**
 * @param {string} name
 * @param {Response} response
 * @param {string} url
 */
export function notOk(name, response, url) {
  const { status } = response;
  const code = status === 404 ? 'not_found' : status === 401 || status === 403 ? 'unauthorized' : 'bad_status';
  const why = {
    not_found: 'it does not exist there',
    unauthorized: 'the repository is missing, private or gated (pass a token)',
    bad_status: 'the server failed',
  }[code];
  return new HubError(`Could not get ${name}: ${why} (status ${status}, ${url}).`, { code, status, url, file: name });
}

/**
 * Does the body look like a web page although another kind of file was asked for?
 * @param {Response} response
 * @param {string} name
 */
export function isWebPage(response, name) {
  return (response.headers.get('content-type') ?? '').startsWith('text/html') && !/\.html?$/.test(name);
}

/**
 * The body's full length, 0 where the server does not say or compresses.
 * @param {Response} response
 */
export function lengthOf(response) {
  if (response.headers.get('content-encoding')) return 0;
  return Number(response.headers.get('x-linked-size') ?? response.headers.get('content-length') ?? 0) || 0;
}

/**
 * What tells two states of a file apart.
 * @param {Response} response
 */
const tagOf = (response) => response.headers.get('etag') ?? response.headers.get('last-modified');

/**
 * How many bytes of what `rest` sends are known already; -1 where it cannot go on from `got`.
 * @param {Response} rest
 * @param {number} got
 * @param {string | null} tag
 */
function overlap(rest, got, tag) {
  if (rest.status === 206) {
    // Cross-origin these headers may be hidden; then the server is trusted.
    const range = rest.headers.get('content-range'),
      now = tagOf(rest);
    if (tag && now && tag !== now) return -1;
    return !range || range.startsWith(`bytes ${got}-`) ? 0 : -1;
  }
  return rest.status === 200 && tag && tagOf(rest) === tag ? got : -1; // the same file from its beginning
}

/**
 * The whole body of an answered request, chunk by chunk; a cut one is taken up where it ended.
 * @param {Response} response status 200
 * @param {string} url
 * @param {string} name for messages
 * @param {{ headers?: Record<string, string>, signal?: AbortSignal, cache?: RequestCache }} init as request() was given
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* body(response, url, name, init = {}) {
  const { headers, signal } = init;
  const total = lengthOf(response);
  const resumable = total > 0 && response.headers.get('accept-ranges') !== 'none';
  const tag = tagOf(response); // a file that changed between two tries must not be glued together
  let got = 0,
    skip = 0;
  for (let attempt = 1; ; attempt++) {
    /** @type {unknown} */
    let cause;
    const reader = response.body?.getReader();
    try {
      while (reader) {
        throwIfAborted(signal);
        const { done, value } = await reader.read();
        if (done) break;
        const fresh = skip ? value.subarray(Math.min(skip, value.byteLength)) : value;
        skip -= value.byteLength - fresh.byteLength;
        if (!fresh.byteLength) continue;
        got += fresh.byteLength;
        attempt = 1;
        yield fresh;
      }
      if (!total || got >= total) return;
      cause = new Error(`the connection ended after ${got} of ${total} bytes`);
    } catch (error) {
      throwIfAborted(signal);
      cause = error;
    } finally {
      // Where the consumer stopped early, the rest of the download stops too.
      reader?.cancel().catch(() => {});
    }
    const failed = () =>
      new HubError(
        `The download of ${name} was cut after ${got}${total ? ` of ${total}` : ''} bytes: ${/** @type {Error} */ (cause)?.message ?? cause}.`,
        { code: 'cut_download', url, file: name, cause },
      );
    if (!resumable || attempt >= TRIES) throw failed();
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    const strong = tag && !tag.startsWith('W/') ? tag : null;
    const rest = await request(url, {
      ...init,
      headers: { ...headers, Range: `bytes=${got}-`, ...(strong ? { 'If-Range': strong } : {}) },
    });
    skip = overlap(rest, got, tag);
    if (skip < 0) {
      await rest.body?.cancel();
      throw failed();
    }
    response = rest;
  }
}
