// The files of the Wasm programs that the package ships, by the library's own list (js/engines/wasm/programs.js).
import path from 'node:path';
import * as PROGRAMS from '../../../js/engines/wasm/programs.js';

/**
 * Names in js/wasm/ by program: the .wasm of each variant and, where it has one, its glue.
 * @type {Record<string, string[]>}
 */
export const PROGRAM_FILES = Object.fromEntries(
  Object.entries(PROGRAMS).map(([program, { simd, relaxed = null }]) => [
    program,
    [simd, relaxed].flatMap((files) => {
      if (!files) return [];
      const [wasm, address, glue] = files();
      if (path.posix.basename(address().pathname) !== wasm) throw new Error(`${wasm} has another address`);
      return glue ? [wasm, wasm.replace(/\.wasm$/, '.js')] : [wasm];
    }),
  ]),
);
