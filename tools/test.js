// npm test: sets up whatever is missing, builds, and runs every test there is. Each stage prints its time and what it
// counted; the output of a stage is shown where it fails.
//   npm test -- js types                            the stages whose names begin so
//   npm test -- tests/js/hub/hub.test.js            a test file, or a folder of them (C++: natively)
//   npm test -- wasm tests/native/kernels           both: these files in these stages
//   npm run test:fast                               --fast: what finds most mistakes in two minutes
import fs from 'node:fs/promises';
import path from 'node:path';
import { ensureModel } from '../models/fetch.js';
import { build, presetOf } from './build.js';
import { bundle } from './bundle.js';
import { ensurePackages } from './packages.js';
import { ROOT, SetupError, command } from './run.js';
import { MINILM } from './runners.js';
import { STAGES } from './stages.js';
import { copyVendored } from './vendor.js';

/** @typedef {import('./stages.js').Selection} Selection */

await command(async () => {
  const { names, selection } = await chosen(process.argv.slice(2));
  const total = { passed: 0, failed: 0 };
  /** @type {string[]} */
  const lines = [];
  const runStage = async (/** @type {string} */ name) => {
    await setUp(name, names);
    const begin = performance.now();
    const result = await STAGES[name].run(selection).catch((error) => ({
      passed: 0,
      failed: 1,
      notes: [],
      output: String(error.stack),
    }));
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    if (result.failed) console.log(result.output);
    for (const note of result.notes) console.log(`    ${note.trim().replaceAll('\n', ' ')}`);
    const { passed, failed } = result;
    const counts = `${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed`;
    const line = `  ${name.padEnd(14)} ${counts}  ${seconds.padStart(6)} s`;
    console.log(line);
    lines.push(line);
    total.passed += passed;
    total.failed += failed;
  };
  const waits = (/** @type {string} */ name) => names.includes(STAGES[name].beside ?? '');
  for (const name of names.filter((n) => !waits(n))) {
    const beside = names.filter((n) => STAGES[n].beside === name);
    await Promise.all([name, ...beside].map(runStage));
  }
  console.log(`\n${lines.join('\n')}\n\n${total.passed} passed, ${total.failed} failed`);
  process.exit(total.failed === 0 ? 0 : 1);
});

/**
 * Which stages run, and on what.
 * @param {string[]} args
 * @returns {Promise<{ names: string[], selection: Selection }>}
 */
async function chosen(args) {
  const fast = args.includes('--fast');
  const option = args.find((arg) => arg.startsWith('--') && arg !== '--fast');
  if (option) throw new SetupError(`${option} is not known; there is --fast, and names of stages and test files`);
  /** @type {string[]} */
  const stages = [];
  /** @type {string[]} */
  const files = [];
  for (const arg of args.filter((a) => !a.startsWith('--'))) {
    const named = Object.keys(STAGES).filter((name) => name === arg || name.startsWith(`${arg}-`));
    const file = named.length ? null : await findTest(arg);
    if (file) files.push(file);
    else stages.push(...named);
    if (!file && named.length === 0)
      throw new SetupError(`${arg} is neither a test file nor a stage; there are: ${Object.keys(STAGES).join(', ')}`);
  }
  const has = (/** @type {string} */ stage) => {
    const folder = STAGES[stage].files;
    return folder !== undefined && files.some((file) => `${file}/`.startsWith(`${folder}/`));
  };
  // Files run where their folder is tested first: C++ natively, JS on plain SIMD.
  const first = ['native', 'js-simd', 'browser'];
  const names = Object.keys(STAGES).filter((name) => {
    if (stages.length) return stages.includes(name) && (files.length === 0 || has(name));
    if (files.length) return first.includes(name) && has(name);
    return fast ? STAGES[name].fast : !STAGES[name].onlyFast;
  });
  if (names.length === 0) throw new SetupError(`no stage of ${stages.join(', ')} has ${files.join(', ')}`);
  return { names, selection: { files, fast } };
}

/**
 * A test file or a folder of tests, by its path or by its name alone.
 * @param {string} arg
 * @returns {Promise<string | null>} its path in the repository
 */
async function findTest(arg) {
  const given = path.relative(ROOT, path.resolve(arg)).replaceAll('\\', '/');
  if (given.startsWith('tests/') && (await fs.stat(path.join(ROOT, given)).catch(() => null))) return given;
  for (const folder of ['tests/js', 'tests/native', 'tests/browser']) {
    const files = await fs.readdir(path.join(ROOT, folder), { recursive: true });
    const found = files.find((file) => path.basename(file).replace(/(\.test\.js|_test\.cpp)$/, '') === trimmed(arg));
    if (found) return path.posix.join(folder, found.replaceAll('\\', '/'));
  }
  return null;
}

/** @param {string} name */
const trimmed = (name) => path.basename(name).replace(/(\.test\.js|\.test|_test\.cpp|_test)$/, '');

/**
 * What a stage needs; what is there already costs nothing.
 * @param {string} name
 * @param {string[]} all stages of this run: what they need of the same build folder is built together
 */
async function setUp(name, all) {
  const { builds = [], packages = false } = STAGES[name];
  if (packages) {
    await ensurePackages();
    await copyVendored({ required: true });
  }
  const presets = builds.map(presetOf);
  await build(
    [...new Set(all.flatMap((other) => STAGES[other].builds ?? []))].filter((t) => presets.includes(presetOf(t))),
  );
  if (/^(js|browser)/.test(name)) await bundle();
  await ensureModel(MINILM);
}
