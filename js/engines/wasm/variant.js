// Which Wasm to load. The smallest module that uses an instruction tells whether the engine knows it.

import { ConfigError } from '../../errors.js';
import { env } from '../../env.js';

// (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt), and the same with i32x4.relaxed_dot_i8x16_i7x16_add_s.
const probe = (/** @type {number[]} */ ...code) =>
  new Uint8Array([
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    5,
    1,
    96,
    0,
    1,
    123,
    3,
    2,
    1,
    0,
    10,
    code.length + 4,
    1,
    code.length + 2,
    0,
    ...code,
    11,
  ]);
const SIMD = probe(65, 0, 253, 15, 253, 98);
const RELAXED = probe(65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2);

/**
 * 'relaxed' where the engine has relaxed SIMD (Chromium, Firefox, Node ≥ 22), else 'simd'. Node 20 answers no without
 * its flag, and must: its baseline compiler computes the relaxed dot product wrongly.
 * @returns {'simd' | 'relaxed'}
 */
export function wasmVariant() {
  if (!WebAssembly.validate(SIMD)) {
    throw new ConfigError('This engine has no WebAssembly SIMD; every browser since 2023 and Node since 16.4 does.', {
      code: 'no_simd',
    });
  }
  const { variant } = env.wasm;
  if (variant && variant !== 'simd' && variant !== 'relaxed') {
    throw new ConfigError(`env.wasm.variant is "${variant}"; it must be simd, relaxed or empty.`, {
      code: 'unknown_variant',
      field: 'variant',
    });
  }
  if (variant) return variant;
  return WebAssembly.validate(RELAXED) ? 'relaxed' : 'simd';
}
