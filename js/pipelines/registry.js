// Which files a model takes, whether they are in the cache, and how they leave it: Transformers.js' ModelRegistry,
// declared in types.d.ts. The work is loaded with the first call.

import { currentCache } from '../hub/cache.js';
import { sizeOf } from '../hub/index.js';
import { addressOf } from '../hub/locate.js';
import { weightFiles } from '../models/model.js';
import { taskClass } from './index.js';

const LIBRARY = { addressOf, currentCache, sizeOf, taskClass, weightFiles };
const call =
  (/** @type {string} */ name) =>
  async (/** @type {any[]} any: each has its own */ ...args) =>
    /** @type {Record<string, Function>} */ (await import('./registry-work.js'))[name](LIBRARY, ...args);
const NAMES =
  'get_files get_pipeline_files get_model_files get_tokenizer_files get_processor_files get_available_dtypes ' +
  'get_file_metadata is_cached is_cached_files is_pipeline_cached is_pipeline_cached_files clear_cache ' +
  'clear_pipeline_cache';

export const ModelRegistry = /* @__PURE__ */ Object.assign(
  class ModelRegistry {},
  Object.fromEntries(NAMES.split(' ').map((name) => [name, call(name)])),
);
