// Fetches and compiles a Wasm program of the package, and makes instances of it. Compiled modules are kept: another
// instance costs no download.

import { ConfigError, InternalError } from '../../errors.js';
import { env, isNode } from '../../env.js';
import { node } from '../../utils/node.js';

/** @type {Map<string, Promise<WebAssembly.Module>>} */
const compiled = new Map();

/**
 * The program at an address, fetched and compiled once; after a failure the next call tries again.
 * @param {URL} url
 * @returns {Promise<WebAssembly.Module>}
 */
export function compileOnce(url) {
  let module = compiled.get(url.href);
  if (!module) {
    module = compile(url).catch(async (cause) => {
      throw (await isForbidden()) && cause.code !== 'wasm_missing' ? forbidden(cause) : cause;
    });
    compiled.set(url.href, module);
    module.catch(() => compiled.delete(url.href));
  }
  return module;
}

/**
 * Where a program's .wasm lies: where env.wasmPaths says, or beside this file.
 * @param {string} name
 * @param {() => URL} address
 * @returns {Promise<URL>}
 */
async function placeOf(name, address) {
  const { wasmPaths } = env,
    at =
      typeof wasmPaths === 'function' ? await wasmPaths(name) : wasmPaths && `${wasmPaths}`.replace(/\/*$/, '/') + name;
  if (at)
    return new URL(
      at,
      isNode ? (await node('url')).pathToFileURL('./') : (globalThis.document?.baseURI ?? location.href),
    );
  try {
    return address();
  } catch (cause) {
    throw new InternalError(`This bundle does not know where ${name} lies: set env.wasmPaths to its folder's URL.`, {
      code: 'wasm_missing',
      file: name,
      cause,
    });
  }
}

/**
 * A program's compiled module.
 * @param {ReturnType<import('./programs.js').Files>} files
 */
export const compileProgram = async ([name, address]) => compileOnce(await placeOf(name, address));

/** Whether the page may not even compile an empty module. */
const isForbidden = () =>
  WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(
    () => false,
    () => true,
  );

/** @param {unknown} cause */
const forbidden = (cause) =>
  new ConfigError(
    "This page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src directive.",
    { code: 'wasm_forbidden', field: 'script-src', cause },
  );

/**
 * @param {URL} url
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(url) {
  if (isNode && url.protocol === 'file:') {
    const { readFile } = await node('fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url),
    type = response.headers.get('content-type') ?? '';
  if (!response.ok || type.startsWith('text/html')) {
    const why = response.ok ? 'a web page came; Vite: see optimizeDeps in the README' : `status ${response.status}`;
    throw new InternalError(
      `The package's own file ${url.href} is missing (${why}; env.wasmPaths can name another place).`,
      { code: 'wasm_missing' },
    );
  }
  // Compiling while it arrives needs the right MIME type; a server that lacks it costs only time.
  if (type.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/**
 * A fresh instance, with a memory of its own: its Embind module.
 * @param {WebAssembly.Module} module
 * @param {import('./programs.js').Glue['default']} factory default export of the glue
 * @returns {Promise<any>} any: Embind makes no types
 */
function instantiate(module, factory) {
  return new Promise((resolve, reject) => {
    factory({
      instantiateWasm(
        /** @type {WebAssembly.Imports} */ imports,
        /** @type {(i: WebAssembly.Instance, m: WebAssembly.Module) => void} */ done,
      ) {
        WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), reject);
        return {};
      },
    }).then(resolve, reject);
  });
}

/**
 * Fetches a program's files and makes an instance.
 * @param {ReturnType<import('./programs.js').Files>} files
 * @returns {Promise<any>} its Embind module. any: Embind makes no types
 */
export async function load(files) {
  const [module, made] = await Promise.all([compileProgram(files), files[2]]);
  return instantiate(module, /** @type {import('./programs.js').Glue} */ (made).default);
}
