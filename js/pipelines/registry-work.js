// Work of ModelRegistry (registry.js), loaded with its first call. It imports nothing: what it needs of the library
// comes as its first argument, so that a bundler's chunk of it waits for no other.

/**
 * @typedef {Record<string, any>} Options any: those of loading; include_tokenizer, include_processor
 * @typedef {{ file: string, cached: boolean }} FileStatus
 *
 * @typedef {object} Library
 * @property {(id: string, options: Options) => Promise<string[]>} weightFiles names of the files of weights
 * @property {(id: string, name: string, options: Options) => Promise<{ size: number, cached: boolean } | null>} sizeOf
 * @property {(task: string) => { needs: string[] }} taskClass
 * @property {(id: string, name: string, options: Options) => string} addressOf
 * @property {(dir?: string | null) => import('../hub/types.js').Cache | null} currentCache
 */

/** What the library makes of a cached file and keeps beside it: its absence, a tokenizer's binary form. */
const BESIDE = ['.missing', '.binary'];
/** Any checkpoint is packed in any of these forms. */
const DTYPES = ['fp32', 'fp16', 'q8', 'q4'];

/**
 * @param {Library} library
 * @param {string} id
 * @param {string[]} names
 * @param {Options} options
 * @returns {Promise<string[]>} those that exist
 */
async function existing(library, id, names, options) {
  const found = await Promise.all(names.map((name) => library.sizeOf(id, name, options)));
  return names.filter((_, i) => found[i]);
}

/** @type {(library: Library, id: string, options?: Options) => Promise<string[]>} */
export async function get_model_files(library, id, options = {}) {
  const [weights, generation] = await Promise.all([
    library.weightFiles(id, options),
    existing(library, id, ['generation_config.json'], options),
  ]);
  return ['config.json', ...weights, ...generation];
}
/** @type {(library: Library, id: string, options?: Options) => Promise<string[]>} */
export const get_tokenizer_files = (library, id, options = {}) =>
  existing(library, id, ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'], {
    ...options,
    subfolder: '',
  });
/** @type {(library: Library, id: string, options?: Options) => Promise<string[]>} */
export const get_processor_files = (library, id, options = {}) =>
  existing(library, id, ['preprocessor_config.json'], { ...options, subfolder: '' });

/** @type {(library: Library, id: string, options?: Options) => Promise<string[]>} */
export async function get_files(library, id, { include_tokenizer = true, include_processor = true, ...options } = {}) {
  const lists = await Promise.all([
    get_model_files(library, id, options),
    include_tokenizer ? get_tokenizer_files(library, id, options) : [],
    include_processor ? get_processor_files(library, id, options) : [],
  ]);
  return lists.flat();
}
/**
 * @param {Library} library
 * @param {string} task
 * @param {Options} options
 */
const forTask = (library, task, options) => ({
  ...options,
  include_tokenizer: library.taskClass(task).needs.includes('tokenizer'),
  include_processor: false,
});
/** @type {(library: Library, task: string, id: string, options?: Options) => Promise<string[]>} */
export const get_pipeline_files = async (library, task, id, options = {}) =>
  get_files(library, id, forTask(library, task, options));

/** @type {(library: Library, id: string, options?: Options) => Promise<string[]>} */
export async function get_available_dtypes(library, id, options = {}) {
  const files = await library.weightFiles(id, options).catch((error) => {
    if (error.status === 404) return [];
    throw error;
  });
  return files.length ? DTYPES : [];
}

/**
 * @param {Library} library
 * @param {string} id
 * @param {string} name
 * @param {Options} [options]
 */
export async function get_file_metadata(library, id, name, options = {}) {
  const found = await library.sizeOf(id, name, options);
  return found ? { exists: true, size: found.size, fromCache: found.cached } : { exists: false, fromCache: false };
}

/**
 * Whether files can be read without the network. Where config.json cannot, no server is asked for the others.
 * @param {Library} library
 * @param {string} id
 * @param {Options} [options]
 * @returns {Promise<{ allCached: boolean, files: FileStatus[] }>}
 */
export async function is_cached_files(library, id, options = {}) {
  const cached = async (/** @type {string} */ file) =>
    !!(await library.sizeOf(id, file, { ...options, local_files_only: true }));
  if (!(await cached('config.json'))) return { allCached: false, files: [{ file: 'config.json', cached: false }] };
  const names = await get_files(library, id, options),
    files = await Promise.all(names.map(async (file) => ({ file, cached: await cached(file) })));
  return { allCached: files.every((file) => file.cached), files };
}
/** @type {(library: Library, id: string, options?: Options) => Promise<boolean>} */
export const is_cached = async (library, id, options) => (await is_cached_files(library, id, options)).allCached;
/** @type {(library: Library, task: string, id: string, options?: Options) => ReturnType<typeof is_cached_files>} */
export const is_pipeline_cached_files = async (library, task, id, options = {}) =>
  is_cached_files(library, id, forTask(library, task, options));
/** @type {(library: Library, task: string, id: string, options?: Options) => Promise<boolean>} */
export const is_pipeline_cached = async (library, task, id, options) =>
  (await is_pipeline_cached_files(library, task, id, options)).allCached;

/**
 * Deletes a repository's files from the cache of downloads. Files of a folder stay.
 * @param {Library} library
 * @param {string} id
 * @param {Options} [options]
 */
export async function clear_cache(library, id, options = {}) {
  const cache = library.currentCache(options.cache_dir),
    online = { ...options, local_files_only: false };
  const files = await Promise.all(
    (await get_files(library, id, options)).map(async (file) => {
      const key = library.addressOf(id, file, online),
        wasCached = !!(cache && key && (await cache.get(key)));
      if (cache && key) for (const end of ['', ...BESIDE]) await cache.remove(key + end);
      return { file, deleted: wasCached && !(await cache?.get(key)), wasCached };
    }),
  );
  return {
    filesDeleted: files.filter(({ deleted }) => deleted).length,
    filesCached: files.filter(({ wasCached }) => wasCached).length,
    files,
  };
}
/** @type {(library: Library, task: string, id: string, options?: Options) => ReturnType<typeof clear_cache>} */
export const clear_pipeline_cache = async (library, task, id, options = {}) =>
  clear_cache(library, id, forTask(library, task, options));
