// Fetching and compiling a program of programs.js once, and making an instance as often as models are loaded: each model
// gets a memory of its own, so that disposing of it gives all of that back.

import { compileOnce, instantiate } from './instantiate.js';
import { wasmVariant } from './variant.js';

/**
 * @typedef {import('./programs.js').Program} Program
 * @typedef {import('./programs.js').Glue} Glue
 */

/**
 * Begins to fetch a program, in the variant that this machine takes, and its glue.
 * @param {Program} program
 */
export function fetchProgram(program) {
  const [url, glue] = ((program.relaxed && wasmVariant() === 'relaxed' && program.relaxed) || program.simd)();
  return { module: compileOnce(url), glue };
}

/**
 * A new instance of a program: its Embind module.
 * @param {Program} program
 * @returns {Promise<any>}
 */
export async function loadProgram(program) {
  const begun = fetchProgram(program);
  const [module, glue] = await Promise.all([begun.module, begun.glue]);
  return instantiate(module, /** @type {Glue} */ (glue).default);
}

/**
 * Begins to fetch and compile a program, so that it is there when the first weights are.
 * @param {Program} program
 */
export function warmUp(program) {
  for (const part of Object.values(fetchProgram(program))) part?.catch(() => {}); // loadProgram says what is wrong
}
