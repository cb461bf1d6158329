// Fetching and compiling a Wasm program once, instantiating it as often as models are loaded: each model gets a memory
// of its own, so that letting the model go gives all of it back.

import { compileOnce, instantiate } from './instantiate.js';
import { wasmVariant } from './variant.js';

/** @typedef {'engine' | 'lm'} Program encoders, language models */

// Literal URLs, one each: bundlers find the files by these expressions.
/** @type {Record<string, () => { url: URL, glue: Promise<any> }>} */
const PROGRAMS = {
  'engine-simd': () => ({
    url: new URL('../../wasm/engine-simd.wasm', import.meta.url),
    glue: import('../../wasm/engine-simd.js'),
  }),
  'engine-relaxed': () => ({
    url: new URL('../../wasm/engine-relaxed.wasm', import.meta.url),
    glue: import('../../wasm/engine-relaxed.js'),
  }),
  'lm-simd': () => ({
    url: new URL('../../wasm/lm-simd.wasm', import.meta.url),
    glue: import('../../wasm/lm-simd.js'),
  }),
  'lm-relaxed': () => ({
    url: new URL('../../wasm/lm-relaxed.wasm', import.meta.url),
    glue: import('../../wasm/lm-relaxed.js'),
  }),
};

/**
 * Begins to fetch a program, in the variant that this machine takes, and its glue.
 * @param {Program} program
 */
function begin(program) {
  const { url, glue } = PROGRAMS[`${program}-${wasmVariant()}`]();
  return { module: compileOnce(url), glue };
}

/**
 * A fresh instance of a program: its Embind module.
 * @param {Program} [program]
 * @returns {Promise<any>}
 */
export async function loadEngine(program = 'engine') {
  const begun = begin(program);
  const [module, { default: factory }] = await Promise.all([begun.module, begun.glue]);
  return instantiate(module, factory);
}

/**
 * Begins to fetch and compile a program, so that it is there when the first weights are.
 * @param {Program} [program]
 */
export function warmUp(program = 'engine') {
  for (const part of Object.values(begin(program))) part.catch(() => {}); // loadEngine says what is wrong
}
