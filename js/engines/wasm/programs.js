// The Wasm programs of this package: a new one is an entry here and a line in CMakeLists.txt. Each variant gives the
// name and the address of its .wasm and the import of its glue. Bundlers find the files by these expressions, so every
// address is a literal; each program is an export of its own, so that a bundle has only those that it uses.

/**
 * @typedef {{ default: (options: object) => Promise<any> }} Glue the JS that Emscripten made
 * @typedef {() => [name: string, address: () => URL, glue?: Promise<Glue>]} Files address throws where a bundle has no
 *   import.meta.url
 * @typedef {{ simd: Files, relaxed?: Files }} Program relaxed: where its kernels are compiled for relaxed SIMD too
 */

/** @type {Program} */
export const encoder = {
  simd: () => [
    'encoder-simd.wasm',
    () => new URL('../../wasm/encoder-simd.wasm', import.meta.url),
    import('../../wasm/encoder-simd.js'),
  ],
  relaxed: () => [
    'encoder-relaxed.wasm',
    () => new URL('../../wasm/encoder-relaxed.wasm', import.meta.url),
    import('../../wasm/encoder-relaxed.js'),
  ],
};
/** @type {Program} */
export const decoder = {
  simd: () => [
    'decoder-simd.wasm',
    () => new URL('../../wasm/decoder-simd.wasm', import.meta.url),
    import('../../wasm/decoder-simd.js'),
  ],
  relaxed: () => [
    'decoder-relaxed.wasm',
    () => new URL('../../wasm/decoder-relaxed.wasm', import.meta.url),
    import('../../wasm/decoder-relaxed.js'),
  ],
};
/** @type {Program} */
export const quantized = {
  simd: () => [
    'quantized-simd.wasm',
    () => new URL('../../wasm/quantized-simd.wasm', import.meta.url),
    import('../../wasm/quantized-simd.js'),
  ],
  relaxed: () => [
    'quantized-relaxed.wasm',
    () => new URL('../../wasm/quantized-relaxed.wasm', import.meta.url),
    import('../../wasm/quantized-relaxed.js'),
  ],
};
/** @type {Program} */
export const tokenizers = {
  simd: () => [
    'tokenizers.wasm',
    () => new URL('../../wasm/tokenizers.wasm', import.meta.url),
    import('../../wasm/tokenizers.js'),
  ],
};
/** @type {Program} */
export const regex = { simd: () => ['regex.wasm', () => new URL('../../wasm/regex.wasm', import.meta.url)] };
/** @type {Program} */
export const search = {
  simd: () => ['search.wasm', () => new URL('../../wasm/search.wasm', import.meta.url), import('../../wasm/search.js')],
};
