// What a language model would take, before it is loaded: asked of config.json and the server alone.

import { weightSizes } from './safetensors-files.js';

/** Tokens that a conversation is taken to have where nobody says. */
const USUAL = 2048;
/**
 * Bytes that the program takes itself, what comes in of a file among them; memory grows in steps, of no more than a
 * fifth.
 */
const PROGRAM = 6e6,
  STEP = 2 ** 24;

/**
 * @param {import('../engine.js').LoadRequest} request
 * @param {import('../engine.js').EstimateSize} size
 * @param {(request: import('../engine.js').LoadRequest) => Promise<any>} createModel a WasmDecoderModel without weights
 * @returns {Promise<import('../engine.js').Estimate>}
 */
export async function estimate(request, { max_length, rows = 1, cache_dtype }, createModel) {
  const sizes = weightSizes(request.id, request.options);
  sizes.catch(() => {}); // thrown again below
  const model = await createModel(request);
  try {
    const download = await sizes,
      context = model.context || Infinity,
      tokens = Math.min(max_length ?? USUAL, context),
      weights = model.bytesNeeded,
      cache = model.cacheBytes(rows, tokens, cache_dtype),
      all = PROGRAM + weights + cache + model.workBytes(rows);
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
    model.dispose();
  }
}
