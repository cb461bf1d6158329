// The options of a generation as the JSON that C++ reads (wasm/generate/config.h).

import { InputError } from '../errors.js';

/**
 * InputError: values that JSON would turn into null, and functions.
 * @param {Record<string, any>} options
 * @returns {string}
 */
export function optionsJson(options) {
  const { seed = options.do_sample ? crypto.getRandomValues(new Uint32Array(1))[0] : undefined, ...rest } = options;
  return JSON.stringify({ ...rest, seed }, (key, value) => {
    const wrong = (/** @type {string} */ message) =>
      new InputError(`The option ${key} ${message}`, { code: 'bad_option', field: key });
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number' && !Number.isFinite(value)) throw wrong(`must be a finite number, not ${value}.`);
    if (ArrayBuffer.isView(value)) return Array.from(/** @type {any} */ (value), Number);
    if (typeof value === 'function') throw wrong('is a function; the engine takes none.');
    return value;
  });
}
