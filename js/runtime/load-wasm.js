// Fetching and compiling a Wasm program once, instantiating it as often as models are loaded: each model gets a memory
// of its own, so that letting the model go gives all of it back.

import { compile, instantiate } from './instantiate.js';
import { wasmVariant } from './variant.js';

/** @type {Record<string, Promise<WebAssembly.Module>>} */
const modules = {};
// Literal URLs, one each: bundlers find the files by these expressions.
/** @type {Record<string, () => { url: URL, glue: Promise<any> }>} */
const PROGRAMS = {
  simd: () => ({ url: new URL('../wasm/engine-simd.wasm', import.meta.url), glue: import('../wasm/engine-simd.js') }),
  relaxed: () => ({ url: new URL('../wasm/engine-relaxed.wasm', import.meta.url), glue: import('../wasm/engine-relaxed.js') }),
};

/**
 * A fresh instance of a program: its Embind module.
 * @param {string} name key of PROGRAMS
 * @returns {Promise<any>}
 */
async function load(name) {
  const { url, glue } = PROGRAMS[name]();
  modules[name] ??= compile(url);
  modules[name].catch(() => delete modules[name]); // the next load tries again
  const [module, { default: factory }] = await Promise.all([modules[name], glue]);
  return instantiate(module, factory);
}

/** The engine in the variant that this machine takes. */
export const loadEngine = () => load(wasmVariant());

/** Begins to fetch and compile the engine, so that it is there when the first weights are. */
export function warmUp() {
  const name = wasmVariant();
  const { url, glue } = PROGRAMS[name]();
  modules[name] ??= compile(url);
  modules[name].catch(() => delete modules[name]);
  glue.catch(() => {});
}
