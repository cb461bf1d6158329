// A checkpoint's files of weights: a GGUF file where that stands for the repository, else model.safetensors, or the
// shards that model.safetensors.index.json names. The index has the form of transformers' modeling_utils.py:
// metadata.total_size, weight_map: tensor → file.

import { ConfigError, WeightsError } from '../../errors.js';
import { getText, ggufOf, missing, openFile, sizeOf } from '../../hub/index.js';
import { expectTotal, isKnown } from '../../hub/progress.js';

/**
 * @typedef {import('../../hub/index.js').HubOptions & { model_file_name?: string }} WeightsOptions
 *
 * @typedef {object} Index
 * @property {Record<string, string>} map tensor → shard
 * @property {string[]} shards in the order of their names
 * @property {number} total bytes of all tensors, 0 where the file does not say
 * @property {string} name the index's file name
 */

/**
 * The file that has all weights, where one has.
 * @param {string} id
 * @param {WeightsOptions} options
 */
const singleOf = (id, options) => ggufOf(id, options)?.gguf ?? (options.model_file_name ?? 'model') + '.safetensors';

/**
 * @param {string} text
 * @param {string} id
 * @param {string} name the index's
 * @returns {Index}
 */
export function readIndex(text, id, name) {
  const bad = (/** @type {string} */ what, /** @type {import('../../errors.js').ErrorDetails} */ more = {}) =>
    new ConfigError(`${name} of ${id} ${what}`, { code: 'bad_index', file: name, field: 'weight_map', ...more });
  /** @type {any} any: checked below */
  let index;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw bad(`is not valid JSON (was it cut?): ${/** @type {Error} */ (cause).message}`, {
      code: 'invalid_json',
      field: '',
      cause,
    });
  }
  const map = index?.weight_map;
  if (map === null || typeof map !== 'object' || Array.isArray(map)) throw bad('has no weight_map.');
  for (const file of new Set(Object.values(map))) {
    // A shard lies beside the index: a path that leads elsewhere is refused before any request.
    if (typeof file !== 'string' || !/^[\w.-]+\.safetensors$/.test(file))
      throw bad(`names a shard that is no safetensors file beside it: ${JSON.stringify(file)}.`);
  }
  const shards = [...new Set(Object.values(map))].sort();
  if (!shards.length) throw bad('names no files.');
  const total = index.metadata?.total_size;
  return { map, shards, total: Number.isSafeInteger(total) && total > 0 ? total : 0, name };
}

/**
 * @param {string} id
 * @param {WeightsOptions} options
 * @returns {Promise<Index | null>}
 */
async function findIndex(id, options) {
  const name = (options.model_file_name ?? 'model') + '.safetensors.index.json';
  const text = await getText(id, name, options);
  return text === null ? null : readIndex(text, id, name);
}

/**
 * Opens the files of weights, one after the other.
 * @param {string} id
 * @param {WeightsOptions} options
 * @param {{ index?: Index }} [found] receives the index, where there is one
 * @returns {AsyncGenerator<import('../../hub/index.js').OpenFile, void>}
 */
export async function* weightFiles(id, options, found = {}) {
  const single = singleOf(id, options),
    file = await openFile(id, single, options);
  if (file) {
    isKnown(options, 'weights');
    yield file;
    return;
  }
  const index = await findIndex(id, options);
  if (!index) throw missing(id, single, options);
  found.index = index;
  if (options.progress_callback && !index.total) index.total = (await sizesOf(id, index.shards, options)).size;
  expectTotal(options, index.shards, index.total);
  isKnown(options, 'weights');
  for (const name of index.shards) {
    const shard = await openFile(id, name, options);
    if (!shard) throw missing(id, name, options);
    yield shard;
  }
}

/**
 * Adds to the error of a missing tensor the shard that should contain it.
 * @param {any} error any: what was thrown
 * @param {Index | undefined} index
 * @param {string} id
 */
export function blameShard(error, index, id) {
  if (!index || error?.code !== 'missing_tensors' || !error.field) return error;
  const name = Object.keys(index.map).find((key) => key === error.field || key.endsWith('.' + error.field));
  if (name === undefined) return error;
  return new WeightsError(
    `${id}: ${index.name} names the tensor "${name}" in ${index.map[name]}, which does not hold it.`,
    { code: 'missing_tensors', file: index.map[name], field: name, cause: error },
  );
}

/**
 * The files of weights and their sizes in bytes. Nothing is downloaded.
 * @param {string} id
 * @param {WeightsOptions} options
 * @returns {Promise<{ files: { file: string, size: number, cached: boolean }[], size: number }>} sizes 0 where the
 *   server does not say
 */
export async function weightSizes(id, options) {
  const single = singleOf(id, options),
    one = await sizeOf(id, single, options);
  if (one) return { files: [{ file: single, ...one }], size: one.size };
  const index = await findIndex(id, options);
  if (!index) throw missing(id, single, options);
  const { files, size } = await sizesOf(id, index.shards, options);
  return { files, size: Math.max(index.total, size) };
}

/**
 * @param {string} id
 * @param {string[]} shards
 * @param {WeightsOptions} options
 */
async function sizesOf(id, shards, options) {
  const files = await Promise.all(
    shards.map(async (file) => {
      const shard = await sizeOf(id, file, options);
      if (!shard) throw missing(id, file, options);
      return { file, ...shard };
    }),
  );
  return { files, size: files.reduce((sum, { size }) => sum + size, 0) };
}

/**
 * Names of the files of weights, with the index where there is one. Nothing but the index is downloaded.
 * @param {string} id
 * @param {WeightsOptions} options
 * @returns {Promise<string[]>}
 */
export async function weightNames(id, options) {
  const single = singleOf(id, options);
  if (await sizeOf(id, single, options)) return [single];
  const index = await findIndex(id, options);
  if (!index) throw missing(id, single, options);
  return [index.name, ...index.shards];
}
