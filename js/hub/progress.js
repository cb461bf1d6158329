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
 * What is known of a load's files.
 * @typedef {object} Sums
 * @property {Set<string>} awaited files that are not open yet; 'weights' stands for all files of weights
 * @property {Record<string, { loaded: number, total: number }>} files
 * @property {{ files: string[], total: number } | undefined} shards
 * @property {() => void} begin
 */

/**
 * Callbacks that are told sums already. (A pipeline's load contains a model's and a tokenizer's.)
 * @type {WeakMap<Function, Sums>}
 */
const summing = new WeakMap();

/** @typedef {{ progress_callback?: Function | null }} Options */

/** @param {Options} options */
const sumsOf = ({ progress_callback }) => (progress_callback ? summing.get(progress_callback) : undefined);

/**
 * Sums wait for these files until they are open, or known to be missing, so that the total never changes.
 * @param {Options} options
 * @param {...string} files names; 'weights': see isKnown()
 */
export function awaitFiles(options, ...files) {
  for (const file of files) sumsOf(options)?.awaited.add(file);
}

/**
 * A file is missing, or the 'weights' are open or announced.
 * @param {Options} options
 * @param {string} file
 */
export function isKnown(options, file) {
  const sums = sumsOf(options);
  if (sums?.awaited.delete(file)) sums.begin();
}

/**
 * Announces files that are opened one after the other, so that the sum contains them from the beginning.
 * @param {Options} options
 * @param {string[]} files
 * @param {number} total bytes of all of them; 0: not known
 */
export function expectTotal(options, files, total) {
  const sums = sumsOf(options);
  if (sums && total) sums.shards = { files, total };
}

/**
 * Options whose progress_callback is told the sums, too: of all files that are known when the largest are. Small files
 * that are opened later, and those whose server does not say their size, are in no sum.
 * @template {{ progress_callback?: ((event: ProgressEvent) => void) | null }} T
 * @param {T} options
 * @returns {T}
 */
export function withTotals(options) {
  const tell = options.progress_callback;
  if (!tell || summing.has(tell)) return options;
  let name = '',
    total = 0;
  /** @type {string[]} */
  let counted = [];
  const told = () => {
    const { files, shards } = sums,
      loadedOf = (/** @type {string} */ file) => Math.min(files[file]?.loaded ?? 0, files[file]?.total ?? 0),
      of = (/** @type {string[]} */ names) => names.reduce((sum, file) => sum + loadedOf(file), 0);
    // An index counts the bytes of tensors: headers come on top.
    const loaded = of(counted) + (shards ? Math.min(of(shards.files), shards.total) : 0);
    tell({
      status: 'progress_total',
      name,
      progress: (loaded / total) * 100,
      loaded,
      total,
      files: Object.fromEntries(Object.entries(files).map(([file, facts]) => [file, { ...facts }])),
    });
  };
  /** @type {Sums} */
  const sums = {
    awaited: new Set(),
    files: {},
    shards: undefined,
    begin() {
      if (total || sums.awaited.size) return;
      const { files, shards } = sums;
      counted = Object.keys(files).filter((file) => files[file].total && !shards?.files.includes(file));
      total = counted.reduce((sum, file) => sum + files[file].total, shards?.total ?? 0);
      if (total) told();
    },
  };
  const progress_callback = (/** @type {ProgressEvent} */ event) => {
    tell(event);
    const { status, file, loaded = 0 } = event;
    if (!file || (status !== 'progress' && status !== 'download')) return;
    name = event.name ?? '';
    const isShard = sums.shards?.files.includes(file);
    if (status === 'download') {
      if (!total || isShard) sums.files[file] = { loaded: 0, total: event.total ?? 0 };
      if (sums.awaited.delete(file)) sums.begin();
    } else if (sums.files[file]) {
      sums.files[file].loaded = loaded;
      if (!total) sums.begin();
      else if (isShard || counted.includes(file)) told();
    }
  };
  summing.set(progress_callback, sums);
  return { ...options, progress_callback };
}
