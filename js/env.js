// Settings of the whole page or process, by Transformers.js' names.

/** True in Node, and in runtimes that have its files and modules. */
export const isNode = typeof process !== 'undefined' && !!process.versions?.node && !('importScripts' in globalThis);

/**
 * Whether the browser's Cache API may be used. In a sandboxed iframe, even `typeof caches` throws.
 * @returns {boolean}
 */
export function hasCaches() {
  try {
    return typeof caches !== 'undefined';
  } catch {
    return false;
  }
}

/** Values of env.logLevel, as in Transformers.js: what is below it is not written to the console. */
export const LogLevel = Object.freeze({ DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, NONE: 50 });

export const env = {
  version: '0.1.0',
  /** Whether what only warns is an error, such as a device that no engine has. */
  strict: false,
  /** Warnings are written up to LogLevel.WARNING. */
  logLevel: /** @type {number} */ (LogLevel.WARNING),
  /** Whether files may come from the network. */
  allowRemoteModels: true,
  /** Whether files may come from localModelPath. Off in browsers, where every missing file would cost a request. */
  allowLocalModels: isNode,
  /** Where the app has repositories of its own: a URL path or a folder that contains {model}/{file}. */
  localModelPath: isNode ? '' : '/models/',
  /** Whether files may come from folders (Node). */
  useFS: isNode,
  /** The Hub or a mirror of it. */
  remoteHost: 'https://huggingface.co/',
  remotePathTemplate: '{model}/resolve/{revision}/',
  /** Whether downloads are kept in the browser's Cache API (under cacheKey). */
  useBrowserCache: !isNode && hasCaches(),
  cacheKey: 'wasmformers-cache',
  /** Whether downloads are kept in a folder (Node). */
  useFSCache: isNode,
  /** That folder. Empty: WASMFORMERS_CACHE, or wasmformers/ in the user's cache folder. */
  cacheDir: '',
  /**
   * A cache of the app's own: { match(key) → Response | undefined, put(key, Response), delete(key) if it can }.
   * @type {null | { match(key: string): Promise<Response | undefined>, put(key: string, response: Response):
   *   Promise<void>, delete?(key: string): Promise<unknown> }}
   */
  customCache: null,
  /**
   * false: customCache is not used; true: there must be one; null: it is used where there is one.
   * @type {boolean | null}
   */
  useCustomCache: null,
  /**
   * Sends every request: replace it to add headers or tokens.
   * @type {typeof fetch}
   */
  fetch: (input, init) => globalThis.fetch(input, init),
  /** In ms: a request without an answer, or a download without a byte, for so long is tried again. 0: never. */
  stallTimeout: 30_000,
  /**
   * Where the .wasm files lie: their folder (a URL or path), or a function of a file's name. null: where the bundler
   * has put them, or js/wasm of this package.
   * @type {null | string | URL | ((file: string) => string | URL | null | undefined | Promise<string | URL>)}
   */
  wasmPaths: null,
  /** There is one backend: settings for ONNX Runtime do nothing. */
  backends: { onnx: { /** @type {Record<string, any>} */ wasm: {}, /** @type {Record<string, any>} */ webgpu: {} } },
  /** Forces a variant of Wasm: 'simd' or 'relaxed'. '' chooses by what the browser validates. */
  wasm: { variant: /** @type {'' | 'simd' | 'relaxed'} */ ('') },
};

// Fields of Transformers.js that nothing follows from here.
for (const [name, what] of Object.entries({
  useWasmCache: 'the Wasm files are in the package, and the browser keeps them',
  experimental_useCrossOriginStorage: 'downloads are kept for each origin',
})) {
  const value = name === 'useWasmCache';
  Object.defineProperty(env, name, {
    enumerable: true,
    get: () => value,
    set(asked) {
      if (asked !== value) warnOnce(`env.${name} does nothing here: ${what}.`);
    },
  });
}

/** @type {Set<string>} */
const warned = new Set();
/**
 * Tells the console something, once.
 * @param {string} message
 */
export function warnOnce(message) {
  if (warned.has(message) || env.logLevel > LogLevel.WARNING) return;
  warned.add(message);
  console.warn(message);
}
