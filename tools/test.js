// npm test: sets up whatever is missing, builds, and runs every test there is; `npm test -- js types` runs these stages
// only. Each stage prints its time and what it counted; the output of a stage is shown where it fails.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureModel } from '../models/fetch.js';
import { build } from './build.js';
import { bundle } from './bundle.js';
import { exists } from './cache.js';
import { NODE, ROOT, SetupError, command, run, step } from './run.js';
import { ensureChromium } from './toolchain.js';
import { copyVendored } from './vendor.js';

/**
 * @typedef {{ passed: number, failed: number, notes: string[], output: string }} Result notes: what was skipped and
 *   why, figures
 */

const NODE24 = path.join(ROOT, 'node_modules/node24/bin/node');
const MINILM = 'sentence-transformers/all-MiniLM-L6-v2';
const FIXTURES = path.join(ROOT, 'tests/fixtures');

/**
 * In the order in which they run: what fails fastest and explains most comes first.
 * @type {Record<string, () => Promise<Result>>}
 */
const STAGES = {
  native: () => googleTest('native'),
  sanitize: () => googleTest('sanitize'),
  fuzz,
  'wasm-simd': () => googleTest('wasm-simd', NODE),
  'wasm-relaxed': () => googleTest('wasm-relaxed', NODE24),
  types: typeCheck,
  'js-simd': () => nodeTest('tests/js', NODE, 'simd'),
  'js-relaxed': () => nodeTest('tests/js', NODE24, 'relaxed'),
  browser: async () => nodeTest('tests/browser', NODE, '', { CHROMIUM_PATH: await ensureChromium() }),
};

await command(async () => {
  const asked = process.argv.slice(2).filter((name) => !name.startsWith('--'));
  const chosen = Object.keys(STAGES).filter(
    (name) => asked.length === 0 || asked.some((a) => name === a || name.startsWith(`${a}-`)),
  );
  if (chosen.length === 0) throw new SetupError(`no such stage; there are: ${Object.keys(STAGES).join(', ')}`);
  console.log('Setting up and building');
  await setUp(chosen);

  console.log('Testing');
  const total = { passed: 0, failed: 0 };
  const lines = [];
  for (const name of chosen) {
    const begin = performance.now();
    const result = await STAGES[name]().catch((error) => ({
      passed: 0,
      failed: 1,
      notes: [],
      output: String(error.stack),
    }));
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    if (result.failed) console.log(result.output);
    for (const note of result.notes) console.log(`    ${note.trim().replaceAll('\n', ' ')}`);
    const line = `  ${name.padEnd(13)} ${String(result.passed).padStart(5)} passed ${String(result.failed).padStart(3)} failed  ${seconds.padStart(6)} s`;
    console.log(line);
    lines.push(line);
    total.passed += result.passed;
    total.failed += result.failed;
  }
  console.log(`\n${lines.join('\n')}\n\n${total.passed} passed, ${total.failed} failed`);
  process.exit(total.failed === 0 ? 0 : 1);
});

/** @param {string[]} chosen */
async function setUp(chosen) {
  const uses = (/** @type {string[]} */ ...names) => names.some((name) => chosen.includes(name));
  if (uses('wasm-relaxed', 'types', 'js-simd', 'js-relaxed', 'browser')) {
    await ensurePackages();
    await copyVendored({ required: true });
  }
  /** @type {Record<string, string[]>} target → the stages that use it */
  const targets = {
    'wasm-simd': ['types', 'js-simd', 'js-relaxed', 'browser'],
    'wasm-relaxed': ['types', 'js-simd', 'js-relaxed', 'browser'],
    'tests-simd': ['wasm-simd'],
    'tests-relaxed': ['wasm-relaxed'],
    native: ['native'],
    sanitize: ['sanitize', 'fuzz'],
  };
  await build(Object.keys(targets).filter((name) => uses(...targets[name])));
  if (uses('js-simd', 'js-relaxed', 'browser')) await bundle();
  if (uses('browser')) await ensureChromium();
  await ensureModel(MINILM);
}

/** The tools of package.json, as package-lock.json pins them. */
async function ensurePackages() {
  const lock = createHash('sha256')
    .update(await fs.readFile(path.join(ROOT, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(ROOT, 'node_modules/.installed-lock');
  if ((await fs.readFile(stamp, 'utf8').catch(() => '')) === lock && (await exists(NODE24))) return;
  await step('npm ci', async (report) => {
    await run('npm', ['ci', '--no-audit', '--no-fund'], { onLine: report });
    if (!(await exists(NODE24))) {
      // an npm that asks before it runs an install script
      await run('npm', ['rebuild', 'node24', '--ignore-scripts=false'], { onLine: report });
    }
    await fs.writeFile(stamp, lock);
  });
}

/**
 * @param {'native' | 'sanitize' | 'wasm-simd' | 'wasm-relaxed'} preset
 * @param {string} [node] runs the program, for Wasm
 * @returns {Promise<Result>}
 */
async function googleTest(preset, node) {
  const variant = preset.match(/^wasm(-.*)/)?.[1];
  const file = variant ? `wasm/tests/wasmformers_tests${variant}.cjs` : `${preset}/tests/wasmformers_tests`;
  const program = path.join(ROOT, 'build', file);
  const env = { TEST_FIXTURES: FIXTURES, TEST_MINILM: await ensureModel(MINILM), UBSAN_OPTIONS: 'print_stacktrace=1' };
  const { code, output } = await run(
    node ?? program,
    [...(node ? [program] : []), '--gtest_brief=1', '--gtest_color=no'],
    { env, allowFailure: true },
  );
  const count = (/** @type {string} */ word) =>
    Number(output.match(new RegExp(`\\[  ${word}  \\] (\\d+) test`))?.[1] ?? 0);
  const passed = count('PASSED');
  const failed = Number(output.match(/\[ {2}FAILED {2}\] (\d+) test/)?.[1] ?? 0);
  const broken = (code !== 0 || passed === 0) && failed === 0; // ended before it could count
  const end = broken ? `${output}\n${path.basename(program)} ended with code ${code}` : output;
  return { passed, failed: broken ? 1 : failed, notes: output.match(/^.*Skipped\n.*$/gm) ?? [], output: end };
}

/**
 * Every fuzz target for a few seconds under the sanitizers: its seeds, then mutations (tests/fuzz/run.js is the
 * long run).
 * @returns {Promise<Result>}
 */
async function fuzz() {
  const folder = path.join(ROOT, 'tests/fuzz/seeds'),
    found = path.join(ROOT, 'build/fuzz-crash');
  /** @type {Result} */
  const result = { passed: 0, failed: 0, notes: [], output: '' };
  for (const name of (await fs.readdir(folder)).sort()) {
    const program = path.join(ROOT, 'build/sanitize/tests/fuzz', `fuzz_${name}`);
    const { code, output } = await run(
      program,
      [
        path.join(folder, name),
        '--seconds=5',
        `--crash=${found}-${name}`,
        `--dictionary=${path.join(ROOT, 'tests/fuzz/tokenizer.dict')}`,
      ],
      {
        env: { TEST_FIXTURES: FIXTURES, UBSAN_OPTIONS: 'print_stacktrace=1' },
        allowFailure: true,
      },
    );
    result[code === 0 ? 'passed' : 'failed']++;
    if (code === 0) result.notes.push(`${name}: ${output.trim().split('\n').at(-1)}`);
    result.output += `${name}:\n${output}`;
  }
  return result;
}

/**
 * Node's test runner over all *.test.js of a folder.
 * @param {string} folder
 * @param {string} node
 * @param {string} variant of Wasm that must be used; '' leaves the choice to the library
 * @param {Record<string, string>} [env]
 * @returns {Promise<Result>}
 */
async function nodeTest(folder, node, variant, env = {}) {
  const found = await fs.readdir(path.join(ROOT, folder), { recursive: true }).catch(() => []);
  const files = found
    .filter((file) => file.endsWith('.test.js'))
    .sort()
    .map((file) => path.join(ROOT, folder, file));
  if (files.length === 0) return { passed: 0, failed: 1, notes: [], output: `${folder} holds no *.test.js` };
  const preload = pathToFileURL(path.join(ROOT, 'tests/force-variant.js')).href;
  const options = variant ? { NODE_OPTIONS: `--import=${preload}`, WASMFORMERS_TEST_VARIANT: variant } : {};
  const { code, output } = await run(
    node,
    ['--expose-gc', '--test', '--test-reporter=spec', '--test-timeout=600000', ...files],
    {
      env: { TEST_FIXTURES: FIXTURES, ...options, ...env },
      allowFailure: true,
    },
  );
  const count = (/** @type {string} */ word) => Number(output.match(new RegExp(`^ℹ ${word} (\\d+)`, 'm'))?.[1] ?? 0);
  const passed = count('pass');
  const failed = count('fail') + count('cancelled');
  const broken = (code !== 0 || passed === 0) && failed === 0;
  const notes =
    output.match(/^ *(?:ℹ (?!tests|suites|pass|fail|cancelled|skipped|todo|duration)|﹣|.*# SKIP).*$/gm) ?? [];
  const told = output.replaceAll(/^ *✔.*\n/gm, ''); // of a failing stage, what did not pass
  return { passed, failed: broken ? 1 : failed, notes, output: told };
}

/** @returns {Promise<Result>} */
async function typeCheck() {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const { code, output } = await run(process.execPath, [tsc, '-p', ROOT, '--pretty', 'false'], { allowFailure: true });
  const failed = output.match(/error TS/g)?.length ?? 0;
  return code === 0
    ? { passed: 1, failed: 0, notes: [], output }
    : { passed: 0, failed: Math.max(1, failed), notes: [], output };
}
