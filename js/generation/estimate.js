// What a language model would take, before it is loaded: asked of config.json and the server alone.

import { getText, missing } from '../hub/index.js';
import { weightSizes } from '../hub/safetensors-files.js';
import { LanguageEngine } from '../engines/wasm/decoder.js';
import { architectureOf } from '../models/model.js';

/** Tokens that a conversation is taken to have where nobody says. */
const USUAL = 2048;
/**
 * Bytes that the program takes itself, what comes in of a file among them; memory grows in steps, of no more than a
 * fifth.
 */
const PROGRAM = 6e6,
  STEP = 2 ** 24;

/**
 * @typedef {import('../models/model.js').ModelOptions & { max_length?: number, rows?: number, cache_dtype?:
 *   import('../engines/wasm/decoder.js').CacheType }} EstimateOptions
 *   max_length: tokens that the cache is to hold, of each of so many rows
 */

/**
 * @param {typeof import('../models/model.js').PreTrainedModel} Class
 * @param {string} id
 * @param {EstimateOptions} options
 * @param {import('../models/model.js').Dtype} dtype
 */
export async function estimate(Class, id, { max_length, rows = 1, cache_dtype, ...options }, dtype) {
  const [text, download] = await Promise.all([
    options.config ? JSON.stringify(options.config) : getText(id, 'config.json', options),
    weightSizes(id, options),
  ]);
  if (text === null) throw missing(id, 'config.json', options);
  const engine = await LanguageEngine.create(text, architectureOf(Class, text), dtype, id);
  try {
    const context = engine.context || Infinity,
      tokens = Math.min(max_length ?? USUAL, context);
    const weights = engine.bytesNeeded,
      cache = engine.cacheBytes(rows, tokens, cache_dtype),
      all = PROGRAM + weights + cache + engine.workBytes(rows);
    return {
      download: download.size,
      files: download.files,
      weights,
      cache,
      memory: all + Math.min(STEP, all / 5),
      tokens,
      context,
    };
  } finally {
    engine.dispose();
  }
}
