// Settings that hold for the whole page or process, by the names that Transformers.js gives them.

/** True in Node (and what imitates it closely enough to have its files and modules). */
export const isNode =
  typeof process !== 'undefined' &&
  !!process.versions?.node &&
  typeof (/** @type {any} */ (globalThis).importScripts) === 'undefined';

export const env = {
  version: '0.1.0',
  /** May files come from the network? */
  allowRemoteModels: true,
  /** May files come from localModelPath? Off in browsers, where every miss would cost a request. */
  allowLocalModels: isNode,
  /** Where repositories lie beside the app: a URL path or folder with {model}/{file} in it. */
  localModelPath: isNode ? '' : '/models/',
  /** The Hub or a mirror of it. */
  remoteHost: 'https://huggingface.co/',
  remotePathTemplate: '{model}/resolve/{revision}/',
  /** Keep downloads in the browser's Cache API (under cacheKey). */
  useBrowserCache: typeof caches !== 'undefined' && !isNode,
  cacheKey: 'wasmformers-cache',
  /** Keep downloads in a folder (Node). */
  useFSCache: isNode,
  /** That folder; empty: WASMFORMERS_CACHE, or wasmformers/ in the user's cache folder. */
  cacheDir: '',
  /**
   * An own cache: { match(key) → Response | undefined, put(key, Response) }.
   * @type {null | { match(key: string): Promise<Response | undefined>, put(key: string, response: Response):
   *   Promise<void> }}
   */
  customCache: null,
  /**
   * Every request goes through this: headers, tokens, tests.
   * @type {typeof fetch}
   */
  fetch: (input, init) => globalThis.fetch(input, init),
  /** There is one backend; what pages set here for ONNX Runtime does nothing. */
  backends: { onnx: { /** @type {Record<string, any>} */ wasm: {}, /** @type {Record<string, any>} */ webgpu: {} } },
  /** Wasm: force a variant ('simd' or 'relaxed'; '' chooses by what the engine validates). */
  wasm: { variant: /** @type {'' | 'simd' | 'relaxed'} */ ('') },
};
