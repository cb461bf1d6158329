// What progress_callback is told: the events of each file, as Transformers.js sends them, and (as its version 4 does)
// the sum over all files of one load after each of them:
//   { status: 'progress_total', name, progress, loaded, total, files: { [file]: { loaded, total } } }

import { throwIfAborted } from '../errors.js';

/** @typedef {import('./types.js').ProgressEvent} ProgressEvent */

/**
 * Counts the bytes of a file for progress_callback, and stops where the signal is aborted.
 * @param {import('./types.js').OpenFile} file
 * @param {string} id the repository's
 * @param {import('./types.js').HubOptions} options
 * @returns {import('./types.js').OpenFile}
 */
export function reportProgress(file, id, { progress_callback, signal }) {
  const tell = (/** @type {ProgressEvent} */ event) => progress_callback?.({ ...event, name: id, file: file.name });
  tell({ status: 'download', ...(file.size ? { total: file.size } : {}) });
  async function* chunks() {
    let loaded = 0;
    for await (const chunk of file.chunks) {
      throwIfAborted(signal);
      yield chunk;
      loaded += chunk.byteLength;
      const total = Math.max(file.size, loaded);
      tell({ status: 'progress', progress: (loaded / total) * 100, loaded, total });
    }
    tell({ status: 'done' });
  }
  return { ...file, chunks: chunks() };
}

/**
 * Callbacks that are told sums already, each with the files that will come. (A pipeline's load contains a model's and
 * a tokenizer's.)
 * @type {WeakMap<Function, { files: string[], total: number }[]>}
 */
const summing = new WeakMap();

/**
 * Announces files that are opened one after the other, so that the sum contains them from the beginning.
 * @param {{ progress_callback?: Function | null }} options
 * @param {string[]} files
 * @param {number} total bytes of all of them
 */
export function expectTotal({ progress_callback }, files, total) {
  if (progress_callback) summing.get(progress_callback)?.push({ files, total });
}

/**
 * Options whose progress_callback is told the sums, too.
 * @template {{ progress_callback?: ((event: ProgressEvent) => void) | null }} T
 * @param {T} options
 * @returns {T}
 */
export function withTotals(options) {
  const tell = options.progress_callback;
  if (!tell || summing.has(tell)) return options;
  /** @type {Record<string, { loaded: number, total: number }>} */
  const files = {};
  /** @type {{ files: string[], total: number }[]} */
  const expected = [];
  const progress_callback = (/** @type {ProgressEvent} */ event) => {
    tell(event);
    const { status, name, file, loaded = 0, total = 0 } = event;
    if (!file || (status !== 'progress' && status !== 'download')) return;
    files[file] = { loaded, total };
    if (status === 'download') return;
    const all = Object.values(files),
      sum = (/** @type {'loaded' | 'total'} */ key) => all.reduce((s, f) => s + f[key], 0);
    const toCome = expected.reduce(
      (s, e) => s + Math.max(0, e.total - e.files.reduce((t, one) => t + (files[one]?.total ?? 0), 0)),
      0,
    );
    const whole = sum('total') + toCome;
    tell({
      status: 'progress_total',
      name,
      progress: (sum('loaded') / whole) * 100,
      loaded: sum('loaded'),
      total: whole,
      files: { ...files },
    });
  };
  summing.set(progress_callback, expected);
  return { ...options, progress_callback };
}
