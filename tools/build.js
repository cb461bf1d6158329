// Builds the core: the Wasm programs of js/wasm, and the test programs, natively and as Wasm. Everything missing is set
// up first. A target whose inputs have not changed since it was built is left alone (build-record.js).
//   node tools/build.js [wasm | wasm-simd | wasm-relaxed | tests-simd | tests-relaxed | native | sanitize | all]…
//   node tools/build.js xnnpack       XNNPACK alone
// (default: wasm, the programs of both variants)
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BuildRecord } from './build-record.js';
import { ROOT, SetupError, ask, command, run, step } from './run.js';
import { CORE_SOURCES, ensureSources, sourcesKey } from './sources.js';
import { BUILD_TOOLS, ensureEmscripten, ensureSystem } from './toolchain.js';
import { copyVendored } from './vendor.js';
import { XNNPACK_SOURCES, ensureXnnpack, usesXnnpack } from './xnnpack.js';

/**
 * @typedef {object} Target
 * @property {'native' | 'sanitize' | 'wasm'} preset of CMakePresets.json: the folder build/<preset>
 * @property {string[]} ninja what ninja is asked for
 * @property {string[]} inputs folders and files that it is made from, beside COMMON
 * @property {[folder: string, names: RegExp]} outputs
 */

const TESTS = ['tests/CMakeLists.txt', 'tests/native'];
/** What every target is made from. */
const COMMON = ['CMakeLists.txt', 'CMakePresets.json', 'cmake', 'wasm'];

/** @type {Record<string, Target>} */
const TARGETS = {
  'wasm-simd': { preset: 'wasm', ninja: ['wasm-simd'], inputs: [], outputs: ['js/wasm', /^(?!.*-relaxed\.)/] },
  'wasm-relaxed': { preset: 'wasm', ninja: ['wasm-relaxed'], inputs: [], outputs: ['js/wasm', /^(?!.*-simd\.)/] },
  'tests-simd': {
    preset: 'wasm',
    ninja: ['wasmformers_tests-simd'],
    inputs: TESTS,
    outputs: ['build/wasm/tests', /_tests-simd\./],
  },
  'tests-relaxed': {
    preset: 'wasm',
    ninja: ['wasmformers_tests-relaxed'],
    inputs: TESTS,
    outputs: ['build/wasm/tests', /_tests-relaxed\./],
  },
  'tests-emulated': {
    preset: 'wasm',
    ninja: ['wasmformers_tests-emulated'],
    inputs: TESTS,
    outputs: ['build/wasm/tests', /_tests-emulated\./],
  },
  native: {
    preset: 'native',
    ninja: ['wasmformers_tests'],
    inputs: TESTS,
    outputs: ['build/native/tests', /^wasmformers_tests$/],
  },
  sanitize: {
    preset: 'sanitize',
    ninja: ['wasmformers_tests', 'fuzz_targets'],
    inputs: [...TESTS, 'tests/fuzz'],
    outputs: ['build/sanitize/tests', /(^wasmformers_tests|^fuzz\/fuzz_[a-z_]+)$/],
  },
};

const WASM = ['wasm-simd', 'wasm-relaxed'];
/** The programs that the package ships, in both variants. */
export const buildWasm = () => build(WASM);

/** Ninja itself would take two more than there are. */
const JOBS = `-j${os.availableParallelism()}`;

/** @param {string} name of TARGETS */
export const presetOf = (name) => TARGETS[name].preset;

/** @param {string[]} names of TARGETS */
export async function build(names) {
  for (const preset of /** @type {const} */ (['wasm', 'native', 'sanitize'])) {
    const targets = names.filter((name) => TARGETS[name].preset === preset);
    if (targets.length) await buildPreset(preset, targets);
  }
}

/**
 * @param {Target['preset']} preset
 * @param {string[]} names
 */
async function buildPreset(preset, names) {
  const { compiler, flags, sources, env } = await (preset === 'wasm' ? wasmSetUp() : nativeSetUp());
  const record = await BuildRecord.open(path.join(ROOT, 'build', preset));
  /** @type {Map<string, string>} the target's key */
  const stale = new Map();
  for (const name of names) {
    const key = await record.key([...COMMON, ...TARGETS[name].inputs], [compiler, sources, ...buildFlags()]);
    if (!(await record.isBuilt(name, key))) stale.set(name, key);
  }
  if (stale.size === 0) return;
  await step(`build ${[...stale.keys()].join(', ')}`, async (report) => {
    // CMake never changes a folder's compiler, nor its place: such a folder starts anew.
    await record.resetUnless(`${compiler}\n${ROOT}`);
    await run('cmake', ['--preset', preset, ...flags], { env });
    const wanted = [...stale.keys()].flatMap((name) => TARGETS[name].ninja);
    await run('ninja', ['-C', record.folder, JOBS, ...wanted], { env, onLine: (line) => report(line) });
    for (const [name, key] of stale) await record.built(name, key, TARGETS[name].outputs);
  });
}

/** What the user adds to every compilation. */
const buildFlags = () => ['CFLAGS', 'CXXFLAGS', 'LDFLAGS'].map((name) => process.env[name] ?? '');

/**
 * @typedef {object} SetUp
 * @property {string} compiler which one, as it tells itself
 * @property {string[]} flags for cmake
 * @property {string} sources which third-party sources
 * @property {Record<string, string>} [env]
 */

/** @returns {Promise<SetUp>} */
async function nativeSetUp() {
  const { CC, CXX } = process.env;
  await ensureSystem(CXX ? BUILD_TOOLS : { ...BUILD_TOOLS, 'g++': 'g++' });
  const deps = await ensureSources(CORE_SOURCES);
  const compiler = `${CC} ${CXX} ${await ask(CXX ?? 'c++', ['--version'])}`;
  return { compiler, flags: [`-DDEPS=${deps}`], sources: sourcesKey(CORE_SOURCES) };
}

/** @returns {Promise<SetUp>} */
async function wasmSetUp() {
  await ensureSystem(BUILD_TOOLS);
  const xnnpack = await usesXnnpack();
  const names = xnnpack ? [...CORE_SOURCES, ...XNNPACK_SOURCES] : CORE_SOURCES;
  const deps = await ensureSources(names);
  const toolchain = await ensureEmscripten();
  const flags = [`-DDEPS=${deps}`];
  for (const variant of xnnpack ? /** @type {const} */ (['simd', 'relaxed']) : []) {
    const folder = await ensureXnnpack(toolchain, deps, variant);
    flags.push(`-DXNN_LIB_${variant.toUpperCase()}=${path.join(folder, 'libxnn.a')}`);
  }
  return {
    compiler: `Emscripten ${toolchain.version} in ${toolchain.folder}`,
    flags,
    sources: sourcesKey(names),
    env: toolchain.env,
  };
}

/** XNNPACK alone, in both variants, and where it lies: to measure against it (tests/bench/kernels). */
async function buildXnnpack() {
  await ensureSystem(BUILD_TOOLS);
  const deps = await ensureSources(XNNPACK_SOURCES);
  console.log(`sources in ${deps}`);
  const toolchain = await ensureEmscripten();
  for (const variant of /** @type {const} */ (['simd', 'relaxed']))
    console.log(path.join(await ensureXnnpack(toolchain, deps, variant), 'libxnn.a'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    const asked = process.argv.slice(2);
    await copyVendored({ required: process.env.npm_lifecycle_event === 'prepack' });
    if (asked.includes('xnnpack')) await buildXnnpack();
    const names = (asked.length ? asked : ['wasm']).filter((name) => name !== 'xnnpack');
    const unknown = names.find((name) => !['wasm', 'all', ...Object.keys(TARGETS)].includes(name));
    if (unknown) {
      throw new SetupError(
        `unknown target ${unknown}; there are: wasm, all, xnnpack, ${Object.keys(TARGETS).join(', ')}`,
      );
    }
    await build(names.flatMap((name) => (name === 'wasm' ? WASM : name === 'all' ? Object.keys(TARGETS) : [name])));
  });
}
