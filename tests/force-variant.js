// Loaded by --import before the JS tests: they use the Wasm variant that $WASMFORMERS_TEST_VARIANT names, whatever the
// running Node would choose by itself.
import { env } from '../js/env.js';

env.wasm.variant = /** @type {'' | 'simd' | 'relaxed'} */ (process.env.WASMFORMERS_TEST_VARIANT ?? '');
