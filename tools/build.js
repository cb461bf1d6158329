// Builds the core natively or as Wasm under build/<preset>, glue and .wasm into js/wasm/. Everything missing is set
// up first. XNNPACK is built, once per machine into the cache, where a kernel uses it (a file
// wasm/kernels/xnnpack*.cpp).
//   node tools/build.js [wasm | native | sanitize | wasm-simd | wasm-relaxed | all | xnnpack]…   (default: wasm, both variants)
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cached } from './cache.js';
import { ROOT, SetupError, command, run, step } from './run.js';
import { SOURCES, ensureSources, sourcesKey } from './sources.js';
import { BUILD_TOOLS, ensureEmscripten, ensureSystem } from './toolchain.js';
import { copyVendored } from './vendor.js';

/** @typedef {'native' | 'sanitize' | 'wasm-simd' | 'wasm-relaxed'} Preset */
/** @typedef {import('./toolchain.js').Toolchain} Toolchain */

/** @type {Preset[]} */
const PRESETS = ['native', 'sanitize', 'wasm-simd', 'wasm-relaxed'];
/** Ninja itself would take two more than there are. */
const JOBS = `-j${os.availableParallelism()}`;
/** What every build of the core compiles. */
export const CORE_SOURCES = ['yyjson', 'pcre2', 'googletest'];
const XNNPACK_SOURCES = ['xnnpack', 'pthreadpool', 'fp16', 'fxdiv'];

/**
 * @param {Preset} preset
 * @param {{ tests?: boolean }} [options] tests: the test program too
 */
export async function build(preset, { tests = false } = {}) {
  await ensureSystem(preset.startsWith('wasm') ? BUILD_TOOLS : { ...BUILD_TOOLS, 'g++': 'g++' });
  const kernels = await fs.readdir(path.join(ROOT, 'wasm/kernels'));
  const xnnpack = preset.startsWith('wasm') && kernels.some((file) => /^xnnpack.*\.cpp$/.test(file));
  const deps = await ensureSources(xnnpack ? [...CORE_SOURCES, ...XNNPACK_SOURCES] : CORE_SOURCES);
  const flags = [`-DDEPS=${deps}`];
  /** @type {Toolchain | null} */
  let toolchain = null;
  if (preset.startsWith('wasm')) {
    toolchain = await ensureEmscripten();
    flags.push(...platform(toolchain));
    if (xnnpack) {
      const folder = await ensureXnnpack(toolchain, deps, preset === 'wasm-relaxed');
      flags.push(`-DXNN_LIB=${path.join(folder, 'libxnn.a')}`);
    }
  }
  await step(`build ${preset}`, async (report) => {
    const folder = path.join(ROOT, 'build', preset);
    // CMake never changes a folder's compiler: a folder made with another one starts anew.
    const stamp = path.join(folder, '.made-with');
    const made = flags.join('\n');
    if ((await fs.readFile(stamp, 'utf8').catch(() => '')) !== made)
      await fs.rm(folder, { recursive: true, force: true });
    await fs.mkdir(folder, { recursive: true });
    await run('cmake', ['--preset', preset, `-DTESTS=${tests ? 'ON' : 'OFF'}`, ...flags], { env: toolchain?.env });
    await fs.writeFile(stamp, made);
    await run('ninja', ['-C', folder, JOBS], { env: toolchain?.env, onLine: (line) => report(line) });
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
    .update(sourcesKey(XNNPACK_SOURCES))
    .update(await fs.readFile(path.join(recipe, 'CMakeLists.txt')))
    .update(toolchain.version)
    .digest('hex')
    .slice(0, 12);
  const variant = relaxed ? 'relaxed' : 'simd';
  return cached(`lib/xnnpack-${SOURCES.xnnpack.version}-${variant}-emscripten-${toolchain.version}-${hash}`, (folder) =>
    step(`XNNPACK for Wasm, ${variant} (once per machine, one to three minutes)`, async (report) => {
      const work = path.join(folder, 'build');
      const flags = [
        `-DDEPS=${deps}`,
        `-DRELAXED=${relaxed ? 'ON' : 'OFF'}`,
        '-DCMAKE_BUILD_TYPE=None',
        ...platform(toolchain),
      ];
      await run('cmake', ['-G', 'Ninja', '-S', recipe, '-B', work, ...flags], { env: toolchain.env });
      await run('ninja', ['-C', work, JOBS], {
        env: toolchain.env,
        onLine: (line) => report(line.match(/^\[\d+\/\d+\]/)?.[0] ?? line),
      });
      await fs.rename(path.join(work, 'libxnn.a'), path.join(folder, 'libxnn.a'));
      await fs.rm(work, { recursive: true });
    }),
  );
}

/** XNNPACK alone, in both variants, and where it lies: to measure against it (tests/bench/kernels). */
async function buildXnnpack() {
  await ensureSystem(BUILD_TOOLS);
  const deps = await ensureSources(XNNPACK_SOURCES);
  console.log(`sources in ${deps}`);
  const toolchain = await ensureEmscripten();
  for (const relaxed of [false, true])
    console.log(path.join(await ensureXnnpack(toolchain, deps, relaxed), 'libxnn.a'));
}

/**
 * What emcmake would add.
 * @param {Toolchain} toolchain
 */
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
    if (!(await copyVendored({ required: process.env.npm_lifecycle_event === 'prepack' })))
      console.log('  js/vendor: no node_modules, so chat templates stay out');
    for (const name of asked.length ? asked : ['wasm']) {
      if (name === 'wasm') await buildWasm();
      else if (name === 'xnnpack') await buildXnnpack();
      else if (name === 'all') for (const preset of PRESETS) await build(preset, { tests: true });
      else if (PRESETS.includes(/** @type {Preset} */ (name)))
        await build(/** @type {Preset} */ (name), { tests: true });
      else throw new SetupError(`unknown build ${name}; there are: wasm, all, xnnpack, ${PRESETS.join(', ')}`);
    }
  });
}
