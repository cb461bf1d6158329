// Builds: XNNPACK once per machine into the cache, the core natively or as Wasm under build/<preset>, glue and .wasm
// into js/wasm/. Everything missing is set up first.
//   node tools/build.js [wasm | native | sanitize | wasm-simd | wasm-relaxed | all]…      (default: wasm, both variants)
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cached } from './cache.js';
import { ROOT, SetupError, command, run, step } from './run.js';
import { SOURCES, ensureSources, sourcesKey } from './sources.js';
import { BUILD_TOOLS, ensureEmscripten, ensureSystem } from './toolchain.js';

/** @typedef {'native' | 'sanitize' | 'wasm-simd' | 'wasm-relaxed'} Preset */
/** @typedef {import('./toolchain.js').Toolchain} Toolchain */

/** @type {Preset[]} */
const PRESETS = ['native', 'sanitize', 'wasm-simd', 'wasm-relaxed'];

/**
 * @param {Preset} preset
 * @param {{ tests?: boolean }} [options] tests: the test program too
 */
export async function build(preset, { tests = false } = {}) {
  await ensureSystem(preset.startsWith('wasm') ? BUILD_TOOLS : { ...BUILD_TOOLS, 'g++': 'g++' });
  const deps = await ensureSources();
  const flags = [`-DDEPS=${deps}`];
  /** @type {Toolchain | null} */
  let toolchain = null;
  if (preset.startsWith('wasm')) {
    toolchain = await ensureEmscripten();
    const xnnpack = await ensureXnnpack(toolchain, deps, preset === 'wasm-relaxed');
    flags.push(`-DXNN_LIB=${path.join(xnnpack, 'libxnn.a')}`, ...platform(toolchain));
  }
  await step(`build ${preset}`, async (report) => {
    const folder = path.join(ROOT, 'build', preset);
    // CMake never changes a folder's compiler: a folder made with another one starts anew.
    const stamp = path.join(folder, '.made-with');
    const made = flags.join('\n');
    if ((await fs.readFile(stamp, 'utf8').catch(() => '')) !== made) await fs.rm(folder, { recursive: true, force: true });
    await fs.mkdir(folder, { recursive: true });
    await run('cmake', ['--preset', preset, `-DTESTS=${tests ? 'ON' : 'OFF'}`, ...flags], { env: toolchain?.env });
    await fs.writeFile(stamp, made);
    await run('ninja', ['-C', folder], { env: toolchain?.env, onLine: (line) => report(line) });
  });
}

/**
 * libxnn.a of one variant, built once for sources, recipe and compiler.
 * @param {Toolchain} toolchain
 * @param {string} deps
 * @param {boolean} relaxed
 */
async function ensureXnnpack(toolchain, deps, relaxed) {
  const recipe = path.join(ROOT, 'cmake/xnnpack');
  const hash = createHash('sha256')
    .update(sourcesKey(['xnnpack', 'pthreadpool', 'fp16', 'fxdiv']))
    .update(await fs.readFile(path.join(recipe, 'CMakeLists.txt')))
    .update(toolchain.version)
    .digest('hex')
    .slice(0, 12);
  const variant = relaxed ? 'relaxed' : 'simd';
  return cached(`lib/xnnpack-${SOURCES.xnnpack.version}-${variant}-emscripten-${toolchain.version}-${hash}`, (folder) =>
    step(`XNNPACK for Wasm, ${variant} (once per machine, one to three minutes)`, async (report) => {
      const work = path.join(folder, 'build');
      const flags = [`-DDEPS=${deps}`, `-DRELAXED=${relaxed ? 'ON' : 'OFF'}`, '-DCMAKE_BUILD_TYPE=None', ...platform(toolchain)];
      await run('cmake', ['-G', 'Ninja', '-S', recipe, '-B', work, ...flags], { env: toolchain.env });
      await run('ninja', ['-C', work], { env: toolchain.env, onLine: (line) => report(line.match(/^\[\d+\/\d+\]/)?.[0] ?? line) });
      await fs.rename(path.join(work, 'libxnn.a'), path.join(folder, 'libxnn.a'));
      await fs.rm(work, { recursive: true });
    }),
  );
}

/** What emcmake would add. @param {Toolchain} toolchain */
const platform = (toolchain) => [
  `-DCMAKE_TOOLCHAIN_FILE=${path.join(toolchain.folder, 'cmake/Modules/Platform/Emscripten.cmake')}`,
  `-DCMAKE_CROSSCOMPILING_EMULATOR=${process.execPath}`,
];

/** Both Wasm variants, as the package ships them. */
export async function buildWasm() {
  await build('wasm-simd');
  await build('wasm-relaxed');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    const asked = process.argv.slice(2);
    for (const name of asked.length ? asked : ['wasm']) {
      if (name === 'wasm') await buildWasm();
      else if (name === 'all') for (const preset of PRESETS) await build(preset, { tests: true });
      else if (PRESETS.includes(/** @type {Preset} */ (name))) await build(/** @type {Preset} */ (name), { tests: true });
      else throw new SetupError(`unknown build ${name}; there are: wasm, all, ${PRESETS.join(', ')}`);
    }
  });
}
