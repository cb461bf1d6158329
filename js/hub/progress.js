// The sum over all files of one load, told after each file's own progress, as Transformers.js (v4) does:
//   { status: 'progress_total', name, progress, loaded, total, files: { [file]: { loaded, total } } }

/** @typedef {import('./index.js').ProgressEvent} ProgressEvent */

/**
 * Callbacks that tell sums already (a pipeline's load holds a model's and a tokenizer's), each with what it
 * expects.
 * @type {WeakMap<Function, { files: string[], total: number }[]>}
 */
const summing = new WeakMap();

/**
 * Tells the sums that these files, which are opened one after the other, will have so many bytes together.
 * @param {{ progress_callback?: Function | null }} options
 * @param {string[]} files
 * @param {number} total
 */
export function expectTotal({ progress_callback }, files, total) {
  if (progress_callback) summing.get(progress_callback)?.push({ files, total });
}

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
