// The stages of npm test: what each builds, and how it is run and counted (runners.js).
import path from 'node:path';
import { clangTidy } from './clang-tidy.js';
import { lint } from './lint.js';
import { NODE24 } from './packages.js';
import { NODE, ROOT, run } from './run.js';
import { fuzz, googleTest, nodeTest } from './runners.js';
import { ensureChromium } from './toolchain.js';

/**
 * @typedef {object} Result
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} notes what was skipped and why, figures
 * @property {string} output shown where something failed
 */

/**
 * What a run is limited to.
 * @typedef {object} Selection
 * @property {string[]} files tests to run, of those that the stage has; none: all
 * @property {string[]} [except] folders and files that are left out
 * @property {boolean} fast leaves out test files whose first lines say "// Slow: why"
 */

/**
 * @typedef {object} Stage
 * @property {string[]} [builds] targets of build.js
 * @property {boolean} [packages] needs the npm packages of this repository
 * @property {string} [files] folder of its test files
 * @property {boolean} [fast] part of `npm run test:fast`
 * @property {boolean} [onlyFast] not part of `npm test`: another stage runs the same tests, and more
 * @property {string} [beside] a stage that leaves cores idle: where both run, they run at the same time
 * @property {(selection: Selection) => Promise<Result>} run
 */

const WASM = ['wasm-simd', 'wasm-relaxed'];
/** What runs on the 8-bit dot product. */
const DOT = ['tests/native/kernels', 'tests/native/arch', 'tests/native/generate'];
const DOT_JS = ['tests/js/engines', 'tests/js/models'];
/** What is the same in both variants, such as the tokenizers' program: once is enough. */
const SAME_IN_BOTH = [
  ...['layers-js', 'layers-wasm', 'size', 'style', 'types'].map((name) => `tests/js/package/${name}.test.js`),
  ...['tools', 'demo', 'tokenizers', 'chat', 'tensor'].map((folder) => `tests/js/${folder}`),
];

/**
 * In the order in which they run: what fails fastest and explains most comes first.
 * @type {Record<string, Stage>}
 */
export const STAGES = {
  lint: { packages: true, fast: true, run: () => counted(lint()) },
  // The same tests as in `sanitize`, which is slower to build and to run.
  native: {
    builds: ['native'],
    files: 'tests/native',
    fast: true,
    onlyFast: true,
    run: (s) => googleTest('native', s),
  },
  sanitize: { builds: ['sanitize'], files: 'tests/native', run: (s) => googleTest('sanitize', s) },
  fuzz: { builds: ['sanitize'], run: fuzz },
  'wasm-simd': {
    builds: ['tests-simd'],
    files: 'tests/native',
    run: (s) => googleTest('wasm', s, { node: NODE, variant: 'simd' }),
  },
  'wasm-relaxed': {
    builds: ['tests-relaxed'],
    packages: true,
    files: 'tests/native',
    run: (s) => googleTest('wasm', s, { node: NODE24, variant: 'relaxed' }),
  },
  // What other processors compute, on this one (tests/native/emulated_dot.h).
  ...Object.fromEntries(
    ['unsigned', 'signed', 'saturating'].map((dot) => [
      `dot-${dot}`,
      {
        builds: ['tests-emulated'],
        packages: true,
        run: (/** @type {Selection} */ s) =>
          googleTest('wasm', { ...s, files: DOT }, { node: NODE24, variant: 'emulated', env: { TEST_DOT: dot } }),
      },
    ]),
  ),
  types: { builds: WASM, packages: true, fast: true, run: typeCheck },
  tidy: { beside: 'browser', run: () => counted(clangTidy()) },
  'js-simd': {
    builds: WASM,
    packages: true,
    files: 'tests/js',
    fast: true,
    run: (s) => nodeTest('tests/js', s, { node: NODE, variant: 'simd' }),
  },
  'js-relaxed': {
    builds: WASM,
    packages: true,
    files: 'tests/js',
    run: (s) => nodeTest('tests/js', { ...s, except: SAME_IN_BOTH }, { node: NODE24, variant: 'relaxed' }),
  },
  // The relaxed engine where the processor has no exact byte product, by V8's own switch.
  'js-saturating': {
    builds: WASM,
    packages: true,
    run: (s) =>
      nodeTest(
        'tests/js',
        { ...s, files: DOT_JS },
        { node: NODE24, variant: 'relaxed', flags: process.arch === 'x64' ? ['--no-enable-avx-vnni'] : [] },
      ),
  },
  browser: {
    builds: WASM,
    packages: true,
    files: 'tests/browser',
    run: async (s) => nodeTest('tests/browser', s, { node: NODE, env: { CHROMIUM_PATH: await ensureChromium() } }),
  },
};

/** @returns {Promise<Result>} */
async function typeCheck() {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const { code, output } = await run(NODE, [tsc, '-p', ROOT, '--pretty', 'false'], { allowFailure: true });
  const failed = output.match(/error TS/g)?.length ?? 0;
  return code === 0
    ? { passed: 1, failed: 0, notes: [], output }
    : { passed: 0, failed: Math.max(1, failed), notes: [], output };
}

/**
 * @param {Promise<import('./lint.js').Check[]>} made
 * @returns {Promise<Result>}
 */
async function counted(made) {
  const checks = await made;
  const bad = checks.filter(({ complaint }) => complaint);
  const output = bad.map(({ name, complaint }) => `${name}:\n${complaint}\n`).join('');
  return { passed: checks.length - bad.length, failed: bad.length, notes: [], output };
}
