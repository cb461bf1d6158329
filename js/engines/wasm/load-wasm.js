// The programs of programs.js in the variant that this machine takes. Each model has an instance of its own, so that
// disposing of it gives all of its memory back.

import { compileProgram, load } from './instantiate.js';
import { wasmVariant } from './variant.js';

/** @typedef {import('./programs.js').Program} Program */

/** @param {Program} program */
const filesOf = (program) => ((program.relaxed && wasmVariant() === 'relaxed' && program.relaxed) || program.simd)();

/**
 * A new instance of a program.
 * @param {Program} program
 * @returns {Promise<any>} its Embind module. any: Embind makes no types
 */
export const loadProgram = async (program) => load(filesOf(program));

/**
 * Begins to fetch and compile a program, so that it is there when the first weights are.
 * @param {Program} program
 */
export function warmUp(program) {
  const files = filesOf(program);
  for (const part of [compileProgram(files), files[2]]) part?.catch(() => {}); // loadProgram says what is wrong
}
