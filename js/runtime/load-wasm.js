// Fetching and compiling a Wasm program once, instantiating it as often as models are loaded: each model gets a memory
// of its own, so that letting the model go gives all of it back.

import { compileOnce, instantiate } from './instantiate.js';
import { wasmVariant } from './variant.js';

// Literal URLs, one each: bundlers find the files by these expressions.
/** @type {Record<string, () => { url: URL, glue: Promise<any> }>} */
const PROGRAMS = {
  simd: () => ({ url: new URL('../wasm/engine-simd.wasm', import.meta.url), glue: import('../wasm/engine-simd.js') }),
  relaxed: () => ({ url: new URL('../wasm/engine-relaxed.wasm', import.meta.url), glue: import('../wasm/engine-relaxed.js') }),
};

/** Begins to fetch a program and its glue. @param {string} name key of PROGRAMS */
function begin(name) {
  const { url, glue } = PROGRAMS[name]();
  return { module: compileOnce(url), glue };
}

/** A fresh instance of the engine in the variant that this machine takes: its Embind module. @returns {Promise<any>} */
export async function loadEngine() {
  const begun = begin(wasmVariant());
  const [module, { default: factory }] = await Promise.all([begun.module, begun.glue]);
  return instantiate(module, factory);
}

/** Begins to fetch and compile the engine, so that it is there when the first weights are. */
export function warmUp() {
  for (const part of Object.values(begin(wasmVariant()))) part.catch(() => {}); // loadEngine says what is wrong
}
