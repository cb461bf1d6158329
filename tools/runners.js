// How npm test runs GoogleTest, Node's test runner and the fuzz targets, and counts what they tell.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureModel } from '../models/fetch.js';
import { ROOT, ask, onEveryCore, run } from './run.js';

/**
 * @typedef {import('./stages.js').Result} Result
 * @typedef {import('./stages.js').Selection} Selection
 */

export const MINILM = 'sentence-transformers/all-MiniLM-L6-v2';
const FIXTURES = path.join(ROOT, 'tests/fixtures');
const CORES = os.availableParallelism();

/**
 * The test program of tests/native, in parts, as many at a time as there are cores.
 * @param {'native' | 'sanitize' | 'wasm'} preset
 * @param {Selection} selection
 * @param {{ node?: string, variant?: string, env?: Record<string, string> }} [options] node: runs the program, for Wasm
 * @returns {Promise<Result>}
 */
export async function googleTest(preset, selection, { node, variant, env = {} } = {}) {
  const file = variant ? `wasmformers_tests-${variant}.cjs` : 'wasmformers_tests';
  const program = path.join(ROOT, 'build', preset, 'tests', file);
  const filter = await gtestFilter(selection);
  const args = [...(node ? [program] : []), '--gtest_brief=1', '--gtest_color=no', `--gtest_filter=${filter}`];
  const common = { TEST_FIXTURES: FIXTURES, TEST_MINILM: await ensureModel(MINILM), ...env };
  // More parts than cores: those with the long tests must not be left alone in the end.
  const parts = CORES * 4;
  /** @type {Result[]} */
  const results = [];
  await onEveryCore([...Array(parts).keys()], async (part) => {
    const shard = { GTEST_TOTAL_SHARDS: String(parts), GTEST_SHARD_INDEX: String(part) };
    const { code, output } = await run(node ?? program, args, {
      env: { ...common, ...shard, UBSAN_OPTIONS: 'print_stacktrace=1' },
      allowFailure: true,
    });
    results.push(gtestResult(file, code, output));
  });
  const result = results.reduce(joined);
  // A filter may leave a part without tests, but not all.
  return result.passed + result.failed > 0 ? result : { ...result, failed: 1, output: `${file} ran no test` };
}

/**
 * @param {string} name
 * @param {number} code
 * @param {string} output
 * @returns {Result}
 */
function gtestResult(name, code, output) {
  const count = (/** @type {string} */ word) =>
    Number(output.match(new RegExp(`\\[  ${word}  \\] (\\d+) test`))?.[1] ?? 0);
  const passed = count('PASSED');
  const failed = count('FAILED');
  const broken = (code !== 0 || !output.includes('[  PASSED  ]')) && failed === 0; // ended before it could count
  const end = broken ? `${output}\n${name} ended with code ${code}` : output;
  return { passed, failed: broken ? 1 : failed, notes: output.match(/^.*Skipped\n.*$/gm) ?? [], output: end };
}

/**
 * @param {Result} a
 * @param {Result} b
 * @returns {Result}
 */
const joined = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  notes: [...a.notes, ...b.notes],
  output: a.output + b.output,
});

/**
 * GoogleTest's filter for the tests of some files: their names are read from the sources.
 * @param {Selection} selection
 */
async function gtestFilter({ files, fast }) {
  if (files.length === 0 && !fast) return '*';
  const names = [];
  for (const file of await testFiles('tests/native', /_test\.cpp$/, { files, fast })) {
    const text = await fs.readFile(path.join(ROOT, file), 'utf8');
    for (const [, parameters, suite, test] of text.matchAll(/^TEST(_F|_P)?\((\w+), (\w+)\)/gm))
      names.push(parameters === '_P' ? `*${suite}.${test}/*` : `${suite}.${test}`);
  }
  return names.join(':');
}

/**
 * The test files of a folder that a selection takes.
 * @param {string} folder
 * @param {RegExp} pattern
 * @param {Selection} selection
 * @returns {Promise<string[]>} paths in the repository
 */
async function testFiles(folder, pattern, { files, except = [], fast }) {
  const found = (await fs.readdir(path.join(ROOT, folder), { recursive: true }))
    .map((file) => path.posix.join(folder, file.replaceAll('\\', '/')))
    .filter((file) => pattern.test(file))
    .filter((file) => files.length === 0 || files.some((wanted) => file === wanted || file.startsWith(`${wanted}/`)))
    .filter((file) => !except.some((left) => file === left || file.startsWith(`${left}/`)))
    .sort();
  if (!fast) return found;
  const heads = await Promise.all(found.map((file) => fs.readFile(path.join(ROOT, file), 'utf8')));
  return found.filter((_, i) => !/^\/\/ Slow: /m.test(heads[i].slice(0, 1000)));
}

/**
 * Node's test runner over the *.test.js of a folder.
 * @param {string} folder
 * @param {Selection} selection
 * @param {object} options
 * @param {string} options.node
 * @param {string} [options.variant] of Wasm that must be used; none leaves the choice to the library
 * @param {string[]} [options.flags] for V8
 * @param {Record<string, string>} [options.env]
 * @returns {Promise<Result>}
 */
export async function nodeTest(folder, selection, { node, variant, flags = [], env = {} }) {
  const files = (await testFiles(folder, /\.test\.js$/, selection)).map((file) => path.join(ROOT, file));
  if (files.length === 0) return { passed: 0, failed: 1, notes: [], output: `${folder} has no such *.test.js` };
  const preload = pathToFileURL(path.join(ROOT, 'tests/force-variant.js')).href;
  // Node itself takes one less than there are. Browsers are left alone: pages wait for frames.
  const concurrency =
    !variant || isOlder((await ask(node, ['--version'])) ?? '', [20, 10]) ? [] : [`--test-concurrency=${CORES}`];
  const forced = variant ? { NODE_OPTIONS: `--import=${preload}`, WASMFORMERS_TEST_VARIANT: variant } : {};
  const { code, output } = await run(
    node,
    [...flags, '--expose-gc', '--test', ...concurrency, '--test-reporter=spec', '--test-timeout=600000', ...files],
    { env: { TEST_FIXTURES: FIXTURES, ...forced, ...env }, allowFailure: true },
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

/**
 * Every fuzz target for a few seconds under the sanitizers: its seeds, then mutations (tests/fuzz/run.js is the
 * long run). Afterwards the tree must be as it was.
 * @returns {Promise<Result>}
 */
export async function fuzz() {
  const seeds = path.join(ROOT, 'tests/fuzz/seeds');
  const before = await rootFiles();
  const names = (await fs.readdir(seeds)).sort();
  /** @type {Result[]} */
  const results = [];
  await onEveryCore(names, async (name) => {
    const { code, output } = await run(
      path.join(ROOT, 'build/sanitize/tests/fuzz', `fuzz_${name}`),
      [
        path.join(seeds, name),
        '--seconds=5',
        `--crash=${path.join(ROOT, 'build', `fuzz-crash-${name}`)}`,
        `--dictionary=${path.join(ROOT, 'tests/fuzz/tokenizer.dict')}`,
      ],
      { env: { TEST_FIXTURES: FIXTURES, UBSAN_OPTIONS: 'print_stacktrace=1' }, allowFailure: true },
    );
    const notes = code === 0 ? [`${name}: ${output.trim().split('\n').at(-1)}`] : [];
    results.push({ passed: Number(code === 0), failed: Number(code !== 0), notes, output: `${name}:\n${output}` });
  });
  const result = results.reduce(joined);
  const left = (await rootFiles()).filter((file) => !before.includes(file));
  if (left.length === 0) return { ...result, passed: result.passed + 1 };
  return { ...result, failed: result.failed + 1, output: `${result.output}\nleft in the root: ${left.join(', ')}` };
}

const rootFiles = () => fs.readdir(ROOT);

/**
 * @param {string} version such as v20.9.0
 * @param {[major: number, minor: number]} than
 */
function isOlder(version, [major, minor]) {
  const [a, b] = version.slice(1).split('.').map(Number);
  return a < major || (a === major && b < minor);
}
