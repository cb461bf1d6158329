// Bytes over a network that fails: requests are repeated after temporary faults, and a body that was cut or came to a
// stall is resumed by a Range request where the server allows it.

import { HubError, throwIfAborted } from '../errors.js';
import { env } from '../env.js';

/**
 * @typedef {{ method?: string, headers?: Record<string, string>, signal?: AbortSignal, cache?: RequestCache }}
 *   RequestOptions
 */

const TRIES = 4;
const FIRST_PAUSE_MS = 250;
/** A server that asks for a longer pause gets no other try. */
const LONGEST_PAUSE_MS = 60_000;

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
 * What a promise gives, unless nothing comes for env.stallTimeout or the signal is aborted.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
function inTime(promise, signal) {
  const ms = env.stallTimeout;
  return new Promise((resolve, reject) => {
    const stall = () => reject(new HubError(`nothing came for ${ms / 1000} s`, { code: 'stalled' })),
      stop = () => reject(/** @type {AbortSignal} */ (signal).reason),
      timer = ms > 0 && ms < 2 ** 31 ? setTimeout(stall, ms) : undefined;
    signal?.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    });
  });
}

/**
 * The pause that the server asks for, in ms; 0: it asks for none.
 * @param {Response} response
 */
function retryAfter({ headers }) {
  const after = headers.get('retry-after') ?? 0; // seconds or a date
  return Math.max(0, 1000 * Number(after) || Date.parse(String(after)) - Date.now() || 0);
}

/**
 * Faults that another try may overcome.
 * @param {number} status
 */
const isTemporary = (status) => status === 408 || status === 429 || status >= 500;

/**
 * One request, repeated with growing pauses after network errors, stalls and temporary statuses.
 * @param {string} url
 * @param {RequestOptions & { tries?: number, file?: string }} options file: for the error
 * @returns {Promise<Response>} its status is final: another try would not change it
 */
export async function request(url, { tries = TRIES, file, ...init } = {}) {
  const { signal } = init;
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal);
    const controller = new AbortController();
    // The caller's signal ends the body as well, even one that nobody has begun to read.
    signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true, signal: controller.signal });
    let wait = FIRST_PAUSE_MS * 2 ** (attempt - 1);
    try {
      const response = await inTime(env.fetch(url, { ...init, signal: controller.signal }), signal);
      wait = Math.max(wait, retryAfter(response));
      if (!isTemporary(response.status) || attempt >= tries || wait > LONGEST_PAUSE_MS) return response;
      await response.body?.cancel();
    } catch (cause) {
      controller.abort(cause);
      throwIfAborted(signal);
      const { message, code } = /** @type {HubError} */ (cause ?? {});
      if (attempt >= tries) {
        throw new HubError(`Could not reach ${url}: ${message ?? cause}.`, {
          code: code === 'stalled' ? code : 'unreachable',
          url,
          file,
          cause,
        });
      }
    }
    await pause(wait, signal);
  }
}

/**
 * The error of a response that is not ok.
 * @param {string} name the file's
 * @param {Response} response
 * @param {string} url
 */
export function notOk(name, response, url) {
  const { status } = response,
    wait = retryAfter(response);
  const [code, why] =
    status === 404
      ? ['not_found', 'it does not exist there']
      : status === 401 || status === 403
        ? ['unauthorized', 'the repository is missing, private or gated (pass a token)']
        : status === 429 || wait
          ? ['rate_limited', `too many requests${wait ? `; it asks to wait ${Math.ceil(wait / 1000)} s` : ''}`]
          : ['bad_status', 'the server failed'];
  return new HubError(`Could not get ${name}: ${why} (status ${status}, ${url}).`, { code, status, url, file: name });
}

/**
 * The body's full length in bytes, 0 where the server does not say it or compresses the body.
 * @param {Response} response
 */
export function lengthOf(response) {
  if (response.headers.get('content-encoding')) return 0;
  return Number(response.headers.get('x-linked-size') ?? response.headers.get('content-length') ?? 0) || 0;
}

/**
 * Names one version of a file.
 * @param {Response} response
 */
const tagOf = (response) => response.headers.get('etag') ?? response.headers.get('last-modified');

/**
 * How many bytes at the beginning of a resumed body we have already.
 * @param {Response} rest
 * @param {number} got bytes of the file that we have
 * @param {string | null} tag of the file when its download began
 * @returns {number} -1: the download cannot be resumed from there
 */
function overlap(rest, got, tag) {
  if (rest.status === 206) {
    // Cross-origin, these headers may be hidden: then we trust the server.
    const range = rest.headers.get('content-range'),
      now = tagOf(rest);
    if (tag && now && tag !== now) return -1;
    return !range || range.startsWith(`bytes ${got}-`) ? 0 : -1;
  }
  return rest.status === 200 && tag && tagOf(rest) === tag ? got : -1; // the same file from its beginning
}

/**
 * The whole body of a response, chunk by chunk. A body that was cut is resumed.
 * @param {Response} response status 200
 * @param {string} url
 * @param {string} name for messages
 * @param {RequestOptions} init of the request
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* body(response, url, name, init = {}) {
  const { headers, signal } = init;
  const total = lengthOf(response);
  const resumable = total > 0 && response.headers.get('accept-ranges') !== 'none';
  const tag = tagOf(response); // two versions of a file must not be joined
  let got = 0,
    skip = 0;
  for (let attempt = 1; ; attempt++) {
    /** @type {unknown} */
    let cause;
    const reader = response.body?.getReader();
    try {
      while (reader) {
        throwIfAborted(signal);
        const { done, value } = await inTime(reader.read(), signal);
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
      // Where the reader stopped early, the rest of the download stops too.
      reader?.cancel().catch(() => {});
    }
    const failed = () =>
      new HubError(
        `The download of ${name} was cut after ${got}${total ? ` of ${total}` : ''} bytes: ` +
          `${/** @type {Error} */ (cause)?.message ?? cause}.`,
        {
          code: /** @type {HubError} */ (cause)?.code === 'stalled' ? 'stalled' : 'cut_download',
          url,
          file: name,
          cause,
        },
      );
    if (!resumable || attempt >= TRIES) throw failed();
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    const strong = tag && !tag.startsWith('W/') ? tag : null;
    const rest = await request(url, {
      ...init,
      file: name,
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
