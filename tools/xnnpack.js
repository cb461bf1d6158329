// XNNPACK as a library for Wasm, where a kernel uses it (a file wasm/kernels/simd/xnnpack*.cpp): built once per
// machine, into the cache.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { cached } from './cache.js';
import { ROOT, run, step } from './run.js';
import { SOURCES, sourcesKey } from './sources.js';

export const XNNPACK_SOURCES = ['xnnpack', 'pthreadpool', 'fp16', 'fxdiv'];

export async function usesXnnpack() {
  const files = await fs.readdir(path.join(ROOT, 'wasm/kernels/simd'), { recursive: true });
  return files.some((file) => /xnnpack.*\.cpp$/.test(file));
}

/**
 * libxnn.a of one variant, built once for sources, recipe and compiler.
 * @param {import('./toolchain.js').Toolchain} toolchain
 * @param {string} deps
 * @param {'simd' | 'relaxed'} variant
 * @returns {Promise<string>} its folder
 */
export async function ensureXnnpack(toolchain, deps, variant) {
  const recipe = path.join(ROOT, 'cmake/xnnpack');
  const hash = createHash('sha256')
    .update(sourcesKey(XNNPACK_SOURCES))
    .update(await fs.readFile(path.join(recipe, 'CMakeLists.txt')))
    .update(toolchain.version)
    .digest('hex')
    .slice(0, 12);
  return cached(`lib/xnnpack-${SOURCES.xnnpack.version}-${variant}-emscripten-${toolchain.version}-${hash}`, (folder) =>
    step(`XNNPACK for Wasm, ${variant} (once per machine, one to three minutes)`, async (report) => {
      const work = path.join(folder, 'build');
      const flags = [
        `-DDEPS=${deps}`,
        `-DRELAXED=${variant === 'relaxed' ? 'ON' : 'OFF'}`,
        '-DCMAKE_BUILD_TYPE=None',
        `-DCMAKE_TOOLCHAIN_FILE=${path.join(ROOT, 'cmake/emscripten.cmake')}`,
      ];
      await run('cmake', ['-G', 'Ninja', '-S', recipe, '-B', work, ...flags], { env: toolchain.env });
      await run('ninja', ['-C', work, `-j${os.availableParallelism()}`], {
        env: toolchain.env,
        onLine: (line) => report(line.match(/^\[\d+\/\d+\]/)?.[0] ?? line),
      });
      await fs.rename(path.join(work, 'libxnn.a'), path.join(folder, 'libxnn.a'));
      await fs.rm(work, { recursive: true });
    }),
  );
}
