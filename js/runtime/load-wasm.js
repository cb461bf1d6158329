// Fetching and compiling a Wasm program once, instantiating it as often as models are loaded: each model gets a memory
// of its own, so that letting the model go gives all of it back.

import { InternalError } from '../errors.js';
import { isNode } from '../env.js';
import { wasmVariant } from './variant.js';

/** @type {Record<string, Promise<WebAssembly.Module>>} */
const modules = {};
// Literal URLs, one each: bundlers find the files by these expressions.
/** @type {Record<string, () => { url: URL, glue: Promise<any> }>} */
const PROGRAMS = {
  simd: () => ({ url: new URL('../wasm/engine-simd.wasm', import.meta.url), glue: import('../wasm/engine-simd.js') }),
  relaxed: () => ({ url: new URL('../wasm/engine-relaxed.wasm', import.meta.url), glue: import('../wasm/engine-relaxed.js') }),
};

/** @param {URL} url @returns {Promise<WebAssembly.Module>} */
async function compile(url) {
  if (isNode && url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new InternalError(`The package's own file ${url.href} is missing (status ${response.status}).`, { code: 'wasm_missing' });
  // Compiling while it arrives needs the right MIME type; a server that lacks it costs only time.
  if ((response.headers.get('content-type') ?? '').startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/**
 * A fresh instance of a program: its Embind module.
 * @param {string} name key of PROGRAMS
 * @returns {Promise<any>}
 */
async function instantiate(name) {
  const { url, glue } = PROGRAMS[name]();
  modules[name] ??= compile(url);
  modules[name].catch(() => delete modules[name]); // the next load tries again
  const [module, { default: factory }] = await Promise.all([modules[name], glue]);
  /** @type {(error: unknown) => void} */
  let fail = () => {};
  const failed = new Promise((_, reject) => { fail = reject; });
  return Promise.race([failed, factory({
    instantiateWasm(/** @type {WebAssembly.Imports} */ imports, /** @type {(i: WebAssembly.Instance, m: WebAssembly.Module) => void} */ done) {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), fail);
      return {};
    },
  })]);
}

/** The engine in the variant that this machine takes. */
export const loadEngine = () => instantiate(wasmVariant());

/** Begins to fetch and compile the engine, so that it is there when the first weights are. */
export function warmUp() {
  const name = wasmVariant();
  const { url, glue } = PROGRAMS[name]();
  modules[name] ??= compile(url);
  modules[name].catch(() => delete modules[name]);
  glue.catch(() => {});
}
