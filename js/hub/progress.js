// The sum over all files of one load, told after each file's own progress, as Transformers.js (v4) does:
//   { status: 'progress_total', name, progress, loaded, total, files: { [file]: { loaded, total } } }

/** @typedef {import('./index.js').ProgressEvent} ProgressEvent */

/** Callbacks that tell sums already: a pipeline's load holds a model's and a tokenizer's. @type {WeakSet<Function>} */
const summing = new WeakSet();

/**
 * Options whose progress_callback also hears the sums.
 * @template {{ progress_callback?: ((event: ProgressEvent) => void) | null }} T
 * @param {T} options
 * @returns {T}
 */
export function withTotals(options) {
  const tell = options.progress_callback;
  if (!tell || summing.has(tell)) return options;
  /** @type {Record<string, { loaded: number, total: number }>} */
  const files = {};
  const progress_callback = (/** @type {ProgressEvent} */ event) => {
    tell(event);
    const { status, name, file, loaded = 0, total = 0 } = event;
    if (!file || (status !== 'progress' && status !== 'download')) return;
    files[file] = { loaded, total };
    if (status === 'download') return;
    const all = Object.values(files), sum = (/** @type {'loaded' | 'total'} */ key) => all.reduce((s, f) => s + f[key], 0);
    tell({ status: 'progress_total', name, progress: (sum('loaded') / sum('total')) * 100, loaded: sum('loaded'), total: sum('total'), files: { ...files } });
  };
  summing.add(progress_callback);
  return { ...options, progress_callback };
}
